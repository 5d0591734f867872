//! Stripe: PaymentIntents and refunds, for cards.

mod actions;
mod failure;
mod form;
pub mod keys;
mod object;
mod read;
mod registration;
mod request;
mod snapshot;
mod unit;
mod vault;
mod webhook;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use tillgate_model::money::{Currency, Money};

pub use self::registration::WEBHOOK_EVENTS;
use crate::{
    gateway::{Gateway, GatewaySettings},
    instruments::{CreateCustomer, CustomerOutcome, InstrumentOutcome},
    operation::{
        ActionReference, CapturePayment, ConfirmPayment, CreatePayment, FindPayment, RefundPayment,
        Unsupported, UpdatePayment,
    },
    outcome::{ActionOutcome, FoundOutcome, PaymentOutcome},
    recovery::{FindAction, FoundAction, ListedActions},
    snapshot::PaymentSnapshot,
    webhook::{EndpointOutcome, EventFault, RegistrationOutcome, SignatureFault, WebhookEvent},
    wire::{PspRequest, PspResponse},
};

/// URL of Stripe's API.
pub const BASE_URL: &str = "https://api.stripe.com";

/// Whether a host is Stripe's own.
pub fn is_own_host(host: &str) -> bool {
    host == "api.stripe.com"
}

/// The version of the API that the requests and answers are written for. It is always sent, because otherwise the account's own
/// version would apply.
pub const API_VERSION: &str = "2026-07-29.dahlia";

/// The client of Stripe's API.
#[derive(Debug, Clone)]
pub struct Stripe {
    settings: GatewaySettings,
    multicapture: bool,
}

impl Stripe {
    /// A client with these settings.
    pub fn new(settings: GatewaySettings) -> Self {
        Self {
            settings,
            multicapture: false,
        }
    }

    /// Sets whether a payment may be captured in several parts, which Stripe offers to some accounts and for some cards (Stripe
    /// docs: capture a payment multiple times). Without it, every capture is made final, and releases the rest.
    #[must_use]
    pub fn with_multicapture(mut self, multicapture: bool) -> Self {
        self.multicapture = multicapture;
        self
    }
}

impl Gateway for Stripe {
    fn create_payment(&self, args: &CreatePayment, key: &str) -> Result<PspRequest, Unsupported> {
        request::create(&self.settings, self.multicapture, args, key)
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
        request::capture(&self.settings, self.multicapture, psp_id, args, key)
    }

    /// Stripe takes no metadata here; the payment has our ids already.
    fn cancel(&self, psp_id: &str, _: &ActionReference, key: &str) -> Result<PspRequest, Unsupported> {
        request::cancel(&self.settings, psp_id, key)
    }

    /// A final capture of 0.
    fn release_rest(
        &self,
        psp_id: &str,
        reference: &ActionReference,
        key: &str,
    ) -> Result<PspRequest, Unsupported> {
        request::release_rest(&self.settings, psp_id, reference, key)
    }

    fn check_amount(&self, amount: &Money) -> Result<(), Unsupported> {
        unit::check(amount)
    }

    fn refund(&self, psp_id: &str, args: &RefundPayment, key: &str) -> Result<PspRequest, Unsupported> {
        request::refund(&self.settings, psp_id, args, key)
    }

    fn retrieve_payment(&self, psp_id: &str) -> Result<PspRequest, Unsupported> {
        request::retrieve(&self.settings, psp_id)
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

    fn find_action(&self, args: &FindAction, payment: &PaymentSnapshot) -> FoundAction {
        actions::find(args, payment)
    }

    /// Refunds only: Stripe does not list captures.
    fn list_actions(&self, psp_id: &str, cursor: Option<&str>) -> Result<PspRequest, Unsupported> {
        actions::refunds(&self.settings, psp_id, cursor)
    }

    fn read_actions(&self, _: Currency, request: &PspRequest, response: &PspResponse) -> ListedActions {
        actions::list(request, response)
    }

    fn create_customer(&self, args: &CreateCustomer, key: &str) -> Option<PspRequest> {
        Some(vault::create_customer(&self.settings, args, key))
    }

    fn find_customer(&self, args: &CreateCustomer, cursor: Option<&str>) -> Option<PspRequest> {
        Some(vault::find_customer(&self.settings, args, cursor))
    }

    fn read_customer(
        &self,
        reference: &str,
        request: &PspRequest,
        response: &PspResponse,
    ) -> CustomerOutcome {
        vault::read_customer(reference, request, response)
    }

    fn attach_instrument(&self, id: &str, customer: &str, key: &str) -> Result<PspRequest, Unsupported> {
        vault::attach(&self.settings, id, customer, key)
    }

    fn remove_instrument(&self, id: &str, key: &str) -> Result<PspRequest, Unsupported> {
        vault::detach(&self.settings, id, key)
    }

    fn retrieve_instrument(&self, id: &str) -> Result<PspRequest, Unsupported> {
        vault::retrieve(&self.settings, id)
    }

    fn read_instrument(&self, request: &PspRequest, response: &PspResponse) -> InstrumentOutcome {
        vault::read_instrument(request, response)
    }

    fn verify_webhook(
        &self,
        secrets: &[SecretString],
        header: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<(), SignatureFault> {
        webhook::verify(secrets, header("stripe-signature"), body, now)
    }

    fn parse_webhook(&self, body: &[u8]) -> Result<WebhookEvent, EventFault> {
        webhook::parse(body)
    }

    fn register_webhook(&self, url: &str, key: &str) -> Option<PspRequest> {
        Some(registration::register(&self.settings, url, key))
    }

    fn read_webhook_registration(&self, request: &PspRequest, response: &PspResponse) -> RegistrationOutcome {
        registration::read(request, response)
    }

    fn unregister_webhook(&self, endpoint_id: &str) -> Option<PspRequest> {
        registration::unregister(&self.settings, endpoint_id)
    }

    fn retrieve_webhook(&self, endpoint_id: &str) -> Option<PspRequest> {
        registration::retrieve(&self.settings, endpoint_id)
    }

    fn read_webhook(&self, request: &PspRequest, response: &PspResponse) -> EndpointOutcome {
        registration::read_endpoint(request, response)
    }
}
