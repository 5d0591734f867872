//! What the domain asks of a provider.

use futures::future::LocalBoxFuture;
use tillgate_store::{Goal, PaymentGatewayRow, PaymentSourceRow, Tx};

use crate::{
    context::Context,
    failure::Failure,
    payment::{cards::SavedCard, details::Terms, locked::LockedPayment},
    providers::operation::{PreparedCall, Progress},
    request::Request,
};

/// What a provider can do, as data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capabilities {
    /// When a payment is confirmed.
    pub confirmation: Confirmation,
    /// The reference that a new payment bears at the PSP.
    pub reference: CreationReference,
    /// Who ends the payments that their buyers abandon.
    pub abandoned: AbandonedPayments,
    /// Which instruments the PSP saves.
    pub saved_instruments: SavedInstruments,
    /// The PSP shows when the amount of a payment is captured.
    pub shows_capture_method: bool,
    /// The PSP shows which saved instrument a payment charges, and only this service can have it charge another.
    pub shows_instrument: bool,
    /// Clients are shown the PSP's whole answer.
    pub shows_response: bool,
}

impl Capabilities {
    /// Whether there is a PSP at all.
    pub fn has_psp(&self) -> bool {
        self.confirmation != Confirmation::WithoutPsp
    }
}

/// When a payment is confirmed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Confirmation {
    /// There is no PSP: an authorization succeeds where it is made.
    WithoutPsp,
    /// The call that creates the payment attempts it.
    AtOnce,
    /// A payment is created first, and confirmed by the buyer's browser or by a second call.
    Later,
}

/// The reference that a new payment bears at the PSP. It is stored with the call, so that a creation whose answer is lost is
/// found by it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CreationReference {
    /// The id of the transaction that the answer decides.
    Transaction,
    /// The id of the call.
    Call,
}

/// Who ends the payments that their buyers abandon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AbandonedPayments {
    /// They end by themselves, or there are none.
    EndByThemselves,
    /// They stay open at the PSP until this service cancels them.
    Canceled,
}

/// Which instruments a PSP saves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SavedInstruments {
    /// None.
    Unsupported,
    /// Each instrument that a payment succeeds with, for the customer with the address that the payment names.
    OfEachPayment,
    /// Only that of a payment which says so before it is confirmed, for a customer who was created before.
    OfCustomers,
}

/// What a payment source is to be charged with.
pub struct Charge<'a> {
    /// The gateway.
    pub gateway: &'a PaymentGatewayRow,
    /// The saved card that the source was made to charge.
    pub card: Option<SavedCard>,
}

/// An attempt to pay.
pub struct Authorization<'a> {
    /// How much, in minor units.
    pub amount_cents: i64,
    /// How much was asked for, if that was not the order's total.
    pub asked_cents: Option<i64>,
    /// Leads to what asks for it.
    pub pointer: &'a str,
    /// What is charged.
    pub charge: Charge<'a>,
}

/// A PSP with its own way to be paid. Whoever calls has checked what holds for all providers.
pub trait Provider: Sync {
    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// What its payment methods are called, unless a merchant gives them a name.
    fn method_name(&self) -> &'static str;

    /// Whether the rest of an authorization stays after a partial capture.
    fn keeps_rest(&self, gateway: &PaymentGatewayRow, terms: &Terms) -> bool;

    /// Whether a decline with this code asks for the buyer's authentication.
    fn wants_authentication(&self, code: &str) -> bool;

    /// Whether the PSP gives out tokens like this one for saved instruments.
    fn owns_token(&self, token: &str) -> bool;

    /// Whether the PSP has the payment as one of a certain customer, or may keep what it is paid with.
    fn is_bound_to_buyer(&self, terms: &Terms) -> bool;

    /// The token of the saved card that a payment source names by itself, if it names one.
    fn named_card(
        &self,
        context: &Context,
        source: &PaymentSourceRow,
        terms: &Terms,
    ) -> Result<Option<String>, Failure>;

    /// Makes a new payment source charge a saved card.
    fn choose_card(&self, context: &Context, payment: &mut LockedPayment, card: &SavedCard);

    /// Attempts to pay.
    fn authorize<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        request: &'a Request,
        payment: &'a mut LockedPayment,
        authorization: Authorization<'a>,
    ) -> LocalBoxFuture<'a, Result<Progress, Failure>>;

    /// Attempts to pay with a saved card once more, with the buyer, who finishes it at their bank.
    fn authenticate<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        context: &'a Context,
        payment: &'a mut LockedPayment,
        gateway: &'a PaymentGatewayRow,
        card: SavedCard,
    ) -> LocalBoxFuture<'a, Result<Progress, Failure>>;

    /// What can be done with payments that are [confirmed later](Confirmation::Later).
    fn confirmed_later(&self) -> Option<&dyn ConfirmedLater> {
        None
    }
}

/// What can be done with payments that are confirmed later than they are created.
pub trait ConfirmedLater: Sync {
    /// Confirms a payment with what its source names.
    fn confirm<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        context: &'a Context,
        payment: &'a mut LockedPayment,
        charge: Charge<'a>,
    ) -> LocalBoxFuture<'a, Result<Progress, Failure>>;

    /// Gives an unconfirmed payment an amount and the present settings of its source. The source's own amount follows when
    /// the PSP shows it: the update may be refused, because the buyer has confirmed the former amount meanwhile.
    fn update<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        context: &'a Context,
        payment: &'a mut LockedPayment,
        charge: Charge<'a>,
        change: (i64, Option<Goal>),
    ) -> LocalBoxFuture<'a, Result<PreparedCall, Failure>>;

    /// Refuses early what can't be created anew, before what is held is released.
    fn refuse_renewal(
        &self,
        context: &Context,
        payment: &LockedPayment,
        charge: Charge<'_>,
        pointer: &str,
    ) -> Result<(), Failure>;

    /// Creates a released payment anew, with the order's present total. Only a saved instrument can be confirmed without the
    /// buyer; a fresh one was used up.
    fn renew<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        context: &'a Context,
        payment: &'a mut LockedPayment,
        charge: Charge<'a>,
    ) -> LocalBoxFuture<'a, Result<Progress, Failure>>;
}
