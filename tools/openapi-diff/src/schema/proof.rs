//! Decides whether one schema accepts all values of another one, if no rule does.
//!
//! jsoncompat proves inclusion for JSON Schema 2020-12 by its structure. It answers yes only if it has a proof, so that
//! everything it can't follow (patterns in general, `not`, `if`) stays on the safe side.

use std::collections::BTreeMap;
use std::panic::catch_unwind;

use jsoncompat::{Role, SchemaDocument, check_compat};
use serde_json::{Map, Value, json};

use crate::change::Side;
use crate::documents::{Documents, target};

/// The question for one pair of schemas; asked at most once.
pub struct Proof<'a> {
    documents: &'a Documents<'a>,
    side: Side,
    old: &'a Value,
    new: &'a Value,
    answer: Option<bool>,
}

impl<'a> Proof<'a> {
    /// A question for an earlier and a later schema on one side of the wire.
    pub fn new(documents: &'a Documents<'a>, side: Side, old: &'a Value, new: &'a Value) -> Self {
        Self {
            documents,
            side,
            old,
            new,
            answer: None,
        }
    }

    /// Whether it is proven that clients still work: all requests are still accepted, all responses still as promised.
    pub fn harmless(&mut self) -> bool {
        *self.answer.get_or_insert_with(|| {
            let old = alone(self.documents.old, self.old);
            let new = alone(self.documents.new, self.new);
            old.zip(new).is_some_and(|(old, new)| {
                silent(&old) == silent(&new)
                    && match self.side {
                        Side::Response => includes(&old, &new),
                        Side::Operation | Side::Request => includes(&new, &old),
                    }
            })
        })
    }
}

/// Whether `wide` provably accepts every value that `narrow` accepts.
fn includes(wide: &Value, narrow: &Value) -> bool {
    // The prover panics on references that only lead back to themselves; a schema without meaning has no proof.
    catch_unwind(|| prove(wide, narrow)).unwrap_or(false)
}

fn prove(wide: &Value, narrow: &Value) -> bool {
    let (Ok(wide), Ok(narrow)) = (SchemaDocument::from_json(wide), SchemaDocument::from_json(narrow)) else {
        return false;
    };
    // A serializer may go from the first schema to the second if the second is a subset.
    check_compat(&wide, &narrow, Role::Serializer).unwrap_or(false)
}

/// Keywords that the prover ignores and clients don't, in the order of the schema. If they differ, a proof is worthless.
fn silent(schema: &Value) -> Vec<&Value> {
    const KEYWORDS: [&str; 4] = ["format", "contentEncoding", "contentMediaType", "contentSchema"];
    match schema {
        Value::Object(members) => {
            let own = KEYWORDS.iter().filter_map(|keyword| members.get(*keyword));
            own.chain(members.values().flat_map(silent)).collect()
        }
        Value::Array(items) => items.iter().flat_map(silent).collect(),
        _ => Vec::new(),
    }
}

/// The schema with all of its references in `$defs`; `None` if it is too large for a proof, or a reference is broken.
fn alone(document: &Value, schema: &Value) -> Option<Value> {
    let mut names = BTreeMap::new();
    let body = rename(schema, &mut names);
    let mut definitions = Map::new();
    while let Some((reference, name)) = names
        .iter()
        .find(|(_, name)| !definitions.contains_key(*name))
        .map(|(reference, name)| (reference.clone(), name.clone()))
    {
        const MOST: usize = 50;
        if definitions.len() == MOST {
            return None;
        }
        let definition = rename(target(document, &reference)?, &mut names);
        definitions.insert(name, definition);
    }
    Some(json!({"allOf": [body], "$defs": definitions}))
}

/// Points references to `$defs`.
fn rename(schema: &Value, names: &mut BTreeMap<String, String>) -> Value {
    match schema {
        Value::Object(members) => {
            let mut renamed = Map::new();
            for (keyword, value) in members {
                let value = match value.as_str() {
                    Some(reference) if keyword == "$ref" => {
                        let next = format!("d{}", names.len());
                        let name = names.entry(reference.to_owned()).or_insert(next);
                        json!(format!("#/$defs/{name}"))
                    }
                    _ => rename(value, names),
                };
                renamed.insert(keyword.clone(), value);
            }
            Value::Object(renamed)
        }
        Value::Array(items) => items.iter().map(|item| rename(item, names)).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn harmless(side: Side, old: &Value, new: &Value) -> bool {
        let (before, after) = (json!({"a": old}), json!({"a": new}));
        let documents = Documents::new(&before, &after);
        let reference = json!({"$ref": "#/a"});
        Proof::new(&documents, side, &reference, &reference).harmless()
    }

    #[test]
    fn proves_in_the_direction_of_the_side() {
        let narrow = json!({"type": "string", "not": {"const": "a"}});
        let wide = json!({"type": "string"});
        assert!(harmless(Side::Request, &narrow, &wide));
        assert!(!harmless(Side::Request, &wide, &narrow));
        assert!(harmless(Side::Response, &wide, &narrow));
        assert!(!harmless(Side::Response, &narrow, &wide));
    }

    #[test]
    fn what_has_no_proof_is_not_harmless() {
        let (one, other) = (json!({"pattern": "^a+$"}), json!({"pattern": "^(a|b)+$"}));
        assert!(!harmless(Side::Request, &other, &one));
        assert!(!harmless(
            Side::Request,
            &json!({"$ref": "#/nowhere"}),
            &json!(false)
        ));
        assert!(!harmless(Side::Request, &json!({"type": 7}), &json!({"type": 8})));
    }
}
