//! Stripe: a PaymentIntent is created first, and confirmed by the buyer's browser or by a second call.

mod card;
pub mod client;
mod confirm;
mod create;
mod gateway;
mod options;
mod payment;
mod source;

use futures::{FutureExt as _, future::LocalBoxFuture};
use tillgate_gateways::Reuse;
use tillgate_store::{Goal, PaymentGatewayRow, PaymentSourceRow, Tx};

use crate::{
    context::Context,
    failure::Failure,
    payment::{cards::SavedCard, details::Terms, locked::LockedPayment},
    providers::{
        operation::{PreparedCall, Progress},
        provider::{
            AbandonedPayments, Authorization, Capabilities, Charge, Confirmation, ConfirmedLater,
            CreationReference, Provider, SavedInstruments,
        },
    },
    request::Request,
};

/// The provider of Stripe.
pub static PROVIDER: StripeProvider = StripeProvider;

/// See [`PROVIDER`].
pub struct StripeProvider;

impl Provider for StripeProvider {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            confirmation: Confirmation::Later,
            reference: CreationReference::Call,
            abandoned: AbandonedPayments::Canceled,
            saved_instruments: SavedInstruments::OfCustomers,
            shows_capture_method: true,
            // Clients don't see it, and it is twice as long as the rest of the row.
            shows_instrument: false,
            shows_response: false,
        }
    }

    fn method_name(&self) -> &'static str {
        "Stripe payment"
    }

    fn keeps_rest(&self, gateway: &PaymentGatewayRow, terms: &Terms) -> bool {
        gateway.multicapture && terms.multicapture == Some(true)
    }

    /// Stripe docs: decline codes.
    fn wants_authentication(&self, code: &str) -> bool {
        code == "authentication_required"
    }

    fn owns_token(&self, token: &str) -> bool {
        token.starts_with("pm_") || token.starts_with("card_")
    }

    fn is_bound_to_buyer(&self, terms: &Terms) -> bool {
        let options = terms.options.as_ref();
        let names_somebody = ["customer", "setup_future_usage"].iter().any(|member| {
            options.is_some_and(|options| options.0.get(*member).is_some_and(|value| !value.is_null()))
        });
        names_somebody
            || terms.psp_customer.is_some()
            || terms.customer_token.is_some()
            || terms.saves_for.is_some()
            || terms.customer_payment_source_id.is_some()
            || terms.reuse != Reuse::No
    }

    fn named_card(
        &self,
        _: &Context,
        _: &PaymentSourceRow,
        terms: &Terms,
    ) -> Result<Option<String>, Failure> {
        let options = terms.options.as_ref();
        Ok(options.and_then(|options| Some(options.0.get("payment_method")?.as_str()?.to_owned())))
    }

    /// The card is looked up by its id whenever it is charged.
    fn choose_card(&self, _: &Context, _: &mut LockedPayment, _: &SavedCard) {}

    fn authorize<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        request: &'a Request,
        payment: &'a mut LockedPayment,
        authorization: Authorization<'a>,
    ) -> LocalBoxFuture<'a, Result<Progress, Failure>> {
        confirm::authorize(tx, &request.context, payment, authorization).boxed_local()
    }

    fn authenticate<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        context: &'a Context,
        payment: &'a mut LockedPayment,
        gateway: &'a PaymentGatewayRow,
        card: SavedCard,
    ) -> LocalBoxFuture<'a, Result<Progress, Failure>> {
        let charge = Charge {
            gateway,
            card: Some(card),
        };
        confirm::confirm_with(tx, context, payment, charge, false).boxed_local()
    }

    fn confirmed_later(&self) -> Option<&dyn ConfirmedLater> {
        Some(self)
    }
}

impl ConfirmedLater for StripeProvider {
    fn confirm<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        context: &'a Context,
        payment: &'a mut LockedPayment,
        charge: Charge<'a>,
    ) -> LocalBoxFuture<'a, Result<Progress, Failure>> {
        confirm::confirm(tx, context, payment, charge).boxed_local()
    }

    fn update<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        context: &'a Context,
        payment: &'a mut LockedPayment,
        charge: Charge<'a>,
        change: (i64, Option<Goal>),
    ) -> LocalBoxFuture<'a, Result<PreparedCall, Failure>> {
        confirm::update(tx, context, payment, charge, change).boxed_local()
    }

    fn refuse_renewal(
        &self,
        context: &Context,
        payment: &LockedPayment,
        charge: Charge<'_>,
        pointer: &str,
    ) -> Result<(), Failure> {
        confirm::refuse_renewal(context, payment, &charge, pointer)
    }

    fn renew<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        context: &'a Context,
        payment: &'a mut LockedPayment,
        charge: Charge<'a>,
    ) -> LocalBoxFuture<'a, Result<Progress, Failure>> {
        confirm::renew(tx, context, payment, charge).boxed_local()
    }
}
