//! What a type of payment sources adds to creating, changing and showing one.

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
    /// Whether a GET asks the PSP although no call is open.
    const REFRESHES: bool = false;

    /// The source as the API shows it.
    fn record(
        context: &Context,
        row: &PaymentSourceRow,
        order: &impl AnyOrder,
    ) -> Result<Record<Self>, Failure>;
}

/// Whether the PSP is to know the order's customer before a payment is created.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KnownCustomer {
    /// It need not.
    NotNeeded,
    /// The payment can do without.
    IfPossible,
    /// The payment needs it.
    Required,
}

/// Where what a PSP complains of stands in a request: from the PSP's words for a parameter to a pointer.
pub type Pointers = &'static [(&'static str, &'static str)];

/// `POST`
#[allow(async_fn_in_trait)] // queries run where they are called: nothing has to be Send
pub trait CreatableSource: SourceResource + Creatable {
    /// Where what the PSP complains of stands in a request.
    const POINTERS: Pointers;

    /// Refuses what is wrong with a request by itself.
    fn check(_: &CreateRequest<Self>) -> Result<(), Failure> {
        Ok(())
    }

    /// The order that is paid.
    fn order_id(record: &Record<Self>) -> &Id;

    /// Whether the PSP is to know the order's customer first.
    async fn known_customer(_: &Request, _: &CreateRequest<Self>, _: &Id) -> Result<KnownCustomer, Failure> {
        Ok(KnownCustomer::NotNeeded)
    }

    /// Makes the source, and begins what its PSP is to be asked for.
    async fn begin(
        tx: &mut Tx<'_>,
        request: &Request,
        new: (&Record<Self>, &CreateRequest<Self>),
        payable: Payable,
        choice: Choice,
    ) -> Result<(LockedPayment, Progress<()>), Failure>;

    /// Whether what became of the first attempt is an error to the caller. What was recorded stays.
    fn verdict(_: &LockedPayment) -> Option<Problem> {
        None
    }

    /// The token of the saved card that the request names, where the source does not tell.
    fn card_token(_: &CreateRequest<Self>) -> Option<String> {
        None
    }
}

/// What a `PATCH` asks for beside its members.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Triggers {
    /// `_authorize`
    pub authorize: bool,
    /// `_update`
    pub update: bool,
    /// `_refresh`, or what else asks the PSP how the payment stands.
    pub refresh: bool,
}

/// `PATCH`
#[allow(async_fn_in_trait)] // queries run where they are called: nothing has to be Send
pub trait ChangeableSource: SourceResource + Updatable {
    /// Where what the PSP complains of stands in a request.
    const POINTERS: Pointers;

    /// Refuses what is wrong with a request by itself.
    fn check(_: &UpdateRequest<Self>) -> Result<(), Failure> {
        Ok(())
    }

    /// Checks the members of a request and takes them over. Answers what else is asked for.
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
    /// The source of a payment as it is.
    pub fn of(payment: &LockedPayment) -> Self {
        Self {
            source: payment.source.clone(),
            details: payment.stored_details(),
        }
    }

    /// A sales channel changes nothing of an order's payment once the order was placed, and attempts nothing. It may ask how
    /// the payment stands: a buyer who comes back from authentication may find the order placed.
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

/// Takes over the members that sources of all types have.
pub fn keep_common<R>(payment: &mut LockedPayment, record: &Record<R>) {
    payment.source.reference = record.reference.clone();
    payment.source.reference_origin = record.reference_origin.clone();
    payment.source.metadata = stored_json(&record.metadata);
}

/// What a payment is made with can't be changed once that has no effect any more.
pub fn refuse_change(payment: &LockedPayment, pointer: &str) -> Result<(), Failure> {
    match payment.source.state {
        SourceState::RequiresAction
        | SourceState::Processing
        | SourceState::Captured
        | SourceState::Canceled => Err(rules::not_in_state(&payment.source, pointer).into()),
        SourceState::New | SourceState::Unconfirmed | SourceState::Authorized | SourceState::Failed => Ok(()),
    }
}
