//! The places where a JSON Schema (2020-12) holds other schemas.

/// The shape of a keyword's value that holds schemas.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Applies {
    /// One schema.
    Schema,
    /// An array of schemas.
    List,
    /// An object whose values are schemas; its member names are not keywords.
    Map,
}

const ONE: [&str; 11] = [
    "not",
    "if",
    "then",
    "else",
    "items",
    "contains",
    "additionalProperties",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
];
const LIST: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
const MAP: [&str; 4] = ["properties", "patternProperties", "dependentSchemas", "$defs"];

/// The shape of `keyword`'s schemas; `None` if its value is plain data.
pub fn applies(keyword: &str) -> Option<Applies> {
    let kinds = [
        (ONE.as_slice(), Applies::Schema),
        (&LIST, Applies::List),
        (&MAP, Applies::Map),
    ];
    kinds
        .into_iter()
        .find(|(keywords, _)| keywords.contains(&keyword))
        .map(|(_, shape)| shape)
}
