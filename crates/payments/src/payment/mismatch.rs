//! In what a payment at a PSP differs from what was asked for.

use std::str::FromStr as _;

use tillgate_store::PaymentSourceRow;

/// What differs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, strum::Display, strum::EnumString, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Difference {
    /// Live instead of test, or the other way round.
    Mode,
    /// It is another order's.
    Order,
    /// It bears a reference that is none of ours.
    Reference,
    /// Another currency.
    Currency,
    /// Another amount.
    Amount,
    /// The money is taken at another time.
    CaptureMethod,
    /// It is another customer's.
    Customer,
    /// It belongs to another connected account.
    Account,
    /// Another instrument was charged.
    Instrument,
    /// A state that no payment of ours can be in.
    State,
    /// The PSP does not have the payment, or not with the keys that the gateway has now.
    Missing,
}

impl Difference {
    /// Whether it shows that the payment is not the one that was asked for. That one is never taken over.
    pub fn is_of_another(self) -> bool {
        matches!(
            self,
            Self::Mode | Self::Order | Self::Reference | Self::Account | Self::State
        )
    }
}

/// Whether the PSP made another payment than the source's, which was not taken over. Nothing more is known of what it made.
pub fn is_unclaimed(source: &PaymentSourceRow) -> bool {
    let words = source.mismatch.as_deref().unwrap_or_default().split(',');
    let mut differences = words.filter_map(|word| Difference::from_str(word).ok());
    source.psp_id.is_none() && differences.any(Difference::is_of_another)
}

/// The differences as they are stored with the source; nothing without one.
pub fn stored(differences: &[Difference]) -> Option<String> {
    let words: Vec<String> = differences.iter().map(ToString::to_string).collect();
    (!words.is_empty()).then(|| words.join(","))
}
