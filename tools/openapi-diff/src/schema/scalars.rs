//! Bounds, patterns, formats and other rules for single values.

use std::cmp::Ordering;

use serde_json::Value;

use super::Direction::{Narrower, Wider};
use super::bounds::BOUNDS;
use super::kinds::{Kind, Kinds, of_keyword};
use super::proof::Proof;
use super::view::View;
use super::{At, Walk, wording};

/// Rules that only remove values.
const RULES: [&str; 3] = ["pattern", "format", "multipleOf"];

impl Walk<'_> {
    pub(super) fn bounds(&mut self, at: &At, old: &View, new: &View, common: &Kinds) {
        for bound in BOUNDS.iter().filter(|bound| bound.concerns(common)) {
            let (before, after) = (bound.limit(old), bound.limit(new));
            let direction = match bound.order(after.as_ref(), before.as_ref()) {
                Ordering::Greater => Narrower,
                Ordering::Less => Wider,
                Ordering::Equal => continue,
            };
            let (now, was) = (bound.text(after.as_ref()), bound.text(before.as_ref()));
            let what = wording::rule(self.side, direction, &at.name, &now, &was);
            self.add(self.class(direction), at, what);
        }
    }

    pub(super) fn scalars(&mut self, at: &At, old: &View, new: &View, common: &Kinds, proof: &mut Proof<'_>) {
        let concerns = |keyword: &&str| of_keyword(keyword).iter().any(|kind| common.contains(kind));
        for keyword in RULES.into_iter().filter(concerns) {
            let (before, after) = (old.keywords.get(keyword), new.keywords.get(keyword));
            let direction = match (before, after) {
                (None, None) => continue,
                (Some(one), Some(other)) if one == other => continue,
                (None, Some(_)) => Narrower,
                (Some(_), None) => Wider,
                (Some(one), Some(other)) => match known_order(keyword, one, other) {
                    Some(direction) => direction,
                    None => {
                        let texts = (wording::value(one), wording::value(other));
                        self.changed(
                            at,
                            &format!("`{keyword}` of {} was {} and is {}", at.name, texts.0, texts.1),
                            proof,
                        );
                        continue;
                    }
                },
            };
            let text = |rule: Option<&Value>| {
                rule.map_or_else(
                    || format!("any {keyword}"),
                    |rule| format!("{keyword} {}", wording::value(rule)),
                )
            };
            let what = wording::rule(self.side, direction, &at.name, &text(after), &text(before));
            self.add(self.class(direction), at, what);
        }
        if common.contains(&Kind::Array) {
            self.unique(at, old, new);
        }
    }

    fn unique(&mut self, at: &At, old: &View, new: &View) {
        let unique = |view: &View| view.keywords.get("uniqueItems").and_then(Value::as_bool) == Some(true);
        let (direction, now, was) = match (unique(old), unique(new)) {
            (false, true) => (Narrower, "each item once", "any items"),
            (true, false) => (Wider, "an item several times", "each item once"),
            _ => return,
        };
        let what = wording::rule(self.side, direction, &at.name, now, was);
        self.add(self.class(direction), at, what);
    }

    /// A change whose direction the prover decides.
    pub(super) fn changed(&mut self, at: &At, what: &str, proof: &mut Proof<'_>) {
        if proof.harmless() {
            let what = format!("keep what clients rely on, as is proven, though {what}");
            self.add(super::Class::NonBreaking, at, what);
        } else {
            self.undecided(at, what);
        }
    }
}

/// The direction of a change between two values of a keyword, where it is known.
fn known_order(keyword: &str, old: &Value, new: &Value) -> Option<super::Direction> {
    let wider = |narrow: &Value, wide: &Value| match keyword {
        "format" => matches!(
            (narrow.as_str(), wide.as_str()),
            (Some("int32"), Some("int64")) | (Some("float"), Some("double"))
        ),
        "multipleOf" => match (narrow.as_u64(), wide.as_u64()) {
            (Some(narrow), Some(wide)) => narrow.checked_rem(wide) == Some(0),
            _ => false,
        },
        _ => false,
    };
    if wider(old, new) {
        Some(Wider)
    } else {
        wider(new, old).then_some(Narrower)
    }
}
