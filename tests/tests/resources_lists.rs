//! Lists: counts, pages, their links, and query parameters.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;
use tillgate_tests::fixtures::Fixtures;
use tillgate_tests::{Answer, Operation, Service, stored};

async fn start() -> (Service, Fixtures, BTreeMap<String, String>) {
    let service = Service::start().await;
    let fixtures = Fixtures::of_demo(&service).await;
    let ids = fixtures.one_of_each().await;
    (service, fixtures, ids)
}

/// Path of an operation for the existing resources.
fn path_of(operation: &Operation, ids: &BTreeMap<String, String>) -> String {
    operation.path(&ids[operation.kind()])
}

/// Names of the page number's and the page size's parameter, and the largest size.
fn page_parameters(operation: &Operation) -> (&str, &str, i64) {
    let [(number, _), (size, schema), ..] = operation.query.as_slice() else {
        panic!("{}: {:?}", operation.id, operation.query);
    };
    (number, size, schema["maximum"].as_i64().expect("a maximum"))
}

/// Number of records and of pages in a list's `meta`.
fn counts(answer: &Answer) -> (u64, u64) {
    let meta = &answer.body["meta"];
    let count = |names: [&str; 2]| {
        let found = names.iter().find_map(|name| meta[*name].as_u64());
        found.unwrap_or_else(|| panic!("{}: {meta}", answer.request))
    };
    (
        count(["record_count", "total-count"]),
        count(["page_count", "total-pages"]),
    )
}

fn ids_of(answer: &Answer) -> Vec<&str> {
    let items = answer.body["data"].as_array().expect("a list");
    items
        .iter()
        .map(|item| item["id"].as_str().expect("an id"))
        .collect()
}

#[tokio::test]
async fn pages_of_every_list_hold_each_record_once() {
    let (_service, fixtures, mut ids) = start().await;
    for _ in 0..3 {
        // More than one page of one type, whatever a page's size is.
        let _ = fixtures.create("customers").await;
        let payment = fixtures.create("stripe_payments").await;
        ids.insert("stripe_payments".into(), payment.id().to_owned());
    }
    let (api, mut lists, mut pages) = (&fixtures.api, 0, 0);
    for list in fixtures
        .open_api()
        .on_resources()
        .filter(|operation| operation.is_paged())
    {
        let (number, size, _) = page_parameters(list);
        let path = path_of(list, &ids);
        let whole = stored::all_at(api, list, &path).await;
        let page_at = |page: usize| format!("{path}?{number}={page}&{size}=2");
        let count = whole.len().div_ceil(2).max(1);
        let mut seen = Vec::new();
        for page in 1..=count {
            let answer = api.get(&page_at(page)).await.expect(200);
            assert_eq!(counts(&answer), (whole.len() as u64, count as u64), "{path}");
            seen.extend(ids_of(&answer).into_iter().map(str::to_owned));
            assert_links(&fixtures, &answer, page, count).await;
            pages += 1;
        }
        let expected: Vec<_> = whole
            .iter()
            .map(|item| item["id"].as_str().expect("an id").to_owned())
            .collect();
        assert_eq!(seen, expected, "{path}");
        assert_eq!(seen.iter().collect::<HashSet<_>>().len(), seen.len(), "{path}");
        let beyond = api.get(&page_at(count + 1)).await.expect(200);
        assert!(ids_of(&beyond).is_empty(), "{path}");
        assert_eq!(counts(&beyond).0, whole.len() as u64, "{path}");
        lists += 1;
    }
    assert!(lists > 20 && pages > lists, "{lists} {pages}");
}

/// Each link leads to the page of its name; none leads before the first or after the last page.
async fn assert_links(fixtures: &Fixtures, answer: &Answer, page: usize, count: usize) {
    let links = &answer.body["links"];
    assert_eq!(links.get("prev").is_some(), page > 1, "{}", answer.request);
    assert_eq!(links.get("next").is_some(), page < count, "{}", answer.request);
    let self_number = |link: &Value| {
        let link = link
            .as_str()
            .unwrap_or_else(|| panic!("{}: {links}", answer.request));
        let query = link.split_once('?').map_or("", |(_, query)| query);
        let first = query.split('&').next().unwrap_or_default();
        first
            .rsplit('=')
            .next()
            .and_then(|number| number.parse::<usize>().ok())
    };
    assert_eq!(self_number(&links["first"]), Some(1), "{links}");
    assert_eq!(self_number(&links["last"]), Some(count), "{links}");
    if page > 1 {
        assert_eq!(self_number(&links["prev"]), Some(page - 1), "{links}");
    }
    if page < count {
        assert_eq!(self_number(&links["next"]), Some(page + 1), "{links}");
    }
    for name in ["first", "prev", "next", "last"] {
        if let Some(link) = links[name].as_str() {
            let _ = fixtures.api.get(link).await.expect(200);
        }
    }
}

#[tokio::test]
async fn the_size_of_a_page_is_bounded() {
    let (_service, fixtures, ids) = start().await;
    let api = &fixtures.api;
    for list in fixtures
        .open_api()
        .on_resources()
        .filter(|operation| operation.is_paged())
    {
        let (number, size, largest) = page_parameters(list);
        let path = path_of(list, &ids);
        for allowed in [1, 2, largest] {
            let answer = api.get(&format!("{path}?{size}={allowed}")).await.expect(200);
            let (records, pages) = counts(&answer);
            assert_eq!(pages, records.div_ceil(allowed as u64).max(1), "{path}");
        }
        let too_large = (largest + 1).to_string();
        for name in [number, size] {
            for value in ["0", "-1", "x", "", "1.5", "1e1", "99999999999999999999", "%00"] {
                assert_refused(&api.get(&format!("{path}?{name}={value}")).await, name);
            }
            assert_refused(&api.get(&format!("{path}?{name}=1&{name}=1")).await, name);
        }
        assert_refused(&api.get(&format!("{path}?{size}={too_large}")).await, size);
    }
}

#[track_caller]
fn assert_refused(answer: &Answer, parameter: &str) {
    let answer = answer.clone().expect(400);
    let sources: Vec<_> = answer
        .errors()
        .map(|error| error["source"]["parameter"].as_str())
        .collect();
    assert_eq!(sources, [Some(parameter)], "{answer:?}");
}

#[tokio::test]
async fn the_dialects_page_by_their_own_names() {
    let (_service, fixtures, _) = start().await;
    for _ in 0..10 {
        let _ = fixtures.create("customers").await;
    }
    let api = &fixtures.api;
    let first = api.get("/api/customers").await.expect(200);
    assert_eq!(
        ids_of(&first).len(),
        10,
        "a page has ten records unless its size is given"
    );
    for (path, largest) in [
        ("/api/customers?page[size]=25", 25),
        ("/api/v1/payments?per_page=500", 500),
    ] {
        assert!(ids_of(&api.get(path).await.expect(200)).len() <= largest);
    }
    assert_refused(&api.get("/api/customers?per_page=5").await, "per_page");
    assert_refused(&api.get("/api/v1/payments?page[size]=5").await, "page[size]");
    let raw = api
        .get("/api/customers?page[size]=1&page[number]=2")
        .await
        .expect(200);
    let encoded = api
        .get("/api/customers?page%5Bsize%5D=1&page%5bnumber%5d=2")
        .await
        .expect(200);
    assert_eq!(raw.bytes, encoded.bytes);
}

/// JSON:API 1.1, query parameters: an unknown one is 400, on every method, and nothing is done.
#[tokio::test]
async fn unknown_query_parameters_are_refused_everywhere() {
    let (_service, fixtures, ids) = start().await;
    let (api, open_api) = (&fixtures.api, fixtures.open_api());
    let mut bodies = BTreeMap::new();
    for kind in open_api.creatable() {
        bodies.insert(kind, fixtures.body(kind).await);
    }
    let before = stored::everything(api, open_api).await;
    for operation in open_api.on_resources() {
        let path = path_of(operation, &ids);
        for (query, parameter) in [
            ("foo=1", "foo"),
            ("fooBar", "fooBar"),
            ("filter[_]=1", "filter[_]"),
            ("include=nope", "include"),
            ("sort=nope", "sort"),
            ("fields[nope]=number", "fields[nope]"),
            ("filter[q][nope_eq]=1", "filter[q][nope_eq]"),
            ("page[a=1", "page[a"),
            ("atomic:x=1", "atomic:x"),
        ] {
            let mut call = api.call(&operation.method, &format!("{path}?{query}"));
            if let Some(body) = &operation.body {
                let mut body = bodies.get(operation.kind()).unwrap_or(&body.example).clone();
                if operation.has_id() {
                    body = body_of_update(operation, &ids);
                }
                call = call.json(&body);
            }
            assert_refused(&call.send().await, parameter);
        }
    }
    assert_eq!(stored::everything(api, open_api).await, before);
}

fn body_of_update(operation: &Operation, ids: &BTreeMap<String, String>) -> Value {
    let mut body = operation.body.as_ref().expect("a body").example.clone();
    body["data"]["id"] = ids[operation.kind()].as_str().into();
    body
}
