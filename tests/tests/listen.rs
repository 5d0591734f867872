//! `tillgate listen`: the events of a local service, for developers of a receiver.

use serde_json::json;
use tillgate_tests::{Reaction, Receiver, Service, bodies};

#[tokio::test]
async fn prints_verifies_and_posts_on_what_happens_and_leaves_nothing_behind() {
    let service = Service::start().await;
    let api = service.api().await;
    let receiver = Receiver::new();
    receiver.react(Reaction::status(202));
    let forward = receiver.url("/hooks");
    let mut listening = service.start_command(&["listen", "--forward", &forward]);
    listening.until_it_says(&["Listening for", service.url()]).await;
    let email = json!({ "email": "ada@example.com" });
    let body = bodies::resource("customers", email, json!({}));
    let ada = api
        .post("/api/customers", &body)
        .await
        .expect(201)
        .id()
        .to_owned();
    let words = ["customers.create", &ada, "  verified", "-> 202"];
    listening.until_it_says(&words).await;
    let calls = receiver.expect(1).await;
    assert_eq!(calls[0].path, "/hooks");
    assert_eq!(calls[0].payload()["data"]["id"], ada.as_str());
    let webhooks = api.get("/api/webhooks?page[size]=25").await.expect(200);
    let secret = webhooks.body["data"]
        .as_array()
        .into_iter()
        .flatten()
        .chain(
            api.get("/api/webhooks?page[size]=25&page[number]=2")
                .await
                .expect(200)
                .body["data"]
                .as_array()
                .into_iter()
                .flatten(),
        )
        .find(|webhook| webhook["attributes"]["topic"] == "customers.create")
        .and_then(|webhook| webhook["attributes"]["shared_secret"].as_str().map(str::to_owned));
    assert!(calls[0].is_signed_with(&secret.expect("the webhook")));
    assert!(listening.interrupt().await.success());
    let left = api.get("/api/webhooks").await.expect(200);
    assert_eq!(left.body["meta"]["record_count"], 0);
}

#[tokio::test]
async fn listens_for_some_topics_only_and_says_what_is_wrong() {
    let service = Service::start().await;
    let mut listening = service.start_command(&["listen", "--topic", "orders.place"]);
    listening.until_it_says(&["Listening for 1 topics"]).await;
    assert!(listening.interrupt().await.success());
    let refused = service.output_of(&["listen", "--topic", "orders.fly"]);
    assert_eq!(refused.status.code(), Some(2));
    let refused = service.output_of(&["listen", "--client-secret", "wrong"]);
    assert_eq!(refused.status.code(), Some(1));
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(text.contains("refuses") && text.lines().count() == 1, "{text}");
}
