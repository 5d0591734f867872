//! Methods, URLs and paths as pages write them.

const METHODS: [&str; 7] = ["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS"];

/// A method and a path that a page puts side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub method: String,
    pub path: String,
    /// Names of the parameters that the URL's query shows.
    pub query: Vec<String>,
}

/// `text` as a method in upper case.
pub fn method(text: &str) -> Option<&'static str> {
    let text = text.trim();
    METHODS
        .into_iter()
        .find(|method| method.eq_ignore_ascii_case(text))
}

/// Makes a route of a method and a URL, or a path.
pub fn route(method_name: &str, url: &str) -> Option<Route> {
    let (path, query) = path(url)?;
    Some(Route {
        method: method(method_name)?.to_owned(),
        path,
        query,
    })
}

/// The route that `text` states: a method in capitals with a URL right after it.
pub fn stated(text: &str) -> Option<Route> {
    let words: Vec<&str> = text
        .split_whitespace()
        .map(bare)
        .filter(|word| !word.is_empty())
        .collect();
    let at = words.iter().position(|word| METHODS.contains(word))?;
    let url = words.get(at + 1)?;
    if !url.contains('/') {
        return None;
    }
    // A host and a path that markup has separated.
    let joined = match words.get(at + 2) {
        Some(rest)
            if url.contains("://")
                && path(url).is_some_and(|(path, _)| path == "/")
                && rest.starts_with('/') =>
        {
            format!("{url}{rest}")
        }
        _ => (*url).to_owned(),
    };
    route(words[at], &joined)
}

/// The route that a sentence is about: a method in capitals with a path somewhere behind it.
pub fn mentioned(text: &str) -> Option<Route> {
    let words: Vec<&str> = text.split_whitespace().map(bare).collect();
    let at = words.iter().position(|word| METHODS.contains(word))?;
    let url = words[at + 1..]
        .iter()
        .find(|word| (word.starts_with('/') && word.len() > 1) || word.contains("://"))?;
    route(words[at], url).filter(|route| route.path != "/")
}

/// A word without the punctuation around it.
fn bare(word: &str) -> &str {
    word.trim_matches(['`', '"', '\'', ',', ';', '(', ')', '*'])
        .trim_end_matches(['.', ':'])
}

/// The path of a URL with its parameters in braces and without a slash at the end, and the names in its query.
pub fn path(url: &str) -> Option<(String, Vec<String>)> {
    let url = url.trim().trim_matches(['`', '"', '\'']);
    let url = url.split('#').next()?;
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let path = match place.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None if place.starts_with('/') => place,
        // A base that is a placeholder or a host.
        None => {
            let at = place.find('/')?;
            let base = &place[..at];
            let is_base = base.contains(['{', '$', '<', '.']) || base == "localhost";
            is_base.then_some(&place[at..])?
        }
    };
    let path = joined_names(path);
    if path.contains(char::is_whitespace) || path.contains("//") {
        return None;
    }
    let segments = path.split('/').skip(1).filter(|segment| !segment.is_empty());
    let path: String = segments
        .map(|segment| format!("/{}", template(segment)))
        .collect();
    let names = query
        .split('&')
        .map(|pair| decoded(pair.split('=').next().unwrap_or_default()))
        .filter(|name| !name.is_empty());
    Some((
        if path.is_empty() { "/".to_owned() } else { path },
        names.collect(),
    ))
}

/// A path in which the names of parameters have `_` for spaces: `/<Organization Slug>/a`.
fn joined_names(path: &str) -> String {
    let mut depth = 0_usize;
    let letters = path.chars().map(|letter| {
        match letter {
            '<' | '{' | '[' => depth += 1,
            '>' | '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > 0 && letter.is_whitespace() {
            '_'
        } else {
            letter
        }
    });
    letters.collect()
}

fn template(segment: &str) -> String {
    let segment = decoded(segment);
    let name = segment.strip_prefix(':').or_else(|| {
        let inside = segment.trim_start_matches('$');
        let pairs = [("{{", "}}"), ("{", "}"), ("<", ">"), ("[", "]")];
        pairs
            .into_iter()
            .find_map(|(open, close)| inside.strip_prefix(open)?.strip_suffix(close))
    });
    match name.map(str::trim) {
        Some(name) if !name.is_empty() => format!("{{{name}}}"),
        _ => segment,
    }
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .map_or_else(|_| text.to_owned(), |text| text.replace(char::is_whitespace, "+"))
}

/// The names of a path's parameters.
pub fn parameters(path: &str) -> Vec<&str> {
    let segments = path.split('/');
    segments
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
        .collect()
}

/// Whether a concrete path has the form of a path with parameters.
pub fn has_form(path: &str, form: &str) -> bool {
    let is_parameter = |segment: &str| segment.starts_with('{');
    let (left, right): (Vec<_>, Vec<_>) = (path.split('/').collect(), form.split('/').collect());
    left.len() == right.len()
        && left
            .iter()
            .zip(&right)
            .all(|(a, b)| a == b || is_parameter(a) || is_parameter(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lose_host_and_spelling_of_parameters() {
        for url in [
            "https://h.example/api/orders/:id",
            "https://{{account}}.h.example/api/orders/{{id}}/",
            "${BASE_URL}/api/orders/${id}",
            "{baseUrl}/api/orders/{id}",
            "/api/orders/<id>",
            "h.example/api/orders/%7Bid%7D#top",
        ] {
            assert_eq!(path(url).unwrap().0, "/api/orders/{id}", "{url}");
        }
        assert_eq!(path("and/or"), None);
        assert_eq!(path("https://h.example").unwrap().0, "/");
    }

    #[test]
    fn names_in_the_query_are_kept() {
        let (_, names) = path("/a?page%5Bsize%5D=5&filter[q][x_eq]=1&include").unwrap();
        assert_eq!(names, ["page[size]", "filter[q][x_eq]", "include"]);
    }

    #[test]
    fn a_route_is_stated_or_mentioned() {
        let route = stated("Example Request GET https://h.example /api/a").unwrap();
        assert_eq!((route.method.as_str(), route.path.as_str()), ("GET", "/api/a"));
        let prose = "To create one, send a POST request to the /api/a endpoint.";
        assert_eq!(stated(prose), None);
        assert_eq!(mentioned(prose).unwrap().path, "/api/a");
        assert_eq!(mentioned("Get it at /a"), None);
        assert_eq!(mentioned("GET in touch / call us"), None);
    }

    #[test]
    fn concrete_paths_have_the_form_of_a_template() {
        assert!(has_form("/api/orders/x1", "/api/orders/{id}"));
        assert!(!has_form("/api/orders", "/api/orders/{id}"));
        assert!(!has_form("/api/skus/x1", "/api/orders/{id}"));
    }
}
