//! The names of arguments and fields: `attributes.**payment_type**`, `[order][data][id]`, `name*`.

/// Maximum nesting of members; a deeper page is a mistake.
pub const DEEPEST: usize = 24;

/// A name as a table or a list writes it.
#[derive(Debug, PartialEq, Eq)]
pub struct Name {
    /// From the outside in.
    pub path: Vec<String>,
    /// The text after the name in its cell, such as a mark or the word "required".
    pub rest: String,
    /// `name[]`
    pub is_array: bool,
}

/// Reads a name whose parts, in dots or brackets, are members of each other.
pub fn nested(text: &str) -> Option<Name> {
    let (name, rest, is_array) = divided(text)?;
    let path: Vec<String> = name
        .split(['.', '[', ']'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect();
    let is_path = !path.is_empty() && path.len() <= DEEPEST;
    is_path.then_some(Name { path, rest, is_array })
}

/// Reads a name literally: `page[size]`.
pub fn literal(text: &str) -> Option<Name> {
    let (name, rest, _) = divided(text)?;
    let name = name.trim_start_matches(':').trim_matches(['{', '}']);
    (!name.is_empty()).then(|| Name {
        path: vec![name.to_owned()],
        rest,
        is_array: false,
    })
}

/// The name at the start, the text after it, and whether it ends with `[]`.
fn divided(text: &str) -> Option<(String, String, bool)> {
    let text = text.replace('`', "");
    let text = text.trim();
    let belongs = |letter: char| letter.is_alphanumeric() || "_-.[]{}$@/:~".contains(letter);
    let end = text.find(|letter| !belongs(letter)).unwrap_or(text.len());
    let (mut name, rest) = text.split_at(end);
    let mut rest = rest.trim_matches([' ', '(', ')', ',', ':']).to_owned();
    // `[order][id]Optional`
    if let Some(at) = name
        .rfind(']')
        .filter(|at| name.starts_with('[') && at + 1 < name.len())
    {
        rest = name[at + 1..].to_owned();
        name = &name[..=at];
    }
    let is_array = name.ends_with("[]");
    let name = name.trim_end_matches("[]").trim_end_matches([':', '.']);
    let is_name = name.contains(char::is_alphanumeric) || name == "_";
    // Several words without a word of presence are a sentence and no name.
    let is_phrase = rest.split_whitespace().count() > 6;
    (is_name && !is_phrase).then(|| (name.to_owned(), rest, is_array))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> (String, String) {
        let name = nested(text).unwrap();
        (name.path.join("/"), name.rest)
    }

    fn pair(path: &str, rest: &str) -> (String, String) {
        (path.to_owned(), rest.to_owned())
    }

    #[test]
    fn parts_come_in_dots_and_brackets() {
        assert_eq!(
            path("attributes.payment_type"),
            pair("attributes/payment_type", "")
        );
        assert_eq!(path("data[attributes][token]"), pair("data/attributes/token", ""));
        assert_eq!(
            path("[order][data][id]Optional"),
            pair("order/data/id", "Optional")
        );
        assert_eq!(path("name*"), pair("name", "*"));
        assert_eq!(path("`name` (required)"), pair("name", "required"));
        assert_eq!(path("_place"), pair("_place", ""));
    }

    #[test]
    fn a_literal_keeps_its_brackets() {
        assert_eq!(literal("page[size]").unwrap().path, ["page[size]"]);
        assert_eq!(literal(":id").unwrap().path, ["id"]);
    }

    #[test]
    fn arrays_and_what_is_no_name() {
        let tags = nested("tags[]").unwrap();
        assert!(tags.is_array && tags.path == ["tags"]);
        assert_eq!(nested(""), None);
        assert_eq!(nested("—"), None);
        assert_eq!(nested("The following are all of the many arguments"), None);
    }
}
