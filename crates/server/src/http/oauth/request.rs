//! Reads token requests: a form or JSON, with the credentials in it or in HTTP Basic (RFC 6749 section 2.3.1).

use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::SecretString;
use serde_json::Value;
use tillgate_model::{Problem, card_number::contains, problem::Kind, request::check_content};

use super::error::TokenError;
use crate::http::{media_type::MediaRange, query};

/// A request for an access token. Unknown parameters are ignored.
#[derive(Debug)]
pub struct TokenRequest {
    /// The grant of the request.
    pub grant: Grant,
    /// The application.
    pub client: Client,
    /// Scope of the token; by default the application's.
    pub scope: Option<String>,
}

/// The grant of a token request, with its own credentials.
#[derive(Debug)]
pub enum Grant {
    /// The application calls for itself.
    ClientCredentials,
    /// A customer logs in.
    Password {
        /// E-mail address of the customer.
        username: String,
        /// Password of the customer.
        password: SecretString,
    },
    /// A customer stays logged in.
    RefreshToken(SecretString),
}

/// The members of a JSON body that are read.
const NAMES: [&str; 9] = [
    "grant_type",
    "client_id",
    "client_secret",
    "scope",
    "username",
    "password",
    "refresh_token",
    "token",
    "token_type_hint",
];

/// Longer values, in characters, are refused.
const MAX_LENGTH: usize = 255;
/// The longest token that can be revoked, in characters. Tokens are longer than credentials.
const MAX_TOKEN_LENGTH: usize = 4096;

impl TokenRequest {
    /// Reads a request for a token.
    ///
    /// # Errors
    /// Another media type, form or grant, no client id, or credentials in two places.
    pub fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, TokenError> {
        let parameters = Parameters(parameters(headers, body)?);
        parameters.check_content()?;
        let grant = Grant::read(&parameters)?;
        Ok(Self {
            grant,
            client: Client::read(headers, &parameters)?,
            scope: parameters
                .get("scope")?
                .filter(|scope| !scope.is_empty())
                .map(str::to_owned),
        })
    }
}

/// A request to revoke a token (RFC 7009 section 2.1). Unknown parameters are ignored.
#[derive(Debug)]
pub struct RevocationRequest {
    /// The application.
    pub client: Client,
    /// An access token or a refresh token; the form shows which one.
    pub token: SecretString,
}

impl RevocationRequest {
    /// Reads a request to revoke a token.
    ///
    /// # Errors
    /// Another media type or form, no token, no client id, or credentials in two places.
    pub fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, TokenError> {
        let parameters = Parameters(parameters(headers, body)?);
        parameters.check_content()?;
        let token = parameters
            .bounded("token", MAX_TOKEN_LENGTH)?
            .filter(|token| !token.is_empty())
            .ok_or_else(|| TokenError::invalid_request("The parameter `token` is missing."))?;
        // The hint need not be true (section 2.1).
        parameters.get("token_type_hint")?;
        Ok(Self {
            client: Client::read(headers, &parameters)?,
            token: token.into(),
        })
    }
}

/// The credentials of the requesting application.
#[derive(Debug)]
pub struct Client {
    /// Client id of the application.
    pub id: String,
    /// Client secret of the application; a sales channel has none.
    pub secret: Option<SecretString>,
}

impl Client {
    fn read(headers: &HeaderMap, parameters: &Parameters) -> Result<Self, TokenError> {
        let (id, secret) = (parameters.get("client_id")?, parameters.get("client_secret")?);
        let (id, secret) = match (basic(headers)?, id, secret) {
            (Some((id, _)), Some(other), _) if id != other => {
                return Err(TokenError::invalid_request(
                    "The body names another client than HTTP Basic does.",
                ));
            }
            (Some(_), _, Some(_)) => {
                return Err(TokenError::invalid_request(
                    "Credentials are in HTTP Basic or in the body, not in both.",
                ));
            }
            (Some((id, secret)), _, None) => (id, secret),
            (None, Some(id), secret) => (id.to_owned(), secret.unwrap_or_default().to_owned()),
            (None, None, _) => {
                return Err(TokenError::invalid_request(
                    "The parameter `client_id` is missing.",
                ));
            }
        };
        Ok(Self {
            id,
            secret: (!secret.is_empty()).then(|| SecretString::from(secret)),
        })
    }
}

impl Grant {
    fn read(parameters: &Parameters) -> Result<Self, TokenError> {
        match parameters.get("grant_type")? {
            Some("client_credentials") => Ok(Self::ClientCredentials),
            Some("password") => Ok(Self::Password {
                username: parameters
                    .required("username", "The parameter `username` is missing.")?
                    .to_owned(),
                password: parameters
                    .required("password", "The parameter `password` is missing.")?
                    .into(),
            }),
            Some("refresh_token") => {
                let token =
                    parameters.required("refresh_token", "The parameter `refresh_token` is missing.")?;
                Ok(Self::RefreshToken(token.into()))
            }
            Some(_) => Err(TokenError::unsupported_grant_type()),
            None => Err(TokenError::invalid_request(
                "The parameter `grant_type` is missing.",
            )),
        }
    }
}

struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Refuses card numbers.
    fn check_content(&self) -> Result<(), TokenError> {
        match self
            .0
            .iter()
            .find(|(name, value)| contains(name) || contains(value))
        {
            Some((name, _)) if contains(name) => Err(holds_card_number("The name of a parameter")),
            Some((name, _)) => Err(holds_card_number(&format!("The parameter `{name}`"))),
            None => Ok(()),
        }
    }

    fn get(&self, name: &str) -> Result<Option<&str>, TokenError> {
        self.bounded(name, MAX_LENGTH)
    }

    fn bounded(&self, name: &str, longest: usize) -> Result<Option<&str>, TokenError> {
        let mut values = self
            .0
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value.as_str());
        let value = values.next();
        if values.next().is_some() {
            return Err(TokenError::invalid_request("A parameter is given twice."));
        }
        if value.is_some_and(|value| value.chars().count() > longest) {
            return Err(TokenError::invalid_request("A parameter is too long."));
        }
        Ok(value)
    }

    /// RFC 6749 section 3.2: an empty parameter counts as absent.
    fn required(&self, name: &str, missing: &'static str) -> Result<&str, TokenError> {
        let given = self.get(name)?.filter(|value| !value.is_empty());
        given.ok_or_else(|| TokenError::invalid_request(missing))
    }
}

fn parameters(headers: &HeaderMap, body: &[u8]) -> Result<Vec<(String, String)>, TokenError> {
    let media_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(MediaRange::parse);
    match media_type.as_ref().map(|range| range.essence.as_str()) {
        Some("application/x-www-form-urlencoded") => {
            let text =
                str::from_utf8(body).map_err(|_| TokenError::invalid_request("The body is not UTF-8."))?;
            query::pairs(text).map_err(|_| TokenError::invalid_request("The body is not UTF-8."))
        }
        Some("application/json" | "application/vnd.api+json") => members(body),
        _ => {
            let message = "Send a form (application/x-www-form-urlencoded) or JSON.";
            Err(Problem::new(Kind::UnsupportedMediaType, message)
                .header("Content-Type")
                .into())
        }
    }
}

fn holds_card_number(place: &str) -> TokenError {
    TokenError::invalid_request(format!("{place} looks like it holds a card number."))
}

fn members(body: &[u8]) -> Result<Vec<(String, String)>, TokenError> {
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        return Err(TokenError::invalid_request("The body is not a JSON object."));
    };
    if let Err(problems) = check_content(body) {
        let repeats = |problem: &Problem| problem.kind == Kind::InvalidDataFormat;
        return Err(if problems.iter().any(repeats) {
            TokenError::invalid_request("A parameter is given twice.")
        } else {
            holds_card_number("The body")
        });
    }
    members
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .filter(|(name, _)| NAMES.contains(&name.as_str()))
        .map(|(name, value)| match value {
            Value::String(text) => Ok((name, text)),
            // Clients of the published API send several scopes as a list.
            Value::Array(scopes) if name == "scope" => {
                let scopes: Option<Vec<&str>> = scopes.iter().map(Value::as_str).collect();
                let scopes = scopes.ok_or_else(|| TokenError::invalid_request("The scopes are strings."))?;
                Ok((name, scopes.join(" ")))
            }
            _ => Err(TokenError::invalid_request("The parameters are strings.")),
        })
        .collect()
}

/// Client id and secret in HTTP Basic, which are form-encoded there.
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, TokenError> {
    let Some(header) = headers.get(AUTHORIZATION) else {
        return Ok(None);
    };
    let credentials = header
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .and_then(|(_, encoded)| STANDARD.decode(encoded.trim()).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| TokenError::invalid_request("The Authorization header is not one of HTTP Basic."))?;
    let (id, secret) = credentials.split_once(':').unwrap_or((&credentials, ""));
    let decode = |text: &str| {
        let pairs = query::pairs(&format!("={text}")).ok()?;
        pairs.into_iter().next().map(|(_, value)| value)
    };
    match (decode(id), decode(secret)) {
        (Some(id), Some(secret)) if contains(&id) || contains(&secret) => {
            Err(holds_card_number("HTTP Basic"))
        }
        (Some(id), Some(secret)) if id.len() <= MAX_LENGTH && secret.len() <= MAX_LENGTH => {
            Ok(Some((id, secret)))
        }
        _ => Err(TokenError::invalid_request(
            "The credentials in HTTP Basic cannot be read.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use secrecy::ExposeSecret;

    use super::*;

    const FORM: &str = "application/x-www-form-urlencoded";

    fn read(media_type: &str, basic: Option<&str>, body: &str) -> Result<(String, Option<String>), String> {
        let mut headers = HeaderMap::new();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_str(media_type).expect("a header value"),
        );
        if let Some(basic) = basic {
            let value = format!("Basic {}", STANDARD.encode(basic));
            headers.insert(
                AUTHORIZATION,
                HeaderValue::from_str(&value).expect("a header value"),
            );
        }
        match TokenRequest::read(&headers, body.as_bytes()) {
            Ok(request) => Ok((
                request.client.id,
                request
                    .client
                    .secret
                    .map(|secret| secret.expose_secret().to_owned()),
            )),
            Err(TokenError::OAuth { error, .. }) => Err(error.response("").status().as_u16().to_string()),
            Err(TokenError::Problems(problems)) => Err(problems.status().to_string()),
        }
    }

    #[test]
    fn forms_json_and_basic_say_the_same() {
        let expected = Ok(("id".to_owned(), Some("s/+".to_owned())));
        let form = "grant_type=client_credentials&client_id=id&client_secret=s%2F%2B&extra=1";
        assert_eq!(read(FORM, None, form), expected);
        let json = r#"{"grant_type":"client_credentials","client_id":"id","client_secret":"s/+","extra":1}"#;
        assert_eq!(read("application/json; charset=utf-8", None, json), expected);
        assert_eq!(read("application/vnd.api+json", None, json), expected);
        assert_eq!(
            read(FORM, Some("id:s%2F%2B"), "grant_type=client_credentials"),
            expected
        );
        assert_eq!(
            read(
                FORM,
                Some("id:s%2F%2B"),
                "grant_type=client_credentials&client_id=id"
            ),
            expected
        );
    }

    #[test]
    fn a_sales_channel_has_no_secret() {
        let expected = Ok(("id".to_owned(), None));
        assert_eq!(
            read(FORM, None, "grant_type=client_credentials&client_id=id"),
            expected
        );
        assert_eq!(
            read(
                FORM,
                None,
                "grant_type=client_credentials&client_id=id&client_secret="
            ),
            expected
        );
        assert_eq!(read(FORM, Some("id:"), "grant_type=client_credentials"), expected);
    }

    #[test]
    fn a_customers_grants_come_with_what_they_need() {
        let headers = || {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(FORM));
            headers
        };
        let grant = |body: &str| {
            let request = TokenRequest::read(&headers(), body.as_bytes());
            request.ok().expect("a request").grant
        };
        let long = "%C3%A9".repeat(128);
        let body = format!("grant_type=password&client_id=id&username=a%40b&password={long}");
        let Grant::Password { username, password } = grant(&body) else {
            panic!("another grant");
        };
        assert_eq!(
            (username.as_str(), password.expose_secret()),
            ("a@b", "é".repeat(128).as_str())
        );
        let Grant::RefreshToken(token) = grant("grant_type=refresh_token&client_id=id&refresh_token=t")
        else {
            panic!("another grant");
        };
        assert_eq!(token.expose_secret(), "t");
    }

    #[test]
    fn what_is_no_request_for_a_token_is_refused() {
        for (media_type, basic, body) in [
            (FORM, None, ""),
            (FORM, None, "grant_type=client_credentials"),
            (FORM, None, "grant_type=authorization_code&client_id=id"),
            (FORM, None, "grant_type=password&client_id=id&username=a"),
            (
                FORM,
                None,
                "grant_type=password&client_id=id&username=&password=b",
            ),
            (FORM, None, "grant_type=password&username=a&password=b"),
            (FORM, None, "grant_type=refresh_token&client_id=id"),
            (
                FORM,
                None,
                "grant_type=client_credentials&client_id=id&client_id=id",
            ),
            (FORM, None, "grant_type=client_credentials&client_id=%ff"),
            (
                FORM,
                Some("id:s"),
                "grant_type=client_credentials&client_secret=s",
            ),
            (
                FORM,
                Some("id:s"),
                "grant_type=client_credentials&client_id=other",
            ),
            ("application/json", None, "[]"),
            ("application/json", None, r#"{"grant_type":5}"#),
            ("application/json", None, "{"),
        ] {
            assert_eq!(
                read(media_type, basic, body),
                Err("400".to_owned()),
                "{media_type} {basic:?} {body}"
            );
        }
        assert_eq!(
            read("text/plain", None, "grant_type=client_credentials&client_id=id"),
            Err("415".to_owned())
        );
        let long = format!("grant_type=client_credentials&client_id={}", "a".repeat(256));
        assert_eq!(read(FORM, None, &long), Err("400".to_owned()));
    }
}
