//! Media types as written in `Accept` and `Content-Type` (RFC 9110 sections 8.3 and 12.5.1).

/// A media type or range with its parameters. Names are in lower case, values as sent without quotes.
#[derive(Clone, Debug, PartialEq)]
pub struct MediaRange {
    /// Type and subtype, such as `application/json` or `*/*`.
    pub essence: String,
    /// Parameters except the weight.
    pub parameters: Vec<(String, String)>,
    /// The weight `q`, from 0 to 1.
    pub weight: f32,
}

impl MediaRange {
    /// Reads a media type; `None` if it is malformed.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = split(text, ';');
        let essence = parts.next()?.trim().to_ascii_lowercase();
        let (kind, subtype) = essence.split_once('/')?;
        if kind.is_empty() || subtype.is_empty() || subtype.contains('/') {
            return None;
        }
        let mut range = Self {
            essence,
            parameters: Vec::new(),
            weight: 1.0,
        };
        for part in parts.map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=')?;
            let (name, value) = (name.trim().to_ascii_lowercase(), unquoted(value.trim()));
            if name == "q" {
                range.weight = value.parse().ok().filter(|weight| (0.0..=1.0).contains(weight))?;
            } else {
                range.parameters.push((name, value));
            }
        }
        Some(range)
    }

    /// Reads the ranges of an `Accept` header, without malformed ones.
    pub fn list(header: &str) -> impl Iterator<Item = Self> {
        split(header, ',').filter_map(Self::parse)
    }
}

/// Splits outside of quoted strings.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |character| {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => return !quoted && character == separator,
        }
        false
    })
}

fn unquoted(value: &str) -> String {
    match value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.replace('\\', ""),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_spacing_and_quotes_do_not_matter() {
        let range = MediaRange::parse(r#" Application/VND.api+JSON ; Profile="a;b,c" ; q=0.5 "#)
            .expect("well-formed");
        assert_eq!(range.essence, "application/vnd.api+json");
        assert_eq!(range.parameters, [("profile".into(), "a;b,c".into())]);
        assert_eq!(range.weight, 0.5);
    }

    #[test]
    fn commas_in_quotes_do_not_end_a_range() {
        let essences: Vec<_> = MediaRange::list(r#"a/b; p="x, \"y\", z", nonsense, c/d;q=7, e/f"#)
            .map(|range| range.essence)
            .collect();
        assert_eq!(essences, ["a/b", "e/f"]);
    }

    #[test]
    fn what_has_not_the_form_is_nothing() {
        for text in ["", "a", "/", "a/", "/b", "a/b/c", "a/b;c", "a/b;q=x", "a/b;q=NaN"] {
            assert_eq!(MediaRange::parse(text), None, "{text}");
        }
    }
}
