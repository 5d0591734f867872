//! `If-Match` and `If-None-Match` (RFC 9110 section 13.1).

use actix_web::http::header::{HeaderMap, HeaderName, IF_MATCH, IF_NONE_MATCH};
use tillgate_model::{Problem, problem::Kind};

/// The tags of a header.
#[derive(PartialEq, Eq, Debug)]
pub enum Tags {
    /// `*`: any tag.
    Any,
    /// These tags. A weak one begins with `W/`.
    Listed(Vec<String>),
}

/// The entity tags that permit a change of the resource; `None` for any. Weak tags never match.
///
/// # Errors
/// The header has another form.
pub fn required(headers: &HeaderMap) -> Result<Option<Vec<String>>, Problem> {
    Ok(match read(headers, &IF_MATCH, "If-Match")? {
        None | Some(Tags::Any) => None,
        Some(Tags::Listed(tags)) => Some(tags),
    })
}

/// Whether the caller has the document with this tag.
///
/// # Errors
/// The header has another form.
pub fn is_known(headers: &HeaderMap, tag: &str) -> Result<bool, Problem> {
    Ok(match read(headers, &IF_NONE_MATCH, "If-None-Match")? {
        None => false,
        Some(Tags::Any) => true,
        // Compared weakly, because it is only about a copy.
        Some(Tags::Listed(tags)) => tags
            .iter()
            .any(|known| known.strip_prefix("W/").unwrap_or(known) == tag),
    })
}

fn read(headers: &HeaderMap, name: &HeaderName, shown: &'static str) -> Result<Option<Tags>, Problem> {
    if !headers.contains_key(name) {
        return Ok(None);
    }
    let malformed = || {
        let message = "Send `*`, or entity tags in quotes with commas between them.";
        Problem::new(Kind::InvalidParamValue, message).header(shown)
    };
    let mut lines = Vec::new();
    for value in headers.get_all(name) {
        lines.push(value.to_str().map_err(|_| malformed())?.trim());
    }
    if lines == ["*"] {
        return Ok(Some(Tags::Any));
    }
    let mut tags = Vec::new();
    for line in lines {
        let mut rest = line;
        while !rest.is_empty() {
            let (tag, after) = tag(rest).ok_or_else(malformed)?;
            tags.push(tag.to_owned());
            rest = after.trim_start();
            // Lists may have empty elements (RFC 9110 section 5.6.1).
            match rest.strip_prefix(',') {
                Some(next) => rest = next.trim_start_matches([',', ' ', '\t']),
                None if rest.is_empty() => {}
                None => return Err(malformed()),
            }
        }
    }
    if tags.is_empty() {
        return Err(malformed());
    }
    Ok(Some(Tags::Listed(tags)))
}

/// The first tag of a list, and the rest after it.
fn tag(text: &str) -> Option<(&str, &str)> {
    let start = if text.starts_with("W/") { 2 } else { 0 };
    let inner = text[start..].strip_prefix('"')?;
    let length = inner.find('"')?;
    let fits = |byte: u8| byte == 0x21 || (0x23..=0x7E).contains(&byte) || byte >= 0x80;
    if !inner[..length].bytes().all(fits) {
        return None;
    }
    Some(text.split_at(start + length + 2))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn headers(name: HeaderName, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(
                name.clone(),
                HeaderValue::from_str(value).expect("a header value"),
            );
        }
        headers
    }

    #[test]
    fn lists_of_tags_are_read() {
        let tags =
            |values: &[&str]| required(&headers(IF_MATCH, values)).map_err(|problem| problem.kind.status());
        let listed = |tags: &[&str]| Ok(Some(tags.iter().map(ToString::to_string).collect::<Vec<_>>()));
        assert_eq!(tags(&[]), Ok(None));
        assert_eq!(tags(&["*"]), Ok(None));
        assert_eq!(tags(&[r#""a""#]), listed(&[r#""a""#]));
        assert_eq!(
            tags(&[r#""a", W/"b" ,"c,d""#]),
            listed(&[r#""a""#, r#"W/"b""#, r#""c,d""#])
        );
        assert_eq!(tags(&[r#""a""#, r#""b""#]), listed(&[r#""a""#, r#""b""#]));
        assert_eq!(tags(&[r#""""#]), listed(&[r#""""#]));
        for malformed in [
            "",
            "a",
            r#""a"#,
            r#"w/"a""#,
            r#""a" "b""#,
            r#"*, "a""#,
            r#""a b""#,
            ",",
        ] {
            assert_eq!(tags(&[malformed]), Err(400), "{malformed}");
        }
    }

    #[test]
    fn a_copy_is_compared_weakly() {
        let is_known = |value: &str| is_known(&headers(IF_NONE_MATCH, &[value]), r#""a""#).ok();
        for known in [r#""a""#, r#"W/"a""#, r#""b", "a""#, "*"] {
            assert_eq!(is_known(known), Some(true), "{known}");
        }
        assert_eq!(is_known(r#""b""#), Some(false));
        assert_eq!(is_known("a"), None);
    }
}
