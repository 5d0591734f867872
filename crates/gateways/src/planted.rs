//! Mistakes that the fault simulator switches on, one at a time, to show that it would find them. Without the feature
//! `planted-bugs`, which only the simulator enables, none of them can happen.

/// A mistake, planted at one place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bug {
    /// The intent is not committed before the PSP is called.
    NoIntent,
    /// A repeated request gets a new key.
    NewKeyOnRetry,
    /// A request is repeated after the PSP has forgotten its key.
    RetryAfterADay,
    /// A call with an unknown outcome does not block the next one.
    OpenCallIgnored,
    /// A paid order takes another payment.
    TwoSourcesCharged,
    /// A pending authorization does not count.
    PendingNotHeld,
    /// A repeated event counts as two events.
    NoEventDeduplication,
    /// A webhook is trusted in spite of a wrong signature.
    SignatureIgnored,
    /// A stale snapshot moves a payment backwards.
    Backwards,
    /// A sum from the PSP is added instead of its difference.
    SumTakenForDelta,
    /// A capture whose outcome was unknown is refunded.
    RefundOnUnknown,
    /// A call with an unknown outcome counts as failed.
    UnknownIsFailed,
    /// A call that the PSP does not know yet counts as lost.
    NotFoundIsFailed,
    /// A refused connection after a timeout counts as a request that was never sent.
    RefusedConnectionIsNotSent,
    /// The outcome of a call is checked only once.
    NeverLookedForAgain,
    /// A refund is recorded again when it is listed.
    RefundRecordedTwice,
    /// A refund that fails after its success is not noticed.
    LateFailureIgnored,
    /// The release of the rest by the last capture is not recorded.
    ReleaseNotRecorded,
    /// An idempotency key is forgotten at once.
    KeyForgotten,
    /// An order is placed by an authorization of any amount.
    AmountNotCompared,
    /// A saved card pays any customer's order.
    AnybodysCard,
    /// An intent that was made for one buyer stays when the order gets another one.
    BuyerChangeKeepsIntent,
    /// A customer that is gone at the PSP is not forgotten.
    GoneCustomerKept,
    /// A payment that its buyer has abandoned can't be given up.
    AbandonedBlocksOrder,
    /// A late authorization of a payment that was given up is not released.
    LateSuccessKept,
    /// A claimed delivery counts as sent.
    TakenIsTold,
    /// A repeated delivery has a new identifier.
    NewMessageOnRetry,
    /// Each of several instances makes events of a change.
    ToldByEachInstance,
    /// An impossible next step rolls back the outcome of the last one.
    NextStepUndoesOutcome,
    /// An action that the payment's state has ruled out counts as one that may still happen.
    NotAllowedIsNotFound,
    /// Actions in the PSP's dashboard are not recorded.
    DashboardActionIgnored,
    /// A lost creation is searched by another reference than was sent.
    ReferenceGuessed,
    /// The rest of a partial capture is forgotten when the captured part is refunded.
    RestOfCaptureForgotten,
    /// A payment that differs from the request is taken over.
    MismatchIgnored,
}

impl Bug {
    /// All mistakes.
    pub const ALL: &[Self] = &[
        Self::NoIntent,
        Self::NewKeyOnRetry,
        Self::RetryAfterADay,
        Self::OpenCallIgnored,
        Self::TwoSourcesCharged,
        Self::PendingNotHeld,
        Self::NoEventDeduplication,
        Self::SignatureIgnored,
        Self::Backwards,
        Self::SumTakenForDelta,
        Self::RefundOnUnknown,
        Self::UnknownIsFailed,
        Self::NotFoundIsFailed,
        Self::RefusedConnectionIsNotSent,
        Self::NeverLookedForAgain,
        Self::RefundRecordedTwice,
        Self::LateFailureIgnored,
        Self::ReleaseNotRecorded,
        Self::KeyForgotten,
        Self::AmountNotCompared,
        Self::AnybodysCard,
        Self::BuyerChangeKeepsIntent,
        Self::GoneCustomerKept,
        Self::AbandonedBlocksOrder,
        Self::LateSuccessKept,
        Self::TakenIsTold,
        Self::NewMessageOnRetry,
        Self::ToldByEachInstance,
        Self::NextStepUndoesOutcome,
        Self::NotAllowedIsNotFound,
        Self::DashboardActionIgnored,
        Self::ReferenceGuessed,
        Self::RestOfCaptureForgotten,
        Self::MismatchIgnored,
    ];
}

#[cfg(feature = "planted-bugs")]
mod switch {
    use std::cell::Cell;

    use super::Bug;

    thread_local! {
        static PRESENT: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    /// Switches a mistake on for this thread, and all others off.
    pub fn plant(bug: Option<Bug>) {
        PRESENT.set(bug);
    }

    /// Whether a mistake is switched on.
    pub fn is(bug: Bug) -> bool {
        PRESENT.get() == Some(bug)
    }
}

#[cfg(feature = "planted-bugs")]
pub use switch::{is, plant};

/// Whether a mistake is switched on: never in this build.
#[cfg(not(feature = "planted-bugs"))]
pub const fn is(_: Bug) -> bool {
    false
}
