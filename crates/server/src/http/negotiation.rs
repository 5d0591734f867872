//! Content negotiation of JSON:API 1.1, with `application/json` beside its own media type.

use actix_web::http::header::{ACCEPT, CONTENT_TYPE, HeaderMap};
use tillgate_model::{Problem, problem::Kind};

use super::media_type::MediaRange;

const JSON_API: &str = "application/vnd.api+json";
const JSON: &str = "application/json";

/// A media type that documents are sent as.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MediaType {
    /// `application/vnd.api+json`
    #[default]
    JsonApi,
    /// `application/json`
    Json,
}

impl MediaType {
    /// The value for `Content-Type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::JsonApi => JSON_API,
            Self::Json => JSON,
        }
    }
}

/// The media type that the caller prefers; without a preference JSON:API's.
///
/// # Errors
/// None is accepted, or JSON:API's is requested only with parameters that it does not have here (JSON:API 1.1, server
/// responsibilities: 406, whatever else is accepted).
pub fn accepted(headers: &HeaderMap) -> Result<MediaType, Problem> {
    let ranges: Vec<MediaRange> = headers
        .get_all(ACCEPT)
        .filter_map(|value| value.to_str().ok())
        .flat_map(MediaRange::list)
        .collect();
    if ranges.is_empty() {
        return if headers.contains_key(ACCEPT) && !only_blank(headers) {
            Err(not_acceptable())
        } else {
            Ok(MediaType::JsonApi)
        };
    }
    let json_api = || ranges.iter().filter(|range| range.essence == JSON_API);
    if json_api().next().is_some() && !json_api().any(is_plain_json_api) {
        return Err(not_acceptable());
    }
    let candidate = |media_type| preference(&ranges, media_type).map(|preference| (preference, media_type));
    // The later of equals wins.
    [candidate(MediaType::Json), candidate(MediaType::JsonApi)]
        .into_iter()
        .flatten()
        .max_by(|(one, _), (other, _)| one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal))
        .map(|(_, media_type)| media_type)
        .ok_or_else(not_acceptable)
}

/// Whether `Accept` is empty, which is the same as none.
fn only_blank(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT)
        .all(|value| value.to_str().is_ok_and(|text| text.trim().is_empty()))
}

/// Weight of a type, and how exactly it was named. The most exact range counts; a weight of 0 excludes.
fn preference(ranges: &[MediaRange], media_type: MediaType) -> Option<(f32, u8)> {
    let exactness = |range: &MediaRange| match range.essence.as_str() {
        essence if essence == media_type.as_str() => {
            (media_type == MediaType::Json || is_plain_json_api(range)).then_some(2)
        }
        "application/*" => Some(1),
        "*/*" => Some(0),
        _ => None,
    };
    let matching: Vec<(u8, f32)> = ranges
        .iter()
        .filter_map(|range| Some((exactness(range)?, range.weight)))
        .collect();
    let exactness = matching.iter().map(|(exactness, _)| *exactness).max()?;
    let weight = matching
        .iter()
        .filter(|(other, _)| *other == exactness)
        .map(|(_, weight)| *weight)
        .fold(0.0, f32::max);
    (weight > 0.0).then_some((weight, exactness))
}

/// Whether the range has no parameters except profiles, which are ignored. Extensions count, because the service has none.
fn is_plain_json_api(range: &MediaRange) -> bool {
    range.essence == JSON_API
        && range
            .parameters
            .iter()
            .all(|(name, value)| name == "profile" || (name == "ext" && value.is_empty()))
}

/// Checks that a body can be read.
///
/// # Errors
/// It has another media type, or none.
pub fn readable(headers: &HeaderMap) -> Result<(), Problem> {
    let range = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(MediaRange::parse);
    match range {
        Some(range) if range.essence == JSON || is_plain_json_api(&range) => Ok(()),
        Some(range) if range.essence == JSON_API => Err(unsupported(
            "The media type application/vnd.api+json has no parameters here but `profile`; no extension is supported.",
        )),
        _ => Err(unsupported(
            "Send the body as application/vnd.api+json, or as application/json.",
        )),
    }
}

fn unsupported(message: &'static str) -> Problem {
    Problem::new(Kind::UnsupportedMediaType, message).header("Content-Type")
}

fn not_acceptable() -> Problem {
    let message = "The answer is application/vnd.api+json without parameters, or application/json; Accept allows neither.";
    Problem::new(Kind::NotAcceptable, message).header("Accept")
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn accept(values: &[&str]) -> Result<MediaType, u16> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(ACCEPT, HeaderValue::from_str(value).expect("a header value"));
        }
        accepted(&headers).map_err(|problem| problem.kind.status())
    }

    #[test]
    fn the_accept_header_chooses() {
        let m = "application/vnd.api+json";
        let json_api = Ok(MediaType::JsonApi);
        let json = Ok(MediaType::Json);
        let cases: &[(&[&str], Result<MediaType, u16>)] = &[
            (&[], json_api),
            (&[""], json_api),
            (&["*/*"], json_api),
            (&["application/*"], json_api),
            (&[m], json_api),
            (&["application/vnd.api+json;q=0.9"], json_api),
            (&["application/vnd.api+json; charset=utf-8"], Err(406)),
            (&["application/vnd.api+json; charset=utf-8", m], json_api),
            (&["application/vnd.api+json; charset=utf-8, */*"], Err(406)),
            (&[r#"application/vnd.api+json; ext="https://x.test/e""#], Err(406)),
            (
                &[r#"application/vnd.api+json; ext="https://x.test/e", application/vnd.api+json"#],
                json_api,
            ),
            (
                &[r#"application/vnd.api+json; profile="https://x.test/p""#],
                json_api,
            ),
            (&["application/json"], json),
            (&["application/json; charset=utf-8"], json),
            (&["application/json, text/plain, */*"], json),
            (&["application/json, application/vnd.api+json"], json_api),
            (&["application/vnd.api+json;q=0.5, application/json"], json),
            (&["application/vnd.api+json;q=0, */*"], json),
            (&["application/json;q=0, */*"], json_api),
            (&["text/html"], Err(406)),
            (&["text/html, */*;q=0.1"], json_api),
            (&["*/*;q=0"], Err(406)),
            (&["nonsense"], Err(406)),
        ];
        for (values, expected) in cases {
            assert_eq!(accept(values), *expected, "{values:?}");
        }
    }

    #[test]
    fn the_content_type_is_checked() {
        let cases = [
            (Some("application/vnd.api+json"), true),
            (Some("Application/VND.api+JSON"), true),
            (
                Some(r#"application/vnd.api+json; profile="https://x.test/p""#),
                true,
            ),
            (Some("application/json"), true),
            (Some("application/json; charset=utf-8"), true),
            (Some("application/vnd.api+json; charset=utf-8"), false),
            (Some(r#"application/vnd.api+json; ext="https://x.test/e""#), false),
            (Some("text/plain"), false),
            (Some("application/x-www-form-urlencoded"), false),
            (Some("json"), false),
            (None, false),
        ];
        for (value, expected) in cases {
            let mut headers = HeaderMap::new();
            if let Some(value) = value {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static(value));
            }
            let problem = readable(&headers).err();
            assert_eq!(problem.is_none(), expected, "{value:?}");
            assert!(problem.is_none_or(|problem| problem.kind.status() == 415));
        }
    }
}
