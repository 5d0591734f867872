//! What finds the rows of a statement. PostgreSQL decides by its statistics. SQLite has none that could be relied on, so
//! that a statement leaves it one choice.

use tillgate_model::{
    query::{Condition, Field, Operator, Quantifier, SortKey, Step, Test},
    registry,
    resource::ValueType,
};

use super::source::{Index, Link, Source, link, source};

/// What finds the rows of a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Driver {
    /// The index of a column.
    Column(&'static str, Index),
    /// The index of the creation, in which all rows of a type are.
    Created,
    /// It is left to the database.
    Unknown,
}

impl Driver {
    /// Whether rows may be found by a column.
    pub fn is_found_by(self, column: &str) -> bool {
        match self {
            Self::Column(driver, index) => {
                column == driver || index == Index::Sorted && matches!(column, "created_at" | "id")
            }
            Self::Created => matches!(column, "kind" | "created_at" | "id"),
            Self::Unknown => true,
        }
    }
}

/// What finds the rows of a list, and whether that is quick whatever the table holds.
pub fn of_list(
    source: Source,
    owners: Option<(&'static str, usize)>,
    conditions: &[Condition],
    keys: &[SortKey],
) -> (Driver, bool) {
    let is_by_creation = matches!(keys, [key] if key.attribute.name == "created_at");
    if let Some((column, owners)) = owners
        && let Some(driver) = by_column(source, column, owners)
    {
        // Of several owners, at most as many are read as a document includes.
        return (driver, true);
    }
    let by_condition: Vec<Driver> = conditions
        .iter()
        .filter(|condition| condition.operands.len() == 1)
        .map(|condition| {
            let operand = &condition.operands[0];
            of_operand(source, &operand.path, operand.field, &condition.test)
        })
        .filter(|driver| matches!(driver, Driver::Column(..)))
        .collect();
    let is_many = |driver: &Driver| matches!(driver, Driver::Column(_, Index::Many));
    let best = by_condition.iter().find(|driver| !is_many(driver));
    if let Some(driver) = best.or(by_condition.first()) {
        return (*driver, !is_many(driver) || !source.is_large());
    }
    let is_range = |condition: &Condition| {
        let [operand] = condition.operands.as_slice() else {
            return false;
        };
        operand.path.is_empty()
            && matches!(operand.field, Field::Attribute(attribute) if attribute.name == "created_at")
            && !condition.test.predicate.negated
            && !condition.test.predicate.or_null
    };
    let is_quick = is_by_creation && conditions.iter().all(is_range) && owners.is_none();
    let driver = match is_by_creation {
        true => Driver::Created,
        false => Driver::Unknown,
    };
    (driver, is_quick || !source.is_large())
}

/// What finds the rows for which a filter holds.
pub fn of_operand(of: Source, path: &[Step], field: Field, test: &Test) -> Driver {
    let Some((step, rest)) = path.split_first() else {
        return of_field(of, field, test);
    };
    let stored = registry::resource(step.owner).and_then(|owner| link(owner, step.relationship));
    let (Some(stored), Some(target)) = (stored, step.relationship.target()) else {
        return Driver::Unknown;
    };
    // An index of the other table finds few rows, and another one of this table those that refer to them.
    let found = of_operand(source(target.kind), rest, field, test);
    let is_small = !source(target.kind).is_large();
    if !matches!(found, Driver::Column(..)) && !is_small {
        return Driver::Unknown;
    }
    let column = match stored {
        Link::ToOne(column) => column,
        Link::ToMany(_) => "id",
        Link::Same { .. } | Link::OfMarket => return Driver::Unknown,
    };
    // They come from several owners, so that they are not in order.
    by_column(of, column, 2).unwrap_or(Driver::Unknown)
}

fn of_field(of: Source, field: Field, test: &Test) -> Driver {
    let is_equality = test.predicate.operator == Operator::Equal
        && !test.predicate.negated
        && !test.predicate.or_null
        && test.predicate.quantifier != Quantifier::All;
    if !is_equality {
        return Driver::Unknown;
    }
    let column = match field {
        Field::Attribute(attribute) if attribute.value_type == ValueType::Text => attribute.name,
        Field::Attribute(_) => return Driver::Unknown,
        Field::RelatedId(relationship) => {
            let owner = registry::resource(of.kind);
            match owner.and_then(|owner| link(owner, relationship)) {
                Some(Link::ToOne(column)) => column,
                _ => return Driver::Unknown,
            }
        }
    };
    by_column(of, column, test.values.len()).unwrap_or(Driver::Unknown)
}

fn by_column(of: Source, column: &'static str, values: usize) -> Option<Driver> {
    let index = match of.index(column)? {
        // Rows of several values come one value after the other.
        Index::Sorted if values != 1 => Index::Many,
        index => index,
    };
    Some(Driver::Column(column, index))
}
