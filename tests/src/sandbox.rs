//! The operator's side of the PSP sandbox: faults and the ledger.

use serde_json::Value;

/// The sandbox that a service embeds, or that runs by itself.
pub struct Sandbox {
    client: reqwest::Client,
    origin: String,
}

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
    pub(crate) fn new(client: reqwest::Client, origin: String) -> Self {
        Self { client, origin }
    }

    /// Origin of both vendors' APIs.
    pub fn url(&self) -> &str {
        &self.origin
    }

    /// Asks for a fault: `{vendor?, method?, path_prefix?, fault, status?, delay_ms?, times?}` with `fault` one of
    /// `delay`, `drop_before`, `drop_after` and `error`.
    pub async fn fault(&self, fault: &Value) {
        let request = self.client.post(format!("{}/sandbox/faults", self.origin));
        let sent = request
            .header("Content-Type", "application/json")
            .body(fault.to_string())
            .send();
        let answer = sent
            .await
            .unwrap_or_else(|error| panic!("the sandbox doesn't answer: {error}"));
        assert!(
            answer.status().is_success(),
            "the sandbox refuses {fault}: {answer:?}"
        );
    }

    /// The faults that still wait, with what is left of their `times`.
    pub async fn faults(&self) -> Vec<Value> {
        self.list("faults").await
    }

    /// Ends all faults.
    pub async fn clear_faults(&self) {
        let sent = self
            .client
            .delete(format!("{}/sandbox/faults", self.origin))
            .send();
        let answer = sent
            .await
            .unwrap_or_else(|error| panic!("the sandbox doesn't answer: {error}"));
        assert!(answer.status().is_success(), "the faults stay: {answer:?}");
    }

    /// Calls a vendor's API with a merchant's secret key; the status and the answer, null if it has none.
    pub async fn call(
        &self,
        method: &str,
        path: &str,
        secret_key: &str,
        body: Option<&Value>,
    ) -> (u16, Value) {
        let method = method.parse().unwrap_or_else(|error| panic!("{method}: {error}"));
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.origin))
            .bearer_auth(secret_key);
        if let Some(body) = body {
            let request_body = body.to_string();
            request = request
                .header("Content-Type", "application/json")
                .body(request_body);
        }
        let answer = request
            .send()
            .await
            .unwrap_or_else(|error| panic!("the sandbox doesn't answer: {error}"));
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.unwrap_or_default();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// Posts a form to a vendor's API, as Stripe takes them, with a merchant's secret key; the status.
    pub async fn post_form(&self, path: &str, secret_key: &str, form: String) -> u16 {
        let request = self
            .client
            .post(format!("{}{path}", self.origin))
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
        self.post("clock/advance", &advance).await;
    }

    /// Moves both vendors' clock and the demo's.
    pub async fn advance_all(&self, seconds: u32) {
        let advance = serde_json::json!({ "seconds": seconds });
        self.post("clock/advance", &advance).await;
    }

    /// How long Checkout.com takes from a 202 to the action.
    pub async fn set_action_delay(&self, milliseconds: u64) {
        let settings = serde_json::json!({ "action_delay_ms": milliseconds });
        self.post("settings", &settings).await;
    }

    async fn post(&self, what: &str, body: &Value) {
        let request = self.client.post(format!("{}/sandbox/{what}", self.origin));
        let sent = request
            .header("Content-Type", "application/json")
            .body(body.to_string())
            .send();
        let answer = sent
            .await
            .unwrap_or_else(|error| panic!("the sandbox doesn't answer: {error}"));
        assert!(
            answer.status().is_success(),
            "the sandbox refuses {body}: {answer:?}"
        );
    }

    /// Everything that both vendors have booked, oldest first.
    pub async fn ledger(&self) -> Vec<LedgerEntry> {
        self.list("ledger").await.iter().map(LedgerEntry::read).collect()
    }

    /// What both vendors have booked, as `authorize`, `capture`, `void` and `refund`, oldest first.
    pub async fn kinds(&self) -> Vec<String> {
        self.ledger().await.into_iter().map(|entry| entry.kind).collect()
    }

    async fn list(&self, what: &str) -> Vec<Value> {
        let answer = self.client.get(format!("{}/sandbox/{what}", self.origin)).send();
        let answer = answer
            .await
            .unwrap_or_else(|error| panic!("the sandbox doesn't answer: {error}"));
        let bytes = answer
            .bytes()
            .await
            .unwrap_or_else(|error| panic!("the {what} break off: {error}"));
        serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("the {what} are no JSON array: {error}"))
    }
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
