//! The operator's side of the PSP sandbox: faults and the ledger.

use serde_json::Value;
use tillgate_testkit::Client;

/// The sandbox that a service embeds, or that runs by itself.
pub struct Sandbox(tillgate_testkit::Sandbox);

/// A money effect that a vendor booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// `stripe` or `checkout_com`.
    pub vendor: String,
    /// The vendor's payment: `pi_…` or `pay_…`.
    pub payment_id: String,
    /// `authorize`, `capture`, `void` or `refund`.
    pub kind: String,
    /// Smallest units of the currency.
    pub amount: i64,
    /// ISO 4217 code in the vendor's spelling.
    pub currency: String,
    /// The key that the request carried.
    pub idempotency_key: Option<String>,
}

impl Sandbox {
    pub(crate) fn new(client: Client) -> Self {
        Self(tillgate_testkit::Sandbox::new(client))
    }

    /// Origin of both vendors' APIs.
    pub fn url(&self) -> &str {
        self.0.url()
    }

    /// Asks for a fault: `{vendor?, method?, path_prefix?, fault, status?, delay_ms?, times?}` with `fault` one of
    /// `delay`, `drop_before`, `drop_after` and `error`.
    pub async fn fault(&self, fault: &Value) {
        passed(self.0.fault(fault).await);
    }

    /// The faults that still wait, with what is left of their `times`.
    pub async fn faults(&self) -> Vec<Value> {
        passed(self.0.list("faults").await)
    }

    /// Ends all faults.
    pub async fn clear_faults(&self) {
        passed(self.0.clear_faults().await);
    }

    /// Calls a vendor's API with a merchant's secret key; the status and the answer, null if it has none.
    pub async fn call(
        &self,
        method: &str,
        path: &str,
        secret_key: &str,
        body: Option<&Value>,
    ) -> (u16, Value) {
        let reply = passed(self.0.call(method, path, secret_key, body).await);
        (reply.status, reply.document().unwrap_or_default())
    }

    /// Posts a form to a vendor's API, as Stripe takes them, with a merchant's secret key; the status.
    pub async fn post_form(&self, path: &str, secret_key: &str, form: String) -> u16 {
        let client = self.0.client();
        let request = client
            .http()
            .post(format!("{}{path}", self.0.url()))
            .bearer_auth(secret_key)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form);
        let answer = request
            .send()
            .await
            .unwrap_or_else(|error| panic!("the sandbox doesn't answer: {error}"));
        answer.status().as_u16()
    }

    /// Moves both vendors' clock, and leaves the service's alone.
    pub async fn advance(&self, seconds: u32) {
        let advance = serde_json::json!({ "seconds": seconds, "only_psps": true });
        passed(self.0.advance(&advance).await);
    }

    /// Moves both vendors' clock and the demo's.
    pub async fn advance_all(&self, seconds: u32) {
        let advance = serde_json::json!({ "seconds": seconds });
        passed(self.0.advance(&advance).await);
    }

    /// How long Checkout.com takes from a 202 to the action.
    pub async fn set_action_delay(&self, milliseconds: u64) {
        passed(self.0.set_action_delay(milliseconds).await);
    }

    /// Everything that both vendors have booked, oldest first.
    pub async fn ledger(&self) -> Vec<LedgerEntry> {
        let entries: Vec<Value> = passed(self.0.list("ledger").await);
        entries.iter().map(LedgerEntry::read).collect()
    }

    /// What both vendors have booked, as `authorize`, `capture`, `void` and `refund`, oldest first.
    pub async fn kinds(&self) -> Vec<String> {
        self.ledger().await.into_iter().map(|entry| entry.kind).collect()
    }
}

fn passed<T>(outcome: anyhow::Result<T>) -> T {
    outcome.unwrap_or_else(|error| panic!("{error:?}"))
}

impl LedgerEntry {
    fn read(entry: &Value) -> Self {
        let text = |member: &str| entry[member].as_str().map(str::to_owned);
        let required = |member: &str| text(member).unwrap_or_else(|| panic!("no {member} in {entry:#}"));
        Self {
            vendor: required("vendor"),
            payment_id: required("payment_id"),
            kind: required("kind"),
            amount: entry["amount"]
                .as_i64()
                .unwrap_or_else(|| panic!("no amount in {entry:#}")),
            currency: required("currency"),
            idempotency_key: text("idempotency_key"),
        }
    }
}
