//! The members of objects.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Direction::{Narrower, Wider};
use super::kinds::{Kind, Kinds};
use super::view::{View, view};
use super::{At, Class, Side, Walk};

/// The members that one side of the wire knows.
struct Members<'a> {
    schemas: Map<String, Value>,
    required: BTreeSet<&'a str>,
    /// The schema of unnamed members: `true`, `false` or a schema.
    unnamed: Value,
}

impl Walk<'_> {
    pub(super) fn members(&mut self, at: &At, old: &View, new: &View, common: &Kinds) {
        if !common.contains(&Kind::Object) {
            return;
        }
        let before = self.known(self.documents.old, old);
        let after = self.known(self.documents.new, new);
        let mut names: BTreeSet<&str> = before.required.union(&after.required).copied().collect();
        names.extend(before.schemas.keys().map(String::as_str));
        names.extend(after.schemas.keys().map(String::as_str));
        for name in names {
            let was = before.required.contains(name);
            let is = after.required.contains(name);
            let there = at.member(name);
            match (before.schemas.get(name), after.schemas.get(name)) {
                (Some(_), None) if !is => self.member_gone(&there, was),
                (None, Some(_)) if !was => self.member_new(&there, is),
                (earlier, later) => {
                    self.member_required(&there, was, is);
                    if let (Some(earlier), Some(later)) = (earlier, later) {
                        self.visit(&there, earlier, later);
                    }
                }
            }
        }
        self.unnamed(at, &before.unnamed, &after.unnamed);
    }

    /// Leaves out members that only the other side sends.
    fn known<'v>(&self, document: &Value, of: &'v View) -> Members<'v> {
        let foreign = if self.side == Side::Response {
            "writeOnly"
        } else {
            "readOnly"
        };
        let is_foreign = |schema: &Value| view(document, schema).keywords.get(foreign) == Some(&json!(true));
        let all = of.keywords.get("properties").and_then(Value::as_object);
        let (foreign, schemas): (Map<_, _>, Map<_, _>) = all
            .into_iter()
            .flatten()
            .map(|(name, schema)| (name.clone(), schema.clone()))
            .partition(|(_, schema)| is_foreign(schema));
        let required = of.keywords.get("required").and_then(Value::as_array);
        let required = required.into_iter().flatten().filter_map(Value::as_str);
        Members {
            schemas,
            required: required.filter(|name| !foreign.contains_key(*name)).collect(),
            unnamed: of
                .keywords
                .get("additionalProperties")
                .cloned()
                .unwrap_or(json!(true)),
        }
    }

    fn member_gone(&mut self, at: &At, guaranteed: bool) {
        let what = match (self.side, guaranteed) {
            (Side::Response, true) => format!("no longer guarantee {}, or have it at all", at.name),
            (Side::Response, false) => format!("no longer have {}", at.name),
            _ => format!("no longer take {}", at.name),
        };
        self.add(Class::Breaking, at, what);
    }

    fn member_new(&mut self, at: &At, required: bool) {
        let (class, what) = match (self.side, required) {
            (Side::Response, _) => (Class::NonBreaking, format!("now have {}", at.name)),
            (_, true) => (
                Class::Breaking,
                format!("must now have {}, which is new", at.name),
            ),
            (_, false) => (Class::NonBreaking, format!("may now have {}", at.name)),
        };
        self.add(class, at, what);
    }

    fn member_required(&mut self, at: &At, was: bool, is: bool) {
        let direction = match (was, is) {
            (false, true) => Narrower,
            (true, false) => Wider,
            _ => return,
        };
        let what = match (self.side, direction) {
            (Side::Response, Narrower) => format!("now guarantee {}", at.name),
            (Side::Response, Wider) => format!("no longer guarantee {}", at.name),
            (_, Narrower) => format!("must now have {}", at.name),
            (_, Wider) => format!("may now leave out {}", at.name),
        };
        self.add(self.class(direction), at, what);
    }

    /// Compares the schemas of unnamed members.
    fn unnamed(&mut self, at: &At, old: &Value, new: &Value) {
        let none = |schema: &Value, document| view(document, schema).kinds.is_empty();
        let before = none(old, self.documents.old);
        let after = none(new, self.documents.new);
        let (direction, what) = match (before, after) {
            (true, true) => return,
            (false, true) => (Narrower, "no longer take members that aren't listed in"),
            (true, false) => (Wider, "may now have members that aren't listed in"),
            // Members that were not listed had no meaning before, so no client reads them.
            (false, false) if self.side == Side::Response && *old == json!(true) => return,
            (false, false) => return self.visit(&at.part("{name}", "a member of"), old, new),
        };
        let (class, what) = match (self.side, direction) {
            (Side::Response, Narrower) => {
                (Class::NonBreaking, "no longer have members that aren't listed in")
            }
            (Side::Response, Wider) => (Class::NonBreaking, what),
            _ => (self.class(direction), what),
        };
        self.add(class, at, format!("{what} {}", at.name));
    }
}
