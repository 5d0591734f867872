//! Refused token requests, in the form that clients of Commerce Layer read: OAuth's error code (RFC 6749 section 5.2) is the
//! title.

use std::borrow::Cow;

use actix_web::{
    HttpResponse,
    http::{StatusCode, header::WWW_AUTHENTICATE},
};
use serde_json::{Map, Value, json};
use tillgate_model::{Dialect, Problem, Problems, openapi::refusals};

/// The reason why there is no token.
pub enum TokenError {
    /// An error of OAuth.
    OAuth {
        /// The code.
        error: OAuthError,
        /// Text of the error.
        detail: Cow<'static, str>,
    },
    /// Any other problems.
    Problems(Problems),
}

/// OAuth's codes.
#[derive(Clone, Copy)]
pub enum OAuthError {
    /// A parameter is missing, repeated or malformed.
    InvalidRequest,
    /// No application has these credentials.
    InvalidClient,
    /// The service does not have the grant.
    UnsupportedGrantType,
    /// The application may not use the grant.
    UnauthorizedClient,
    /// The customer's credentials are wrong or used up.
    InvalidGrant,
    /// The scope exceeds the application's.
    InvalidScope,
}

impl OAuthError {
    fn parts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::InvalidRequest => (StatusCode::BAD_REQUEST, "invalid_request", "INVALID_REQUEST"),
            Self::InvalidClient => (StatusCode::UNAUTHORIZED, "invalid_client", "UNAUTHORIZED"),
            Self::UnsupportedGrantType => (
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "UNSUPPORTED_GRANT_TYPE",
            ),
            Self::UnauthorizedClient => (
                StatusCode::BAD_REQUEST,
                "unauthorized_client",
                "UNAUTHORIZED_CLIENT",
            ),
            Self::InvalidGrant => (StatusCode::BAD_REQUEST, "invalid_grant", "INVALID_GRANT"),
            Self::InvalidScope => (StatusCode::BAD_REQUEST, "invalid_scope", "INVALID_SCOPE"),
        }
    }

    /// The answer.
    pub fn response(self, detail: &str) -> HttpResponse {
        let (status, _, _) = self.parts();
        let mut response = HttpResponse::build(status);
        if status == StatusCode::UNAUTHORIZED {
            response.insert_header((WWW_AUTHENTICATE, r#"Basic realm="tillgate""#));
        }
        response.json(self.document(detail))
    }

    fn document(self, detail: &str) -> Value {
        let (status, title, code) = self.parts();
        let error = json!({"title": title, "code": code, "detail": detail, "status": status.as_u16().to_string(), "meta": {}});
        json!({"errors": [error]})
    }
}

/// An error with its text in the example.
type Example = (OAuthError, &'static str);

/// The errors of the operation that creates tokens.
pub const OF_TOKENS: &[Example] = &[
    (OAuthError::InvalidRequest, CLIENT_ID_MISSING),
    (OAuthError::UnsupportedGrantType, UNSUPPORTED_GRANT_TYPE),
    (OAuthError::UnauthorizedClient, UNAUTHORIZED_CLIENT),
    (OAuthError::InvalidGrant, INVALID_GRANT),
    (OAuthError::InvalidScope, INVALID_SCOPE),
    (OAuthError::InvalidClient, INVALID_CLIENT),
];

/// The errors of the operation that revokes tokens.
pub const OF_REVOCATIONS: &[Example] = &[
    (OAuthError::InvalidRequest, CLIENT_ID_MISSING),
    (OAuthError::UnauthorizedClient, ANOTHERS_TOKEN),
    (OAuthError::InvalidClient, INVALID_CLIENT),
];

/// Adds OAuth's errors to an operation's codes and answers, by status.
pub fn describe(examples: &[Example], codes: &mut Value, answers: &mut Map<String, Value>) {
    for &(error, detail) in examples {
        let (status, _, code) = error.parts();
        let status = status.as_u16();
        let answer = answers
            .entry(status.to_string())
            .or_insert_with(|| refusals::answer(status, &[], Dialect::CommerceLayer));
        let contents = answer["content"].as_object_mut();
        for content in contents.into_iter().flat_map(|contents| contents.values_mut()) {
            content["examples"][code] = json!({"value": error.document(detail)});
        }
        let listed = &mut codes[status.to_string()];
        match listed.as_array_mut() {
            Some(listed) => listed.push(code.into()),
            None => *listed = json!([code]),
        }
    }
}

const CLIENT_ID_MISSING: &str = "The parameter `client_id` is missing.";
const ANOTHERS_TOKEN: &str = "The token was made for another application.";
const INVALID_CLIENT: &str = "There is no application with these credentials.";
const UNSUPPORTED_GRANT_TYPE: &str =
    "The grant types are `client_credentials`, `password` and `refresh_token`.";
const UNAUTHORIZED_CLIENT: &str = "Customers log in through a sales channel.";
const INVALID_GRANT: &str = "The customer can't log in with this, or not any more.";
const INVALID_SCOPE: &str = "Send `market:all`. A sales channel may also send `market:id:` and the id of its market, or `market:code:` and its code.";

impl TokenError {
    /// No application has these credentials. The text does not say which half is wrong.
    pub fn invalid_client() -> Self {
        Self::OAuth {
            error: OAuthError::InvalidClient,
            detail: INVALID_CLIENT.into(),
        }
    }

    /// The service does not have the grant.
    pub fn unsupported_grant_type() -> Self {
        Self::OAuth {
            error: OAuthError::UnsupportedGrantType,
            detail: UNSUPPORTED_GRANT_TYPE.into(),
        }
    }

    /// The application is no sales channel.
    pub fn unauthorized_client() -> Self {
        Self::OAuth {
            error: OAuthError::UnauthorizedClient,
            detail: UNAUTHORIZED_CLIENT.into(),
        }
    }

    /// The token to revoke belongs to another application.
    pub fn anothers_token() -> Self {
        Self::OAuth {
            error: OAuthError::UnauthorizedClient,
            detail: ANOTHERS_TOKEN.into(),
        }
    }

    /// The password or the refresh token is invalid. The text does not say why, because a customer's existence is confidential.
    pub fn invalid_grant() -> Self {
        Self::OAuth {
            error: OAuthError::InvalidGrant,
            detail: INVALID_GRANT.into(),
        }
    }

    /// The application does not have the scope.
    pub fn invalid_scope() -> Self {
        Self::OAuth {
            error: OAuthError::InvalidScope,
            detail: INVALID_SCOPE.into(),
        }
    }

    /// The request is malformed.
    pub fn invalid_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::OAuth {
            error: OAuthError::InvalidRequest,
            detail: detail.into(),
        }
    }

    /// A fault of this service.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "a token cannot be signed");
        Self::Problems(Problem::internal().into())
    }
}

impl From<Problems> for TokenError {
    fn from(problems: Problems) -> Self {
        Self::Problems(problems)
    }
}

impl From<Problem> for TokenError {
    fn from(problem: Problem) -> Self {
        Self::Problems(problem.into())
    }
}
