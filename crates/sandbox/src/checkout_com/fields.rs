//! Reads a JSON body member by member: unknown members are ignored, a wrong type is a 422.
//!
//! Each reader takes the error code to answer with. A null member counts as absent.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::header::CONTENT_TYPE;
use http::{Request, StatusCode, Uri};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::answer::Refusal;

const MAX_URL_CHARS: usize = 1024;
const MAX_METADATA_FIELDS: usize = 20;
const MAX_METADATA_CHARS: usize = 255;

/// The members of a JSON object.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// The request's body, which may be empty where no member is required.
    pub fn of_body(request: &Request<Bytes>) -> Result<Self, Refusal> {
        if request.body().is_empty() {
            return Ok(Self::default());
        }
        let content_type = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let media_type = content_type
            .and_then(|value| value.split(';').next())
            .unwrap_or_default()
            .trim();
        if !media_type.eq_ignore_ascii_case("application/json") {
            return Err(Refusal::Empty(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        match serde_json::from_slice(request.body()) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            Ok(Value::Null) => Ok(Self::default()),
            Ok(_) | Err(_) => Err(Refusal::invalid("request_body_malformed")),
        }
    }

    fn member(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn read<'a, T>(
        &'a self,
        name: &str,
        code: &'static str,
        convert: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        self.member(name)
            .map(|value| convert(value).ok_or_else(|| Refusal::invalid(code)))
            .transpose()
    }

    pub fn text(&self, name: &str, code: &'static str) -> Result<Option<&str>, Refusal> {
        self.read(name, code, Value::as_str)
    }

    /// A text of at most `max` characters.
    pub fn text_up_to(&self, name: &str, max: usize, code: &'static str) -> Result<Option<String>, Refusal> {
        self.read(name, code, |value| {
            value
                .as_str()
                .filter(|text| text.chars().count() <= max)
                .map(str::to_owned)
        })
    }

    pub fn unsigned(&self, name: &str, code: &'static str) -> Result<Option<u64>, Refusal> {
        self.read(name, code, Value::as_u64)
    }

    pub fn boolean(&self, name: &str, code: &'static str) -> Result<Option<bool>, Refusal> {
        self.read(name, code, Value::as_bool)
    }

    pub fn object(&self, name: &str, code: &'static str) -> Result<Option<Self>, Refusal> {
        self.read(name, code, |value| value.as_object().cloned().map(Self))
    }

    /// An array of objects.
    pub fn objects(&self, name: &str, code: &'static str) -> Result<Option<Vec<Self>>, Refusal> {
        self.read(name, code, |value| {
            let members = |item: &Value| item.as_object().cloned().map(Self);
            value.as_array()?.iter().map(members).collect()
        })
    }

    /// Whether the member is an array of one or more texts.
    pub fn is_list_of_texts(&self, name: &str) -> bool {
        self.member(name).is_some_and(is_list_of_texts)
    }

    /// Every member, in order.
    pub fn members(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.iter()
    }

    /// A point in time in RFC 3339.
    pub fn time(&self, name: &str, code: &'static str) -> Result<Option<DateTime<Utc>>, Refusal> {
        self.read(name, code, |value| {
            Some(DateTime::parse_from_rfc3339(value.as_str()?).ok()?.to_utc())
        })
    }

    /// An absolute http(s) URL.
    pub fn url(&self, name: &str, code: &'static str) -> Result<Option<String>, Refusal> {
        self.read(name, code, |value| {
            value.as_str().filter(|url| is_web_url(url)).map(str::to_owned)
        })
    }

    /// `metadata`: up to 20 named strings (of at most 255 characters), numbers or booleans.
    pub fn metadata(&self) -> Result<Map<String, Value>, Refusal> {
        let Some(metadata) = self.object("metadata", "metadata_invalid")? else {
            return Ok(Map::new());
        };
        let named = metadata
            .0
            .keys()
            .all(|key| (1..=MAX_METADATA_CHARS).contains(&key.chars().count()));
        if metadata.0.len() > MAX_METADATA_FIELDS || !named {
            return Err(Refusal::invalid("metadata_key_invalid"));
        }
        let plain = metadata.0.values().all(|value| match value {
            Value::String(text) => text.chars().count() <= MAX_METADATA_CHARS,
            value => value.is_number() || value.is_boolean(),
        });
        if plain {
            Ok(metadata.0)
        } else {
            Err(Refusal::invalid("metadata_value_invalid"))
        }
    }
}

/// Whether it is an array of one or more texts.
pub(super) fn is_list_of_texts(value: &Value) -> bool {
    value
        .as_array()
        .is_some_and(|list| !list.is_empty() && list.iter().all(Value::is_string))
}

fn is_web_url(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let web = matches!(uri.scheme_str(), Some("http" | "https"));
    // No user name, and no characters with a meaning in a Content-Security-Policy.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    let host = uri
        .authority()
        .is_some_and(|authority| authority.as_str().bytes().all(plain));
    web && host && url.len() <= MAX_URL_CHARS
}
