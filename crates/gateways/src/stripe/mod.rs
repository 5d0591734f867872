//! Stripe: PaymentIntents and refunds, for cards.

mod failure;
mod form;
mod object;
mod read;
mod request;
mod snapshot;
mod unit;

use crate::{
    gateway::{Gateway, GatewaySettings},
    operation::{
        ActionReference, CapturePayment, ConfirmPayment, CreatePayment, FindPayment, RefundPayment,
        Unsupported, UpdatePayment,
    },
    outcome::{ActionOutcome, FoundOutcome, PaymentOutcome},
    wire::{PspRequest, PspResponse},
};

/// Where Stripe's API is.
pub const BASE_URL: &str = "https://api.stripe.com";

/// The version of the API that the requests and answers are written for. It is always sent: without it, the version that
/// the account happens to be on would apply.
pub const API_VERSION: &str = "2026-07-29.dahlia";

/// Speaks Stripe's API.
#[derive(Debug, Clone)]
pub struct Stripe {
    settings: GatewaySettings,
}

impl Stripe {
    /// A gateway with these settings.
    pub fn new(settings: GatewaySettings) -> Self {
        Self { settings }
    }
}

impl Gateway for Stripe {
    fn create_payment(&self, args: &CreatePayment, key: &str) -> Result<PspRequest, Unsupported> {
        request::create(&self.settings, args, key)
    }

    fn update_payment(
        &self,
        psp_id: &str,
        args: &UpdatePayment,
        key: &str,
    ) -> Result<PspRequest, Unsupported> {
        request::update(&self.settings, psp_id, args, key)
    }

    fn confirm_payment(
        &self,
        psp_id: &str,
        args: &ConfirmPayment,
        key: &str,
    ) -> Result<PspRequest, Unsupported> {
        request::confirm(&self.settings, psp_id, args, key)
    }

    fn capture(&self, psp_id: &str, args: &CapturePayment, key: &str) -> Result<PspRequest, Unsupported> {
        request::capture(&self.settings, psp_id, args, key)
    }

    /// Stripe takes no metadata here; the payment carries our ids already.
    fn cancel(&self, psp_id: &str, _: &ActionReference, key: &str) -> Result<PspRequest, Unsupported> {
        request::cancel(&self.settings, psp_id, key)
    }

    fn refund(&self, psp_id: &str, args: &RefundPayment, key: &str) -> Result<PspRequest, Unsupported> {
        request::refund(&self.settings, psp_id, args, key)
    }

    fn retrieve_payment(&self, psp_id: &str) -> Result<PspRequest, Unsupported> {
        request::retrieve(&self.settings, psp_id)
    }

    fn retrieve_action(&self, psp_id: &str, action_id: &str) -> Result<PspRequest, Unsupported> {
        request::retrieve_action(&self.settings, psp_id, action_id)
    }

    fn find_payment(&self, args: &FindPayment) -> PspRequest {
        request::find(&self.settings, args)
    }

    fn check_credentials(&self) -> PspRequest {
        request::check_credentials(&self.settings)
    }

    fn read_payment(&self, request: &PspRequest, response: &PspResponse) -> PaymentOutcome {
        read::payment(request, response)
    }

    fn read_found(&self, transaction_id: &str, request: &PspRequest, response: &PspResponse) -> FoundOutcome {
        read::found(transaction_id, request, response)
    }

    fn read_action(&self, request: &PspRequest, response: &PspResponse) -> ActionOutcome {
        read::action(request, response)
    }

    /// The object that was asked for is the action.
    fn read_retrieved_action(&self, _: &str, request: &PspRequest, response: &PspResponse) -> ActionOutcome {
        read::action(request, response)
    }
}
