//! The differences between a payment at a PSP and the request for it.

use std::str::FromStr as _;

use tillgate_store::PaymentSourceRow;

/// A property of a payment that differs from the request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, strum::Display, strum::EnumString, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Difference {
    /// Live instead of test, or the reverse.
    Mode,
    /// The payment is for another order.
    Order,
    /// Its reference is none of ours.
    Reference,
    /// Another currency.
    Currency,
    /// Another amount.
    Amount,
    /// The money is captured at another time.
    CaptureMethod,
    /// The payment has another customer.
    Customer,
    /// The payment belongs to another connected account.
    Account,
    /// Another instrument was charged.
    Instrument,
    /// A state that no payment of ours can be in.
    State,
    /// The PSP does not have the payment, or not with the gateway's present keys.
    Missing,
}

impl Difference {
    /// Whether the difference proves that the payment is not the requested one. Such a payment is never taken over.
    pub fn is_of_another(self) -> bool {
        matches!(
            self,
            Self::Mode | Self::Order | Self::Reference | Self::Account | Self::State
        )
    }
}

/// Whether the PSP made another payment than the source's, which was not taken over. Nothing more is known about that payment.
pub fn is_unclaimed(source: &PaymentSourceRow) -> bool {
    let words = source.mismatch.as_deref().unwrap_or_default().split(',');
    let mut differences = words.filter_map(|word| Difference::from_str(word).ok());
    source.psp_id.is_none() && differences.any(Difference::is_of_another)
}

/// The differences as they are stored with the source; `None` without one.
pub fn stored(differences: &[Difference]) -> Option<String> {
    let words: Vec<String> = differences.iter().map(ToString::to_string).collect();
    (!words.is_empty()).then(|| words.join(","))
}
