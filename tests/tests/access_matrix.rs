//! The permissions on orders: all callers try each operation of the document, with each of its triggers, on orders of guests and
//! of a customer, in all statuses. `access_matrix.txt` has the answers, for a person to judge. A new operation, or another
//! answer, fails this test; `TILLGATE_WRITE_MATRIX=1` writes the file again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use crate::matrix::scene::{Bundle, CALLERS, OWNERS, STATUSES, Scene, of_order, source};
use crate::matrix::table::{Cells, Rows, Situation, Words, difference, render};
use serde_json::{Value, json};
use tillgate_tests::{Answer, Operation, bodies, takes};
use tokio::task::JoinSet;

const FILE: &str = "tests/access_matrix.txt";

const PREFACE: &str = "\
# Who may do what to which order. Written by tests/access_matrix.rs; with TILLGATE_WRITE_MATRIX=1 in the environment
# that test writes it anew. A caller's answer is its status, with the broken rule of a 422. A request that is refused
# changes nothing; one that succeeds and changes nothing says so (=).
#
# live mode           an integration of the same organization, in the other mode
# other organization  an integration of another organization
# other market        a sales channel of another market of the organization, without a login
# other customer      a customer who has logged in, and is not the order's
# guest               the sales channel of the order's market, without a login
# customer            a customer who has logged in: theirs are the orders that are no guest's, and the saved card
# integration         the merchant
#
# unconfirmed: pending, with a payment source that is not authorized. authorized: pending, and authorized. placing: waits
# for the buyer's authentication. paid: approved and captured. refunded, cancelled: both have the status cancelled.
";

/// Kinds of records that belong to an order.
const OF_ORDERS: [&str; 11] = [
    "orders",
    "line_items",
    "stripe_payments",
    "checkout_com_payments",
    "wire_transfers",
    "payments",
    "authorizations",
    "captures",
    "voids",
    "refunds",
    "transactions",
];

/// Types of payment sources, each with the kinds of records that are tried on orders with such sources.
const SOURCES: [(&str, &[&str]); 3] = [
    (
        "stripe_payments",
        &[
            "orders",
            "line_items",
            "stripe_payments",
            "payments",
            "authorizations",
            "captures",
            "voids",
            "refunds",
            "transactions",
        ],
    ),
    ("checkout_com_payments", &["checkout_com_payments"]),
    ("wire_transfers", &["wire_transfers"]),
];

type Matrix = BTreeMap<String, BTreeMap<String, Rows>>;

/// A request of an operation.
struct Try {
    /// Name in the matrix: the operation, and its trigger.
    name: String,
    operation: Operation,
    attributes: Value,
    /// Whether it leaves all as it was, so that the next caller can try the same.
    is_harmless: bool,
}

fn is_of_orders(operation: &Operation) -> bool {
    OF_ORDERS.contains(&operation.kind()) && (operation.has_id() || creates_of_order(operation))
}

fn creates_of_order(operation: &Operation) -> bool {
    operation.method == "POST" && operation.kind() != "orders"
}

/// The requests of an operation: one that reads, creates or deletes, or one for each trigger and one without.
fn tries(operation: &Operation) -> Vec<Try> {
    let single = |attributes: Value, is_harmless: bool| Try {
        name: operation.id.clone(),
        operation: operation.clone(),
        attributes,
        is_harmless,
    };
    let Some(body) = operation.body.as_ref().filter(|_| operation.method == "PATCH") else {
        return vec![single(Value::Null, operation.method == "GET")];
    };
    let properties = &body.attributes.properties;
    let plain = match properties.contains_key("reference") {
        true => json!({ "reference": "matrix" }),
        false => json!({}),
    };
    let mut tries = vec![single(plain, true)];
    for (trigger, schema) in properties.iter().filter(|(name, _)| name.starts_with('_')) {
        let value = if takes(schema, "boolean") {
            json!(true)
        } else if takes(schema, "integer") {
            json!(100)
        } else {
            // Replaced with the customer's card.
            Value::Null
        };
        let mut attributes = json!({ trigger: value });
        match trigger.as_str() {
            "_authorization_amount_cents" => attributes["_authorize"] = json!(true),
            "_capture_amount_cents" => attributes["_capture"] = json!(true),
            "_refund_amount_cents" => attributes["_refund"] = json!(true),
            _ => {}
        }
        tries.push(Try {
            name: format!("{} {trigger}", operation.id),
            operation: operation.clone(),
            attributes,
            is_harmless: false,
        });
    }
    tries
}

/// A caller's answer.
fn told(answer: &Answer) -> String {
    let error = &answer.body["errors"][0];
    let rule = error["meta"]["error"].as_str().or_else(|| error["code"].as_str());
    match (answer.status, rule) {
        (422, Some(rule)) => format!("422 {rule}"),
        (status, _) => status.to_string(),
    }
}

fn change(operation: &Operation, id: &str, attributes: &Value, card: &str) -> Value {
    let mut attributes = attributes.clone();
    for (_, value) in attributes.as_object_mut().into_iter().flatten() {
        if value.is_null() {
            *value = json!(card);
        }
    }
    let mut body = bodies::change(operation.kind(), id, attributes);
    if body["data"]["attributes"] == json!({}) {
        body["data"]
            .as_object_mut()
            .expect("an object")
            .remove("attributes");
    }
    body
}

/// The body of a request about a part of an order.
fn body_on_order(scene: &Scene, one: &Try, bundle: &Bundle, id: &str) -> Option<Value> {
    let operation = &one.operation;
    match (operation.method.as_str(), operation.kind()) {
        ("POST", "payments") => Some(bodies::payment(&bundle.order, "tok_visa")),
        ("POST", "line_items") => {
            let item = json!({ "name": "Cup", "quantity": 1, "unit_amount_cents": 500 });
            Some(bodies::resource("line_items", item, of_order(&bundle.order)))
        }
        ("POST", kind) => Some(source(kind, &bundle.order, false)),
        ("PATCH", _) => Some(change(operation, id, &one.attributes, &scene.card)),
        _ => None,
    }
}

/// Tries everything on an order of an owner in a status, with payment sources of a type.
async fn walk(scene: &Scene, sources: &str, kinds: &[&str], situation: Situation) -> Vec<(Try, Cells)> {
    let Situation { owner, status } = situation;
    let Some(mut bundle) = scene.order(sources, owner, status).await else {
        return Vec::new();
    };
    let operations = scene.open_api.operations.iter();
    let mine = operations.filter(|operation| is_of_orders(operation) && kinds.contains(&operation.kind()));
    let mut all: Vec<Try> = mine.flat_map(tries).collect();
    // Reads come before all changes.
    all.sort_by_key(|one| one.operation.method != "GET");
    let mut seen = Vec::new();
    let mut before = scene.snapshot(sources, &bundle).await;
    for one in all {
        let kind = one.operation.kind().to_owned();
        let mut cells = Cells::new();
        for (caller, api) in CALLERS.iter().zip(&scene.callers) {
            let Some(id) = record(scene, &one, &kind, sources, &bundle).await else {
                break;
            };
            let writes = one.operation.method != "GET";
            // The callers with most permissions come last: the refusals before them have changed nothing.
            if writes && *caller == "integration" {
                assert_unchanged(scene, sources, &bundle, &before, &one.name).await;
            }
            let mut call = api.call(&one.operation.method, &one.operation.path(&id));
            if let Some(body) = body_on_order(scene, &one, &bundle, &id) {
                call = call.json(&body);
            }
            let answer = call.send().await;
            let mut cell = told(&answer);
            if writes && answer.status < 300 {
                let after = scene.snapshot(sources, &bundle).await;
                let is_new = answer.status == 201;
                if after == before && !is_new {
                    cell.push_str(" =");
                } else if one.is_harmless {
                    before = after;
                } else {
                    bundle = scene.order(sources, owner, status).await.expect("as before");
                    before = scene.snapshot(sources, &bundle).await;
                }
            }
            cells.push(cell);
        }
        if one.operation.method != "GET" {
            assert_unchanged(scene, sources, &bundle, &before, &one.name).await;
        }
        if cells.len() == CALLERS.len() {
            seen.push((one, cells));
        }
    }
    seen
}

async fn record(scene: &Scene, one: &Try, kind: &str, sources: &str, bundle: &Bundle) -> Option<String> {
    if one.operation.has_id() {
        scene.record(kind, sources, bundle).await
    } else {
        Some(String::new())
    }
}

async fn assert_unchanged(scene: &Scene, sources: &str, bundle: &Bundle, before: &[Value], name: &str) {
    let after = scene.snapshot(sources, bundle).await;
    for (after, before) in after.iter().zip(before) {
        let (after, before) = (format!("{after:#}"), format!("{before:#}"));
        assert!(
            after == before,
            "{name} was refused and has changed something:\n{}",
            difference(&before, &after)
        );
    }
}

/// Tries all operations that are not about an order.
async fn walk_the_rest(scene: &Scene, matrix: &mut Matrix) {
    let mut ids = scene.integration.one_of_each().await;
    for kind in ["markets", "customers", "customer_payment_sources", "cards"] {
        let id = match kind {
            "markets" => &scene.market,
            "customers" => &scene.customer,
            _ => &scene.card,
        };
        ids.insert(kind.to_owned(), id.clone());
    }
    let offered = scene.callers[4].get("/api/payment_methods").await.expect(200);
    let method = offered.body["data"][0]["id"].as_str().expect("an id");
    ids.insert("payment_methods".into(), method.to_owned());
    let gateways = scene
        .integration
        .api
        .get("/api/stripe_gateways")
        .await
        .expect(200);
    let gateway = gateways.body["data"][0]["id"].as_str().expect("an id");
    ids.insert("stripe_gateways".into(), gateway.to_owned());
    let gateways = scene
        .integration
        .api
        .get("/api/checkout_com_gateways")
        .await
        .expect(200);
    let gateway = gateways.body["data"][0]["id"].as_str().expect("an id");
    ids.insert("checkout_com_gateways".into(), gateway.to_owned());
    let rest = scene.open_api.operations.iter();
    let rest = rest.filter(|operation| operation.template.starts_with("/api/") && !is_of_orders(operation));
    let mut all: Vec<Try> = rest.flat_map(tries).collect();
    all.sort_by_key(|one| match one.operation.method.as_str() {
        "GET" => 0,
        "DELETE" => 2,
        _ => 1,
    });
    for one in all {
        let operation = &one.operation;
        let kind = operation.kind();
        let mut cells = Cells::new();
        for api in &scene.callers {
            let deletes = operation.method == "DELETE";
            let id = match kind {
                "customer_payment_sources" | "cards" if deletes => scene.new_card().await,
                _ if deletes => scene.integration.create(kind).await.id().to_owned(),
                _ => ids.get(kind).cloned().unwrap_or_default(),
            };
            let call = api.call(&operation.method, &operation.path(&id));
            let call = match operation.method.as_str() {
                "POST" => call.json(&body_of_new(scene, kind).await),
                "PATCH" => call.json(&change(operation, &id, &one.attributes, &scene.card)),
                _ => call,
            };
            cells.push(told(&call.send().await));
        }
        let section = matrix.entry(kind.to_owned()).or_default();
        section.entry(one.name.clone()).or_default().insert(None, cells);
    }
}

async fn body_of_new(scene: &Scene, kind: &str) -> Value {
    if kind == "orders" {
        let of = json!({ "market": bodies::to_one("markets", &scene.market) });
        return bodies::resource("orders", json!({}), of);
    }
    scene.integration.body(kind).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_matrix_is_as_it_was_judged() {
    let scene = Arc::new(Scene::set().await);
    let mut walks = JoinSet::new();
    for (sources, kinds) in SOURCES {
        for (owner, status) in
            (0..OWNERS.len()).flat_map(|owner| (0..STATUSES.len()).map(move |status| (owner, status)))
        {
            let scene = Arc::clone(&scene);
            let situation = Situation { owner, status };
            walks.spawn(async move { (situation, walk(&scene, sources, kinds, situation).await) });
        }
    }
    let mut matrix = Matrix::new();
    while let Some(walk) = walks.join_next().await {
        let (situation, seen) = walk.expect("a walk");
        for (one, cells) in seen {
            let section = matrix.entry(one.operation.kind().to_owned()).or_default();
            section
                .entry(one.name)
                .or_default()
                .insert(Some(situation), cells);
        }
    }
    walk_the_rest(&scene, &mut matrix).await;
    assert_complete(&scene, &matrix);
    let words = Words {
        preface: PREFACE,
        callers: &CALLERS,
        owners: &OWNERS,
        statuses: &STATUSES,
    };
    compare(&render(&words, &matrix));
}

/// The matrix has every operation, and a sales channel can run exactly those that the document permits to one.
fn assert_complete(scene: &Scene, matrix: &Matrix) {
    let tried: BTreeSet<&str> = matrix
        .values()
        .flat_map(|operations| operations.keys())
        .filter_map(|name| name.split(' ').next())
        .collect();
    let declared = scene.open_api.operations.iter();
    let declared = declared.filter(|operation| operation.template.starts_with("/api/"));
    let declared: BTreeSet<&str> = declared.map(|operation| operation.id.as_str()).collect();
    assert_eq!(tried, declared);
    let paths = scene.open_api.root()["paths"].as_object().expect("paths");
    for operation in paths
        .values()
        .flat_map(|item| item.as_object().into_iter().flatten())
    {
        let (_, operation) = operation;
        let Some(id) = operation["operationId"]
            .as_str()
            .filter(|id| declared.contains(id))
        else {
            continue;
        };
        let rows = matrix
            .values()
            .find_map(|operations| operations.get(id))
            .expect("rows");
        let column = |name: &str| {
            CALLERS
                .iter()
                .position(|caller| *caller == name)
                .expect("a caller")
        };
        let can = |name: &str| rows.values().any(|cells| cells[column(name)] != "403");
        let security = || operation["security"].as_array().into_iter().flatten();
        let of_customers = security().any(|scheme| scheme.get("customer_password").is_some());
        assert_eq!(
            can("customer"),
            of_customers,
            "{id}: what the document says of customers"
        );
    }
}

fn compare(found: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    if std::env::var_os("TILLGATE_WRITE_MATRIX").is_some() {
        std::fs::write(&file, found).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        return;
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        expected == found,
        "{FILE} says otherwise; if the new answers are right, write it anew with TILLGATE_WRITE_MATRIX=1:\n{}",
        difference(&expected, found)
    );
}
