//! The operator's side of the PSP sandbox: faults and the ledger.

use serde_json::Value;

/// The sandbox that a service embeds.
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

    /// Everything that both vendors have booked, oldest first.
    pub async fn ledger(&self) -> Vec<LedgerEntry> {
        let answer = self.client.get(format!("{}/sandbox/ledger", self.origin)).send();
        let answer = answer
            .await
            .unwrap_or_else(|error| panic!("the sandbox doesn't answer: {error}"));
        let bytes = answer
            .bytes()
            .await
            .unwrap_or_else(|error| panic!("the ledger breaks off: {error}"));
        let entries: Vec<Value> = serde_json::from_slice(&bytes)
            .unwrap_or_else(|error| panic!("the ledger is no JSON array: {error}"));
        entries.iter().map(LedgerEntry::read).collect()
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
