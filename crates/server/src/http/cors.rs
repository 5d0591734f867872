//! Calls from pages of other origins (Fetch standard, CORS protocol). Credentials are in a header that the page itself sets,
//! never in cookies, so `Access-Control-Allow-Credentials` is not needed.

use actix_web::{
    HttpResponse,
    http::{
        Method,
        header::{
            ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
            ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap,
            HeaderValue, ORIGIN, VARY,
        },
    },
};

/// The origins that may call.
#[derive(Default)]
pub struct Cors(Vec<String>);

impl Cors {
    /// A policy for these origins and no others.
    pub fn new(origins: Vec<String>) -> Self {
        Self(origins)
    }

    /// The origin of a request, if it may call.
    pub fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(ORIGIN)?;
        self.0
            .iter()
            .any(|known| known.as_bytes() == origin.as_bytes())
            .then(|| origin.clone())
    }

    /// Whether a request is a preflight.
    pub fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
        method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
    }

    /// The answer to a preflight of an allowed origin.
    pub fn preflight() -> HttpResponse {
        HttpResponse::NoContent()
            .insert_header((ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, PATCH, DELETE"))
            .insert_header((
                ACCESS_CONTROL_ALLOW_HEADERS,
                "Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-Id, X-Requested-With",
            ))
            .insert_header((ACCESS_CONTROL_MAX_AGE, "600"))
            .finish()
    }

    /// Lets the page at `origin` read the answer.
    pub fn permit(&self, headers: &mut HeaderMap, origin: Option<HeaderValue>) {
        if self.0.is_empty() {
            return;
        }
        headers.append(VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = origin {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            let exposed = "ETag, Location, Retry-After, X-Request-Id, Idempotent-Replayed";
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(exposed));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_origins_that_were_named() {
        let cors = Cors::new(vec!["https://shop.example".into()]);
        let from = |origin: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
            cors.allowed(&headers)
        };
        assert_eq!(
            from("https://shop.example"),
            Some(HeaderValue::from_static("https://shop.example"))
        );
        for origin in [
            "https://shop.example.evil",
            "http://shop.example",
            "https://shop.example:8443",
            "null",
        ] {
            assert_eq!(from(origin), None, "{origin}");
        }
        assert_eq!(cors.allowed(&HeaderMap::new()), None);
    }

    #[test]
    fn an_answer_varies_with_the_origin_even_for_those_that_may_not() {
        let mut headers = HeaderMap::new();
        Cors::new(vec!["https://shop.example".into()]).permit(&mut headers, None);
        assert_eq!(headers.get(VARY), Some(&HeaderValue::from_static("Origin")));
        assert_eq!(headers.get(ACCESS_CONTROL_ALLOW_ORIGIN), None);
    }
}
