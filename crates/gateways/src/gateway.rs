//! The operations that the domain needs of a PSP.

use url::Url;

use crate::{
    operation::{
        ActionReference, CapturePayment, ConfirmPayment, CreatePayment, FindPayment, RefundPayment,
        Unsupported, UpdatePayment,
    },
    outcome::{ActionOutcome, FoundOutcome, PaymentOutcome},
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

/// Speaks one PSP's language. The first group of functions says what to send, the second what an answer means; sending is
/// the business of [`call`](crate::call()).
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
    /// Gives a captured amount back.
    fn refund(&self, psp_id: &str, args: &RefundPayment, key: &str) -> Result<PspRequest, Unsupported>;
    /// Asks for a payment; at Checkout.com also by a session, `sid_`.
    fn retrieve_payment(&self, psp_id: &str) -> Result<PspRequest, Unsupported>;
    /// Asks for what became of an action that was [accepted](ActionOutcome::Accepted), by the payment's and its own id.
    fn retrieve_action(&self, psp_id: &str, action_id: &str) -> Result<PspRequest, Unsupported>;
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
    /// Reads the answer to [`Gateway::retrieve_action`].
    fn read_retrieved_action(
        &self,
        action_id: &str,
        request: &PspRequest,
        response: &PspResponse,
    ) -> ActionOutcome;
}
