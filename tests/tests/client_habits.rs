//! Requests in the forms that existing clients send: paths that end with a slash, whole resources sent back, triggers as numbers.

use serde_json::{Value, json};
use tillgate_tests::fixtures::Fixtures;
use tillgate_tests::{Service, Story, Vendor, bodies};

#[tokio::test]
async fn a_slash_at_the_end_of_a_path_makes_no_difference() {
    let service = Service::start().await;
    let fixtures = Fixtures::of_demo(&service).await;
    let ids = fixtures.one_of_each().await;
    let mut tried = 0;
    for operation in fixtures.open_api().on_resources() {
        if operation.method != "GET" {
            continue;
        }
        let path = match operation.has_id() {
            true => operation.path(&ids[operation.kind()]),
            false => operation.template.clone(),
        };
        let without = fixtures.api.get(&path).await.expect(200);
        let with = fixtures.api.call("GET", &format!("{path}/"));
        let with = with.send().await.expect(200);
        assert_eq!(with.body, without.body, "{path}");
        tried += 1;
    }
    assert!(tried > 100, "{tried}");
    let body = bodies::resource("customers", json!({"email": "slash@example.com"}), json!({}));
    for (path, replayed) in [("/api/customers/", ""), ("/api/customers", "true")] {
        let call = fixtures.api.call("POST", path).header("Idempotency-Key", "slash");
        let answer = call.json(&body).send().await.expect(201);
        assert_eq!(answer.header("idempotent-replayed"), replayed, "{path}");
    }
}

/// A whole resource, as it was read, changes nothing; a read-only member with another value is refused.
#[tokio::test]
async fn a_resource_can_be_sent_back_as_it_was_read() {
    let service = Service::start().await;
    let fixtures = Fixtures::of_demo(&service).await;
    let ids = fixtures.one_of_each().await;
    let mut tried = 0;
    for operation in fixtures.open_api().on_resources() {
        if operation.method != "PATCH" {
            continue;
        }
        let path = operation.path(&ids[operation.kind()]);
        let read = fixtures.api.get(&path).await.expect(200);
        let mut sent = json!({"data": read.body["data"]});
        // Numbers of the PSP may look like those of cards, which no request may hold.
        if let Some(attributes) = sent["data"]["attributes"].as_object_mut() {
            attributes.remove("payment_response");
        }
        let updated = fixtures.api.call("PATCH", &path).json(&sent);
        let updated = updated.send().await.expect(200);
        let mut attributes = [&read, &updated].map(|answer| answer.body["data"]["attributes"].clone());
        for attributes in &mut attributes {
            let attributes = attributes.as_object_mut().expect("attributes");
            attributes.retain(|name, _| name.replace('-', "_") != "updated_at");
        }
        assert_eq!(attributes[0], attributes[1], "{path}");
        for name in ["created_at", "created-at"] {
            let mut other = sent.clone();
            if let Some(time) = other["data"]["attributes"].get_mut(name) {
                *time = json!("2020-01-01T00:00:00.000Z");
                let refused = fixtures.api.call("PATCH", &path).json(&other);
                let pointer = format!("/data/attributes/{name}");
                let _ = refused.send().await.expect(400).expect_pointer(&pointer);
            }
        }
        tried += 1;
    }
    assert!(tried > 15, "{tried}");
}

#[tokio::test]
async fn an_amount_is_enough_to_capture_and_to_refund() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        let (order, _) = story.approved(vendor, 1_000).await;
        let authorization = story.only(&order, "authorizations").await;
        let amount = json!({ "_capture_amount_cents": 1_000 });
        story.act(&order, "authorizations", &authorization, amount).await;
        assert_eq!(story.amounts(&order, "captures").await, [1_000]);
        let capture = story.only(&order, "captures").await;
        let amount = json!({ "_refund_amount_cents": 200 });
        story.act(&order, "captures", &capture, amount).await;
        assert_eq!(story.amounts(&order, "refunds").await, [200]);
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn triggers_can_be_numbers() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        let order = story.shop.order(1_000).await;
        let _ = story.create(vendor, &order).await;
        let _ = story
            .patch("orders", &order, json!({ "_place": 0 }))
            .await
            .expect(200);
        let _ = story
            .patch("orders", &order, json!({ "_place": 1 }))
            .await
            .expect(200);
        story.expect_status(&order, "placed", "authorized").await;
        for other in [json!(2), json!(-1), json!(0.5), json!("1")] {
            let refused = story.patch("orders", &order, json!({ "_capture": other })).await;
            let _ = refused.expect(422).expect_pointer("/data/attributes/_capture");
        }
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn a_payment_source_that_becomes_null_is_detached() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        let order = story.shop.order(1_000).await;
        let _ = story.create(Vendor::Stripe, &order).await;
        let change = |data: Value| json!({"data": {"type": "orders", "id": order, "relationships": {"payment_source": {"data": data}}}});
        let path = format!("/api/orders/{order}");
        for _ in 0..2 {
            let call = story.api.call("PATCH", &path).json(&change(Value::Null));
            let _ = call.send().await.expect(200);
            let source = story.api.get(&format!("{path}/payment_source")).await.expect(200);
            assert!(source.body["data"].is_null(), "{:#}", source.body);
        }
        // A payment source names its order, not the other way round.
        let other = change(json!({"type": "stripe_payments", "id": "AAAAAAAAAA"}));
        let call = story.api.call("PATCH", &path).json(&other);
        let refused = call.send().await.expect(400);
        let _ = refused.expect_pointer("/data/relationships/payment_source");
        let _ = story.create(vendor, &order).await;
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn a_token_of_checkout_com_is_a_card_token_unless_something_else_is_said() {
    let story = Story::start().await;
    let order = story.shop.order(1_000).await;
    let mut body = bodies::checkout_com_payment(&order, &tillgate_tests::cko_token("approvedvisa"));
    let attributes = body["data"]["attributes"].as_object_mut().expect("attributes");
    attributes.remove("payment_type");
    let answer = story
        .api
        .post("/api/checkout_com_payments", &body)
        .await
        .expect(201);
    assert_eq!(*answer.attribute("payment_type"), "token");
    let _ = story.pull(&order, "_place").await.expect(200);
    story.expect_status(&order, "placed", "authorized").await;
}
