//! Types, null and listed values.

use serde_json::Value;

use super::Direction::{Narrower, Wider};
use super::kinds::{self, Kind, Kinds};
use super::view::View;
use super::{At, Direction, Walk, wording};

impl Walk<'_> {
    pub(super) fn values(&mut self, at: &At, old: &View, new: &View) {
        self.kinds(at, Narrower, old, new);
        self.kinds(at, Wider, new, old);
        match (&old.values, &new.values) {
            (Some(before), Some(after)) => {
                self.listed(at, Narrower, before, after, new);
                self.listed(at, Wider, after, before, old);
            }
            (None, Some(after)) => self.list_appears(at, Narrower, after, old),
            (Some(before), None) => self.list_appears(at, Wider, before, new),
            (None, None) => {}
        }
    }

    /// The types that `more` has and `less` hasn't.
    fn kinds(&mut self, at: &At, direction: Direction, more: &View, less: &View) {
        let apart: Kinds = more.kinds.difference(&less.kinds).copied().collect();
        if apart.is_empty() {
            return;
        }
        let which = if less.kinds.is_empty() {
            "any value".to_owned()
        } else {
            kinds::text(&apart)
        };
        let mut what = wording::values(self.side, direction, &which, &at.name);
        let others: Kinds = less.kinds.difference(&[Kind::Null].into()).copied().collect();
        if !others.is_empty() && apart.iter().any(|kind| *kind != Kind::Null) {
            let verb = if direction == Narrower { "is" } else { "was" };
            what += &format!(" (it {verb} {})", kinds::text(&others));
        }
        self.add(self.class(direction), at, what);
    }

    /// Values in `more` and not in `less`, except those whose whole type was added or removed.
    fn listed(&mut self, at: &At, direction: Direction, more: &[Value], less: &[Value], lesser: &View) {
        let apart = more.iter().filter(|value| !less.contains(value));
        let apart: Vec<_> = apart
            .filter(|value| lesser.kinds.contains(&kinds::of(value)))
            .collect();
        for value in apart {
            let what = wording::values(self.side, direction, &wording::value(value), &at.name);
            self.add(self.class(direction), at, what);
        }
    }

    /// Handles a list on one side only: narrower with it, wider without.
    fn list_appears(&mut self, at: &At, direction: Direction, list: &[Value], open: &View) {
        let listed: Vec<_> = list
            .iter()
            .filter(|value| open.kinds.contains(&kinds::of(value)))
            .collect();
        // Null and the two booleans are all values of their types.
        let enough = |kind: &Kind| match kind {
            Kind::Null => true,
            Kind::Boolean => list.contains(&Value::Bool(true)) && list.contains(&Value::Bool(false)),
            _ => false,
        };
        let both = open
            .kinds
            .iter()
            .filter(|kind| listed.iter().any(|value| kinds::of(value) == **kind));
        if both.clone().all(enough) {
            return;
        }
        let rule = format!("one of {}", wording::list(&listed));
        let (now, before) = match direction {
            Narrower => (rule.as_str(), "any value"),
            Wider => ("any value", rule.as_str()),
        };
        let what = wording::rule(self.side, direction, &at.name, now, before);
        self.add(self.class(direction), at, what);
    }
}
