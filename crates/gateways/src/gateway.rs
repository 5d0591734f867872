//! The operations that the domain needs of a PSP.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use tillgate_model::money::{Currency, Money};
use url::Url;

use crate::{
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

/// Which account of a PSP is spoken to, and where. The credentials are not part of it.
#[derive(Debug, Clone, Default)]
pub struct GatewaySettings {
    /// Where the API is, without a trailing path of an endpoint; the vendor's own address by default.
    pub base_url: Option<Url>,
    /// The version of Stripe's API; the one that this crate was written for by default.
    pub api_version: Option<String>,
    /// Checkout.com's processing channel, `pc_`.
    pub processing_channel_id: Option<String>,
    /// The connected Stripe account that the payments belong to, `acct_`.
    pub connected_account: Option<String>,
}

impl GatewaySettings {
    /// The URL of an endpoint.
    pub(crate) fn url(&self, default_base: &str, path: &str) -> String {
        let base = self.base_url.as_ref().map_or(default_base, Url::as_str);
        format!("{}{path}", base.trim_end_matches('/'))
    }
}

/// Speaks one PSP's language. The functions that give a request say what to send, those called `read_…` what the answer
/// means; sending is the business of [`call`](crate::call()).
///
/// `key` is the idempotency key: one per attempt, the same for each sending of that attempt, at most 255 characters.
pub trait Gateway: Send + Sync {
    /// Makes a payment, and attempts it if `confirm` is set.
    fn create_payment(&self, args: &CreatePayment, key: &str) -> Result<PspRequest, Unsupported>;
    /// Changes a payment that isn't confirmed.
    fn update_payment(
        &self,
        psp_id: &str,
        args: &UpdatePayment,
        key: &str,
    ) -> Result<PspRequest, Unsupported>;
    /// Attempts a payment.
    fn confirm_payment(
        &self,
        psp_id: &str,
        args: &ConfirmPayment,
        key: &str,
    ) -> Result<PspRequest, Unsupported>;
    /// Takes an authorized amount.
    fn capture(&self, psp_id: &str, args: &CapturePayment, key: &str) -> Result<PspRequest, Unsupported>;
    /// Gives a payment up, and releases what is held.
    fn cancel(&self, psp_id: &str, reference: &ActionReference, key: &str)
    -> Result<PspRequest, Unsupported>;
    /// Releases what captures have left of a hold.
    fn release_rest(
        &self,
        psp_id: &str,
        reference: &ActionReference,
        key: &str,
    ) -> Result<PspRequest, Unsupported>;
    /// Whether a payment of this amount can be made: the PSP's unit carries it, and the PSP's limits allow it.
    fn check_amount(&self, amount: &Money) -> Result<(), Unsupported>;
    /// Whether the PSP can cancel a payment while its buyer authenticates.
    fn cancels_waiting(&self) -> bool {
        true
    }
    /// Gives a captured amount back.
    fn refund(&self, psp_id: &str, args: &RefundPayment, key: &str) -> Result<PspRequest, Unsupported>;
    /// Asks for a payment; at Checkout.com also by a session, `sid_`.
    fn retrieve_payment(&self, psp_id: &str) -> Result<PspRequest, Unsupported>;
    /// Looks for a payment whose id was lost with the answer.
    fn find_payment(&self, args: &FindPayment) -> PspRequest;
    /// A harmless request that needs valid credentials. Its answer is read by [`Gateway::read_found`].
    fn check_credentials(&self) -> PspRequest;

    /// Reads the answer to a creation, an update, a confirmation or a retrieval.
    fn read_payment(&self, request: &PspRequest, response: &PspResponse) -> PaymentOutcome;
    /// Reads the answer to a search for our transaction.
    fn read_found(&self, transaction_id: &str, request: &PspRequest, response: &PspResponse) -> FoundOutcome;
    /// Reads the answer to a capture, a cancellation or a refund.
    fn read_action(&self, request: &PspRequest, response: &PspResponse) -> ActionOutcome;

    /// Looks for an action of ours in a payment, which must have its [actions](PaymentSnapshot::actions) where they are
    /// listed: refunds, and at Checkout.com all.
    fn find_action(&self, args: &FindAction, payment: &PaymentSnapshot) -> FoundAction;
    /// Asks for everything that was done to a payment, in our name or not: captures, cancellations and refunds; at
    /// Stripe, which counts captures only in the payment, refunds.
    fn list_actions(&self, psp_id: &str, cursor: Option<&str>) -> Result<PspRequest, Unsupported>;
    /// Reads the answer to [`Gateway::list_actions`]; `currency` is the payment's.
    fn read_actions(&self, currency: Currency, request: &PspRequest, response: &PspResponse)
    -> ListedActions;

    /// Makes a customer whom instruments can be kept for; none if the PSP makes one by itself, with a payment.
    fn create_customer(&self, _args: &CreateCustomer, _key: &str) -> Option<PspRequest> {
        None
    }
    /// Looks for a customer whose id was lost with the answer.
    fn find_customer(&self, _args: &CreateCustomer, _cursor: Option<&str>) -> Option<PspRequest> {
        None
    }
    /// Reads the answer to both; `reference` is that of [`CreateCustomer`].
    fn read_customer(&self, _reference: &str, _: &PspRequest, _: &PspResponse) -> CustomerOutcome {
        CustomerOutcome::Unknown("the gateway makes no customers".to_owned())
    }
    /// Keeps an instrument for a customer. Sent twice, it has no more effect than once. Without a request for that, a PSP
    /// keeps by itself what it keeps.
    fn attach_instrument(&self, _id: &str, _customer: &str, _key: &str) -> Result<PspRequest, Unsupported> {
        Err(Unsupported::Operation("request to keep an instrument"))
    }
    /// Removes an instrument for good. Sent twice, it has no more effect than once.
    fn remove_instrument(&self, id: &str, key: &str) -> Result<PspRequest, Unsupported>;
    /// Asks for an instrument.
    fn retrieve_instrument(&self, id: &str) -> Result<PspRequest, Unsupported>;
    /// Reads the answer to attaching, removing or asking for an instrument. One that is not found is
    /// [`Gone`](InstrumentOutcome::Gone).
    fn read_instrument(&self, request: &PspRequest, response: &PspResponse) -> InstrumentOutcome;

    /// Whether the PSP sent a notification: it is signed with one of the secrets. `header` gives the value of a header by
    /// its lower-case name, `body` is the body as it arrived, byte for byte.
    fn verify_webhook(
        &self,
        secrets: &[SecretString],
        header: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<(), SignatureFault>;
    /// Reads a notification. Verify it first.
    fn parse_webhook(&self, body: &[u8]) -> Result<WebhookEvent, EventFault>;
    /// Subscribes to the notifications that are needed, sent to a URL; none if the PSP has no request for that, so that
    /// the merchant does it by hand.
    fn register_webhook(&self, _url: &str, _key: &str) -> Option<PspRequest> {
        None
    }
    /// Reads the answer to [`Gateway::register_webhook`].
    fn read_webhook_registration(&self, _: &PspRequest, _: &PspResponse) -> RegistrationOutcome {
        RegistrationOutcome::Unknown("the gateway registers no webhooks".to_owned())
    }
    /// Asks for a subscription; none if the PSP has no request for that, or gives out no such identifier.
    fn retrieve_webhook(&self, _endpoint_id: &str) -> Option<PspRequest> {
        None
    }
    /// Ends a subscription; none if the PSP has no request for that, or gives out no such identifier.
    fn unregister_webhook(&self, _endpoint_id: &str) -> Option<PspRequest> {
        None
    }
    /// Reads the answer to [`Gateway::retrieve_webhook`] and [`Gateway::unregister_webhook`].
    fn read_webhook(&self, _: &PspRequest, _: &PspResponse) -> EndpointOutcome {
        EndpointOutcome::Unknown("the gateway registers no webhooks".to_owned())
    }
}
