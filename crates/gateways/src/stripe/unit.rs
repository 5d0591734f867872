//! Stripe's units of currencies (Stripe docs: supported currencies).

use tillgate_model::money::{Currency, Money};

use crate::{
    currency::{Unit, check_limits},
    operation::Unsupported,
};

/// Stripe's unit of a currency. The last of three decimals must be 0. ISK has two decimals, which are 0 for whole krónur.
///
/// UGX is refused: Stripe's list of zero-decimal currencies and its special cases contradict each other, and a guess could be
/// wrong by a factor of 100. So is a currency without two decimals that the page doesn't name.
pub(super) fn unit(currency: Currency) -> Result<Unit, Unsupported> {
    match currency.code() {
        "BIF" | "CLP" | "DJF" | "GNF" | "JPY" | "KMF" | "KRW" | "MGA" | "PYG" | "RWF" | "VND" | "VUV"
        | "XAF" | "XOF" | "XPF" => Ok(Unit::new(0, 1)),
        "BHD" | "JOD" | "KWD" | "OMR" | "TND" => Ok(Unit::new(3, 10)),
        "ISK" => Ok(Unit::new(2, 1)),
        _ if currency.exponent() == 2 => Ok(Unit::new(2, 1)),
        _ => Err(Unsupported::Currency(currency)),
    }
}

/// Refuses an amount that Stripe doesn't charge (Stripe docs: minimum and maximum charge amounts). Currencies that the page
/// doesn't name have no minimum here.
pub(super) fn check(amount: &Money) -> Result<(), Unsupported> {
    let least = match amount.currency.code() {
        "USD" | "EUR" | "CAD" | "AUD" | "CHF" | "SGD" | "NZD" | "BRL" | "INR" | "JPY" => 50,
        "GBP" => 30,
        "AED" | "PLN" | "MYR" => 200,
        "DKK" => 250,
        "NOK" | "SEK" => 300,
        "HKD" => 400,
        "MXN" | "THB" => 1_000,
        "CZK" => 1_500,
        "HUF" => 17_500,
        _ => 1,
    };
    check_limits(amount, unit(amount.currency)?, least, 99_999_999)
}
