use serde_json::{Value, json};

use super::deployment::Reply;
use super::expectation::{against_document, against_example, successes};
use super::orders::given;
use documented::Example;

fn document() -> Value {
    json!({
        "paths": {"/api/orders": {"post": {"responses": {
            "201": {"content": {"application/vnd.api+json": {"schema": {"$ref": "#/components/schemas/Order"}}}},
            "204": {"description": "Nothing."},
            "404": {"$ref": "#/components/responses/404"}
        }}}},
        "components": {
            "schemas": {"Order": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}},
            "responses": {"404": {"content": {"application/json": {"schema": {"type": "object"}}}}}
        }
    })
}

fn differences(reply: &Reply) -> Vec<String> {
    let document = document();
    let operation = &document["paths"]["/api/orders"]["post"];
    against_document(&document, operation, reply).expect("the document is sound")
}

fn reply(status: u16, media_type: &str, body: Value) -> Reply {
    Reply {
        status,
        media_type: media_type.to_owned(),
        has_body: !body.is_null(),
        body: (!body.is_null()).then_some(body),
    }
}

const JSON_API: &str = "application/vnd.api+json";

#[test]
fn an_answer_is_held_against_the_document() {
    assert_eq!(differences(&reply(201, JSON_API, json!({"id": "a"}))), [""; 0]);
    assert_eq!(differences(&reply(204, "", Value::Null)), [""; 0]);
    assert_eq!(differences(&reply(404, "application/json", json!({}))), [""; 0]);
    let of_body = differences(&reply(201, JSON_API, json!({"id": 1})));
    assert!(
        of_body.len() == 1 && of_body[0].starts_with("/id: "),
        "{of_body:?}"
    );
    assert_eq!(
        differences(&reply(200, JSON_API, json!({}))),
        ["the document has no status 200"]
    );
    assert_eq!(
        differences(&reply(201, "text/html", json!({}))),
        ["the document has no media type \"text/html\""]
    );
    assert_eq!(
        differences(&reply(204, JSON_API, json!({}))),
        ["the document has no body here"]
    );
    assert_eq!(
        differences(&reply(201, JSON_API, Value::Null)),
        ["the body is not JSON"]
    );
}

#[test]
fn an_answer_is_held_against_the_documented_one() {
    let example = Example {
        value: json!({"data": {"id": "a", "attributes": {"name": "x", "metadata": {"foo": "bar"}}, "links": {}}}),
        elided: vec!["/data/links".to_owned()],
        ..Example::default()
    };
    let same = json!({"data": {"id": "b", "attributes": {"name": null, "metadata": {}}, "links": "more"}});
    assert_eq!(against_example(&example, &same), [""; 0]);
    let other = json!({"data": {"id": 7, "attributes": {"metadata": []}, "links": {}}});
    let mut found = against_example(&example, &other);
    found.sort();
    assert_eq!(
        found,
        [
            "/data/attributes/metadata: documented as object, answered as array",
            "/data/attributes/name: documented, and not answered",
            "/data/id: documented as string, answered as number",
        ]
    );
}

#[test]
fn what_succeeds_and_which_orders_are_given() {
    assert_eq!(successes(&document()["paths"]["/api/orders"]["post"]), "201, 204");
    assert_eq!(
        given("payments=abc"),
        Ok(("payments".to_owned(), "abc".to_owned()))
    );
    assert!(given("abc").is_err() && given("payments=").is_err());
}
