//! `Idempotency-Key`: the same request has one effect, however often it comes.

use futures::future::join_all;
use serde_json::{Value, json};
use tillgate_tests::{Answer, Api, Service, bodies};

async fn post(api: &Api, path: &str, key: &str, body: &Value) -> Answer {
    api.call("POST", path)
        .header("Idempotency-Key", key)
        .json(body)
        .send()
        .await
}

#[tokio::test]
async fn fifty_identical_requests_charge_once() {
    let service = Service::start().await;
    let api = service.api().await;
    let body = bodies::payment(&service.demo("TILLGATE_PAYMENTS_ORDER_ID"), "tok_visa");
    let answers = join_all((0..50).map(|_| post(&api, "/api/v1/payments", "one-key", &body))).await;
    let created: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert!(!created.is_empty());
    for answer in &answers {
        match answer.status {
            201 => assert_eq!(answer.body, created[0].body),
            // While the first is in progress the others are told to try again.
            409 => assert_ne!(answer.header("retry-after"), ""),
            other => panic!("{other}: {:#}", answer.body),
        }
    }
    let kinds: Vec<_> = service
        .sandbox()
        .ledger()
        .await
        .into_iter()
        .map(|entry| entry.kind)
        .collect();
    assert_eq!(kinds, ["authorize", "capture"]);
    // A repetition finds the answer.
    let again = post(&api, "/api/v1/payments", "one-key", &body).await.expect(201);
    assert_eq!(again.body, created[0].body);
}

#[tokio::test]
async fn fifty_requests_with_keys_of_their_own_charge_an_order_once() {
    let service = Service::start().await;
    let api = service.api().await;
    let body = bodies::payment(&service.demo("TILLGATE_PAYMENTS_ORDER_ID"), "tok_visa");
    let send = async |n: usize| post(&api, "/api/v1/payments", &format!("key-{n}"), &body).await;
    let answers = join_all((0..50).map(send)).await;
    let created = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(
        created,
        1,
        "{:?}",
        answers.iter().map(|answer| answer.status).collect::<Vec<_>>()
    );
    for refused in answers.into_iter().filter(|answer| answer.status != 201) {
        let _ = refused.expect(422);
    }
    let kinds: Vec<_> = service
        .sandbox()
        .ledger()
        .await
        .into_iter()
        .map(|entry| entry.kind)
        .collect();
    assert_eq!(kinds, ["authorize", "capture"]);
}

#[tokio::test]
async fn a_replay_gives_the_same_answer_and_creates_nothing() {
    let service = Service::start().await;
    let api = service.api().await;
    let body = json!({ "data": { "type": "customers", "attributes": { "email": "ada@example.com" } } });
    let first = post(&api, "/api/customers", "k", &body).await.expect(201);
    let second = post(&api, "/api/customers", "k", &body).await.expect(201);
    assert_eq!(first.body, second.body);
    assert_eq!(first.header("location"), second.header("location"));
    let counted = api.get("/api/customers").await.expect(200);
    let same: Vec<_> = ids(&counted).filter(|id| id == first.id()).collect();
    assert_eq!(same.len(), 1);
}

#[tokio::test]
async fn the_order_of_members_makes_no_other_request() {
    let service = Service::start().await;
    let api = service.api().await;
    let texts = [
        r#"{"data":{"type":"customers","attributes":{"email":"ada@example.com","reference":"1"}}}"#,
        r#"{ "data": {"attributes":{"reference":"1","email":"ada@example.com"}, "type":"customers"} }"#,
    ];
    let mut found = Vec::new();
    for text in texts {
        let call = api.call("POST", "/api/customers").header("Idempotency-Key", "k");
        found.push(
            call.body(tillgate_tests::JSON_API, text)
                .send()
                .await
                .expect(201)
                .id()
                .to_owned(),
        );
    }
    assert_eq!(found[0], found[1]);
}

#[tokio::test]
async fn a_key_belongs_to_one_request() {
    let service = Service::start().await;
    let api = service.api().await;
    let customer = |email: &str| json!({ "data": { "type": "customers", "attributes": { "email": email } } });
    let first = post(&api, "/api/customers", "k", &customer("ada@example.com"))
        .await
        .expect(201);
    let _ = post(&api, "/api/customers", "k", &customer("bob@example.com"))
        .await
        .expect(422);
    let _ = post(&api, "/api/markets", "k", &customer("ada@example.com"))
        .await
        .expect(422);
    let change = bodies::change("customers", first.id(), json!({ "reference": "r" }));
    let path = format!("/api/customers/{}", first.id());
    let _ = api
        .call("PATCH", &path)
        .header("Idempotency-Key", "k")
        .json(&change)
        .send()
        .await
        .expect(422);
    let found = api.get(&path).await.expect(200);
    assert_eq!(*found.attribute("email"), "ada@example.com");
    assert!(found.attribute("reference").is_null());
}

#[tokio::test]
async fn an_answer_that_the_psp_lost_is_not_charged_again() {
    let service = Service::start().await;
    let api = service.api().await;
    let lost = json!({ "vendor": "stripe", "method": "POST", "fault": "drop_after", "times": 1 });
    service.sandbox().fault(&lost).await;
    let body = bodies::payment(&service.demo("TILLGATE_PAYMENTS_ORDER_ID"), "tok_visa");
    let answer = post(&api, "/api/v1/payments", "k", &body).await.expect(201);
    let path = format!("/api/v1/payments/{}", answer.id());
    // GET refreshes a payment that isn't final.
    let read = api.get(&path).await.expect(200);
    assert_eq!(*read.attribute("state"), "finished");
    let kinds: Vec<_> = service
        .sandbox()
        .ledger()
        .await
        .into_iter()
        .map(|entry| entry.kind)
        .collect();
    assert_eq!(kinds, ["authorize", "capture"]);
}

fn ids(list: &Answer) -> impl Iterator<Item = String> {
    let items = list.body["data"].as_array().into_iter().flatten();
    items.filter_map(|item| item["id"].as_str().map(str::to_owned))
}
