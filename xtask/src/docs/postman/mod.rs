//! A Postman collection (format 2.1) of the document: a folder for each section, and before them one that pays an order.
//!
//! It is made here and not by a converter, because it must work right after the import: the token is fetched before the first
//! request, and later requests use the resources that earlier ones created.

mod first_payment;
mod item;

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::{Value, json};

use item::Item;
use openapi_document::{members, operations};

const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";
/// Runs before each request.
const FETCH_TOKEN: &str = include_str!("fetch_token.js");

/// The collection.
///
/// # Errors
/// An operation that the first folder calls is not in the document.
pub fn collection(document: &Value) -> Result<Value> {
    let mut folders = vec![first_payment::folder(document)?];
    for tag in document["tags"].as_array().into_iter().flatten() {
        let of_tag = operations(document)
            .into_iter()
            .filter(|operation| operation.value["tags"][0] == tag["name"]);
        let items: Vec<Value> = of_tag
            .map(|operation| Item::of(document, operation).render())
            .collect();
        folders.push(json!({"name": tag["name"], "description": tag["description"], "item": items}));
    }
    Ok(json!({
        "info": {
            "name": document["info"]["title"],
            "description": description(document),
            "schema": SCHEMA
        },
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{access_token}}", "type": "string"}]},
        "event": [script("prerequest", FETCH_TOKEN)],
        "variable": variables(document),
        "item": folders
    }))
}

fn description(document: &Value) -> String {
    format!(
        "{}\n\nSet `base_url`, `client_id` and `client_secret` among the collection's variables; a demo prints them as it \
         starts. The access token is fetched when there is none. Run the first folder from top to bottom to pay an order.",
        document["info"]["description"].as_str().unwrap_or_default()
    )
}

/// The settings, and the variables that requests keep for later ones: the id of a resource of each type.
fn variables(document: &Value) -> Vec<Value> {
    let variable = |name: &str, value: &str| json!({"key": name, "value": value, "type": "string"});
    let mut variables = vec![
        variable("base_url", "http://127.0.0.1:8080"),
        variable("client_id", ""),
        variable("client_secret", ""),
        variable("access_token", ""),
        variable("access_token_expires", ""),
    ];
    let schemas = members(&document["components"]["schemas"]);
    let kinds: BTreeSet<&str> = schemas
        .filter_map(|(_, schema)| schema["properties"]["type"]["const"].as_str())
        .collect();
    variables.extend(kinds.into_iter().map(|kind| variable(&id_variable(kind), "")));
    variables
}

/// `orders` are kept in `orders_id`.
fn id_variable(kind: &str) -> String {
    // The Foodetective dialect uses the singular for the type of an order.
    let kind = if kind == "order" { "orders" } else { kind };
    format!("{kind}_id")
}

fn script(listen: &str, source: &str) -> Value {
    let lines: Vec<&str> = source.lines().collect();
    json!({"listen": listen, "script": {"type": "text/javascript", "exec": lines}})
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::document::document;

    #[test]
    fn every_operation_is_there_once_and_every_variable_is_declared() {
        let document = document().expect("the document is there");
        let collection = collection(&document).expect("a collection");
        let folders = collection["item"].as_array().expect("folders");
        let items: Vec<&Value> = folders[1..]
            .iter()
            .flat_map(|folder| folder["item"].as_array().expect("items"))
            .collect();
        let names: HashSet<&str> = items.iter().filter_map(|item| item["name"].as_str()).collect();
        assert_eq!(items.len(), operations(&document).len());
        assert_eq!(names.len(), items.len(), "two requests have one name");
        let text = collection.to_string();
        let declared: HashSet<&str> = collection["variable"]
            .as_array()
            .expect("variables")
            .iter()
            .filter_map(|variable| variable["key"].as_str())
            .collect();
        for part in text.split("{{").skip(1) {
            let name = part.split("}}").next().unwrap_or_default();
            assert!(declared.contains(name) || name.starts_with('$'), "{name}");
        }
    }

    #[test]
    fn a_resource_that_is_there_already_is_named_by_its_variable() {
        let document = document().expect("the document is there");
        let found = operations(&document)
            .into_iter()
            .find(|operation| operation.value["operationId"] == "create_line_item")
            .expect("the operation");
        let item = Item::of(&document, found).render();
        let body = item["request"]["body"]["raw"].as_str().expect("a body");
        assert!(body.contains("\"id\": \"{{orders_id}}\""), "{body}");
        assert_eq!(item["request"]["url"]["raw"], "{{base_url}}/api/line_items");
        assert!(
            item["event"][0]["script"]["exec"]
                .to_string()
                .contains("${resource.type}_id")
        );
    }
}
