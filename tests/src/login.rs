//! Customers who log in.

use serde_json::{Value, json};

use crate::api::{Api, JSON};
use crate::{Answer, Service, bodies};

/// The password of customers made by [`Customer::register`].
pub const PASSWORD: &str = "correct horse battery";

/// A customer who has logged in through the demo's sales channel.
pub struct Customer {
    /// Calls with their access token.
    pub api: Api,
    /// Their id.
    pub id: String,
    /// Their address.
    pub email: String,
    /// The answer to the login.
    pub session: Value,
}

impl Customer {
    /// Creates a customer through the shop, as a guest, and logs them in.
    pub async fn register(service: &Service, email: &str) -> Self {
        let attributes = json!({ "email": email, "password": PASSWORD });
        let body = bodies::resource("customers", attributes, json!({}));
        let guest = guest(service).await;
        let created = guest.post("/api/customers", &body).await.expect(201);
        let session = log_in(service, email, PASSWORD).await.expect(200).body;
        Self {
            api: with_session(service, &session),
            id: created.id().to_owned(),
            email: email.to_owned(),
            session,
        }
    }
}

/// Asks the token endpoint.
pub async fn token(service: &Service, body: &Value) -> Answer {
    let call = service
        .anonymous()
        .call("POST", "/oauth/token")
        .header("Accept", JSON);
    call.json_as(JSON, body).send().await
}

/// Asks for a token with a customer's password.
pub async fn log_in(service: &Service, username: &str, password: &str) -> Answer {
    let body = json!({
        "grant_type": "password", "client_id": service.demo("TILLGATE_SALES_CHANNEL_CLIENT_ID"),
        "username": username, "password": password
    });
    token(service, &body).await
}

/// Asks for a token with a refresh token.
pub async fn refresh(service: &Service, refresh_token: &Value) -> Answer {
    let body = json!({
        "grant_type": "refresh_token", "client_id": service.demo("TILLGATE_SALES_CHANNEL_CLIENT_ID"),
        "refresh_token": refresh_token
    });
    token(service, &body).await
}

/// The demo's sales channel, without a customer.
pub async fn guest(service: &Service) -> Api {
    let client_id = service.demo("TILLGATE_SALES_CHANNEL_CLIENT_ID");
    let body = json!({ "grant_type": "client_credentials", "client_id": client_id });
    with_session(service, &token(service, &body).await.expect(200).body)
}

/// A client with the access token of an answer.
pub fn with_session(service: &Service, session: &Value) -> Api {
    service.with_token(session["access_token"].as_str().expect("an access token"))
}
