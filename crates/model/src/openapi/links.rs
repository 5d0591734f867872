//! OpenAPI links: the operations that an answer leads to, with the place of the identifier that they need.
//!
//! They are made from the declarations. A created resource leads to every operation on it, and to the creation of resources that
//! belong to it; a list leads on to its first item. No list leads to a deletion, because a client that follows the links did not
//! create its items.

use serde_json::{Map, Value, json};

use super::{Operation, OperationKind, operations::operations, paths::JSON_API};
use crate::{Action, ResourceMeta, registry};

/// The place of the identifier in a document.
const ONE: &str = "$response.body#/data/id";
/// The place of the first identifier in a list.
const FIRST: &str = "$response.body#/data/0/id";

/// Writes the links into the successful answers.
pub(super) fn stamp(document: &mut Value) {
    let all = operations();
    for source in &all {
        let links = from(source, &all, document);
        let pointer = format!(
            "/paths/{}/{}/responses/{}",
            source.path().replace('~', "~0").replace('/', "~1"),
            source.method().to_lowercase(),
            source.success()
        );
        if let Some(answer) = document.pointer_mut(&pointer)
            && !links.is_empty()
        {
            answer["links"] = Value::Object(links);
        }
    }
}

fn from(source: &Operation, all: &[Operation], document: &Value) -> Map<String, Value> {
    let mut links = Map::new();
    let Some((meta, id, made)) = identified(source) else {
        return links;
    };
    let is_creatable = meta.actions.contains(&Action::Create);
    for target in all.iter().filter(|target| target.resource.kind == meta.kind) {
        let follows = match target.kind {
            OperationKind::Action(Action::Delete) => made,
            OperationKind::Action(Action::Retrieve | Action::Update) => true,
            OperationKind::Action(Action::List | Action::Create) => false,
            // One link to them is enough: from the creation, if there is one.
            OperationKind::Related(_) | OperationKind::Relationship(_) => made || !is_creatable,
        };
        if follows {
            links.insert(target.id(), on_same(target, id));
        }
    }
    for target in all.iter().filter(|target| target.action() == Action::Create) {
        if let Some(relationship) = only_required(target.resource, meta, document) {
            links.insert(target.id(), creation(target, meta, &relationship, id, document));
        }
    }
    links
}

/// The resource of an answer, the place of its identifier, and whether the request created it.
fn identified(source: &Operation) -> Option<(&'static ResourceMeta, &'static str, bool)> {
    match source.kind {
        OperationKind::Action(Action::Create) => Some((source.resource, ONE, true)),
        OperationKind::Action(Action::List) => Some((source.resource, FIRST, false)),
        OperationKind::Related(relationship) if relationship.targets.len() == 1 => {
            let id = if relationship.many { FIRST } else { ONE };
            Some((registry::resource(relationship.targets[0])?, id, false))
        }
        _ => None,
    }
}

/// A link to an operation on the resource itself.
fn on_same(target: &Operation, id: &str) -> Value {
    let mut link = json!({"operationId": target.id(), "parameters": {"id": id}});
    if target.has_body() {
        link["requestBody"] = json!({"data": {"type": target.resource.kind, "id": embedded(id)}});
    }
    link
}

/// A link to the creation of a resource that belongs to this one, like the example of that request.
fn creation(
    target: &Operation,
    meta: &ResourceMeta,
    relationship: &str,
    id: &str,
    document: &Value,
) -> Value {
    let content = &document["paths"][target.path()]["post"]["requestBody"]["content"][JSON_API];
    let mut scenarios = content["examples"].as_object().into_iter().flatten();
    let first = scenarios.next().map(|(_, scenario)| &scenario["value"]);
    let mut body = first.unwrap_or(&content["example"]).clone();
    body["data"]["relationships"] = json!({relationship: {"data": {"type": meta.kind, "id": embedded(id)}}});
    json!({"operationId": target.id(), "requestBody": body})
}

/// An expression as part of a literal.
fn embedded(id: &str) -> String {
    format!("{{{id}}}")
}

/// The relationship that a resource needs for its creation, if it needs no other one.
fn only_required(target: &ResourceMeta, meta: &ResourceMeta, document: &Value) -> Option<String> {
    let schema = format!("Create{}Relationships", target.schema);
    let required = document["components"]["schemas"][schema]["required"].as_array()?;
    let [Value::String(name)] = required.as_slice() else {
        return None;
    };
    let relationship = target.relationship(name)?;
    relationship.targets.contains(&meta.kind).then(|| name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(path: &str, verb: &str, status: &str) -> Value {
        let mut document = json!({"paths": {}});
        let paths = serde_json::to_value(super::super::paths::paths()).expect("paths are JSON");
        document["paths"] = paths;
        super::super::finish(&mut document);
        stamp(&mut document);
        document["paths"][path][verb]["responses"][status]["links"].take()
    }

    #[test]
    fn a_created_order_leads_to_itself_and_to_what_pays_it() {
        let links = links("/api/orders", "post", "201");
        for id in [
            "retrieve_order",
            "update_order",
            "delete_order",
            "retrieve_order_authorizations",
        ] {
            assert_eq!(links[id]["parameters"]["id"], ONE, "{id}");
        }
        let body = &links["create_stripe_payment"]["requestBody"];
        assert_eq!(
            body["data"]["relationships"]["order"]["data"],
            json!({"type": "orders", "id": "{$response.body#/data/id}"})
        );
        for id in [
            "create_checkout_com_payment",
            "create_wire_transfer",
            "create_payment",
            "create_line_item",
        ] {
            assert_eq!(links[id]["operationId"], id);
        }
        assert!(links.get("create_market").is_none());
    }

    #[test]
    fn what_only_the_service_makes_is_reached_through_lists() {
        let of_order = links("/api/orders/{id}/authorizations", "get", "200");
        assert_eq!(of_order["update_authorization"]["parameters"]["id"], FIRST);
        assert_eq!(
            of_order["retrieve_authorization_captures"]["parameters"]["id"],
            FIRST
        );
        assert!(links("/api/orders", "get", "200").get("delete_order").is_none());
    }

    #[test]
    fn an_update_names_the_resource_in_its_body_too() {
        let links = links("/api/customers", "post", "201");
        assert_eq!(
            links["update_customer"]["requestBody"]["data"]["id"],
            "{$response.body#/data/id}"
        );
    }
}
