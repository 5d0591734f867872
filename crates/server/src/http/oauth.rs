//! Access tokens over HTTP: OAuth 2.0's client credentials grant (RFC 6749 section 4.4), and for customers its password grant
//! (section 4.3) and refresh tokens (section 6). Revocation follows RFC 7009.

mod error;
mod parameters;
mod request;

use std::{net::IpAddr, panic::AssertUnwindSafe};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::PRAGMA,
    web::{Bytes, Data, Payload},
};
use chrono::DateTime;
use futures::FutureExt;
use secrecy::ExposeSecret;
use serde::Serialize;
use tillgate_model::{Dialect, Problems, Timestamp};
use tillgate_payments::{
    ApplicationKind,
    accounts::{self, Application},
    logins::{self, Login, Session},
    revocations,
};

use self::error::TokenError;
pub use self::error::{OF_REVOCATIONS, OF_TOKENS, describe as describe_errors};
pub use self::parameters::{RevocationParameters, TokenParameters};
use self::request::{Grant, RevocationRequest, TokenRequest};
use super::{
    body, card_numbers,
    client_address::ClientAddress,
    errors,
    limits::{Client, Limits},
    negotiation::MediaType,
    state::Worker,
};
use crate::tokens::{KeySet, NotValid, scope};

/// An access token.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AccessToken)]
pub struct TokenAnswer {
    /// The token: a JWT, signed with a key of `/.well-known/jwks.json`.
    access_token: String,
    /// Authentication scheme of the token: `Authorization: Bearer …`.
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// Lifetime, in seconds.
    #[schema(example = 7200)]
    expires_in: i64,
    /// Granted scope: all markets, or one.
    #[schema(example = "market:all")]
    scope: String,
    /// Time of its creation, in seconds since 1970.
    created_at: i64,
    /// For a customer: token for the next access token, valid for two weeks and once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    refresh_token: Option<String>,
    /// Id of the customer who has logged in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    owner_id: Option<String>,
    /// Type of the owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "customer")]
    owner_type: Option<&'static str>,
}

/// Create an access token
///
/// Gives an application an access token for its credentials. They may be in the body, or in HTTP Basic. A sales channel, whose
/// client id is public, has no secret.
///
/// Through a sales channel, a customer logs in with the grant `password`. The token then belongs to the customer, and comes with
/// a refresh token. The grant `refresh_token` exchanges that for the next two tokens. A refresh token works once; a second use
/// ends the login that it belongs to.
#[utoipa::path(
    post, path = "/oauth/token", operation_id = "create_access_token", tag = "Authentication",
    request_body(content(
        (TokenParameters = "application/x-www-form-urlencoded"),
        (TokenParameters = "application/json"),
        (TokenParameters = "application/vnd.api+json"),
    )),
    responses(
        (status = 200, description = "The access token.", body = TokenAnswer),
        (status = 400, description = "The request is not valid for this grant, or the customer can't log in with it."),
        (status = 401, description = "No application has these credentials."),
        (status = 413, description = "The body has more than 16 KiB."),
        (status = 415, description = "The body has another media type."),
        (status = 429, description = "Too many failed attempts by this customer, client id or address, or too many tokens."),
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
            tracing::error!("the creation of a token panicked");
            errors::internal(request.path())
        }
    }
}

/// The answer with a token for an application.
pub fn answer_token(worker: &Worker, application: &Application) -> HttpResponse {
    response(issue(worker, application, None))
}

fn response(answer: Result<TokenAnswer, TokenError>) -> HttpResponse {
    match answer {
        Ok(answer) => HttpResponse::Ok()
            .insert_header((PRAGMA, "no-cache"))
            .json(answer),
        Err(error) => refusal(error),
    }
}

fn refusal(error: TokenError) -> HttpResponse {
    match error {
        TokenError::Problems(problems) => {
            errors::response(&problems, Dialect::CommerceLayer, MediaType::Json)
        }
        TokenError::OAuth { error, detail } => error.response(&detail),
    }
}

/// Refuses a scope that the application does not have. It has one: all the markets that it may sell in, of which a sales channel has
/// one, by its id or its code.
async fn check_scope(worker: &Worker, application: &Application, asked: &str) -> Result<(), TokenError> {
    let granted = scope(application.market_id.as_ref());
    for one in asked.split_ascii_whitespace() {
        let is_granted = match one.strip_prefix("market:code:") {
            Some(code) => {
                let own = accounts::market_code(worker.service.context(), application).await?;
                own.as_deref() == Some(code)
            }
            None => one == "market:all" || one == granted,
        };
        if !is_granted {
            return Err(TokenError::invalid_scope());
        }
    }
    Ok(())
}

/// The body of a request with credentials.
async fn read(request: &HttpRequest, payload: &mut Payload) -> Result<Bytes, TokenError> {
    card_numbers::check(request).map_err(|_| {
        TokenError::invalid_request("A header or the query looks like it holds a card number.")
    })?;
    Ok(body::read_up_to(request.headers(), payload, body::MAX_TOKEN_REQUEST_BYTES).await?)
}

async fn token(
    worker: &Worker,
    request: &HttpRequest,
    payload: &mut Payload,
) -> Result<TokenAnswer, TokenError> {
    let sent = read(request, payload).await?;
    let context = worker.service.context();
    let (limits, address) = (&worker.shared.limits, ClientAddress::of(request).ip);
    let asked = TokenRequest::read(request.headers(), &sent)?;
    let Some(application) =
        accounts::authenticate(context, &asked.client.id, asked.client.secret.as_ref()).await?
    else {
        limits.wrong_credentials(&asked.client.id, address)?;
        return Err(TokenError::invalid_client());
    };
    if let Some(scope) = &asked.scope {
        check_scope(worker, &application, scope).await?;
    }
    let session = match asked.grant {
        Grant::ClientCredentials => {
            count(limits, &application, address)?;
            return issue(worker, &application, None);
        }
        _ if application.kind != ApplicationKind::SalesChannel => {
            return Err(TokenError::unauthorized_client());
        }
        Grant::Password { username, password } => {
            limits.token_of_sales_channel(&application, address)?;
            let login = Login {
                email: username,
                password,
                address,
            };
            logins::with_password(context, &application, login).await?
        }
        Grant::RefreshToken(token) => {
            // A customer with a token is counted alone: others at the same address don't prevent them from staying logged in.
            let customer = logins::customer_of_refresh_token(context, &application, &token).await?;
            let session = match customer {
                Some(customer) => {
                    limits.token_of(&Client::Customer(customer))?;
                    logins::with_refresh_token(context, &application, &token).await?
                }
                None => None,
            };
            if session.is_none() {
                limits.wrong_credentials(&asked.client.id, address)?;
            }
            session
        }
    };
    let session = session.ok_or_else(TokenError::invalid_grant)?;
    issue(worker, &application, Some(session))
}

/// Counts a request with an application's credentials alone: anyone has those of a sales channel.
fn count(limits: &Limits, application: &Application, address: IpAddr) -> Result<(), Problems> {
    match application.kind {
        ApplicationKind::Integration => limits.token_of(&Client::Application(application.id.clone())),
        ApplicationKind::SalesChannel => limits.token_of_sales_channel(application, address),
    }
}

fn issue(
    worker: &Worker,
    application: &Application,
    session: Option<Session>,
) -> Result<TokenAnswer, TokenError> {
    let context = worker.service.context();
    let made = worker
        .shared
        .tokens
        .issue(application, session.as_ref(), &*context.clock, &*context.entropy)
        .map_err(TokenError::internal)?;
    Ok(TokenAnswer {
        access_token: made.token,
        token_type: "bearer",
        expires_in: made.claims.exp - made.claims.iat,
        scope: made.claims.scope,
        created_at: made.claims.iat,
        owner_id: session.as_ref().map(|session| session.customer_id.to_string()),
        owner_type: session.as_ref().map(|_| "customer"),
        refresh_token: session.map(|session| session.refresh_token.expose_secret().to_owned()),
    })
}

/// Revoke a token
///
/// Ends an access token, or a refresh token with the login that it belongs to (RFC 7009). An application revokes its own tokens,
/// and authenticates as for a token; a sales channel has no secret. A token that is unknown or has expired gets the same answer
/// as a revoked one. All instances of the service know of it within ten seconds.
#[utoipa::path(
    post, path = "/oauth/revoke", operation_id = "revoke_token", tag = "Authentication",
    request_body(content(
        (RevocationParameters = "application/x-www-form-urlencoded"),
        (RevocationParameters = "application/json"),
        (RevocationParameters = "application/vnd.api+json"),
    )),
    responses(
        (status = 200, description = "The token is revoked."),
        (status = 400, description = "The request is malformed, or the token belongs to another application."),
        (status = 401, description = "No application has these credentials."),
        (status = 413, description = "The body is too large."),
        (status = 415, description = "The body has another media type."),
        (status = 429, description = "There were too many failed attempts, or too many requests of this client."),
        (status = 500, description = "A fault of the service."),
        (status = 503, description = "The service is too busy, or too many tokens were revoked."),
    )
)]
pub async fn revoke_token(worker: Data<Worker>, request: HttpRequest, mut payload: Payload) -> HttpResponse {
    let answer = AssertUnwindSafe(revoke(&worker, &request, &mut payload))
        .catch_unwind()
        .await;
    if !matches!(answer, Ok(Ok(()))) {
        body::discard(&mut payload).await;
    }
    match answer {
        Ok(Ok(())) => HttpResponse::Ok().finish(),
        Ok(Err(error)) => refusal(error),
        Err(_) => {
            tracing::error!("the revocation of a token panicked");
            errors::internal(request.path())
        }
    }
}

async fn revoke(worker: &Worker, request: &HttpRequest, payload: &mut Payload) -> Result<(), TokenError> {
    let context = worker.service.context();
    let (shared, address) = (&worker.shared, ClientAddress::of(request).ip);
    let asked = RevocationRequest::read(request.headers(), &read(request, payload).await?)?;
    let Some(application) =
        accounts::authenticate(context, &asked.client.id, asked.client.secret.as_ref()).await?
    else {
        shared.limits.wrong_credentials(&asked.client.id, address)?;
        return Err(TokenError::invalid_client());
    };
    count(&shared.limits, &application, address)?;
    shared.revocations.require_room()?;
    match shared.tokens.verify(asked.token.expose_secret(), &*context.clock) {
        Ok(claims) if claims.application.id != application.id.as_str() => {
            return Err(TokenError::anothers_token());
        }
        // It was revoked before, and is stored once.
        Ok(claims) if shared.revocations.has(&claims) => return Ok(()),
        Ok(claims) => {
            let ends = DateTime::from_timestamp(claims.exp, 0).unwrap_or_else(|| context.clock.now());
            let ends = Timestamp::new(ends);
            revocations::revoke_access_token(context, &application, &claims.jti, ends).await?;
        }
        Err(NotValid) => revocations::revoke_refresh_token(context, &application, &asked.token).await?,
    }
    // It is effective here at once; if this fails, the background reads it.
    shared.read_revocations(context).await;
    Ok(())
}

/// Retrieve the token keys
///
/// The public keys that verify access tokens.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", operation_id = "retrieve_key_set", tag = "Authentication",
    responses((status = 200, description = "A JSON Web Key Set.", body = KeySet))
)]
pub async fn key_set(worker: Data<Worker>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("Cache-Control", "public, max-age=300"))
        .json(worker.shared.tokens.key_set())
}
