//! Examples of successful answers, made from the schemas, so that each attribute has one. Well-known names get the values that a
//! reader expects. A test validates all examples.

use serde_json::{Map, Value, json};

use super::{Operation, OperationKind, operations};
use crate::{
    Action, Dialect, ResourceMeta, Topic,
    money::{Currency, Money},
    pointer::child,
    registry::{self, RESOURCES},
    resource::RelationshipMeta,
};

/// URL of the service in all examples.
pub const EXAMPLE_ORIGIN: &str = "https://pay.example";
const ID: &str = "QWERtyUpBa";
/// Value of all amounts except surcharges.
const AMOUNT: i64 = 2500;
const SURCHARGES: [&str; 2] = ["price_amount", "payment_method_amount"];

/// Writes an example into each successful answer. Operations share the examples of documents and lists.
pub(super) fn stamp(document: &mut Value) {
    let mut shared = Map::new();
    for meta in RESOURCES {
        let one = resource(meta, document);
        let list = json!({
            "data": [one], "meta": counts(meta.dialect), "links": pages(&meta.list_path()), "jsonapi": version()
        });
        let links = one["links"].clone();
        let document = json!({"data": one, "links": links, "jsonapi": version()});
        if Topic::ALL
            .iter()
            .any(|topic| topic.resource().kind == meta.kind && !topic.is_end())
        {
            shared.insert(format!("{}Payload", meta.schema), json!({"value": {"data": one}}));
        }
        shared.insert(meta.schema.to_owned(), json!({"value": document}));
        shared.insert(format!("{}List", meta.schema), json!({"value": list}));
    }
    for operation in operations() {
        let pointer = format!(
            "{}/{}/responses/{}/content",
            child("/paths", &operation.path()),
            operation.method().to_lowercase(),
            operation.success()
        );
        let contents = document.pointer_mut(&pointer).and_then(Value::as_object_mut);
        for media_type in contents.into_iter().flat_map(|contents| contents.values_mut()) {
            media_type["examples"] = json!({"answer": example(&operation)});
        }
    }
    document["components"]["examples"] = Value::Object(shared);
}

fn example(operation: &Operation) -> Value {
    let meta = operation.resource;
    match operation.kind {
        OperationKind::Action(Action::List) => reference(&format!("{}List", meta.schema)),
        OperationKind::Action(_) => reference(meta.schema),
        OperationKind::Related(relationship) => match target(relationship) {
            Some(target) if relationship.many => reference(&format!("{}List", target.schema)),
            Some(target) => reference(target.schema),
            None => {
                let links = json!({"self": url(&operation.path().replace("{id}", ID))});
                json!({"value": {"data": null, "links": links, "jsonapi": version()}})
            }
        },
        OperationKind::Relationship(relationship) => json!({"value": linkage(operation, relationship)}),
    }
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/examples/{name}")})
}

fn target(relationship: &RelationshipMeta) -> Option<&'static ResourceMeta> {
    relationship
        .targets
        .iter()
        .find_map(|kind| registry::resource(kind))
}

fn linkage(operation: &Operation, relationship: &RelationshipMeta) -> Value {
    let path = operation.path().replace("{id}", ID);
    let identifier = target(relationship).map(|target| json!({"type": target.kind, "id": ID}));
    let mut links = if relationship.many {
        pages(&path)
    } else {
        json!({})
    };
    links["self"] = url(&path);
    links["related"] = url(&path.replace("/relationships", ""));
    if relationship.many {
        let data: Vec<Value> = identifier.into_iter().collect();
        // The pages of a relationship are counted in one way in both dialects.
        return json!({
            "data": data, "meta": counts(Dialect::CommerceLayer), "links": links, "jsonapi": version()
        });
    }
    json!({"data": identifier, "links": links, "jsonapi": version()})
}

fn version() -> Value {
    json!({"version": "1.1"})
}

fn url(path: &str) -> Value {
    format!("{EXAMPLE_ORIGIN}{path}").into()
}

fn counts(dialect: Dialect) -> Value {
    match dialect {
        Dialect::CommerceLayer => json!({"record_count": 1, "page_count": 1}),
        Dialect::Foodetective => json!({"total-count": 1, "total-pages": 1}),
    }
}

fn pages(path: &str) -> Value {
    json!({"self": url(path), "first": url(path), "last": url(path)})
}

fn resource(meta: &ResourceMeta, document: &Value) -> Value {
    let link = format!("{}/{ID}", meta.path());
    let relationships: Map<String, Value> = meta
        .relationships
        .iter()
        .map(|relationship| {
            let name = relationship.name;
            let links = json!({
                "self": url(&format!("{link}/relationships/{name}")),
                "related": url(&format!("{link}/{name}"))
            });
            (name.to_owned(), json!({"links": links}))
        })
        .collect();
    json!({
        "id": ID,
        "type": meta.kind,
        "links": {"self": url(&link)},
        "attributes": attributes(meta, document),
        "relationships": relationships,
        "meta": {"mode": "test", "organization_id": "xYZkjABcde"}
    })
}

fn attributes(meta: &ResourceMeta, document: &Value) -> Value {
    let schemas = &document["components"]["schemas"];
    let properties = schemas[format!("{}Attributes", meta.schema)]["properties"].as_object();
    let members = properties.into_iter().flatten();
    members
        .map(|(name, schema)| (name.clone(), attribute(&name.replace('-', "_"), schema, schemas)))
        .collect::<Map<_, _>>()
        .into()
}

/// The value of an attribute: the well-known one of its name, or the simplest that its schema allows.
fn attribute(name: &str, schema: &Value, schemas: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let component = reference.rsplit('/').next().unwrap_or_default();
        return attribute(name, &schemas[component], schemas);
    }
    if let Some(first) = schema["oneOf"].as_array().and_then(|words| words.first()) {
        return first["const"].clone();
    }
    if let Some(amount) = amount(name) {
        return amount;
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.clone(),
        one => vec![one.clone()],
    };
    let may_be = |word: &str| types.iter().any(|one| one == word);
    // A market's number is an integer, an order's a text.
    if let Some(known) = known(name).filter(|known| !known.is_string() || may_be("string")) {
        return known;
    }
    if may_be("null") {
        return Value::Null;
    }
    if let Some(example) = schema.get("example").or(schema["examples"].get(0)) {
        return example.clone();
    }
    if may_be("boolean") {
        false.into()
    } else if may_be("integer") {
        1.into()
    } else if may_be("object") {
        json!({})
    } else {
        name.into()
    }
}

/// Amounts have three members: `total_amount_cents`, `total_amount_float` and `formatted_total_amount`.
fn amount(name: &str) -> Option<Value> {
    let is_surcharge = SURCHARGES.iter().any(|part| name.contains(part));
    let money = Money::new(if is_surcharge { 0 } else { AMOUNT }, Currency::EUR);
    if name.ends_with("_cents") {
        Some(money.amount_cents.into())
    } else if name.ends_with("_float") {
        Some(money.to_major().into())
    } else if name.starts_with("formatted_") {
        Some(money.formatted().into())
    } else {
        None
    }
}

fn known(name: &str) -> Option<Value> {
    let value = match name {
        "api_version" => json!("2025-09-30.clover"),
        "base_url" => json!("https://api.stripe.com"),
        "client_secret" => json!("pi_xxxx_secret_yyyy"),
        "credential_keys" => json!({"login": "…zzzz"}),
        "currency" | "currency_code" => json!("EUR"),
        "customer_token" => json!("cus_xxxx"),
        "payment_source_token" => json!("pm_xxxx"),
        "customer_email" | "email" => json!("jo@example.com"),
        "customer_ip" => json!("203.0.113.7"),
        "editable" | "succeeded" => json!(true),
        "gateway_transaction_id" | "charge_id" => json!("ch_xxxx"),
        "brand" => json!("visa"),
        "expiration_date" => json!("2030-12-01"),
        "language_code" => json!("en"),
        "last4" => json!("4242"),
        "name" => json!("Main"),
        "number" => json!("1001"),
        "payment_instrument" => {
            json!({
                "issuer_type": "card",
                "card_type": "visa",
                "card_last_digits": "4242",
                "card_expiry_month": "12",
                "card_expiry_year": "2030"
            })
        }
        "payment_method_type" => json!("stripe_payments"),
        "publishable_key" | "public_key" => json!("pk_test_xxxx-yyyy-zzzz"),
        "quantity" | "total_orders_count" => json!(1),
        "stripe_id" => json!("pi_xxxx"),
        "stripe_source_id" => json!("pm_xxxx"),
        "webhook_endpoint_url" => json!(format!(
            "{EXAMPLE_ORIGIN}/webhook_callbacks/stripe_gateways/v5wkTmXJ3R"
        )),
        _ => return None,
    };
    Some(value)
}
