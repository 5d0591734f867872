//! The kinds of code blocks: a request, an answer, or a client in a programming language.

use super::curl::{self, Request};
use super::json::looks_like_json;
use super::{status, url};

/// A parsed block of code. Lines are counted from 0 in the block.
#[derive(Debug, PartialEq, Eq)]
pub enum Sample {
    /// Nothing but space.
    Empty,
    /// Commands of cURL.
    Curl(Vec<(usize, Option<Request>)>),
    /// An HTTP request, and the line of its body.
    Http(Request, usize),
    /// An answer with its head, its body, and the body's line.
    Answer {
        status: Option<u16>,
        media_type: Option<String>,
        body: String,
        line: usize,
    },
    /// JSON alone: a request's or an answer's body, by its place.
    Json {
        body: String,
        line: usize,
    },
    /// A route alone: `GET /api/orders`.
    Route(url::Route),
    /// A client's code, and the media type that it sends.
    Client {
        content_type: Option<String>,
    },
    Unknown,
}

/// Parses a block of code.
pub fn sample(code: &str) -> Sample {
    let Some(first) = code.lines().position(|line| !line.trim().is_empty()) else {
        return Sample::Empty;
    };
    if code.lines().any(curl::starts) {
        return Sample::Curl(curl::requests(code));
    }
    let start = code.lines().nth(first).unwrap_or_default().trim();
    if let Some(head) = start.strip_prefix("HTTP/") {
        let (media_type, body, line) = message(code, first);
        let status = head.split_whitespace().nth(1).and_then(status::leading);
        return Sample::Answer {
            status,
            media_type,
            body,
            line,
        };
    }
    if let Some(route) = url::stated(start).filter(|route| start.starts_with(&route.method)) {
        let (content_type, body, line) = message(code, first);
        if body.is_empty() && content_type.is_none() {
            return Sample::Route(route);
        }
        let request = Request {
            method: Some(route.method),
            url: Some(route.path),
            content_type,
            accept: None,
            body: (!body.is_empty()).then_some(body),
            body_file: None,
        };
        return Sample::Http(request, line);
    }
    if looks_like_json(code) {
        return Sample::Json {
            body: code.to_owned(),
            line: 0,
        };
    }
    client(code)
}

/// The media type, the body and the body's line of an HTTP message whose first line is `first`.
fn message(code: &str, first: usize) -> (Option<String>, String, usize) {
    let mut media_type = None;
    let mut lines = code.lines().enumerate().skip(first + 1).peekable();
    while let Some((_, line)) = lines.peek() {
        if looks_like_json(line) {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.trim().eq_ignore_ascii_case("content-type")
        {
            let essence = value.split(';').next().unwrap_or_default();
            media_type = Some(essence.trim().to_lowercase());
        }
        lines.next();
    }
    let line = lines.peek().map_or(0, |(number, _)| *number);
    let body = lines.map(|(_, line)| format!("{line}\n")).collect();
    (media_type, body, line)
}

fn client(code: &str) -> Sample {
    let content_type = code
        .to_lowercase()
        .split_once("content-type")
        .and_then(|(_, after)| {
            after
                .split(|letter: char| letter.is_whitespace() || "\"'`,;()[]{}".contains(letter))
                .take(12)
                .find(|word| word.contains('/') && !word.starts_with('/'))
                .map(str::to_owned)
        });
    // A client names its URLs.
    let calls = code.contains("http") || code.contains("/api") || code.contains("fetch(");
    if content_type.is_some() || calls {
        return Sample::Client { content_type };
    }
    Sample::Unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told() {
        assert_eq!(sample(" \n"), Sample::Empty);
        assert!(matches!(sample("curl https://h/a"), Sample::Curl(_)));
        assert!(matches!(sample("\n{\n \"a\": 1 }"), Sample::Json { line: 0, .. }));
        assert_eq!(sample("Python example"), Sample::Unknown);
        assert_eq!(
            sample("fetch(`${B}/a`, { headers: { 'Content-Type': 'application/json' } })"),
            Sample::Client {
                content_type: Some("application/json".to_owned())
            }
        );
        assert!(matches!(sample("GET https://h/api/a"), Sample::Route(_)));
    }

    #[test]
    fn http_messages_have_a_head() {
        let Sample::Answer {
            status,
            media_type,
            body,
            line,
        } = sample("HTTP/1.1 201 Created\nContent-Type: application/vnd.api+json\n\n{\"a\": 1}")
        else {
            panic!("no answer")
        };
        assert_eq!((status, line), (Some(201), 3));
        assert_eq!(media_type.as_deref(), Some("application/vnd.api+json"));
        assert_eq!(body, "{\"a\": 1}\n");
        let Sample::Http(request, 2) = sample("POST /api/a HTTP/1.1\nContent-Type: application/json\n{\n}")
        else {
            panic!("no request")
        };
        assert_eq!(request.url.as_deref(), Some("/api/a"));
    }
}
