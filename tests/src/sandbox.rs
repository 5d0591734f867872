//! The operator's routes of the PSP sandbox: faults and the ledger.

use serde_json::Value;
use tillgate_testkit::Client;

/// A service's embedded sandbox, or a separate one.
pub struct Sandbox(tillgate_testkit::Sandbox);

/// A money effect in a vendor's ledger.
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
    /// Idempotency key of the request.
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

    /// Adds a fault: `{vendor?, method?, path_prefix?, fault, status?, delay_ms?, times?}` with `fault` one of `delay`,
    /// `drop_before`, `drop_after` and `error`.
    pub async fn fault(&self, fault: &Value) {
        passed(self.0.fault(fault).await);
    }

    /// The active faults, with the rest of their `times`.
    pub async fn faults(&self) -> Vec<Value> {
        passed(self.0.list("faults").await)
    }

    /// Ends all faults.
    pub async fn clear_faults(&self) {
        passed(self.0.clear_faults().await);
    }

    /// Calls a vendor's API with a merchant's secret key. Returns the status and the answer, or null without one.
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

    /// Posts a form to a vendor's API, like Stripe's clients, with a merchant's secret key. Returns the status.
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

    /// Advances both vendors' clock, and not the service's.
    pub async fn advance(&self, seconds: u32) {
        let advance = serde_json::json!({ "seconds": seconds, "only_psps": true });
        passed(self.0.advance(&advance).await);
    }

    /// Advances both vendors' clock and the demo's.
    pub async fn advance_all(&self, seconds: u32) {
        let advance = serde_json::json!({ "seconds": seconds });
        passed(self.0.advance(&advance).await);
    }

    /// Sets the time from Checkout.com's 202 to the action's effect.
    pub async fn set_action_delay(&self, milliseconds: u64) {
        passed(self.0.set_action_delay(milliseconds).await);
    }

    /// The ledger of both vendors, oldest first.
    pub async fn ledger(&self) -> Vec<LedgerEntry> {
        let entries: Vec<Value> = passed(self.0.list("ledger").await);
        entries.iter().map(LedgerEntry::read).collect()
    }

    /// The kinds in both vendors' ledgers, as `authorize`, `capture`, `void` and `refund`, oldest first.
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
