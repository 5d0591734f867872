//! Mistakes that the fault simulator switches on, one at a time, to show that it would find them. Without the feature
//! `planted-bugs`, which only the simulator enables, none of them can happen.

/// A mistake, planted at one place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bug {
    /// The intent is not committed before the PSP is called.
    NoIntent,
    /// A request is sent again with a new key.
    NewKeyOnRetry,
    /// A request is sent again when the PSP has forgotten its key.
    RetryAfterADay,
    /// A call whose outcome is not known does not block the next one.
    OpenCallIgnored,
    /// An order that is paid takes another payment.
    TwoSourcesCharged,
    /// An authorization that is not decided yet does not count.
    PendingNotHeld,
    /// An event that came twice is two events.
    NoEventDeduplication,
    /// A webhook is believed whoever signed it.
    SignatureIgnored,
    /// Old news moves a payment backwards.
    Backwards,
    /// A sum that the PSP tells is taken for what was added to it.
    SumTakenForDelta,
    /// What was captured while nobody knew is given back.
    RefundOnUnknown,
    /// A call whose outcome is not known is taken for failed.
    UnknownIsFailed,
    /// A call that the PSP does not know yet is taken for one that never arrives.
    NotFoundIsFailed,
    /// A connection that is refused after a time-out is taken for a request that was never sent.
    RefusedConnectionIsNotSent,
    /// The outcome of a call is looked for only once.
    NeverLookedForAgain,
    /// A refund that was answered is recorded again when it is listed.
    RefundRecordedTwice,
    /// A refund that comes back is not noticed.
    LateFailureIgnored,
    /// What the last capture leaves of an authorization is not recorded as released.
    ReleaseNotRecorded,
    /// An idempotency key is forgotten at once.
    KeyForgotten,
    /// An order is placed whatever was authorized for it.
    AmountNotCompared,
    /// A saved card pays anybody's order.
    AnybodysCard,
    /// An intent that was made for one buyer stays when the order gets another one.
    BuyerChangeKeepsIntent,
    /// A PSP's customer that is gone there is not forgotten.
    GoneCustomerKept,
    /// A payment that its buyer has left can't be given up.
    AbandonedBlocksOrder,
    /// What a payment holds that was given up is not released.
    LateSuccessKept,
    /// What was taken to be sent to a webhook is taken for sent.
    TakenIsTold,
    /// What is sent to a webhook again has a new identifier.
    NewMessageOnRetry,
    /// Of several instances, each makes events of a change.
    ToldByEachInstance,
    /// A next step that can't be taken undoes the outcome of the last one.
    NextStepUndoesOutcome,
    /// An action that the payment's state has ruled out is taken for one that may still happen.
    NotAllowedIsNotFound,
    /// What was done in the PSP's dashboard is not recorded.
    DashboardActionIgnored,
    /// A lost creation is looked for by another word than was sent.
    ReferenceGuessed,
    /// What a partial capture has left is forgotten when the captured part is refunded.
    RestOfCaptureForgotten,
    /// A payment that is not what was asked for is taken over.
    MismatchIgnored,
}

impl Bug {
    /// All of them.
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

    /// Switches a mistake on for this thread, and any other off.
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

/// Whether a mistake is switched on: never.
#[cfg(not(feature = "planted-bugs"))]
pub const fn is(_: Bug) -> bool {
    false
}
