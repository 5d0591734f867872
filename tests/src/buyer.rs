//! The buyer's browser: its requests to the PSPs, without any secret of the merchant.

use serde_json::Value;

use crate::Answer;

/// A browser with the data from the service: publishable key, client secret, and redirect URL.
pub struct Buyer {
    client: reqwest::Client,
    psp: String,
}

impl Buyer {
    /// A browser that reaches the PSPs at `psp`.
    pub fn at(psp: &str) -> Self {
        Self {
            client: reqwest::Client::new(),
            psp: psp.to_owned(),
        }
    }

    /// The PaymentIntent of a Stripe payment, as Stripe.js sees it.
    pub async fn intent(&self, payment: &Answer) -> Value {
        let (publishable_key, client_secret) = credentials(payment);
        let url = format!("{}?client_secret={client_secret}", self.intent_url(client_secret));
        answer(self.client.get(url).bearer_auth(publishable_key)).await
    }

    /// Confirms it with a payment method. Returns the intent, or `{error}`.
    pub async fn confirm(&self, payment: &Answer, payment_method: &str) -> Value {
        let (publishable_key, client_secret) = credentials(payment);
        let url = format!("{}/confirm", self.intent_url(client_secret));
        let form = format!(
            "client_secret={client_secret}&payment_method={payment_method}&return_url=https%3A%2F%2Fshop.example%2F"
        );
        let request = self
            .client
            .post(url)
            .bearer_auth(publishable_key)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form);
        answer(request).await
    }

    /// Goes through 3-D Secure on the page of the redirect, with `authenticate` or `fail`. Returns the URL that the page leads
    /// to.
    pub async fn authenticate(&self, page: &str, outcome: &str) -> String {
        let stay = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let stay = stay
            .build()
            .unwrap_or_else(|error| panic!("no HTTP client: {error}"));
        let form = format!("outcome={outcome}");
        let sent = stay
            .post(page)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form)
            .send();
        let answer = sent.await.unwrap_or_else(|error| panic!("{page}: {error}"));
        let status = answer.status();
        let location = answer
            .headers()
            .get("location")
            .and_then(|value| value.to_str().ok());
        location
            .unwrap_or_else(|| panic!("{page} answers {status} and leads nowhere"))
            .to_owned()
    }

    /// Opens a page. Returns its status.
    pub async fn open(&self, url: &str) -> u16 {
        let answer = self.client.get(url).send().await;
        answer
            .unwrap_or_else(|error| panic!("{url}: {error}"))
            .status()
            .as_u16()
    }

    /// A client secret begins with the id of its PaymentIntent.
    fn intent_url(&self, client_secret: &str) -> String {
        let (id, _) = client_secret
            .split_once("_secret_")
            .unwrap_or_else(|| panic!("{client_secret} is no client secret"));
        format!("{}/v1/payment_intents/{id}", self.psp)
    }
}

/// The data that a page needs for Stripe's calls about a payment.
fn credentials(payment: &Answer) -> (&str, &str) {
    let text = |name| {
        let value = payment.attribute(name).as_str();
        value.unwrap_or_else(|| panic!("no {name} in {:#}", payment.body))
    };
    (text("publishable_key"), text("client_secret"))
}

async fn answer(request: reqwest::RequestBuilder) -> Value {
    let response = request
        .send()
        .await
        .unwrap_or_else(|error| panic!("the PSP doesn't answer: {error}"));
    let bytes = response
        .bytes()
        .await
        .unwrap_or_else(|error| panic!("the PSP's answer breaks off: {error}"));
    serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("the PSP's answer is no JSON: {error}"))
}
