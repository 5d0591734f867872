//! Gateways without a PSP: money moves outside of this service, and transactions are recorded as done.

pub mod client;
mod gateway;
mod wire_transfer;

use futures::{FutureExt as _, future::LocalBoxFuture};
use tillgate_model::resources::TransactionKind;
use tillgate_store::{PaymentGatewayRow, PaymentSourceRow, Tx};

use crate::{
    context::Context,
    failure::Failure,
    payment::{cards::SavedCard, details::Terms, locked::LockedPayment, without_psp},
    providers::{
        operation::Progress,
        provider::{
            AbandonedPayments, Authorization, Capabilities, Confirmation, CreationReference, Provider,
            SavedInstruments,
        },
    },
    request::Request,
};

/// The provider without a PSP.
pub static PROVIDER: ManualProvider = ManualProvider;

/// See [`PROVIDER`].
pub struct ManualProvider;

impl Provider for ManualProvider {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            confirmation: Confirmation::WithoutPsp,
            reference: CreationReference::Transaction,
            abandoned: AbandonedPayments::EndByThemselves,
            saved_instruments: SavedInstruments::Unsupported,
            shows_capture_method: false,
            shows_instrument: false,
            shows_response: false,
        }
    }

    fn method_name(&self) -> &'static str {
        "Wire transfer"
    }

    fn keeps_rest(&self, _: &PaymentGatewayRow, _: &Terms) -> bool {
        true
    }

    fn wants_authentication(&self, _: &str) -> bool {
        false
    }

    fn owns_token(&self, _: &str) -> bool {
        false
    }

    fn is_bound_to_buyer(&self, _: &Terms) -> bool {
        false
    }

    fn named_card(&self, _: &Context, _: &PaymentSourceRow, _: &Terms) -> Result<Option<String>, Failure> {
        Ok(None)
    }

    fn choose_card(&self, _: &Context, _: &mut LockedPayment, _: &SavedCard) {}

    fn authorize<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        request: &'a Request,
        payment: &'a mut LockedPayment,
        authorization: Authorization<'a>,
    ) -> LocalBoxFuture<'a, Result<Progress, Failure>> {
        async move {
            payment.terms.authorization_amount_cents = authorization.asked_cents;
            let mut row = payment.new_transaction(&request.context, TransactionKind::Authorizations);
            row.amount_cents = authorization.amount_cents;
            payment.source.amount_cents = authorization.amount_cents;
            without_psp::record(tx, &request.context, payment, row).await?;
            Ok(Progress::Done(None))
        }
        .boxed_local()
    }

    fn authenticate<'a>(
        &'a self,
        _: &'a mut Tx<'_>,
        _: &'a Context,
        _: &'a mut LockedPayment,
        _: &'a PaymentGatewayRow,
        _: SavedCard,
    ) -> LocalBoxFuture<'a, Result<Progress, Failure>> {
        async { Err(Failure::Internal("a gateway without a PSP saves no cards".into())) }.boxed_local()
    }
}
