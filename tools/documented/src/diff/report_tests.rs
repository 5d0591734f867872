//! Lists, parameters, conditions and objects, and their lines in the report.

use serde_json::{Value, json};

use super::{Kind, Report, Severity, deviations, differences};
use crate::files::deviations as deviations_file;
use crate::model::{Endpoint, Example, JsonType, Member, Members, Object, Page, Presence, Response};

fn remove(name: &str) -> impl FnOnce(&mut Value) {
    move |object| drop(object.as_object_mut().unwrap().remove(name).unwrap())
}

fn page() -> Page {
    let member = |json_type, presence| Member {
        json_type: Some(json_type),
        presence,
        ..Member::default()
    };
    let value = json!({"data": [{"id": "1", "type": "things", "attributes": {"name": "n"}}]});
    let list = Endpoint {
        method: "GET".to_owned(),
        path: "/api/things".to_owned(),
        query_parameters: Members::from([("page[size]".to_owned(), member(JsonType::Integer, None))]),
        responses: vec![Response {
            status: Some(200),
            media_type: None,
            examples: vec![Example {
                elided: vec!["/data".to_owned()],
                value,
                ..Example::default()
            }],
        }],
        ..Endpoint::default()
    };
    let mut update = Endpoint {
        method: "PATCH".to_owned(),
        path: "/api/things/{number}".to_owned(),
        arguments: Members::from([(
            "name".to_owned(),
            member(JsonType::String, Some(Presence::Conditional)),
        )]),
        ..Endpoint::default()
    };
    update.arguments["name"].condition = Some("if new".to_owned());
    let mut go = member(JsonType::Boolean, None);
    go.trigger = true;
    let attributes = Members::from([
        ("name".to_owned(), member(JsonType::String, None)),
        ("_go".to_owned(), go),
    ]);
    let object = Object {
        title: "The thing object".to_owned(),
        resource: Some("things".to_owned()),
        fields: Members::from([(
            "attributes".to_owned(),
            Member {
                members: attributes,
                ..Member::container()
            },
        )]),
        examples: Vec::new(),
    };
    Page {
        page: "things.md".to_owned(),
        endpoints: vec![list, update],
        objects: vec![object],
        ..Page::default()
    }
}

fn things() -> Value {
    let name = json!({"type": "string"});
    let thing = json!({"type": "object", "required": ["id", "type", "attributes"], "properties": {
        "id": {"type": "string"}, "type": {"const": "things"},
        "attributes": {"type": "object", "required": ["name"], "properties": {"name": name}}
    }});
    let sent = json!({"type": "object", "required": ["name"], "properties": {"name": name, "data": {
        "type": "object", "properties": {"type": {"const": "things"}, "attributes": {"type": "object", "properties": {
            "name": name, "_go": {"type": "boolean"}
        }}}
    }}});
    let answer = json!({"type": "object", "required": ["data"], "properties": {"data": {"type": "array", "items": thing}}});
    let parameters = json!([{"name": "page[size]", "in": "query", "schema": {"type": "integer"}}]);
    json!({"paths": {
        "/api/things": {"get": {"parameters": parameters, "responses": {"200": {"content": {"a/b": {"schema": answer}}}}}},
        "/api/things/{id}": {"patch": {"requestBody": {"content": {"a/b": {"schema": sent}}}, "responses": {"200": {}}}}
    }})
}

fn kinds(document: &Value, page: Page) -> Vec<(Kind, String)> {
    let found = differences(document, &[page], &[]).unwrap();
    let serious = found
        .into_iter()
        .filter(|difference| difference.kind.severity() > Severity::Info);
    serious
        .map(|difference| (difference.kind, difference.pointer))
        .collect()
}

#[test]
fn lists_parameters_conditions_and_objects_are_compared() {
    // The only difference is a required argument that is conditional on the page.
    let conditional = (Kind::ArgumentConditional, "/name".to_owned());
    assert_eq!(kinds(&things(), page()), [conditional]);
    for (pointer, name, kind, at) in [
        (
            "/paths/~1api~1things/get",
            "parameters",
            Kind::MissingParameter,
            "/parameters/query/page[size]",
        ),
        (
            "/paths/~1api~1things/get/responses/200/content/a~1b/schema/properties/data/items/properties/attributes/properties",
            "name",
            Kind::MissingResponseMember,
            "/data/0/attributes/name",
        ),
        (
            "/paths/~1api~1things~1{id}/patch/requestBody/content/a~1b/schema/properties/data/properties/attributes/properties",
            "_go",
            Kind::MissingField,
            "/attributes/_go",
        ),
        (
            "/paths/~1api~1things/get/responses/200/content",
            "a/b",
            Kind::MissingObject,
            "",
        ),
    ] {
        let mut document = things();
        remove(name)(document.pointer_mut(pointer).unwrap());
        let found = kinds(&document, page());
        assert!(found.contains(&(kind, at.to_owned())), "{pointer}: {found:?}");
    }
}

#[test]
fn an_example_answer_that_does_not_validate_is_named_unless_it_is_left_out() {
    let mut document = things();
    let attributes = "/paths/~1api~1things/get/responses/200/content/a~1b/schema/properties/data/items/properties/attributes";
    document.pointer_mut(attributes).unwrap()["properties"]["name"]["minLength"] = json!(9);
    let found = kinds(&document, page());
    assert!(
        found.contains(&(Kind::ExampleResponse, "/data/0/attributes/name".to_owned())),
        "{found:?}"
    );
    let mut elided = page();
    let example = &mut elided.endpoints[0].responses[0].examples[0];
    example.elided.push("/data/0/attributes/name".to_owned());
    assert_eq!(kinds(&document, elided).len(), 1);
}

#[test]
fn what_the_documentation_lacks_is_a_note() {
    let mut document = things();
    document["paths"]["/api/more"] = json!({"get": {"responses": {}}});
    let found = differences(&document, &[page()], &[]).unwrap();
    let note = found
        .iter()
        .find(|difference| difference.kind == Kind::UndocumentedEndpoint)
        .unwrap();
    assert_eq!(note.endpoint, "GET /api/more");
    let report = Report::new(found, &[]);
    assert!(!report.fails());
    assert_eq!((report.counts.error, report.counts.warning), (0, 1));
    assert!(report.table(Severity::Info).contains("GET /api/more"));
    assert!(!report.table(Severity::Warning).contains("GET /api/more"));
}

#[test]
fn an_error_and_an_unused_deviation_fail() {
    let mut document = things();
    remove("/api/things")(&mut document["paths"]);
    let found = differences(&document, &[page()], &[]).unwrap();
    assert!(Report::new(found, &[]).fails());
    let unused = deviations::load(&deviations_file(), None).unwrap();
    let report = Report::new(Vec::new(), &unused);
    assert!(report.fails());
    assert!(report.table(Severity::Error).contains("is unused"));
}
