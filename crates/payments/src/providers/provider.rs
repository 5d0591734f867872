//! The trait that a provider implements.

use futures::future::LocalBoxFuture;
use tillgate_store::{Goal, PaymentGatewayRow, PaymentSourceRow, Tx};

use crate::{
    context::Context,
    failure::Failure,
    payment::{cards::SavedCard, details::Terms, locked::LockedPayment},
    providers::operation::{PreparedCall, Progress},
    request::Request,
};

/// The abilities of a provider, as data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capabilities {
    /// When a payment is confirmed.
    pub confirmation: Confirmation,
    /// The reference that a new payment has at the PSP.
    pub reference: CreationReference,
    /// How payments end that their buyers abandon.
    pub abandoned: AbandonedPayments,
    /// The instruments that the PSP saves.
    pub saved_instruments: SavedInstruments,
    /// Whether the PSP shows when the amount of a payment is captured.
    pub shows_capture_method: bool,
    /// Whether the PSP shows the saved instrument that a payment charges, and only this service can change it.
    pub shows_instrument: bool,
    /// Whether clients see the PSP's whole answer.
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
    /// There is no PSP: an authorization succeeds as it is created.
    WithoutPsp,
    /// The call that creates the payment attempts it.
    AtOnce,
    /// A payment is created first, and confirmed by the buyer's browser or by a second call.
    Later,
}

/// The reference that a new payment has at the PSP. It is stored with the call, so that a lost creation is found by it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CreationReference {
    /// The id of the transaction that the answer decides.
    Transaction,
    /// The id of the call.
    Call,
}

/// How payments end that their buyers abandon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AbandonedPayments {
    /// They end without a call, or there are none.
    EndByThemselves,
    /// They stay open at the PSP until this service cancels them.
    Canceled,
}

/// The instruments that a PSP saves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SavedInstruments {
    /// None.
    Unsupported,
    /// The instrument of each successful payment, for the customer with the payment's address.
    OfEachPayment,
    /// Only the instrument of a payment that requested this before its confirmation, for a customer who was created before.
    OfCustomers,
}

/// The gateway and saved card that a payment source charges.
pub struct Charge<'a> {
    /// The gateway.
    pub gateway: &'a PaymentGatewayRow,
    /// The saved card that the source charges, if any.
    pub card: Option<SavedCard>,
}

/// An attempt to pay.
pub struct Authorization<'a> {
    /// The amount, in minor units.
    pub amount_cents: i64,
    /// The amount that the request named, if it was not the order's total.
    pub asked_cents: Option<i64>,
    /// Pointer to the attribute that asks for the attempt.
    pub pointer: &'a str,
    /// The gateway and card to charge.
    pub charge: Charge<'a>,
}

/// A PSP with its own way to be paid. The caller has made the checks that hold for all providers.
pub trait Provider: Sync {
    /// Its abilities.
    fn capabilities(&self) -> Capabilities;

    /// Name of its payment methods, unless a merchant gives one.
    fn method_name(&self) -> &'static str;

    /// Whether the rest of an authorization stays after a partial capture.
    fn keeps_rest(&self, gateway: &PaymentGatewayRow, terms: &Terms) -> bool;

    /// Whether a decline with this code requires the buyer's authentication.
    fn wants_authentication(&self, code: &str) -> bool;

    /// Whether the token looks like one of the PSP's saved instruments.
    fn owns_token(&self, token: &str) -> bool;

    /// Whether the payment at the PSP belongs to a certain customer, or may save the card that pays.
    fn is_bound_to_buyer(&self, terms: &Terms) -> bool;

    /// The token of the saved card that a payment source names itself, if any.
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

    /// Attempts once more to pay with a saved card, with the buyer, who authenticates at the issuer.
    fn authenticate<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        context: &'a Context,
        payment: &'a mut LockedPayment,
        gateway: &'a PaymentGatewayRow,
        card: SavedCard,
    ) -> LocalBoxFuture<'a, Result<Progress, Failure>>;

    /// The further calls for payments that are [confirmed later](Confirmation::Later).
    fn confirmed_later(&self) -> Option<&dyn ConfirmedLater> {
        None
    }
}

/// The further calls for payments that are confirmed later than they are created.
pub trait ConfirmedLater: Sync {
    /// Confirms a payment with the source's instrument.
    fn confirm<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        context: &'a Context,
        payment: &'a mut LockedPayment,
        charge: Charge<'a>,
    ) -> LocalBoxFuture<'a, Result<Progress, Failure>>;

    /// Gives an unconfirmed payment an amount and the present settings of its source. The source's own amount follows when the
    /// PSP shows it: the PSP may refuse the update, because the buyer has confirmed the former amount meanwhile.
    fn update<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        context: &'a Context,
        payment: &'a mut LockedPayment,
        charge: Charge<'a>,
        change: (i64, Option<Goal>),
    ) -> LocalBoxFuture<'a, Result<PreparedCall, Failure>>;

    /// Refuses a renewal that can't succeed, before the hold is released.
    fn refuse_renewal(
        &self,
        context: &Context,
        payment: &LockedPayment,
        charge: Charge<'_>,
        pointer: &str,
    ) -> Result<(), Failure>;

    /// Creates a released payment again, with the order's present total. Only a saved instrument can be confirmed without the
    /// buyer: a new one was used up.
    fn renew<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        context: &'a Context,
        payment: &'a mut LockedPayment,
        charge: Charge<'a>,
    ) -> LocalBoxFuture<'a, Result<Progress, Failure>>;
}
