//! The order of a list, and where a page begins in it.

use tillgate_model::{
    query::{Cursor, Position, SortKey, Value},
    resource::ValueType,
};

use super::{condition::Place, sql::Sql};

/// A key of the order, the id among them, in the direction in which rows are read.
pub struct Key {
    name: &'static str,
    value_type: ValueType,
    descending: bool,
    nulls_last: bool,
    nullable: bool,
}

/// The keys of a list. Nulls count as larger than all values. A page that ends before an item is read backwards.
pub fn keys(place: &Place<'_>, sort: &[SortKey], position: &Position) -> Vec<Key> {
    let backwards = matches!(position, Position::Before(_));
    let key = |name, value_type, descending: bool| {
        let descending = descending != backwards;
        Key {
            name,
            value_type,
            descending,
            nulls_last: !descending,
            nullable: place.source.is_nullable(name),
        }
    };
    let mut keys: Vec<Key> = sort
        .iter()
        .map(|sort| key(sort.attribute.name, sort.attribute.value_type, sort.descending))
        .collect();
    if !sort.iter().any(|sort| sort.attribute.name == "id") {
        let descending = sort.first().is_some_and(|sort| sort.descending);
        keys.push(key("id", ValueType::Text, descending));
    }
    keys
}

/// `ORDER BY …`
pub fn clause(place: &Place<'_>, keys: &[Key]) -> Sql {
    let mut sql = Sql::text(" ORDER BY ");
    for (number, key) in keys.iter().enumerate() {
        if number > 0 {
            sql.push(", ");
        }
        sql.push(ordered(place, key));
        sql.push(if key.descending { " DESC" } else { " ASC" });
        if key.nullable {
            sql.push(if key.nulls_last {
                " NULLS LAST"
            } else {
                " NULLS FIRST"
            });
        }
    }
    sql
}

fn ordered(place: &Place<'_>, key: &Key) -> String {
    let expression = place.expression(key.name);
    // Ids stay in the order of the indexes that they are in.
    match key.name {
        "id" => expression,
        _ => place.plan.flavor.ordered(&expression, key.value_type),
    }
}

/// The condition that rows come after an item, in the order of the keys.
pub fn after(place: &Place<'_>, keys: &[Key], cursor: &Cursor) -> Sql {
    let id = Value::Text(cursor.id.to_string());
    let value = |number: usize| match cursor.values.get(number) {
        Some(value) if keys[number].name != "id" => value.as_ref(),
        _ => Some(&id),
    };
    if let [first, second] = keys
        && !first.nullable
        && !second.nullable
        && let (Some(one), Some(two)) = (value(0), value(1))
    {
        // The form that both databases look up in an index.
        let mut sql = Sql::text(format!(
            "({}, {}) {} (",
            place.expression(first.name),
            place.expression(second.name),
            if first.descending { "<" } else { ">" }
        ));
        sql.bind(one).push(", ").bind(two).push(")");
        return sql;
    }
    let mut alternatives = Vec::new();
    for (number, key) in keys.iter().enumerate() {
        let mut parts: Vec<Sql> = (0..number)
            .map(|before| same(&place.expression(keys[before].name), value(before)))
            .collect();
        parts.push(beyond(place, key, value(number)));
        alternatives.push(Sql::joined(parts, " AND ", "1 = 1"));
    }
    Sql::joined(alternatives, " OR ", "1 = 0")
}

fn same(expression: &str, value: Option<&Value>) -> Sql {
    match value {
        None => Sql::text(format!("{expression} IS NULL")),
        Some(value) => {
            let mut sql = Sql::text(format!("{expression} = "));
            sql.bind(value);
            sql
        }
    }
}

fn beyond(place: &Place<'_>, key: &Key, value: Option<&Value>) -> Sql {
    let expression = place.expression(key.name);
    match (value, key.nulls_last) {
        (None, true) => Sql::text("1 = 0"),
        (None, false) => Sql::text(format!("{expression} IS NOT NULL")),
        (Some(value), nulls_last) => {
            let sign = if key.descending { "<" } else { ">" };
            let mut sql = Sql::text(format!("({} {sign} ", ordered(place, key)));
            sql.bind(value);
            if key.nullable && nulls_last {
                sql.push(format!(" OR {expression} IS NULL"));
            }
            sql.push(")");
            sql
        }
    }
}
