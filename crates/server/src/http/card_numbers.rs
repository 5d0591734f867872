//! Refuses card numbers outside of the body: in path, query and headers.

use std::borrow::Cow;

use actix_web::{
    HttpRequest,
    http::header::{AUTHORIZATION, COOKIE, HeaderName, REFERER},
};
use percent_encoding::percent_decode_str;
use tillgate_model::{Problem, ProblemList, Problems, card_number::contains, problem::Kind};

use super::request_id;

/// Refuses a request with a card number in its path, query or headers.
///
/// # Errors
/// The places of the card numbers.
pub fn check(request: &HttpRequest) -> Result<(), Problems> {
    let mut problems = ProblemList::default();
    if contains(request.uri().path()) {
        problems.push(|| problem("The path"));
    }
    for found in in_query(request.query_string()) {
        problems.push(|| found);
    }
    for (name, value) in request.headers() {
        if is_for_others(name) {
            continue;
        }
        if contains(name.as_str()) {
            problems.push(|| problem("The name of a header"));
        } else if contains(&String::from_utf8_lossy(value.as_bytes())) {
            problems.push(|| problem("The header").header(name.as_str().to_owned()));
        }
    }
    problems.into_result()
}

fn in_query(query: &str) -> Vec<Problem> {
    let spaced = match query.contains('+') {
        true => Cow::Owned(query.replace('+', " ")),
        false => Cow::Borrowed(query),
    };
    if !contains(&spaced) {
        return Vec::new();
    }
    let named = spaced.split('&').filter_map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = percent_decode_str(name).decode_utf8_lossy();
        (contains(value) && !contains(&name)).then(|| problem("The parameter").parameter(name))
    });
    let mut problems: Vec<Problem> = named.take(10).collect();
    if problems.is_empty() {
        problems.push(problem("The query"));
    }
    problems
}

fn problem(place: &str) -> Problem {
    let message = format!(
        "{place} looks like it holds a card number. Send a token from the payment gateway's library instead."
    );
    Problem::new(Kind::InvalidParamValue, message).meta("error", "card_number")
}

/// Headers that this service doesn't read or log, and whose numbers sometimes look like card numbers: ids of traces, cookies of
/// analytics, addresses of pages. An access token is only compared, and a request id is replaced.
fn is_for_others(name: &HeaderName) -> bool {
    let text = name.as_str();
    *name == AUTHORIZATION
        || *name == COOKIE
        || *name == REFERER
        || text == request_id::HEADER
        || text.contains("trace")
        || text.contains("span")
        || ["x-datadog-", "x-b3-", "newrelic", "sentry-"]
            .iter()
            .any(|start| text.starts_with(start))
        || matches!(text, "b3" | "baggage")
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use tillgate_model::problem::Source;

    use super::*;

    fn found(request: TestRequest) -> Vec<Option<Source>> {
        let outcome = check(&request.to_http_request());
        let problems = outcome.as_ref().err().map(Problems::iter);
        problems
            .into_iter()
            .flatten()
            .map(|problem| problem.source.clone())
            .collect()
    }

    #[test]
    fn paths_queries_and_headers() {
        let uri = |uri: &str| found(TestRequest::with_uri(uri));
        let parameter = |name: &str| vec![Some(Source::Parameter(name.into()))];
        for path in [
            "/api/orders/4242424242424242",
            "/api/orders/%34242424242424242",
            "/api/orders/4242%204242%204242%204242",
            "/api/orders/4242-4242-4242-4242/market",
            "/api/orders/%EF%BC%94%EF%BC%92424242424242%34%32",
        ] {
            assert_eq!(uri(path), [None], "{path}");
        }
        assert_eq!(
            uri("/api/orders?page[size]=4242424242424242"),
            parameter("page[size]")
        );
        assert_eq!(uri("/api/orders?a=1&b=4242+4242+4242+4242"), parameter("b"));
        assert_eq!(uri("/api/orders?b%5B=4242%2B4242%2B4242%2B4242"), parameter("b["));
        assert_eq!(uri("/api/orders?4242424242424242"), [None]);
        assert_eq!(uri("/api/orders?4242424242424242=1"), [None]);
        assert_eq!(uri("/api/orders/QWERtyUpBa?page[number]=2"), []);
        let header = |name: &'static str, value: &'static str| {
            found(TestRequest::default().insert_header((name, value)))
        };
        for name in ["idempotency-key", "user-agent", "x-custom", "accept"] {
            assert_eq!(
                header(name, "order 4242 4242 4242 4242"),
                [Some(Source::Header(name.to_owned().into()))],
                "{name}"
            );
        }
        assert_eq!(header("x-4242424242424242", "1"), [None]);
        assert_eq!(header("x-datadog-trace-id", "4242424242424242"), []);
        let agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36";
        assert_eq!(header("user-agent", agent), []);
    }
}
