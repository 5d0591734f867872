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

/// How `keyword` applies schemas; `None` when its value is plain data.
pub fn applies(keyword: &str) -> Option<Applies> {
    Some(match keyword {
        "not" | "if" | "then" | "else" | "items" | "contains" | "additionalProperties" | "propertyNames"
        | "unevaluatedItems" | "unevaluatedProperties" | "contentSchema" => Applies::Schema,
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => Applies::List,
        "properties" | "patternProperties" | "dependentSchemas" | "$defs" => Applies::Map,
        _ => return None,
    })
}
