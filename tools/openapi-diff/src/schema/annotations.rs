//! A schema's texts for people, its default, and keywords without a rule here.

use std::collections::BTreeSet;

use serde_json::Value;

use super::bounds::BOUNDS;
use super::proof::Proof;
use super::view::View;
use super::{At, Class, Side, Walk, wording};

/// Keywords that the other rules compare.
const COMPARED: [&str; 16] = [
    "pattern",
    "format",
    "multipleOf",
    "uniqueItems",
    "items",
    "prefixItems",
    "properties",
    "required",
    "additionalProperties",
    "oneOf",
    "anyOf",
    "default",
    "readOnly",
    "writeOnly",
    "$schema",
    "$id",
];

/// Keywords without a rule here that the prover knows.
const PROVABLE: [&str; 14] = [
    "allOf",
    "not",
    "if",
    "then",
    "else",
    "patternProperties",
    "propertyNames",
    "dependentRequired",
    "dependentSchemas",
    "unevaluatedProperties",
    "unevaluatedItems",
    "contains",
    "minContains",
    "maxContains",
];

impl Walk<'_> {
    pub(super) fn annotations(&mut self, at: &At, old: &View, new: &View) {
        let keywords: BTreeSet<_> = old.annotations.keys().chain(new.annotations.keys()).collect();
        let differs = |keyword: &&&String| old.annotations.get(**keyword) != new.annotations.get(**keyword);
        let names: Vec<_> = keywords
            .iter()
            .filter(differs)
            .map(|keyword| format!("`{keyword}`"))
            .collect();
        if !names.is_empty() {
            self.add(
                Class::Annotation,
                at,
                format!("have other texts on {}: {}", at.name, names.join(", ")),
            );
        }
        self.default(at, old.keywords.get("default"), new.keywords.get("default"));
    }

    /// Compares the meaning of a request that leaves the value out.
    fn default(&mut self, at: &At, old: Option<&Value>, new: Option<&Value>) {
        if old == new {
            return;
        }
        let text = |value: Option<&Value>| value.map_or_else(|| "no told default".to_owned(), wording::value);
        let what = format!("without {} mean {} (was {})", at.name, text(new), text(old));
        let class = match (self.side, old) {
            (Side::Response, _) => Class::Annotation,
            (_, None) => Class::NonBreaking,
            (_, Some(_)) => Class::Breaking,
        };
        self.add(class, at, what);
    }

    /// Assertions that no rule compares: recognized by their text, judged by the prover.
    pub(super) fn others(&mut self, at: &At, old: &View, new: &View, proof: &mut Proof<'_>) {
        let keywords: BTreeSet<_> = old.keywords.keys().chain(new.keywords.keys()).collect();
        let bounds: Vec<_> = BOUNDS.iter().flat_map(super::bounds::Bound::keywords).collect();
        let apart = |keyword: &&&String| {
            let name = keyword.as_str();
            !COMPARED.contains(&name)
                && !bounds.contains(&name)
                && !self.same(old.keywords.get(name), new.keywords.get(name))
        };
        let apart: Vec<_> = keywords.iter().filter(apart).collect();
        if apart.is_empty() {
            return;
        }
        let names: Vec<_> = apart.iter().map(|keyword| format!("`{keyword}`")).collect();
        let what = format!("{} of {} changed", names.join(", "), at.name);
        if apart.iter().all(|keyword| PROVABLE.contains(&keyword.as_str())) {
            self.changed(at, &what, proof);
        } else {
            self.undecided(at, &what);
        }
    }

    fn same(&self, old: Option<&Value>, new: Option<&Value>) -> bool {
        match (old, new) {
            (Some(old), Some(new)) => self.documents.equal(old, new),
            (old, new) => old.is_none() && new.is_none(),
        }
    }
}
