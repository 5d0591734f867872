//! The document around the attributes.

use serde_json::{Value, json};
use tillgate_tests::Operation;

use super::{Case, with, with_containers, without};

/// Maximum size of a body, in bytes.
pub const LARGEST: usize = 256 * 1024;

/// Bodies that are no JSON, or too much of it.
pub fn no_documents() -> Vec<Case> {
    let nested = |open: &str, close: &str| format!("{}{}", open.repeat(200), close.repeat(200));
    let malformed: [(&str, Vec<u8>); 14] = [
        ("nothing", Vec::new()),
        ("blank", b" \n".to_vec()),
        ("an open brace", b"{".to_vec()),
        ("half a document", br#"{"data":{"type":"#.to_vec()),
        ("two documents", br#"{"data":{}} {"data":{}}"#.to_vec()),
        ("a comma too many", br#"{"data":{},}"#.to_vec()),
        ("single quotes", b"{'data':{}}".to_vec()),
        ("a form", b"data=1".to_vec()),
        ("not a number", br#"{"data":NaN}"#.to_vec()),
        ("a number out of range", br#"{"data":1e999}"#.to_vec()),
        ("bytes that are no UTF-8", b"{\"data\":\"\xff\xfe\"}".to_vec()),
        ("a lone surrogate", br#"{"data":{"type":"\ud800"}}"#.to_vec()),
        (
            "deep lists",
            format!(r#"{{"data":{}}}"#, nested("[", "]")).into_bytes(),
        ),
        ("deep objects", nested(r#"{"data":"#, "}").into_bytes()),
    ];
    let mut cases: Vec<Case> = malformed
        .into_iter()
        .map(|(name, body)| Case::new(name, body, 400))
        .collect();
    cases.push(Case::new("too large", vec![b' '; LARGEST + 1], 413));
    cases.push(Case::new("much too large", vec![b' '; 3 * LARGEST], 413));
    for root in ["[]", "null", "true", "1", r#""x""#, "[{}]"] {
        cases.push(Case::new(root, root, 400).at(""));
    }
    cases
}

/// Containers of a wrong type.
pub fn wrong_documents(_: &Operation, valid: &Value) -> Vec<Case> {
    let mut cases = vec![
        Case::new("no data", "{}", 400).at(""),
        Case::new("another member", r#"{"errors":[]}"#, 400).at(""),
    ];
    let data = &valid["data"];
    for other in [json!(null), json!([]), json!([data]), json!("x"), json!(1)] {
        cases.push(
            Case::new(
                format!("data is {other}"),
                json!({ "data": other }).to_string(),
                400,
            )
            .at("/data"),
        );
    }
    for container in ["/data/attributes", "/data/relationships"] {
        for other in [json!(null), json!([]), json!("x"), json!(false)] {
            let body = with(valid, container, other.clone());
            cases.push(Case::new(format!("{container} is {other}"), body.to_string(), 400).at(container));
        }
    }
    cases
}

/// JSON:API 1.1, creating and updating: another type or id is 409, an id of the client's choice 403.
pub fn wrong_identities(operation: &Operation, valid: &Value) -> Vec<Case> {
    let case = |name: &str, body: Value, status, pointer: &str| {
        Case::new(name, body.to_string(), status).at(pointer)
    };
    let mut cases = vec![
        case("no type", without(valid, "/data/type"), 400, "/data"),
        case(
            "a number as the type",
            with(valid, "/data/type", json!(5)),
            400,
            "/data/type",
        ),
        case(
            "null as the type",
            with(valid, "/data/type", json!(null)),
            400,
            "/data/type",
        ),
        case(
            "another type",
            with(valid, "/data/type", json!("coupons")),
            409,
            "/data/type",
        ),
        case(
            "the type in capitals",
            with(valid, "/data/type", json!(operation.kind().to_uppercase())),
            409,
            "/data/type",
        ),
    ];
    if operation.has_id() {
        cases.extend([
            case("no id", without(valid, "/data/id"), 400, "/data"),
            case(
                "a number as the id",
                with(valid, "/data/id", json!(5)),
                400,
                "/data/id",
            ),
            case(
                "null as the id",
                with(valid, "/data/id", json!(null)),
                400,
                "/data/id",
            ),
            case(
                "another id",
                with(valid, "/data/id", json!("AAAAAAAAAA")),
                409,
                "/data/id",
            ),
        ]);
    } else {
        let uuid = json!("7c1e7d6e-0f5c-4e4c-9a43-0b1f9f3f0a11");
        cases.push(case("an id", with(valid, "/data/id", uuid), 403, "/data/id"));
        cases.push(case(
            "an id that is null",
            with(valid, "/data/id", json!(null)),
            403,
            "/data/id",
        ));
    }
    cases
}

/// All required members, left out together and one by one. If there is none, the type is left out.
pub fn missing_members(operation: &Operation, valid: &Value) -> Vec<Case> {
    let body = operation.body.as_ref().expect("a body");
    let status = if operation.is_second_dialect() { 400 } else { 422 };
    let of = |container: &str, names: &[String]| -> Vec<String> {
        names
            .iter()
            .map(|name| format!("/data/{container}/{name}"))
            .collect()
    };
    let required = [
        of("attributes", &body.attributes.required),
        of("relationships", &body.relationships.required),
    ]
    .concat();
    let mut cases: Vec<Case> = required
        .iter()
        .map(|pointer| {
            let (parent, _) = pointer.rsplit_once('/').expect("a pointer");
            Case::new(
                format!("no {pointer}"),
                without(valid, pointer).to_string(),
                status,
            )
            .at(parent)
        })
        .collect();
    for case in &mut cases {
        case.errors = Some(1);
    }
    if required.is_empty() {
        cases.push(Case::new("no type", without(valid, "/data/type").to_string(), 400).at("/data"));
        return cases;
    }
    let empty = json!({ "data": { "type": operation.kind(), "attributes": {}, "relationships": {} } });
    let bare = json!({ "data": { "type": operation.kind() } });
    for (name, body) in [("empty containers", empty), ("no containers", bare)] {
        let mut case = Case::new(name, body.to_string(), status);
        case.errors = Some(required.len());
        cases.push(case);
    }
    cases
}

/// Members that the endpoint doesn't know, several at once.
pub fn unknown_members(operation: &Operation, valid: &Value) -> Vec<Case> {
    let valid = with_containers(valid);
    let mut cases = Vec::new();
    for name in [
        "nonsense",
        "created_at",
        "id",
        "type",
        "a~1b~0c",
        "größe",
        "Reference",
        "_Disable",
        "",
    ] {
        for container in ["attributes", "relationships"] {
            let pointer = format!("/data/{container}/{name}");
            let body = with(&valid, &pointer, json!(null));
            cases.push(Case::new(format!("{pointer} is there"), body.to_string(), 400).at(pointer));
        }
    }
    let several = with(
        &with(&valid, "/data/attributes/one", json!(1)),
        "/data/attributes/two",
        json!(2),
    );
    let several = with(&several, "/data/relationships/three", json!({ "data": null }));
    let case = Case::new("three unknown members", several.to_string(), 400);
    let mut case = case
        .at("/data/attributes/one")
        .at("/data/attributes/two")
        .at("/data/relationships/three");
    case.errors = Some(3);
    cases.push(case);
    assert!(
        !operation
            .body
            .as_ref()
            .expect("a body")
            .attributes
            .properties
            .contains_key("nonsense")
    );
    cases
}
