//! Each predicate of filters finds on both databases what one finds by looking at each value.

use std::{cell::RefCell, collections::BTreeSet};

use proptest::{
    prelude::*,
    sample::select,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use tillgate_model::{
    Id, JsonObject, Timestamp,
    query::{Cursor, ListQuery, PREDICATES, Position, Value},
    resource::ValueType,
    resources::{FulfillmentStatus, OrderStatus, PaymentStatus},
};
use tillgate_store::{
    OrderRow, StoreError, Tx,
    listing::{Cond, Listed as _, Plan, source},
    query,
};

use crate::{Database, asked, databases, naive, operation, rows, scope};

/// Texts with what has a meaning somewhere in them.
const TEXTS: [&str; 22] = [
    "",
    "a",
    "A",
    "ab",
    "aB%",
    "a_b",
    "100%",
    "%",
    "_",
    "\\",
    "a\\b",
    "O'Brien",
    "x' OR '1'='1",
    "\"x\"",
    "ä",
    "Ä",
    "ß",
    "日本",
    "e\u{301}",
    "; DROP TABLE orders; --",
    "$1",
    "?",
];
const NUMBERS: [i64; 6] = [0, 1, -1, 42, 999_999_999, 2_000_000];
const TIMES: [&str; 5] = [
    "2030-01-31T12:00:00Z",
    "2030-01-31T12:00:00.001Z",
    "2030-01-31T14:00:00+02:00",
    "2030-02-01",
    "2029-12-31T23:59:59.999Z",
];
const OBJECTS: [&str; 9] = [
    "{}",
    r#"{"a":1}"#,
    r#"{"a":1.0}"#,
    r#"{"a":{"b":[1,2,"x"]}}"#,
    r#"{"a":{"b":[2]}}"#,
    r#"{"a":{"b":[]}}"#,
    r#"{"a":null,"ä":"日本"}"#,
    r#"{"a":null}"#,
    r#"{"a":"1","b":true}"#,
];

/// The attributes that are tested, with their types.
const ATTRIBUTES: [(&str, ValueType); 8] = [
    ("customer_email", ValueType::Text),
    ("language_code", ValueType::Text),
    ("reference", ValueType::Text),
    ("subtotal_amount_cents", ValueType::Integer),
    ("total_amount_cents", ValueType::Integer),
    ("guest", ValueType::Boolean),
    ("placed_at", ValueType::Time),
    ("metadata", ValueType::Json),
];

fn time(text: &str) -> Timestamp {
    match Value::read(text, ValueType::Time) {
        Ok(Value::Time(time)) => time,
        other => panic!("{text}: {other:?}"),
    }
}

/// Orders with every combination that matters of texts, numbers, times and objects, nulls among them.
fn orders() -> Vec<OrderRow> {
    let texts = TEXTS.map(Some).into_iter().chain([None]).collect::<Vec<_>>();
    (0..69)
        .map(|i| {
            let text = |step: usize| texts[(i * step + step) % texts.len()].map(str::to_owned);
            let amount = NUMBERS[i % NUMBERS.len()];
            let created =
                time("2030-01-01").moment() + chrono::Duration::seconds(i64::try_from(i).expect("small"));
            OrderRow {
                organization_id: scope().organization_id().to_string(),
                test: true,
                id: id(i).to_string(),
                created_at: Timestamp::new(created).into(),
                updated_at: Timestamp::new(created).into(),
                reference: text(3),
                reference_origin: None,
                metadata: OBJECTS[i % OBJECTS.len()].to_owned(),
                number: i.to_string(),
                status: OrderStatus::Draft.into(),
                payment_status: PaymentStatus::Unpaid.into(),
                fulfillment_status: FulfillmentStatus::Unfulfilled.into(),
                guest: i % 2 == 0,
                customer_email: text(1),
                language_code: text(5).unwrap_or_default(),
                currency_code: "EUR".into(),
                subtotal_amount_cents: amount,
                payment_method_amount_cents: i64::try_from(i % 3).expect("small"),
                cart_url: None,
                return_url: None,
                placed_at: (i % 4 != 0).then(|| time(TIMES[i % TIMES.len()]).into()),
                approved_at: None,
                cancelled_at: None,
                payment_updated_at: None,
                market_id: "m".into(),
                customer_id: None,
                payment_method_id: None,
                payment_source_type: None,
                payment_source_id: None,
                transactions_count: 0,
                customer_ip: None,
            }
        })
        .collect()
}

/// In the order of the numbers.
fn id(number: usize) -> Id {
    let digit = |place: u32| u8::try_from(number / 10_usize.pow(place) % 10).expect("a digit");
    Id::from_letters([0, 0, 0, 0, 0, 0, 0, digit(2), digit(1), digit(0)])
}

fn value_of(row: &OrderRow, attribute: &str) -> Option<Value> {
    let text = |text: &Option<String>| text.clone().map(Value::Text);
    match attribute {
        "customer_email" => text(&row.customer_email),
        "language_code" => Some(Value::Text(row.language_code.clone())),
        "reference" => text(&row.reference),
        "subtotal_amount_cents" => Some(Value::Integer(row.subtotal_amount_cents)),
        "total_amount_cents" => Some(Value::Integer(
            row.subtotal_amount_cents + row.payment_method_amount_cents,
        )),
        "guest" => Some(Value::Boolean(row.guest)),
        "placed_at" => row.placed_at.map(|time| Value::Time(time.into())),
        "metadata" => {
            let object: JsonObject = serde_json::from_str(&row.metadata).expect("an object");
            Some(Value::Json(object.0))
        }
        other => panic!("{other}"),
    }
}

/// A filter: its parameter and its value, as they are sent.
fn filters() -> impl Strategy<Value = (String, String)> {
    (
        select(&ATTRIBUTES[..]),
        select(PREDICATES),
        any::<prop::sample::Index>(),
        0..4_usize,
    )
        .prop_flat_map(|((name, value_type), predicate, other, count)| {
            // One that is not for the attribute becomes another one that is.
            let fitting: Vec<_> = PREDICATES
                .iter()
                .filter(|known| known.is_for(value_type))
                .copied()
                .collect();
            let predicate = match predicate.is_for(value_type) {
                true => predicate,
                false => fitting[other.index(fitting.len())],
            };
            let is_true = name == "guest" && matches!(predicate.name, "true" | "false");
            let one = match predicate.value_type(value_type) {
                ValueType::Boolean if is_true => Just("true".to_owned()).boxed(),
                ValueType::Boolean => select(&["true", "false", "1", "0"][..])
                    .prop_map(str::to_owned)
                    .boxed(),
                ValueType::Integer => select(&NUMBERS[..]).prop_map(|number| number.to_string()).boxed(),
                ValueType::Time => select(&TIMES[..]).prop_map(str::to_owned).boxed(),
                ValueType::Json => select(&OBJECTS[..]).prop_map(str::to_owned).boxed(),
                ValueType::Text => prop_oneof![
                    3 => select(&TEXTS[..]).prop_map(str::to_owned),
                    1 => "[a-c%_'\\\\äÄ]{0,3}",
                    1 => "\\PC{0,4}",
                ]
                .boxed(),
            };
            let count = if predicate.takes_list() { count } else { 1 };
            let values = prop::collection::vec(one, count..=count);
            values.prop_map(move |values| {
                let is_pattern = predicate.name.contains("match");
                let values: Vec<String> = values
                    .into_iter()
                    .map(|value| {
                        if predicate.takes_list() {
                            value.replace(',', "")
                        } else {
                            value
                        }
                    })
                    // A backslash at the end of a pattern is refused.
                    .map(|value| {
                        if is_pattern {
                            value.trim_end_matches('\\').to_owned()
                        } else {
                            value
                        }
                    })
                    .collect();
                (format!("filter[q][{name}_{}]", predicate.name), values.join(","))
            })
        })
}

async fn found(database: &Database, query: &ListQuery) -> Vec<String> {
    let (scope, keys) = (scope(), query.keys());
    let visible = |_: &'static str| Cond::Always;
    let plan = Plan {
        flavor: database.db.flavor(),
        scope: &scope,
        visible: &visible,
        source: source("orders"),
        selected: None,
        also: None,
        conditions: &query.conditions,
        sort: &keys,
        position: &query.position,
        offset: 0,
        limit: 1000,
    };
    let rows = database
        .db
        .read(async |tx: &mut Tx<'_>| OrderRow::list(tx, &plan).await)
        .await;
    let rows = rows.unwrap_or_else(|error: StoreError| panic!("{query:?}: {error}"));
    rows.into_iter().map(|(row, _)| row.id).collect()
}

async fn filled() -> Vec<Database> {
    let all = databases().await;
    for database in &all {
        rows::organization(database).await;
        for row in orders() {
            let inserted = database
                .db
                .write(async move |tx: &mut Tx<'_>| query!(tx, orders::insert(&row)))
                .await;
            inserted.unwrap_or_else(|error: StoreError| panic!("{error}"));
        }
    }
    all
}

fn runner(cases: u32) -> TestRunner {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[test]
fn a_filter_finds_what_one_finds_by_hand() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let databases = runtime.block_on(filled());
    let (list, orders) = (operation("list_orders"), orders());
    let seen = RefCell::new(BTreeSet::new());
    let outcome = runner(2000).run(&filters(), |(parameter, value)| {
        let query = asked(&list, &[(parameter.clone(), value.clone())]).list;
        let condition = &query.conditions[0];
        seen.borrow_mut().insert(condition.test.predicate.name);
        let name = parameter.trim_start_matches("filter[q][").trim_end_matches(']');
        let attribute = name
            .trim_end_matches(condition.test.predicate.name)
            .trim_end_matches('_');
        let by_hand: Vec<String> = orders
            .iter()
            .filter(|row| naive::fits(value_of(row, attribute).as_ref(), &condition.test))
            .map(|row| row.id.clone())
            .collect();
        for database in &databases {
            let found = runtime.block_on(found(database, &query));
            prop_assert_eq!(&found, &by_hand, "{} {}", parameter, value);
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(seen.borrow().len(), PREDICATES.len(), "{seen:?}");
}

/// Pages by cursor, in every order, hold each row once.
#[test]
fn cursors_go_through_a_list_in_either_direction() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let databases = runtime.block_on(filled());
    let list = operation("list_orders");
    let orders = orders();
    for sort in [
        "created_at",
        "-created_at",
        "placed_at",
        "-placed_at",
        "guest,-subtotal_amount_cents",
        "-status,reference",
        "id",
    ] {
        let query = asked(&list, &[("sort".into(), sort.into())]).list;
        for database in &databases {
            let whole = runtime.block_on(found(database, &query));
            assert_eq!(whole.len(), orders.len(), "{sort}");
            for (place, id) in whole.iter().enumerate() {
                let row = orders.iter().find(|row| row.id == *id).expect("a row");
                let keys = query.keys();
                let values = keys.iter().map(|key| match key.attribute.name {
                    "created_at" => Some(Value::Time(row.created_at.into())),
                    "status" => Some(Value::Text(row.status.to_string())),
                    "id" => Some(Value::Text(row.id.clone())),
                    name => value_of(row, name),
                });
                let cursor = Cursor {
                    order: query.order(),
                    values: values.collect(),
                    id: id.parse().expect("an id"),
                };
                let at = |position| ListQuery {
                    position,
                    ..query.clone()
                };
                let after = runtime.block_on(found(database, &at(Position::After(cursor.clone()))));
                assert_eq!(after, whole[place + 1..], "{sort} after {place}");
                let mut before = runtime.block_on(found(database, &at(Position::Before(cursor))));
                before.reverse();
                assert_eq!(before, whole[..place], "{sort} before {place}");
            }
        }
    }
}
