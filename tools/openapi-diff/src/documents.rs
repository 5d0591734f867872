//! The two documents of a comparison, and their references with different targets.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use openapi_document::resolve;

/// An earlier and a later document.
pub struct Documents<'a> {
    /// The earlier one.
    pub old: &'a Value,
    /// The later one.
    pub new: &'a Value,
    /// References whose targets, directly or indirectly, differ between the two.
    dirty: BTreeSet<&'a str>,
}

impl<'a> Documents<'a> {
    /// Compares all references of both documents.
    pub fn new(old: &'a Value, new: &'a Value) -> Self {
        let mut all = BTreeSet::new();
        references(old, &mut all);
        references(new, &mut all);
        Self {
            old,
            new,
            dirty: dirty(old, new, &all),
        }
    }

    /// Whether two values, one of each document, are equal down to the end of every reference. False proves nothing: they can
    /// still mean the same.
    pub fn equal(&self, old: &Value, new: &Value) -> bool {
        let mut used = BTreeSet::new();
        references(old, &mut used);
        old == new && used.is_disjoint(&self.dirty)
    }
}

/// The references whose target differs, and those that lead to such a one.
fn dirty<'a>(old: &'a Value, new: &'a Value, all: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    let mut uses: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut dirty = BTreeSet::new();
    for &reference in all {
        match (target(old, reference), target(new, reference)) {
            (Some(before), Some(after)) if before == after => {
                references(before, uses.entry(reference).or_default());
            }
            _ => {
                dirty.insert(reference);
            }
        }
    }
    loop {
        let leading = |(reference, used): (&&'a str, &BTreeSet<&str>)| {
            (!dirty.contains(reference) && !used.is_disjoint(&dirty)).then_some(*reference)
        };
        let more: Vec<_> = uses.iter().filter_map(leading).collect();
        if more.is_empty() {
            return dirty;
        }
        dirty.extend(more);
    }
}

/// The direct target of a local reference.
pub fn target<'a>(document: &'a Value, reference: &str) -> Option<&'a Value> {
    document.pointer(reference.strip_prefix('#')?)
}

/// The value behind references; a broken reference stays unchanged.
pub fn followed<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    resolve(document, value).unwrap_or(value)
}

/// Adds all references in `value` to `found`.
fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_difference_shows_through_every_reference_to_it() {
        let old = json!({"a": {"$ref": "#/b"}, "b": {"x": {"$ref": "#/c"}}, "c": 1, "d": {"$ref": "#/b"}});
        let mut new = old.clone();
        new["c"] = json!(2);
        let documents = Documents::new(&old, &new);
        assert!(!documents.equal(&old["a"], &new["a"]));
        assert!(!documents.equal(&old["d"], &new["d"]));
        assert!(documents.equal(&json!({"$x": 1}), &json!({"$x": 1})));
    }

    #[test]
    fn circles_end() {
        let document = json!({"a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}, "c": {"$ref": "#/c"}});
        let documents = Documents::new(&document, &document);
        assert!(documents.equal(&document["a"], &document["a"]));
        assert_eq!(followed(&document, &document["c"]), &document["c"]);
    }
}
