//! Checkout.com's units of currencies (Checkout.com docs: calculating the amount). They differ from Stripe's.

use tillgate_model::money::{Currency, Money};

use crate::{
    currency::{Unit, check_limits},
    operation::Unsupported,
};

/// Checkout.com's unit of a currency. The last of three decimals must be 0. CLP has two decimals, which are 0 for whole pesos.
pub(super) fn unit(currency: Currency) -> Result<Unit, Unsupported> {
    match currency.code() {
        "BIF" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VUV" | "VND"
        | "XAF" | "XOF" | "XPF" => Ok(Unit::new(0, 1)),
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => Ok(Unit::new(3, 10)),
        "CLP" => Ok(Unit::new(2, 1)),
        _ if currency.exponent() == 2 => Ok(Unit::new(2, 1)),
        _ => Err(Unsupported::Currency(currency)),
    }
}

/// Refuses an amount that Checkout.com doesn't charge: more than nine digits (Checkout.com docs: calculating the amount).
pub(super) fn check(amount: &Money) -> Result<(), Unsupported> {
    check_limits(amount, unit(amount.currency)?, 1, 999_999_999)
}
