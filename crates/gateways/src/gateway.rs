//! The operations that the domain needs from a PSP.

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

/// The account and URL of a PSP, without the credentials.
#[derive(Debug, Clone, Default)]
pub struct GatewaySettings {
    /// Base URL of the API, without the path of an endpoint; the vendor's own by default.
    pub base_url: Option<Url>,
    /// Version of Stripe's API; by default the one that this crate was written for.
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

/// The client of one PSP's API. Most functions make a request; those called `read_…` read the answer. [`call`](crate::call())
/// sends the request.
///
/// `key` is the idempotency key: one per attempt, the same for each sending of that attempt, at most 255 characters.
pub trait Gateway: Send + Sync {
    /// Creates a payment, and attempts it if `confirm` is set.
    fn create_payment(&self, args: &CreatePayment, key: &str) -> Result<PspRequest, Unsupported>;
    /// Changes an unconfirmed payment.
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
    /// Captures an authorized amount.
    fn capture(&self, psp_id: &str, args: &CapturePayment, key: &str) -> Result<PspRequest, Unsupported>;
    /// Cancels a payment, and releases its hold.
    fn cancel(&self, psp_id: &str, reference: &ActionReference, key: &str)
    -> Result<PspRequest, Unsupported>;
    /// Releases the rest of a hold after captures.
    fn release_rest(
        &self,
        psp_id: &str,
        reference: &ActionReference,
        key: &str,
    ) -> Result<PspRequest, Unsupported>;
    /// Whether a payment of this amount is possible: the PSP's unit can express it, and the PSP's limits allow it.
    fn check_amount(&self, amount: &Money) -> Result<(), Unsupported>;
    /// Whether the PSP can cancel a payment while its buyer authenticates.
    fn cancels_waiting(&self) -> bool {
        true
    }
    /// Refunds a captured amount.
    fn refund(&self, psp_id: &str, args: &RefundPayment, key: &str) -> Result<PspRequest, Unsupported>;
    /// Retrieves a payment; at Checkout.com also by a session, `sid_`.
    fn retrieve_payment(&self, psp_id: &str) -> Result<PspRequest, Unsupported>;
    /// Looks for a payment whose id was lost with the answer.
    fn find_payment(&self, args: &FindPayment) -> PspRequest;
    /// A harmless request that needs valid credentials. [`Gateway::read_found`] reads its answer.
    fn check_credentials(&self) -> PspRequest;

    /// Reads the answer to a creation, an update, a confirmation or a retrieval.
    fn read_payment(&self, request: &PspRequest, response: &PspResponse) -> PaymentOutcome;
    /// Reads the answer to a search by our transaction's id.
    fn read_found(&self, transaction_id: &str, request: &PspRequest, response: &PspResponse) -> FoundOutcome;
    /// Reads the answer to a capture, a cancellation or a refund.
    fn read_action(&self, request: &PspRequest, response: &PspResponse) -> ActionOutcome;

    /// Looks for an action of ours in a payment. The payment must have its [actions](PaymentSnapshot::actions) if the PSP lists
    /// them: refunds, and at Checkout.com all.
    fn find_action(&self, args: &FindAction, payment: &PaymentSnapshot) -> FoundAction;
    /// Requests the list of a payment's actions, ours and others: captures, cancellations and refunds. Stripe lists refunds only:
    /// it shows captures as a sum in the payment.
    fn list_actions(&self, psp_id: &str, cursor: Option<&str>) -> Result<PspRequest, Unsupported>;
    /// Reads the answer to [`Gateway::list_actions`]; `currency` is the payment's.
    fn read_actions(&self, currency: Currency, request: &PspRequest, response: &PspResponse)
    -> ListedActions;

    /// Creates a customer that instruments can be saved for; `None` if payments create the PSP's customers.
    fn create_customer(&self, _args: &CreateCustomer, _key: &str) -> Option<PspRequest> {
        None
    }
    /// Looks for a customer whose id was lost with the answer.
    fn find_customer(&self, _args: &CreateCustomer, _cursor: Option<&str>) -> Option<PspRequest> {
        None
    }
    /// Reads the answer to a creation of or a search for a customer; `reference` is that of [`CreateCustomer`].
    fn read_customer(&self, _reference: &str, _: &PspRequest, _: &PspResponse) -> CustomerOutcome {
        CustomerOutcome::Unknown("the gateway makes no customers".to_owned())
    }
    /// Saves an instrument for a customer. Idempotent. A PSP without such a request saves instruments with their payments.
    fn attach_instrument(&self, _id: &str, _customer: &str, _key: &str) -> Result<PspRequest, Unsupported> {
        Err(Unsupported::Operation("request to keep an instrument"))
    }
    /// Removes an instrument for good. Idempotent.
    fn remove_instrument(&self, id: &str, key: &str) -> Result<PspRequest, Unsupported>;
    /// Retrieves an instrument.
    fn retrieve_instrument(&self, id: &str) -> Result<PspRequest, Unsupported>;
    /// Reads the answer to attaching, removing or retrieving an instrument. A missing one is [`Gone`](InstrumentOutcome::Gone).
    fn read_instrument(&self, request: &PspRequest, response: &PspResponse) -> InstrumentOutcome;

    /// Verifies that the PSP sent a notification: it is signed with one of the secrets. `header` gives the value of a header by
    /// its lower-case name, `body` is the exact body as it arrived.
    fn verify_webhook(
        &self,
        secrets: &[SecretString],
        header: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<(), SignatureFault>;
    /// Reads a notification. Verify it first.
    fn parse_webhook(&self, body: &[u8]) -> Result<WebhookEvent, EventFault>;
    /// Subscribes a URL to the necessary notifications; `None` if the PSP has no request for that, and the merchant does it by
    /// hand.
    fn register_webhook(&self, _url: &str, _key: &str) -> Option<PspRequest> {
        None
    }
    /// Reads the answer to [`Gateway::register_webhook`].
    fn read_webhook_registration(&self, _: &PspRequest, _: &PspResponse) -> RegistrationOutcome {
        RegistrationOutcome::Unknown("the gateway registers no webhooks".to_owned())
    }
    /// Retrieves a subscription; `None` if the PSP has no request for that, or the identifier is malformed.
    fn retrieve_webhook(&self, _endpoint_id: &str) -> Option<PspRequest> {
        None
    }
    /// Ends a subscription; `None` if the PSP has no request for that, or the identifier is malformed.
    fn unregister_webhook(&self, _endpoint_id: &str) -> Option<PspRequest> {
        None
    }
    /// Reads the answer to [`Gateway::retrieve_webhook`] and [`Gateway::unregister_webhook`].
    fn read_webhook(&self, _: &PspRequest, _: &PspResponse) -> EndpointOutcome {
        EndpointOutcome::Unknown("the gateway registers no webhooks".to_owned())
    }
}
