//! What a request asks for beside a path: filters, order, page, included resources and fields. It is read from the query
//! string by the declarations of the resources.

mod cursor;
mod filter;
mod parameters;
mod predicate;
mod value;
mod view;

use std::collections::{BTreeMap, BTreeSet};

pub use cursor::Cursor;
pub use filter::plural;
pub use parameters::{
    CURSOR_PAGINATION, DEFAULT_SIZE, MAX_OFFSET, Parameters, read, takes, takes_filters, takes_view,
};
pub use predicate::{Operator, PREDICATES, Predicate, Quantifier};
pub use value::Value;
pub use view::readable;

use crate::{
    document::Page,
    resource::{AttributeMeta, RelationshipMeta},
};

/// Attributes that the filters of a request test at most, alternatives counted one by one.
pub const MAX_CONDITIONS: usize = 20;
/// Values that the filters of a request have at most.
pub const MAX_VALUES: usize = 100;
/// Relationships that the filters of a request go through at most.
pub const MAX_JOINS: usize = 3;
/// How deep the paths of `include` lead at most.
pub const MAX_INCLUDE_DEPTH: usize = 3;
/// Paths that `include` has at most.
pub const MAX_INCLUDE_PATHS: usize = 40;
/// Keys of an order at most.
pub const MAX_SORT_KEYS: usize = 5;
/// Resources that a document includes at most.
pub const MAX_INCLUDED: usize = 1000;

/// What a request asks for.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Which part of which list.
    pub list: ListQuery,
    /// What of the resources is shown.
    pub view: View,
    /// All parameters as they were sent, encoded for links.
    pub text: String,
}

impl Query {
    /// A page of a list that is neither filtered nor sorted.
    pub fn page(page: Page) -> Self {
        Self {
            list: ListQuery {
                size: page.size,
                position: Position::Number(page.number),
                ..ListQuery::default()
            },
            ..Self::default()
        }
    }
}

/// Which part of which list.
#[derive(Clone, Debug)]
pub struct ListQuery {
    /// A resource is listed if all of them hold.
    pub conditions: Vec<Condition>,
    /// By what it is sorted before the id; by `created_at` if there is nothing.
    pub sort: Vec<SortKey>,
    /// Items on a page.
    pub size: i64,
    /// Where the page begins.
    pub position: Position,
    /// Filters and order as they were sent, encoded for links: they stay the same from page to page.
    pub kept: String,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self {
            conditions: Vec::new(),
            sort: Vec::new(),
            size: DEFAULT_SIZE,
            position: Position::Number(1),
            kept: String::new(),
        }
    }
}

impl ListQuery {
    /// The order as it is asked for, such as `-created_at`.
    pub fn order(&self) -> String {
        if self.sort.is_empty() {
            return "created_at".to_owned();
        }
        let keys = self.sort.iter().map(|key| {
            let sign = if key.descending { "-" } else { "" };
            format!("{sign}{}", key.attribute.name)
        });
        keys.collect::<Vec<_>>().join(",")
    }

    /// The keys of the order, never none.
    pub fn keys(&self) -> Vec<SortKey> {
        if self.sort.is_empty() {
            let attribute = &crate::resource::COMMON[0];
            return vec![SortKey {
                attribute,
                descending: false,
            }];
        }
        self.sort.clone()
    }
}

/// Where a page begins.
#[derive(Clone, PartialEq, Debug)]
pub enum Position {
    /// At the page with this number, from 1.
    Number(i64),
    /// At the beginning; the pages after it begin at cursors.
    First,
    /// After an item.
    After(Cursor),
    /// It ends before an item.
    Before(Cursor),
}

/// A key of an order.
#[derive(Clone, Copy, Debug)]
pub struct SortKey {
    /// By which attribute.
    pub attribute: &'static AttributeMeta,
    /// Largest first.
    pub descending: bool,
}

/// A condition of a filter: it holds if it holds for one of the operands.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The parameter that it was given by.
    pub parameter: String,
    /// What is tested.
    pub operands: Vec<Operand>,
    /// How.
    pub test: Test,
}

/// What a filter tests.
#[derive(Clone, Debug)]
pub struct Operand {
    /// Relationships that lead to the resource from the listed one. For a to-many one, a related resource must exist.
    pub path: Vec<Step>,
    /// What of the resource.
    pub field: Field,
}

/// A relationship that a filter goes through.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The type that has it.
    pub owner: &'static str,
    /// The relationship.
    pub relationship: &'static RelationshipMeta,
}

/// What of a resource is tested.
#[derive(Clone, Copy, Debug)]
pub enum Field {
    /// An attribute, or the id.
    Attribute(&'static AttributeMeta),
    /// The id of what a to-one relationship points to.
    RelatedId(&'static RelationshipMeta),
}

/// How an attribute is tested.
#[derive(Clone, PartialEq, Debug)]
pub struct Test {
    /// The predicate.
    pub predicate: Predicate,
    /// What it is compared with: one value, or several for those that take lists.
    pub values: Vec<Value>,
}

/// What of the resources is shown.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct View {
    /// What is included; none if the parameter was not given.
    pub include: Option<Include>,
    /// Which attributes and relationships are shown of a type, in the spelling of queries.
    pub fields: BTreeMap<String, BTreeSet<String>>,
    /// Both parameters as they were sent, encoded for links.
    pub kept: String,
}

impl View {
    /// Whether the documents are those that are shown without parameters.
    pub fn is_plain(&self) -> bool {
        self.include.is_none() && self.fields.is_empty()
    }
}

/// Relationships to include, each with those of what it leads to.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Include(pub BTreeMap<String, Include>);
