//! Amounts in a PSP's units, which sometimes differ from ISO 4217.

use tillgate_model::money::{Currency, Money};

use crate::operation::Unsupported;

/// A PSP's unit of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unit {
    /// Number of decimals of the PSP's unit.
    pub exponent: u32,
    /// Divisor of every amount in the PSP's unit.
    pub step: i64,
}

impl Unit {
    pub(crate) const fn new(exponent: u32, step: i64) -> Self {
        Self { exponent, step }
    }
}

/// The amount in the PSP's unit, exactly or not at all.
pub(crate) fn to_psp(amount: &Money, unit: Unit) -> Result<i64, Unsupported> {
    let converted = rescale(amount.amount_cents, amount.currency.exponent(), unit.exponent);
    converted
        .filter(|&units| units > 0 && units % unit.step == 0)
        .ok_or(Unsupported::Amount(*amount))
}

/// Refuses an amount outside of a PSP's limits, which are in the PSP's unit.
pub(crate) fn check_limits(amount: &Money, unit: Unit, least: i64, most: i64) -> Result<(), Unsupported> {
    let units = to_psp(amount, unit)?;
    let limit = |units: i64| from_psp(units, amount.currency, unit).unwrap_or(*amount);
    if units < least {
        let least = limit(least);
        return Err(Unsupported::TooSmall {
            amount: *amount,
            least,
        });
    }
    if units > most {
        let most = limit(most);
        return Err(Unsupported::TooLarge {
            amount: *amount,
            most,
        });
    }
    Ok(())
}

/// An amount from the PSP in our unit; `None` if our unit can't express it.
pub(crate) fn from_psp(units: i64, currency: Currency, unit: Unit) -> Option<Money> {
    Some(Money::new(
        rescale(units, unit.exponent, currency.exponent())?,
        currency,
    ))
}

fn rescale(amount: i64, from: u32, to: u32) -> Option<i64> {
    let factor = 10_i64.checked_pow(from.abs_diff(to))?;
    if to >= from {
        amount.checked_mul(factor)
    } else {
        (amount % factor == 0).then_some(amount / factor)
    }
}
