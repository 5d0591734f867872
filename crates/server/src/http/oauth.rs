//! Access tokens over HTTP: OAuth 2.0's client credentials grant (RFC 6749 section 4.4).

mod error;
mod request;

use std::{
    net::{IpAddr, Ipv4Addr},
    panic::AssertUnwindSafe,
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::PRAGMA,
    web::{Data, Payload},
};
use futures::FutureExt;
use serde::Serialize;
use tillgate_model::Dialect;
use tillgate_payments::accounts::{self, Application};

use self::error::TokenError;
pub use self::error::describe as describe_errors;
pub use self::request::TokenRequest;
use super::{body, errors, negotiation::MediaType, state::Worker};
use crate::tokens::{KeySet, scope};

/// An access token.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AccessToken)]
pub struct TokenAnswer {
    /// The token: a JWT, signed with a key of `/.well-known/jwks.json`.
    access_token: String,
    /// How to send it: `Authorization: Bearer …`.
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// Seconds for which it is valid.
    #[schema(example = 7200)]
    expires_in: i64,
    /// What it grants: all markets, or one.
    #[schema(example = "market:all")]
    scope: String,
    /// When it was made, in seconds since 1970.
    created_at: i64,
}

/// Create an access token
///
/// Gives an application an access token for its credentials. They may come in the body, or by HTTP Basic. A sales channel,
/// whose client id is public, has no secret.
#[utoipa::path(
    post, path = "/oauth/token", operation_id = "create_access_token", tag = "Authentication",
    request_body(content(
        (TokenRequest = "application/x-www-form-urlencoded"),
        (TokenRequest = "application/json"),
        (TokenRequest = "application/vnd.api+json"),
    )),
    responses(
        (status = 200, description = "The access token.", body = TokenAnswer),
        (status = 400, description = "The request is not one for a token of this kind."),
        (status = 401, description = "The credentials are not those of an application."),
        (status = 413, description = "The body is too large."),
        (status = 415, description = "The body has another media type."),
        (status = 429, description = "There were too many failed attempts from this address."),
        (status = 500, description = "A fault of the service."),
        (status = 503, description = "The service is too busy."),
    )
)]
pub async fn create_token(worker: Data<Worker>, request: HttpRequest, mut payload: Payload) -> HttpResponse {
    let answer = AssertUnwindSafe(token(&worker, &request, &mut payload))
        .catch_unwind()
        .await;
    if !matches!(answer, Ok(Ok(_))) {
        body::discard(&mut payload).await;
    }
    match answer {
        Ok(answer) => response(answer),
        Err(_) => {
            tracing::error!("making a token panicked");
            errors::internal(request.path())
        }
    }
}

/// The answer that gives an application a token.
pub fn answer_token(worker: &Worker, application: &Application) -> HttpResponse {
    response(issue(worker, application))
}

fn response(answer: Result<TokenAnswer, TokenError>) -> HttpResponse {
    match answer {
        Ok(answer) => HttpResponse::Ok()
            .insert_header((PRAGMA, "no-cache"))
            .json(answer),
        Err(TokenError::Problems(problems)) => {
            errors::response(&problems, Dialect::CommerceLayer, MediaType::Json)
        }
        Err(TokenError::OAuth { error, detail }) => error.response(detail),
    }
}

async fn token(
    worker: &Worker,
    request: &HttpRequest,
    payload: &mut Payload,
) -> Result<TokenAnswer, TokenError> {
    let context = worker.service.context();
    let shared = &worker.shared;
    let address = request
        .peer_addr()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let now = context.clock.now().timestamp();
    shared.attempts.check(address, now)?;
    let asked = TokenRequest::read(request.headers(), &body::read(payload).await?)?;
    let Some(application) =
        accounts::authenticate(context, &asked.client_id, asked.client_secret.as_ref()).await?
    else {
        shared.attempts.failed(address, now);
        return Err(TokenError::invalid_client());
    };
    let granted = scope(application.market_id.as_ref());
    if asked
        .scope
        .is_some_and(|scope| scope.split_ascii_whitespace().any(|one| one != granted))
    {
        return Err(TokenError::invalid_scope());
    }
    issue(worker, &application)
}

fn issue(worker: &Worker, application: &Application) -> Result<TokenAnswer, TokenError> {
    let context = worker.service.context();
    let made = worker
        .shared
        .tokens
        .issue(application, &*context.clock, &*context.entropy)
        .map_err(TokenError::internal)?;
    Ok(TokenAnswer {
        access_token: made.token,
        token_type: "bearer",
        expires_in: made.claims.exp - made.claims.iat,
        scope: made.claims.scope,
        created_at: made.claims.iat,
    })
}

/// Retrieve the token keys
///
/// The public keys that access tokens can be checked with.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", operation_id = "retrieve_key_set", tag = "Authentication",
    responses((status = 200, description = "A JSON Web Key Set.", body = KeySet))
)]
pub async fn key_set(worker: Data<Worker>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("Cache-Control", "public, max-age=300"))
        .json(worker.shared.tokens.key_set())
}
