//! The parts of creating, changing and showing a payment source that depend on its type.

use tillgate_model::{
    Creatable, Id, Problem, Record, Resource, Updatable,
    request::{CreateRequest, UpdateRequest},
    resources::PaymentSourceType,
};
use tillgate_store::{AnyOrder, PaymentSourceRow, SourceState, Tx};

use crate::{
    call::ApplicationKind,
    context::Context,
    failure::Failure,
    payment::{locked::LockedPayment, new_source::Payable, offer::Choice, order_status, rules},
    providers::operation::Progress,
    request::Request,
    stored::stored_json,
};
use tillgate_model::problem::Kind;

/// A resource that shows payment sources of one type.
pub trait SourceResource: Resource {
    /// The type.
    const SOURCE_TYPE: PaymentSourceType;
    /// Whether a GET reads from the PSP even without an open call.
    const REFRESHES: bool = false;

    /// The source as the API shows it.
    fn record(
        context: &Context,
        row: &PaymentSourceRow,
        order: &impl AnyOrder,
    ) -> Result<Record<Self>, Failure>;
}

/// Whether the PSP must know the order's customer before a payment is created.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KnownCustomer {
    /// No.
    NotNeeded,
    /// Yes, but the payment can do without.
    IfPossible,
    /// Yes.
    Required,
}

/// The pointer in a request for each parameter that a PSP may complain about.
pub type Pointers = &'static [(&'static str, &'static str)];

/// `POST`
#[allow(async_fn_in_trait)] // queries run where they are called: nothing has to be Send
pub trait CreatableSource: SourceResource + Creatable {
    /// The pointer in a request for each parameter that the PSP may complain about.
    const POINTERS: Pointers;

    /// Refuses a request that is wrong whatever is stored.
    fn check(_: &CreateRequest<Self>) -> Result<(), Failure> {
        Ok(())
    }

    /// The order that the source pays.
    fn order_id(record: &Record<Self>) -> &Id;

    /// Whether the PSP must know the order's customer first.
    async fn known_customer(_: &Request, _: &CreateRequest<Self>, _: &Id) -> Result<KnownCustomer, Failure> {
        Ok(KnownCustomer::NotNeeded)
    }

    /// Makes the source, and begins the call to its PSP.
    async fn begin(
        tx: &mut Tx<'_>,
        request: &Request,
        new: (&Record<Self>, &CreateRequest<Self>),
        payable: Payable,
        choice: Choice,
    ) -> Result<(LockedPayment, Progress<()>), Failure>;

    /// The error for the caller, if the first attempt failed. Its record stays.
    fn verdict(_: &LockedPayment) -> Option<Problem> {
        None
    }

    /// The token of the saved card that the request names, if the source does not have it.
    fn card_token(_: &CreateRequest<Self>) -> Option<String> {
        None
    }
}

/// The triggers of a `PATCH`.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Triggers {
    /// `_authorize`
    pub authorize: bool,
    /// `_update`
    pub update: bool,
    /// `_refresh`, or another attribute that reads the payment from the PSP.
    pub refresh: bool,
}

/// `PATCH`
#[allow(async_fn_in_trait)] // queries run where they are called: nothing has to be Send
pub trait ChangeableSource: SourceResource + Updatable {
    /// The pointer in a request for each parameter that the PSP may complain about.
    const POINTERS: Pointers;

    /// Refuses a request that is wrong whatever is stored.
    fn check(_: &UpdateRequest<Self>) -> Result<(), Failure> {
        Ok(())
    }

    /// Checks the members of a request and applies them. Answers the request's triggers.
    async fn change(
        tx: &mut Tx<'_>,
        request: &Request,
        payment: &mut LockedPayment,
        input: &UpdateRequest<Self>,
    ) -> Result<Triggers, Failure>;
}

/// A payment source before a request changed it.
pub struct Before {
    source: PaymentSourceRow,
    details: String,
}

impl Before {
    /// The present source of a payment.
    pub fn of(payment: &LockedPayment) -> Self {
        Self {
            source: payment.source.clone(),
            details: payment.stored_details(),
        }
    }

    /// Refuses changes and attempts by a sales channel after the order was placed. Reading the payment again is allowed: a buyer
    /// who comes back from authentication may find the order placed.
    pub fn refuse_late_change(
        &self,
        request: &Request,
        payment: &LockedPayment,
        attempts: bool,
    ) -> Result<(), Failure> {
        let changes = payment.source != self.source || payment.stored_details() != self.details;
        if request.caller.kind == ApplicationKind::SalesChannel
            && !order_status::is_editable(*payment.order.status)
            && (attempts || changes)
        {
            let message = "A sales channel can't change the payment of an order that was placed.";
            return Err(Problem::new(Kind::Forbidden, message).into());
        }
        Ok(())
    }
}

/// Applies the members that sources of all types have.
pub fn keep_common<R>(payment: &mut LockedPayment, record: &Record<R>) {
    payment.source.reference = record.reference.clone();
    payment.source.reference_origin = record.reference_origin.clone();
    payment.source.metadata = stored_json(&record.metadata);
}

/// Refuses a change of the instrument once it has no effect any more.
pub fn refuse_change(payment: &LockedPayment, pointer: &str) -> Result<(), Failure> {
    match payment.source.state {
        SourceState::RequiresAction
        | SourceState::Processing
        | SourceState::Captured
        | SourceState::Canceled => Err(rules::not_in_state(&payment.source, pointer).into()),
        SourceState::New | SourceState::Unconfirmed | SourceState::Authorized | SourceState::Failed => Ok(()),
    }
}
