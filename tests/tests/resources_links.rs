//! Links: every link of the service works, and leads to the resource that its name says.

use std::collections::{BTreeSet, HashMap, VecDeque};

use serde_json::Value;
use tillgate_tests::fixtures::Fixtures;
use tillgate_tests::{Answer, Api, OpenApi, Service, links_of};

/// The crawl stops here. This is far more than the data needs, and ends a circle of ever new links.
const MOST_DOCUMENTS: usize = 5000;

/// Gets every document that is reachable from the lists by links.
async fn crawl(service: &Service, api: &Api, open_api: &OpenApi) -> HashMap<String, Answer> {
    let mut waiting: VecDeque<String> = open_api
        .lists()
        .map(|list| format!("{}{}", service.url(), list.template))
        .collect();
    let mut found = HashMap::new();
    while let Some(link) = waiting.pop_front() {
        if found.contains_key(&link) {
            continue;
        }
        assert!(link.starts_with(&format!("{}/api/", service.url())), "{link}");
        let answer = api.get(&link).await.expect(200);
        waiting.extend(links_of(&answer.body));
        found.insert(link, answer);
        assert!(found.len() < MOST_DOCUMENTS);
    }
    found
}

/// All resource objects in a document.
fn resources(document: &Value) -> Vec<&Value> {
    let data = &document["data"];
    let items = data
        .as_array()
        .map_or_else(|| vec![data], |items| items.iter().collect());
    items
        .into_iter()
        .filter(|item| item.get("attributes").is_some())
        .collect()
}

/// Types and ids of a document's resources.
fn identifiers(document: &Value) -> Vec<(String, String)> {
    let data = &document["data"];
    let items = data
        .as_array()
        .map_or_else(|| vec![data], |items| items.iter().collect());
    let text = |value: &Value| value.as_str().expect("a string").to_owned();
    items
        .into_iter()
        .filter(|item| !item.is_null())
        .map(|item| (text(&item["type"]), text(&item["id"])))
        .collect()
}

#[tokio::test]
async fn every_link_leads_to_what_it_says() {
    let service = Service::start().await;
    let fixtures = Fixtures::of_demo(&service).await;
    let ids = fixtures.one_of_each().await;
    let open_api = fixtures.open_api();
    let found = crawl(&service, &fixtures.api, open_api).await;
    let (mut kinds, mut empty, mut relationships) = (BTreeSet::new(), 0, BTreeSet::new());
    for (link, answer) in &found {
        for resource in resources(&answer.body) {
            let (kind, id) = (
                resource["type"].as_str().expect("a type"),
                resource["id"].as_str().expect("an id"),
            );
            let this = resource["links"]["self"].as_str().expect("links.self");
            let collection = &open_api.list(kind).template;
            assert_eq!(this, format!("{}{collection}/{id}", service.url()), "in {link}");
            assert_eq!(found[this].body["data"]["type"], kind, "{this}");
            assert_eq!(found[this].body["data"]["id"], id, "{this}");
            kinds.insert(kind.to_owned());
            for (name, relationship) in resource["relationships"].as_object().expect("relationships") {
                let links = &relationship["links"];
                assert_eq!(links["self"], format!("{this}/relationships/{name}"));
                assert_eq!(links["related"], format!("{this}/{name}"));
                let linkage = &found[links["self"].as_str().expect("a link")].body;
                let related = &found[links["related"].as_str().expect("a link")].body;
                assert_eq!(identifiers(linkage), identifiers(related), "{links}");
                assert_eq!(linkage["links"]["self"], links["self"]);
                assert_eq!(linkage["links"]["related"], links["related"]);
                empty += usize::from(related["data"].is_null());
                relationships.insert(format!("{kind}.{name}"));
            }
        }
    }
    // No link leads a merchant to cards: only their customer has a list of them.
    let linked = ids.into_keys().filter(|kind| kind != "cards").collect();
    assert_eq!(kinds, linked, "the crawl has seen each type");
    assert!(empty > 0, "the crawl has seen an empty relationship");
    let declared = open_api
        .on_resources()
        .filter(|operation| operation.template.contains("/relationships/"));
    assert_eq!(
        relationships.len(),
        declared.count(),
        "the crawl has seen each relationship: {relationships:?}"
    );
}

#[tokio::test]
async fn location_is_the_link_of_what_was_created() {
    let service = Service::start().await;
    let fixtures = Fixtures::of_demo(&service).await;
    for kind in fixtures.open_api().creatable() {
        let created = fixtures.create(kind).await;
        assert_eq!(
            created.body["data"]["links"]["self"],
            created.header("location"),
            "{kind}"
        );
        let read = fixtures.api.get(created.header("location")).await.expect(200);
        assert_eq!(read.id(), created.id());
    }
}

#[tokio::test]
async fn no_header_of_the_request_is_in_a_link() {
    let service = Service::start().await;
    let mut call = service.api().await.call("GET", "/api/orders");
    for name in [
        "Host",
        "X-Forwarded-Host",
        "X-Forwarded-Server",
        "X-Original-Host",
    ] {
        call = call.header(name, "evil.example.com");
    }
    let call = call.header("Forwarded", "host=evil.example.com;proto=https");
    let links = links_of(
        &call
            .header("X-Forwarded-Proto", "https")
            .send()
            .await
            .expect(200)
            .body,
    );
    assert!(!links.is_empty());
    for link in links {
        assert!(link.starts_with(&format!("{}/api/", service.url())), "{link}");
    }
}
