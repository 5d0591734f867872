//! Checkout.com: card payments on its current platform, with `sk_…` keys.

mod actions;
mod decline;
mod failure;
pub mod keys;
mod read;
mod request;
mod snapshot;
mod unit;
mod vault;
mod webhook;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use tillgate_model::money::{Currency, Money};

use crate::{
    gateway::{Gateway, GatewaySettings},
    instruments::InstrumentOutcome,
    operation::{
        ActionReference, CapturePayment, ConfirmPayment, CreatePayment, FindPayment, RefundPayment,
        Unsupported, UpdatePayment,
    },
    outcome::{ActionOutcome, FoundOutcome, PaymentOutcome},
    recovery::{self, FindAction, FoundAction, ListedActions},
    snapshot::PaymentSnapshot,
    webhook::{EventFault, SignatureFault, WebhookEvent},
    wire::{PspRequest, PspResponse},
};

/// The URL of the live API for every account. Checkout.com wants each account to use its own prefix, which differs between
/// sandbox and live: `https://{prefix}.api.checkout.com`, `https://{prefix}.api.sandbox.checkout.com`; set that as
/// [`GatewaySettings::base_url`].
pub const BASE_URL: &str = "https://api.checkout.com";

/// Whether a host is Checkout.com's own: live or sandbox, for all accounts or with the prefix of one.
pub fn is_own_host(host: &str) -> bool {
    const SHARED: [&str; 2] = ["api.checkout.com", "api.sandbox.checkout.com"];
    // `^(?:pl-)?[a-z0-9]+$` in the SDKs.
    let is_prefix = |prefix: &str| {
        let account = prefix.strip_prefix("pl-").unwrap_or(prefix);
        !account.is_empty()
            && account
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    SHARED.into_iter().any(|shared| {
        let prefix = host.strip_suffix(shared).and_then(|rest| rest.strip_suffix('.'));
        host == shared || prefix.is_some_and(is_prefix)
    })
}

/// The client of Checkout.com's API.
#[derive(Debug, Clone)]
pub struct CheckoutCom {
    settings: GatewaySettings,
}

impl CheckoutCom {
    /// A client with these settings.
    pub fn new(settings: GatewaySettings) -> Self {
        Self { settings }
    }
}

impl Gateway for CheckoutCom {
    fn create_payment(&self, args: &CreatePayment, key: &str) -> Result<PspRequest, Unsupported> {
        request::create(&self.settings, args, key)
    }

    fn update_payment(&self, _: &str, _: &UpdatePayment, _: &str) -> Result<PspRequest, Unsupported> {
        Err(Unsupported::Operation("update of a payment"))
    }

    fn confirm_payment(&self, _: &str, _: &ConfirmPayment, _: &str) -> Result<PspRequest, Unsupported> {
        Err(Unsupported::Operation("confirmation of a payment"))
    }

    fn capture(&self, psp_id: &str, args: &CapturePayment, key: &str) -> Result<PspRequest, Unsupported> {
        request::capture(&self.settings, psp_id, args, key)
    }

    fn cancel(
        &self,
        psp_id: &str,
        reference: &ActionReference,
        key: &str,
    ) -> Result<PspRequest, Unsupported> {
        request::void(&self.settings, psp_id, reference, key)
    }

    /// A void of a payment that was captured in part releases the rest (Checkout.com docs: void a payment).
    fn release_rest(
        &self,
        psp_id: &str,
        reference: &ActionReference,
        key: &str,
    ) -> Result<PspRequest, Unsupported> {
        request::void(&self.settings, psp_id, reference, key)
    }

    fn check_amount(&self, amount: &Money) -> Result<(), Unsupported> {
        unit::check(amount)
    }

    /// A void needs an authorization; a challenge expires after 15 minutes.
    fn cancels_waiting(&self) -> bool {
        false
    }

    fn refund(&self, psp_id: &str, args: &RefundPayment, key: &str) -> Result<PspRequest, Unsupported> {
        request::refund(&self.settings, psp_id, args, key)
    }

    fn retrieve_payment(&self, psp_id: &str) -> Result<PspRequest, Unsupported> {
        request::retrieve(&self.settings, psp_id)
    }

    /// The reference is unique to the attempt, so neither the time nor a cursor is needed.
    fn find_payment(&self, args: &FindPayment) -> PspRequest {
        request::find(&self.settings, &args.transaction_id)
    }

    fn check_credentials(&self) -> PspRequest {
        request::find(&self.settings, "credentials-check")
    }

    fn read_payment(&self, request: &PspRequest, response: &PspResponse) -> PaymentOutcome {
        read::payment(request, response)
    }

    fn read_found(&self, transaction_id: &str, request: &PspRequest, response: &PspResponse) -> FoundOutcome {
        read::found(transaction_id, request, response)
    }

    fn read_action(&self, request: &PspRequest, response: &PspResponse) -> ActionOutcome {
        read::accepted_action(request, response)
    }

    fn find_action(&self, args: &FindAction, payment: &PaymentSnapshot) -> FoundAction {
        recovery::find(args, payment.actions.as_deref())
    }

    fn list_actions(&self, psp_id: &str, _: Option<&str>) -> Result<PspRequest, Unsupported> {
        request::retrieve_actions(&self.settings, psp_id)
    }

    fn read_actions(
        &self,
        currency: Currency,
        request: &PspRequest,
        response: &PspResponse,
    ) -> ListedActions {
        actions::list(currency, request, response)
    }

    fn remove_instrument(&self, id: &str, _: &str) -> Result<PspRequest, Unsupported> {
        vault::delete(&self.settings, id)
    }

    fn retrieve_instrument(&self, id: &str) -> Result<PspRequest, Unsupported> {
        vault::retrieve(&self.settings, id)
    }

    fn read_instrument(&self, request: &PspRequest, response: &PspResponse) -> InstrumentOutcome {
        vault::read_instrument(request, response)
    }

    /// The signature covers neither the time nor the `Authorization` header that a subscription may add.
    fn verify_webhook(
        &self,
        secrets: &[SecretString],
        header: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
        _: DateTime<Utc>,
    ) -> Result<(), SignatureFault> {
        webhook::verify(secrets, header("cko-signature"), body)
    }

    fn parse_webhook(&self, body: &[u8]) -> Result<WebhookEvent, EventFault> {
        webhook::parse(body)
    }
}
