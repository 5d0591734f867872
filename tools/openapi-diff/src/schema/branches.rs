//! Alternatives: `oneOf` and `anyOf` that the normal form could not dissolve.

use serde_json::Value;

use super::Direction::{Narrower, Wider};
use super::proof::Proof;
use super::view::{View, view};
use super::{At, Class, Direction, Walk};

impl Walk<'_> {
    pub(super) fn branches(&mut self, at: &At, old: &View, new: &View, proof: &mut Proof<'_>) {
        for (keyword, other) in [("oneOf", "anyOf"), ("anyOf", "oneOf")] {
            let lists = (list(old, keyword), list(new, keyword));
            let others = (list(old, other), list(new, other));
            let what = match (lists, others) {
                ((None, None), _) => continue,
                ((Some(before), Some(after)), _) => {
                    self.alternatives(at, keyword, before, after, proof);
                    continue;
                }
                // Reported once, with the new keyword.
                ((Some(_), None), (None, Some(_))) => continue,
                ((None, Some(after)), (Some(before), None)) => {
                    self.alternatives(at, keyword, before, after, proof);
                    format!("`{other}` of {} became `{keyword}`", at.name)
                }
                ((None, Some(_)), _) => format!("{} has alternatives (`{keyword}`)", at.name),
                ((Some(_), None), _) => format!("{} no longer has alternatives (`{keyword}`)", at.name),
            };
            self.changed(at, &what, proof);
        }
    }

    fn alternatives(&mut self, at: &At, keyword: &str, old: &[Value], new: &[Value], proof: &mut Proof<'_>) {
        let first = self.found.len();
        let pairs = self.pairs(old, new);
        for &(before, after) in &pairs {
            let there = At {
                pointer: at.pointer.clone(),
                name: at.name.clone(),
            };
            self.visit(&there, &old[before], &new[after]);
        }
        for (index, gone) in old.iter().enumerate() {
            if !pairs.iter().any(|(before, _)| *before == index) {
                let text = self.text(self.documents.old, gone, index);
                self.alternative(at, Narrower, &text);
            }
        }
        for (index, come) in new.iter().enumerate() {
            if pairs.iter().any(|(_, after)| *after == index) {
                continue;
            }
            let text = self.text(self.documents.new, come, index);
            self.alternative(at, Wider, &text);
        }
        // With `oneOf`, a value that fits two alternatives is rejected, so the whole can shrink if one of them grows.
        let told = self.found[first..].iter().map(|finding| finding.class).min();
        let quiet = told.is_some_and(|class| class == Class::NonBreaking);
        if keyword == "oneOf" && quiet && !(apart(self.documents.old, old) && apart(self.documents.new, new))
        {
            self.changed(
                at,
                &format!("alternatives of {} changed and may overlap", at.name),
                proof,
            );
        }
    }

    fn alternative(&mut self, at: &At, direction: Direction, text: &str) {
        let what = super::wording::values(self.side, direction, text, &at.name);
        self.add(self.class(direction), at, what);
    }

    /// Matches earlier with later alternatives: equal ones, then those of the same name, then the only ones left.
    fn pairs(&self, old: &[Value], new: &[Value]) -> Vec<(usize, usize)> {
        let mut pairs: Vec<(usize, usize)> = Vec::new();
        let equal = |before: &Value, after: &Value| self.documents.equal(before, after);
        let named = |before: &Value, after: &Value| {
            let name = label(self.documents.old, before);
            name.is_some() && name == label(self.documents.new, after)
        };
        for matches in [&equal as &dyn Fn(&Value, &Value) -> bool, &named] {
            for (before, one) in old.iter().enumerate() {
                let free = |after: usize, pairs: &[(usize, usize)]| !pairs.iter().any(|pair| pair.1 == after);
                if pairs.iter().any(|pair| pair.0 == before) {
                    continue;
                }
                let found = new
                    .iter()
                    .enumerate()
                    .position(|(after, two)| free(after, &pairs) && matches(one, two));
                pairs.extend(found.map(|after| (before, after)));
            }
        }
        let left = |count: usize, taken: &dyn Fn(usize) -> bool| -> Vec<usize> {
            (0..count).filter(|index| !taken(*index)).collect()
        };
        let before = left(old.len(), &|index| pairs.iter().any(|pair| pair.0 == index));
        let after = left(new.len(), &|index| pairs.iter().any(|pair| pair.1 == index));
        if let ([before], [after]) = (before.as_slice(), after.as_slice()) {
            let nameless = |document, value| label(document, value).is_none();
            if nameless(self.documents.old, &old[*before]) && nameless(self.documents.new, &new[*after]) {
                pairs.push((*before, *after));
            }
        }
        pairs
    }

    fn text(&self, document: &Value, branch: &Value, index: usize) -> String {
        label(document, branch).map_or_else(
            || format!("alternative {}", index + 1),
            |label| format!("the alternative {label}"),
        )
    }
}

fn list<'v>(view: &'v View, keyword: &str) -> Option<&'v [Value]> {
    view.keywords
        .get(keyword)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
}

/// The distinctive part of an alternative: a member with a single value, its component, its title or its type.
fn label(document: &Value, branch: &Value) -> Option<String> {
    let view = view(document, branch);
    if let Some((name, value)) = tag(document, &view) {
        return Some(format!("`{name}: {value}`"));
    }
    if let Some(reference) = view.references.first() {
        return Some(format!("`{}`", reference.rsplit('/').next().unwrap_or(reference)));
    }
    if let Some(title) = view.annotations.get("title").and_then(Value::as_str) {
        return Some(format!("`{title}`"));
    }
    let single = view.kinds.len() < super::kinds::all().len() && view.values.is_none();
    (single && !view.kinds.contains(&super::kinds::Kind::Object)).then(|| super::kinds::text(&view.kinds))
}

/// The first required member that has one value only.
fn tag(document: &Value, of: &View) -> Option<(String, Value)> {
    let properties = of.keywords.get("properties")?.as_object()?;
    let required = of.keywords.get("required")?.as_array()?;
    properties.iter().find_map(|(name, schema)| {
        let values = view(document, schema).values?;
        let single = required.iter().any(|required| required == name) && values.len() == 1;
        single.then(|| (name.clone(), values[0].clone()))
    })
}

/// Whether no value fits two alternatives.
fn apart(document: &Value, branches: &[Value]) -> bool {
    let pairs = branches
        .iter()
        .enumerate()
        .flat_map(|(index, one)| branches.iter().skip(index + 1).map(move |other| (one, other)));
    pairs
        .into_iter()
        .all(|(one, other)| disjoint(document, one, other))
}

/// Whether no value fits both: other types, or another value of the same tag.
fn disjoint(document: &Value, one: &Value, other: &Value) -> bool {
    let (one, other) = (view(document, one), view(document, other));
    if one.kinds.is_disjoint(&other.kinds) {
        return true;
    }
    if let (Some(values), Some(more)) = (&one.values, &other.values) {
        return !values.iter().any(|value| more.contains(value));
    }
    match (tag(document, &one), tag(document, &other)) {
        (Some((name, value)), Some((other_name, other_value))) => name == other_name && value != other_value,
        _ => false,
    }
}
