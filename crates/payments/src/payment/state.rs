//! The states of a payment source, as data.

use tillgate_gateways::{PaymentSnapshot, PaymentStatus};
use tillgate_store::SourceState;

/// The rules of a payment source's states.
pub trait SourceStateRules: Copy {
    /// The state that a snapshot shows; `None` if its status is not known.
    fn of(snapshot: &PaymentSnapshot) -> Option<Self>;

    /// Whether a payment at the PSP can go from this state to the next. A payment never goes backwards, in whatever order
    /// snapshots arrive.
    fn can_become(self, next: Self) -> bool;

    /// Whether the PSP holds or has taken money.
    fn holds_money(self) -> bool;

    /// Whether an attempt to pay can be made.
    fn takes_attempt(self) -> bool;

    /// Whether the PSP ordinarily shows no other state after this one.
    fn is_final(self) -> bool;
}

impl SourceStateRules for SourceState {
    fn of(snapshot: &PaymentSnapshot) -> Option<Self> {
        Some(match &snapshot.status {
            PaymentStatus::RequiresInstrument | PaymentStatus::RequiresConfirmation => {
                if snapshot.decline.is_some() {
                    Self::Failed
                } else {
                    Self::Unconfirmed
                }
            }
            PaymentStatus::RequiresAction => Self::RequiresAction,
            PaymentStatus::Processing => Self::Processing,
            PaymentStatus::Authorized => Self::Authorized,
            PaymentStatus::PartiallyCaptured
            | PaymentStatus::Captured
            | PaymentStatus::PartiallyRefunded
            | PaymentStatus::Refunded => Self::Captured,
            PaymentStatus::Declined => Self::Failed,
            PaymentStatus::Canceled | PaymentStatus::Expired => Self::Canceled,
            PaymentStatus::Unknown(_) => return None,
        })
    }

    fn can_become(self, next: Self) -> bool {
        MOVES.iter().any(|(from, to)| *from == self && to.contains(&next))
    }

    fn holds_money(self) -> bool {
        matches!(self, Self::Authorized | Self::Captured)
    }

    fn takes_attempt(self) -> bool {
        matches!(self, Self::New | Self::Unconfirmed | Self::Failed)
    }

    fn is_final(self) -> bool {
        matches!(self, Self::Captured | Self::Canceled)
    }
}

use SourceState::{Authorized, Canceled, Captured, Failed, New, Processing, RequiresAction, Unconfirmed};

/// The states that the PSP can show after it has shown a state.
const MOVES: &[(SourceState, &[SourceState])] = {
    /// Until money is held, the buyer can try again and again.
    const OPEN: &[SourceState] = &[
        Unconfirmed,
        RequiresAction,
        Processing,
        Authorized,
        Captured,
        Failed,
        Canceled,
    ];
    &[
        (New, OPEN),
        (Unconfirmed, OPEN),
        (RequiresAction, OPEN),
        (Processing, OPEN),
        (Failed, OPEN),
        (Authorized, &[Authorized, Captured, Canceled]),
        (Captured, &[Captured]),
        (Canceled, &[Canceled]),
    ]
};

#[cfg(test)]
mod tests {
    use strum::VariantArray;
    use tillgate_store::SourceState;

    use super::SourceStateRules;

    #[test]
    fn a_payment_never_goes_backwards() {
        let table: Vec<String> = SourceState::VARIANTS
            .iter()
            .map(|state| {
                let reached = SourceState::VARIANTS
                    .iter()
                    .map(|next| if state.can_become(*next) { 'x' } else { '.' });
                reached.collect()
            })
            .collect();
        // new unconfirmed requires_action processing authorized captured failed canceled
        assert_eq!(
            table,
            [
                ".xxxxxxx", ".xxxxxxx", ".xxxxxxx", ".xxxxxxx", "....xx.x", ".....x..", ".xxxxxxx",
                ".......x",
            ]
        );
    }
}
