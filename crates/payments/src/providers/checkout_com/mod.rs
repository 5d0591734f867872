//! Checkout.com: the call that creates a payment attempts it.

pub mod client;
mod create;
mod gateway;
mod instrument;
mod source;

use futures::{FutureExt as _, future::LocalBoxFuture};
use tillgate_store::{PaymentGatewayRow, PaymentSourceRow, Tx};

use crate::{
    context::Context,
    failure::Failure,
    payment::{
        cards::SavedCard,
        details::{Terms, TokenType},
        locked::LockedPayment,
        secrets,
    },
    providers::{
        operation::Progress,
        provider::{
            AbandonedPayments, Authorization, Capabilities, Confirmation, CreationReference, Provider,
            SavedInstruments,
        },
    },
    request::Request,
};

/// The provider of Checkout.com.
pub static PROVIDER: CheckoutComProvider = CheckoutComProvider;

/// See [`PROVIDER`].
pub struct CheckoutComProvider;

impl Provider for CheckoutComProvider {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            confirmation: Confirmation::AtOnce,
            reference: CreationReference::Transaction,
            abandoned: AbandonedPayments::EndByThemselves,
            saved_instruments: SavedInstruments::OfEachPayment,
            shows_capture_method: false,
            shows_instrument: true,
            shows_response: true,
        }
    }

    fn method_name(&self) -> &'static str {
        "Checkout.com payment"
    }

    fn keeps_rest(&self, _: &PaymentGatewayRow, _: &Terms) -> bool {
        true
    }

    /// Checkout.com docs: response codes.
    fn wants_authentication(&self, code: &str) -> bool {
        code == "20154"
    }

    fn owns_token(&self, token: &str) -> bool {
        token.starts_with("src_")
    }

    /// Checkout.com keeps each card for the customer with the payment's address.
    fn is_bound_to_buyer(&self, _: &Terms) -> bool {
        true
    }

    fn named_card(
        &self,
        context: &Context,
        source: &PaymentSourceRow,
        terms: &Terms,
    ) -> Result<Option<String>, Failure> {
        Ok(secrets::token(context, source)?
            .filter(|_| terms.payment_type == TokenType::Id)
            .map(|token| token.expose().to_owned()))
    }

    fn choose_card(&self, context: &Context, payment: &mut LockedPayment, card: &SavedCard) {
        let token = tillgate_model::Secret::new(card.token.clone());
        payment.source.token = Some(secrets::seal_token(context, &token));
        payment.terms.payment_type = TokenType::Id;
    }

    fn authorize<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        request: &'a Request,
        payment: &'a mut LockedPayment,
        authorization: Authorization<'a>,
    ) -> LocalBoxFuture<'a, Result<Progress, Failure>> {
        async move {
            payment.terms.authorization_amount_cents = authorization.asked_cents;
            payment.source.amount_cents = authorization.amount_cents;
            let call = create::authorize(tx, request, payment, authorization.charge).await?;
            Ok(Progress::CallPsp(Box::new(call)))
        }
        .boxed_local()
    }

    fn authenticate<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        context: &'a Context,
        payment: &'a mut LockedPayment,
        gateway: &'a PaymentGatewayRow,
        card: SavedCard,
    ) -> LocalBoxFuture<'a, Result<Progress, Failure>> {
        async move {
            let call = create::authenticate(tx, context, payment, gateway, card).await?;
            Ok(Progress::CallPsp(Box::new(call)))
        }
        .boxed_local()
    }
}
