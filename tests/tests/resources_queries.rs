//! What a request asks for beside a path: filters, order, cursors, included resources and fields.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tillgate_tests::fixtures::Fixtures;
use tillgate_tests::{Answer, Operation, Service, bodies};

struct Scene {
    _service: Service,
    fixtures: Fixtures,
    ids: BTreeMap<String, String>,
}

impl Scene {
    async fn set() -> Self {
        let service = Service::start().await;
        let fixtures = Fixtures::of_demo(&service).await;
        let ids = fixtures.one_of_each().await;
        Self {
            _service: service,
            fixtures,
            ids,
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.fixtures.api.get(path).await
    }

    fn path(&self, operation: &Operation) -> String {
        operation.path(&self.ids[operation.kind()])
    }

    async fn new_markets(&self, count: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for number in 0..count {
            let attributes = json!({"name": format!("Shop {}", number % 3), "currency_code": "EUR", "reference": format!("m{number}")});
            let body = json!({"data": {"type": "markets", "attributes": attributes}});
            let market = self.fixtures.api.post("/api/markets", &body).await.expect(201);
            ids.push(market.id().to_owned());
        }
        ids
    }
}

type Key = (String, String);

fn key(object: &Value) -> Key {
    let text = |name: &str| object[name].as_str().unwrap_or_default().to_owned();
    (text("type"), text("id"))
}

fn ids(answer: &Answer) -> Vec<String> {
    let data = answer.body["data"].as_array().expect("a list");
    data.iter().map(|item| key(item).1).collect()
}

fn objects(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Null => vec![],
        one => vec![one],
    }
}

/// JSON:API, compound documents: no resource is there twice, and each included one is reached from the data through linkage.
#[track_caller]
fn assert_compound(answer: &Answer) -> usize {
    let data = objects(&answer.body["data"]);
    let included = answer.body["included"]
        .as_array()
        .unwrap_or_else(|| panic!("{}: no `included`", answer.request));
    let mut all: BTreeMap<Key, &Value> = BTreeMap::new();
    for object in data.iter().copied().chain(included) {
        assert!(
            all.insert(key(object), object).is_none(),
            "{}: {:?} twice",
            answer.request,
            key(object)
        );
    }
    let mut reached: BTreeSet<Key> = data.iter().map(|object| key(object)).collect();
    let mut next: Vec<Key> = reached.iter().cloned().collect();
    while let Some(place) = next.pop() {
        let Some(object) = all.get(&place) else { continue };
        let relationships = object["relationships"].as_object().into_iter().flatten();
        for (_, relationship) in relationships {
            for identifier in objects(&relationship["data"]) {
                assert!(
                    all.contains_key(&key(identifier)),
                    "{}: {identifier} is not there",
                    answer.request
                );
                if reached.insert(key(identifier)) {
                    next.push(key(identifier));
                }
            }
        }
    }
    for object in included {
        assert!(
            reached.contains(&key(object)),
            "{}: {:?} is not linked",
            answer.request,
            key(object)
        );
    }
    included.len()
}

#[tokio::test]
async fn every_relationship_of_every_resource_can_be_included() {
    let scene = Scene::set().await;
    let (mut asked, mut included) = (0, 0);
    let operations: Vec<&Operation> = scene
        .fixtures
        .open_api()
        .on_resources()
        .filter(|operation| operation.method == "GET" && operation.has_parameter("include"))
        .collect();
    for operation in operations {
        let path = scene.path(operation);
        let nothing = scene.get(&format!("{path}?include=")).await.expect(200);
        assert_eq!(nothing.body["included"], json!([]), "{path}");
        let shown = objects(&nothing.body["data"]).first().copied().cloned();
        let names = shown
            .iter()
            .flat_map(|object| object["relationships"].as_object().into_iter().flatten());
        for (name, _) in names {
            let answer = scene.get(&format!("{path}?include={name}")).await.expect(200);
            included += assert_compound(&answer);
            for object in objects(&answer.body["data"]) {
                if let Some(relationship) = object["relationships"].get(name) {
                    assert!(relationship.get("data").is_some(), "{path} {name}: no linkage");
                }
            }
            asked += 1;
        }
    }
    assert!(asked > 100 && included > 100, "{asked} {included}");
}

#[tokio::test]
async fn paths_lead_three_deep_and_into_resources_of_several_types() {
    let scene = Scene::set().await;
    let include = "payment_source.order.market,payment_source.payment_gateway.payment_methods,transactions.payment_source,\
                   line_items,available_payment_methods.payment_gateway,customer.orders.line_items";
    let order = &scene.ids["orders"];
    for path in [format!("/api/orders/{order}"), "/api/orders".to_owned()] {
        let answer = scene.get(&format!("{path}?include={include}")).await.expect(200);
        assert!(assert_compound(&answer) > 3, "{answer:?}");
    }
    let deep = scene.get("/api/orders?include=customer.orders.market.nope").await;
    let _ = deep.expect_error(400, "INVALID_INCLUDE");
    // The list has the orders themselves; each leads back to its customer's orders, which are there once.
    let answer = scene
        .get("/api/customers?include=orders.customer.orders")
        .await
        .expect(200);
    let _ = assert_compound(&answer);
}

#[tokio::test]
async fn changes_are_answered_with_what_they_include() {
    let scene = Scene::set().await;
    let api = &scene.fixtures.api;
    let body = scene.fixtures.body("orders").await;
    let query = "include=market,line_items&fields[orders]=number,market";
    let created = api
        .call("POST", &format!("/api/orders?{query}"))
        .json(&body)
        .send()
        .await
        .expect(201);
    assert_eq!(
        created.body["data"]["attributes"]
            .as_object()
            .map(serde_json::Map::len),
        Some(1)
    );
    assert_eq!(created.body["included"][0]["type"], "markets");
    assert!(
        created.headers.get("etag").is_none(),
        "the tag is that of the whole resource"
    );
    let id = created.id().to_owned();
    let change = bodies::change("orders", &id, json!({"language_code": "de"}));
    let path = format!("/api/orders/{id}?include=market");
    let changed = api.patch(&path, &change).await.expect(200);
    assert_eq!(changed.attribute("language_code"), "de");
    assert_eq!(assert_compound(&changed), 1);
    // A replay shows the same.
    let keyed = || {
        api.call("POST", &format!("/api/orders?{query}"))
            .header("Idempotency-Key", "view")
            .json(&body)
    };
    let first = keyed().send().await.expect(201);
    let second = keyed().send().await.expect(201);
    assert_eq!(first.body, second.body);
    assert_eq!(second.header("idempotent-replayed"), "true");
    let refused = api
        .call("POST", "/api/orders?include=nope")
        .json(&body)
        .send()
        .await;
    let _ = refused.expect_error(400, "INVALID_INCLUDE");
}

#[tokio::test]
async fn only_the_fields_that_are_named_are_shown() {
    let scene = Scene::set().await;
    let path = format!("/api/orders/{}", scene.ids["orders"]);
    let names = |value: &Value| {
        value
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .collect::<Vec<_>>()
    };
    let some = scene
        .get(&format!(
            "{path}?fields[orders]=status,market&fields[markets]=name&include=market"
        ))
        .await
        .expect(200);
    assert_eq!(names(&some.body["data"]["attributes"]), ["status"]);
    assert_eq!(names(&some.body["data"]["relationships"]), ["market"]);
    assert_eq!(names(&some.body["included"][0]["attributes"]), ["name"]);
    let none = scene.get(&format!("{path}?fields[orders]=")).await.expect(200);
    assert!(names(&none.body["data"]["attributes"]).is_empty());
    // The second dialect writes dashes in documents, and takes either spelling.
    let payment = format!("/api/v1/payments/{}", scene.ids["payments"]);
    for field in ["amount-cents", "amount_cents"] {
        let some = scene
            .get(&format!("{payment}?fields[payments]={field}&include=order"))
            .await
            .expect(200);
        assert_eq!(names(&some.body["data"]["attributes"]), ["amount-cents"]);
    }
}

#[tokio::test]
async fn lists_are_sorted_and_paged_by_cursors() {
    let scene = Scene::set().await;
    let made = scene.new_markets(7).await;
    let of = |answer: &Answer| {
        ids(answer)
            .into_iter()
            .filter(|id| made.contains(id))
            .collect::<Vec<_>>()
    };
    let whole = |sort: &'static str| {
        let scene = &scene;
        async move { of_all(scene, &format!("/api/markets?page[size]=25&sort={sort}")).await }
    };
    let oldest = whole("created_at").await;
    let mut newest = whole("-created_at").await;
    newest.reverse();
    assert_eq!(oldest, newest);
    let by_name = scene
        .get("/api/markets?page[size]=25&sort=-name,created_at&filter[q][reference_start]=m")
        .await
        .expect(200);
    let expected: Vec<String> = [2, 5, 1, 4, 0, 3, 6]
        .iter()
        .map(|place: &usize| made[*place].clone())
        .collect();
    assert_eq!(of(&by_name), expected);
    for sort in ["created_at", "-name,reference", "disabled_at,-name"] {
        let all = of_all(&scene, &format!("/api/markets?page[size]=25&sort={sort}")).await;
        let (mut seen, mut prev) = (Vec::new(), Vec::new());
        let mut next = Some(format!("/api/markets?page[after]=&page[size]=2&sort={sort}"));
        let mut last = None;
        while let Some(path) = next {
            let page = scene.get(&path).await.expect(200);
            seen.extend(ids(&page));
            let links = &page.body["links"];
            assert!(
                links.get("prev").is_some() && links.get("next").is_some(),
                "{links}"
            );
            next = links["next"].as_str().map(str::to_owned);
            last = Some(page);
        }
        assert_eq!(seen, all, "{sort}");
        let mut before = last.and_then(|page| page.body["links"]["prev"].as_str().map(str::to_owned));
        while let Some(path) = before {
            let page = scene.get(&path).await.expect(200);
            let mut of_page = ids(&page);
            of_page.extend(prev);
            prev = of_page;
            before = page.body["links"]["prev"].as_str().map(str::to_owned);
        }
        let missing = all.len() % 2;
        let last_page = if missing == 0 { 2 } else { 1 };
        assert_eq!(prev, all[..all.len() - last_page], "{sort}");
    }
    for query in [
        "page[after]=zz",
        "page[before]=",
        "page[after]=5b5d",
        "page[after]=&page[number]=1",
    ] {
        let _ = scene
            .get(&format!("/api/markets?{query}"))
            .await
            .expect_error(400, "INVALID_PARAM_VALUE");
    }
    let cursor = scene
        .get("/api/markets?page[after]=&page[size]=1")
        .await
        .expect(200)
        .body["links"]["next"]
        .clone();
    let other_order = format!("{}&sort=name", cursor.as_str().expect("a link"));
    let _ = scene
        .get(&other_order)
        .await
        .expect_error(400, "INVALID_PARAM_VALUE");
}

async fn of_all(scene: &Scene, path: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let page = scene.get(&path).await.expect(200);
        all.extend(ids(&page));
        next = page.body["links"]["next"].as_str().map(str::to_owned);
    }
    all
}

#[tokio::test]
async fn filters_find_through_relationships_and_in_metadata() {
    let scene = Scene::set().await;
    let markets = scene.new_markets(3).await;
    let bought = scene
        .get(&format!("/api/line_items/{}/order", scene.ids["line_items"]))
        .await
        .expect(200);
    let order = &bought.id().to_owned();
    let shown = scene.get(&format!("/api/orders/{order}")).await.expect(200);
    let number = shown.attribute("number").as_str().expect("a number").to_owned();
    let meta = json!({"data": {"type": "markets", "id": markets[1], "attributes": {"metadata": {"shop": {"floors": [1, 2]}}}}});
    let _ = scene
        .fixtures
        .api
        .patch(&format!("/api/markets/{}", markets[1]), &meta)
        .await
        .expect(200);
    for (path, expected) in [
        (
            format!("/api/orders?filter[q][number_eq]={number}"),
            vec![order.clone()],
        ),
        (
            format!("/api/orders?filter[q][line_items_order_id_eq]={order}"),
            vec![order.clone()],
        ),
        (
            format!("/api/orders?filter[number]={number}"),
            vec![order.clone()],
        ),
        (
            format!("/api/orders?filter[q][id_in]={order}&filter[q][status_eq]=nope"),
            vec![],
        ),
        (
            "/api/markets?filter[q][reference_or_name_eq]=m2".to_owned(),
            vec![markets[2].clone()],
        ),
        (
            format!("/api/markets?filter[ids]={},{}", markets[2], markets[0]),
            vec![markets[0].clone(), markets[2].clone()],
        ),
        (
            r#"/api/markets?filter[q][metadata_jcont]={"shop":{"floors":[2]}}"#
                .replace('"', "%22")
                .replace('{', "%7B")
                .replace('}', "%7D"),
            vec![markets[1].clone()],
        ),
    ] {
        assert_eq!(ids(&scene.get(&path).await.expect(200)), expected, "{path}");
    }
    let of_order = scene
        .get(&format!("/api/line_items?filter[q][order_number_eq]={number}"))
        .await
        .expect(200);
    let related = scene
        .get(&format!(
            "/api/orders/{order}/line_items?filter[q][quantity_gteq]=1"
        ))
        .await
        .expect(200);
    assert_eq!(ids(&of_order), ids(&related));
    let refused = scene
        .get("/api/orders?filter[q][nope_eq]=1&filter[q][status_zz]=1&filter[q][placed_at_gt]=x&sort=nope")
        .await;
    let codes: Vec<&str> = refused
        .errors()
        .filter_map(|error| error["code"].as_str())
        .collect();
    assert_eq!(
        codes,
        [
            "FILTER_NOT_ALLOWED",
            "FILTER_NOT_ALLOWED",
            "INVALID_FILTER_VALUE",
            "INVALID_SORT_CRITERIA"
        ]
    );
}

#[tokio::test]
async fn the_second_dialect_filters_and_sorts_its_payments() {
    let scene = Scene::set().await;
    let all = scene
        .get("/api/v1/payments?sort=-created_at&per_page=50")
        .await
        .expect(200);
    let states: BTreeSet<String> = all.body["data"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|item| item["attributes"]["state"].as_str().map(str::to_owned))
        .collect();
    assert!(!states.is_empty());
    for state in &states {
        let some = scene
            .get(&format!(
                "/api/v1/payments?filter[states]={state},nope&sort=-created_at"
            ))
            .await
            .expect(200);
        let data = some.body["data"].as_array().expect("a list");
        assert!(!data.is_empty());
        assert!(
            data.iter()
                .all(|item| item["attributes"]["state"] == state.as_str()),
            "{state}"
        );
    }
    let none = scene
        .get("/api/v1/payments?filter[to_created_at]=2000-01-01&filter[for_delivery]=false")
        .await
        .expect(200);
    assert_eq!(none.body["meta"]["total-count"], 0);
    let included = scene.get("/api/v1/payments?include=order").await.expect(200);
    assert!(assert_compound(&included) > 0);
}

/// Nothing that a buyer may not read shows, neither as a resource nor by what a filter finds.
#[tokio::test]
async fn a_buyer_sees_nothing_more_by_asking() {
    let scene = crate::customers::Scene::set().await;
    let order = scene.order(&scene.ann.api, json!({})).await;
    let path = format!("/api/orders/{order}");
    for api in [&scene.ann.api, &scene.guest] {
        for name in ["authorizations", "captures", "transactions", "events"] {
            let refused = api.get(&format!("{path}?include={name}")).await;
            let _ = refused.expect_error(400, "INVALID_INCLUDE");
        }
    }
    let seen = scene
        .ann
        .api
        .get(&format!("{path}?include=market,line_items,customer"))
        .await
        .expect(200);
    assert!(assert_compound(&seen) >= 2);
    for filter in [
        "captures_id_eq",
        "market_payment_methods_id_eq",
        "authorizations_token_eq",
    ] {
        let refused = scene
            .ann
            .api
            .get(&format!("/api/orders?filter[q][{filter}]=x"))
            .await;
        let _ = refused.expect_error(400, "FILTER_NOT_ALLOWED");
    }
    // Ben's order is not found by what is in it.
    let theirs = scene.order(&scene.ben.api, json!({})).await;
    let found = scene
        .ann
        .api
        .get(&format!("/api/orders?filter[q][id_in]={order},{theirs}"))
        .await
        .expect(200);
    assert_eq!(ids(&found), [order.as_str()]);
    let through = scene
        .ann
        .api
        .get(&format!("/api/orders?filter[q][customer_id_eq]={}", scene.ben.id))
        .await
        .expect(200);
    assert!(ids(&through).is_empty());
}

/// A list that no index finds ends in time, or is refused with the filter that makes it slow. With no time at all, each is.
#[tokio::test]
async fn what_no_index_finds_has_a_time_limit() {
    let service = Service::start_with(&["--list-time-limit", "0"]).await;
    let fixtures = Fixtures::of_demo(&service).await;
    let _ = fixtures.one_of_each().await;
    let mut refused = 0;
    for list in fixtures.open_api().lists().filter(|list| list.is_paged()) {
        let path = &list.template;
        let _ = fixtures
            .api
            .get(&format!("{path}?filter[q][created_at_gt]=2000-01-01"))
            .await
            .expect(200);
        let _ = fixtures
            .api
            .get(&format!("{path}?filter[q][reference_eq]=x"))
            .await
            .expect(200);
        for (query, parameter) in [
            ("filter[q][reference_cont]=x", "filter[q][reference_cont]"),
            ("sort=-updated_at", "sort"),
        ] {
            let answer = fixtures.api.get(&format!("{path}?{query}")).await;
            if answer.status == 200 {
                continue;
            }
            let answer = answer.expect(422);
            let error = answer.errors().next().cloned().unwrap_or_default();
            assert_eq!(error["source"]["parameter"], parameter, "{path}");
            assert_eq!(error["meta"]["error"], "too_slow", "{path}");
            refused += 1;
        }
    }
    assert!(refused >= 30, "{refused}");
}

/// The fewest statements of several tries: tasks of the background send some too.
async fn statements(service: &Service, api: &tillgate_tests::Api, path: &str) -> usize {
    let proxy = service.proxy().expect("a proxy");
    let mut fewest = usize::MAX;
    for _ in 0..8 {
        let before = proxy.statements();
        let _ = api.get(path).await.expect(200);
        fewest = fewest.min(proxy.statements() - before);
    }
    fewest
}

/// One for each level and type, however many resources there are. They are counted between the service and PostgreSQL.
#[tokio::test]
async fn what_is_included_costs_one_statement_for_each_level_and_type() {
    let service = Service::start_behind_proxy().await;
    if service.proxy().is_none() {
        return;
    }
    let fixtures = Fixtures::of_demo(&service).await;
    for _ in 0..12 {
        let _ = fixtures.create("line_items").await;
    }
    let count = async |include: &str, size: usize| {
        let path = format!("/api/line_items?page[size]={size}&sort=-created_at&include={include}");
        statements(&service, &fixtures.api, &path).await
    };
    let mut counts = Vec::new();
    for include in [
        "order",
        "order.market",
        "order.market,order.line_items",
        "order.line_items",
    ] {
        let (few, many) = (count(include, 2).await, count(include, 12).await);
        assert_eq!(few, many, "{include}");
        counts.push(many);
    }
    assert_eq!(counts, [counts[0], counts[0] + 1, counts[0] + 2, counts[0] + 1]);
}
