//! Compares two schemas from the point of view of the senders, or of the readers, of their values.
//!
//! The set of allowed requests may only grow, the set of possible responses may only shrink. Two conventions of JSON APIs soften
//! the second rule: clients ignore unknown members, so a new member of a response breaks nobody, and neither does an object that
//! is no longer closed.

mod annotations;
mod bounds;
mod branches;
mod items;
mod kinds;
mod members;
mod merge;
mod proof;
mod scalars;
mod values;
mod view;
mod wording;

use serde_json::Value;

use self::proof::Proof;
use self::view::{View, view};
use super::change::{Class, Side};
use super::documents::Documents;

/// A change below one schema.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Effect on clients.
    pub class: Class,
    /// JSON Pointer from the schema's value; `*` stands for each item, `{name}` for each member.
    pub pointer: String,
    /// The predicate of a sentence about requests or responses.
    pub what: String,
}

/// A value that a schema describes.
#[derive(Clone)]
struct At {
    pointer: String,
    /// Its name in sentences: "`amount`", "the body".
    name: String,
}

impl At {
    fn member(&self, name: &str) -> Self {
        Self {
            pointer: openapi_document::pointer::child(&self.pointer, name),
            name: format!("`{name}`"),
        }
    }

    fn item(&self) -> Self {
        self.part("*", "an item of")
    }

    fn part(&self, segment: &str, what: &str) -> Self {
        Self {
            pointer: format!("{}/{segment}", self.pointer),
            name: format!("{what} {}", self.name),
        }
    }
}

/// The direction in which the set of values changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    /// Some values were removed.
    Narrower,
    /// Some values were added.
    Wider,
}

/// Compares `old`, a schema of the earlier document, with `new`, one of the later; sentences use `name` for the value. The
/// findings are sorted and unique.
pub fn compare(documents: &Documents<'_>, side: Side, name: &str, old: &Value, new: &Value) -> Vec<Finding> {
    let mut walk = Walk {
        documents,
        side,
        open: Vec::new(),
        steps: 0,
        found: Vec::new(),
    };
    let at = At {
        pointer: String::new(),
        name: name.to_owned(),
    };
    walk.visit(&at, old, new);
    walk.found.sort();
    walk.found.dedup();
    walk.found
}

/// The walk through two schemas at once.
struct Walk<'a> {
    documents: &'a Documents<'a>,
    side: Side,
    /// The pairs of references that led here; a repeated pair has nothing new.
    open: Vec<(Vec<String>, Vec<String>)>,
    steps: usize,
    found: Vec<Finding>,
}

impl Walk<'_> {
    fn visit(&mut self, at: &At, old: &Value, new: &Value) {
        // Handwritten documents stay far below; others must not keep the check busy for hours.
        const MOST_STEPS: usize = 20_000;
        const DEEPEST: usize = 128;
        if self.documents.equal(old, new) {
            return;
        }
        self.steps += 1;
        if self.steps > MOST_STEPS || self.open.len() > DEEPEST {
            if self.steps <= MOST_STEPS + 1 {
                self.undecided(
                    at,
                    "from here on the schema is too large or too deep to be compared",
                );
            }
            return;
        }
        let before = view(self.documents.old, old);
        let after = view(self.documents.new, new);
        let pair = (before.references.clone(), after.references.clone());
        let referring = !pair.0.is_empty() || !pair.1.is_empty();
        if referring && self.open.contains(&pair) {
            return;
        }
        self.open.push(pair);
        self.compare_views(
            at,
            &before,
            &after,
            &mut Proof::new(self.documents, self.side, old, new),
        );
        self.open.pop();
    }

    fn compare_views(&mut self, at: &At, old: &View, new: &View, proof: &mut Proof<'_>) {
        self.annotations(at, old, new);
        self.values(at, old, new);
        let common = old.kinds.intersection(&new.kinds).copied().collect();
        self.bounds(at, old, new, &common);
        self.scalars(at, old, new, &common, proof);
        self.items(at, old, new, &common, proof);
        self.members(at, old, new, &common);
        self.branches(at, old, new, proof);
        self.others(at, old, new, proof);
    }

    fn add(&mut self, class: Class, at: &At, what: String) {
        let pointer = at.pointer.clone();
        self.found.push(Finding { class, pointer, what });
    }

    /// The class of a change in the set of values: requests may grow, responses may shrink.
    fn class(&self, direction: Direction) -> Class {
        match (self.side, direction) {
            (Side::Response, Direction::Narrower) | (Side::Operation | Side::Request, Direction::Wider) => {
                Class::NonBreaking
            }
            (Side::Response, Direction::Wider) | (Side::Operation | Side::Request, Direction::Narrower) => {
                Class::Breaking
            }
        }
    }

    /// A change that no rule decides.
    fn undecided(&mut self, at: &At, why: &str) {
        let what = format!("can break, which can't be decided here: {why}");
        self.add(Class::Breaking, at, what);
    }
}
