//! Where a JSON Schema (2020-12) holds other schemas.

/// What the value of a keyword that applies schemas looks like.
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

/// How `keyword` applies schemas; `None` when its value is plain data.
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
