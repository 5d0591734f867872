//! A hostile caller: another organization, and the other mode of the same one, with ids of other tenants' resources.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tillgate_tests::fixtures::Fixtures;
use tillgate_tests::{Answer, Api, OpenApi, Operation, Service, stored};

/// The demo's records, and callers who must not reach them.
struct Scene {
    service: Service,
    victim: Fixtures,
    ids: BTreeMap<String, String>,
    hostile: Vec<Fixtures>,
}

impl Scene {
    async fn set() -> Self {
        let service = Service::start().await;
        let open_api = OpenApi::of(&service).await;
        let market = service.demo("TILLGATE_MARKET_ID");
        let victim = Fixtures::new(service.api().await, open_api.clone(), &market);
        let ids = victim.one_of_each().await;
        let other = service.run(&["org", "create", "Other"]);
        let demo = service.demo("TILLGATE_ORGANIZATION_ID");
        let mut hostile = Vec::new();
        for arguments in [
            &["--organization", &other][..],
            &["--organization", &other, "--live"],
            &["--organization", &demo, "--live"],
        ] {
            let application = service.create_application(&[arguments, &["--kind", "integration"]].concat());
            hostile.push(Fixtures::with_new_market(service.api_of(&application), open_api.clone()).await);
        }
        Self {
            service,
            victim,
            ids,
            hostile,
        }
    }

    fn operations(&self) -> Vec<&Operation> {
        self.victim.open_api().on_resources().collect()
    }

    async fn stored(&self) -> Vec<(String, Vec<Value>)> {
        stored::everything(&self.victim.api, self.victim.open_api()).await
    }
}

/// A body for one of the victim's records.
fn change_of(operation: &Operation, id: &str) -> Value {
    let mut body = operation.body.as_ref().expect("a body").example.clone();
    body["data"]["id"] = id.into();
    body
}

#[track_caller]
fn assert_not_found(operation: &Operation, answer: Answer) -> Answer {
    let code = if operation.is_second_dialect() {
        "record_not_found"
    } else {
        "RECORD_NOT_FOUND"
    };
    answer.expect_error(404, code)
}

/// Each operation is tried in the way that it could leak or change something, and none can be forgotten.
#[tokio::test]
async fn no_operation_reaches_another_tenants_records() {
    let scene = Scene::set().await;
    let before = scene.stored().await;
    for hostile in &scene.hostile {
        let mut tried = BTreeSet::new();
        for operation in scene.operations() {
            match (operation.has_id(), operation.method.as_str()) {
                (true, _) => names_a_foreign_record(&scene, &hostile.api, operation).await,
                (false, "GET") => lists_no_foreign_record(&scene, &hostile.api, operation).await,
                (false, "POST") => creates_nothing_on_foreign_records(&scene, hostile, operation).await,
                (false, other) => panic!("{}: nobody has thought of {other} here", operation.id),
            }
            tried.insert(operation.id.clone());
        }
        let declared: BTreeSet<_> = scene
            .operations()
            .iter()
            .map(|operation| operation.id.clone())
            .collect();
        assert_eq!(tried, declared);
        assert!(tried.len() > 90, "{}", tried.len());
    }
    assert_eq!(scene.stored().await, before);
}

async fn names_a_foreign_record(scene: &Scene, api: &Api, operation: &Operation) {
    let id = &scene.ids[operation.kind()];
    let mut call = api.call(&operation.method, &operation.path(id));
    if operation.body.is_some() {
        call = call.json(&change_of(operation, id));
    }
    let answer = assert_not_found(operation, call.send().await);
    assert!(!String::from_utf8_lossy(&answer.bytes).contains(id), "{answer:?}");
    // An idempotency key does not hide a resource.
    if operation.body.is_some() {
        let call = api
            .call(&operation.method, &operation.path(id))
            .header("Idempotency-Key", &operation.id);
        let _ = assert_not_found(operation, call.json(&change_of(operation, id)).send().await);
    }
}

async fn lists_no_foreign_record(scene: &Scene, api: &Api, operation: &Operation) {
    let foreign: BTreeSet<&String> = scene.ids.values().collect();
    for item in stored::all_of(api, operation).await {
        assert!(
            !foreign.contains(&item["id"].as_str().expect("an id").to_owned()),
            "{item}"
        );
    }
}

/// Each relationship of the body in turn points to a record of the victim, and the others to the caller's own.
async fn creates_nothing_on_foreign_records(scene: &Scene, hostile: &Fixtures, operation: &Operation) {
    let relationships = &operation.body.as_ref().expect("a body").relationships;
    for (name, schema) in &relationships.properties {
        let mut body = hostile.body(operation.kind()).await;
        body["data"]["relationships"][name] = foreign(scene, schema);
        let answer = hostile.api.post(&operation.template, &body).await;
        let answer = assert_not_found(operation, answer);
        let _ = answer.expect_pointer(&format!("/data/relationships/{name}/data/id"));
    }
}

/// Linkage to a record of the victim that fits a relationship's schema.
fn foreign(scene: &Scene, schema: &Value) -> Value {
    let kind = linked_types(schema)
        .into_iter()
        .find(|kind| scene.ids.contains_key(kind));
    let kind = kind.unwrap_or_else(|| panic!("the victim has nothing for {schema}"));
    json!({ "data": { "type": kind, "id": scene.ids[&kind] } })
}

/// The types that a linkage may name.
fn linked_types(schema: &Value) -> Vec<String> {
    let data = &schema["properties"]["data"];
    let identifiers = data["oneOf"]
        .as_array()
        .map_or_else(|| vec![data], |options| options.iter().collect());
    let types = identifiers
        .into_iter()
        .map(|identifier| &identifier["properties"]["type"]);
    let words = types.flat_map(|schema| {
        let several = schema["enum"].as_array().cloned().unwrap_or_default();
        several.into_iter().chain([schema["const"].clone()])
    });
    words
        .filter_map(|word| word.as_str().map(str::to_owned))
        .collect()
}

#[tokio::test]
async fn no_record_is_moved_onto_another_tenants() {
    let scene = Scene::set().await;
    let before = scene.stored().await;
    let mut tried = 0;
    for hostile in &scene.hostile {
        for operation in scene
            .operations()
            .into_iter()
            .filter(|operation| operation.method == "PATCH")
        {
            let relationships = &operation.body.as_ref().expect("a body").relationships;
            for (name, schema) in &relationships.properties {
                let own = hostile.create(operation.kind()).await;
                let path = operation.path(own.id());
                let unchanged = hostile.api.get(&path).await.expect(200);
                let data = json!({
                    "type": operation.kind(),
                    "id": own.id(),
                    "relationships": { name: foreign(&scene, schema) },
                });
                let answer = hostile.api.patch(&path, &json!({ "data": data })).await;
                let answer = assert_not_found(operation, answer);
                let _ = answer.expect_pointer(&format!("/data/relationships/{name}/data/id"));
                assert_eq!(hostile.api.get(&path).await.body, unchanged.body);
                tried += 1;
            }
        }
    }
    assert!(tried >= 4 * scene.hostile.len(), "{tried}");
    assert_eq!(scene.stored().await, before);
}

#[tokio::test]
async fn resources_say_whose_they_are_and_in_which_mode() {
    let scene = Scene::set().await;
    let market = async |fixtures: &Fixtures| fixtures.create("markets").await.body["data"]["meta"].clone();
    let demo = scene.service.demo("TILLGATE_ORGANIZATION_ID");
    assert_eq!(
        market(&scene.victim).await,
        json!({ "mode": "test", "organization_id": demo })
    );
    let mut metas = Vec::new();
    for hostile in &scene.hostile {
        metas.push(market(hostile).await);
    }
    let other = metas[0]["organization_id"].clone();
    assert_ne!(other, demo.as_str());
    assert_eq!(metas[0]["mode"], "test");
    assert_eq!(metas[1], json!({ "mode": "live", "organization_id": other }));
    assert_eq!(metas[2], json!({ "mode": "live", "organization_id": demo }));
}

/// Uniqueness holds within a tenant: a refusal reveals nothing about another one.
#[tokio::test]
async fn tenants_may_use_the_same_words() {
    let scene = Scene::set().await;
    let email = json!({ "email": "same@example.com" });
    let code = json!({ "code": "same" });
    for fixtures in std::iter::once(&scene.victim).chain(&scene.hostile) {
        let _ = fixtures.create_with("customers", &email).await;
        let _ = fixtures.create_with("markets", &code).await;
    }
}
