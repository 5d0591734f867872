//! The database costs of a payment: each commit waits for the disk.

use serde_json::json;
use tillgate_tests::{Answer, Story, Vendor, bodies, body};

/// Transactions that the service has committed so far.
async fn commits(story: &Story) -> u64 {
    let answer = story.service.anonymous().get("/metrics").await.expect(200);
    let text = String::from_utf8(answer.bytes).expect("text");
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix("tillgate_transactions_committed_total "));
    value
        .and_then(|value| value.parse().ok())
        .unwrap_or_else(|| panic!("not counted:\n{text}"))
}

/// Number of commits that a request needs.
async fn cost(story: &Story, request: impl Future<Output = Answer>) -> (Answer, u64) {
    let before = commits(story).await;
    let answer = request.await;
    (answer, commits(story).await - before)
}

#[tokio::test]
async fn a_call_to_a_psp_stands_between_two_commits() {
    let story = Story::start().await;
    // The PSP's events are committed too, at any time.
    story.sandbox().fault(&json!({ "fault": "webhook_lose" })).await;
    for vendor in Vendor::ALL {
        let order = story.shop.order(1_000).await;
        let (source, created) = cost(&story, story.create_with(vendor, &order, &vendor.approved())).await;
        // Checkout.com gets no request before `_authorize`.
        let expected = if vendor == Vendor::Stripe { 2 } else { 1 };
        assert_eq!(created, expected, "{vendor:?}: {:#}", source.body);
        for trigger in ["_authorize", "_place", "_approve"] {
            let _ = story.pull(&order, trigger).await.expect(200);
        }
        let (captured, commits) = cost(&story, story.pull(&order, "_capture")).await;
        let _ = captured.expect(200);
        assert_eq!(commits, 2, "{vendor:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_given_again_commits_nothing() {
    let story = Story::start().await;
    story.sandbox().fault(&json!({ "fault": "webhook_lose" })).await;
    for vendor in Vendor::ALL {
        let order = story.shop.order(1_000).await;
        let create = || {
            let call = story.api.call("POST", &format!("/api/{}", vendor.source()));
            let call = call.header("Idempotency-Key", vendor.name());
            call.json(&body(vendor, &order, &vendor.approved())).send()
        };
        let (first, again) = (create().await.expect(201), cost(&story, create()).await);
        assert_eq!((&first.bytes, 0), (&again.0.bytes, again.1), "{vendor:?}");
    }
    let order = story.shop.order(1_000).await;
    let pay = || {
        let call = story.api.call("POST", "/api/v1/payments");
        let call = call.header("Idempotency-Key", "pay");
        call.json(&bodies::payment(&order, "tok_visa")).send()
    };
    let (first, paid) = cost(&story, pay()).await;
    assert_eq!(paid, 2, "{:#}", first.expect(201).body);
    let (_, again) = cost(&story, pay()).await;
    assert_eq!(again, 0);
}

/// On PostgreSQL the writes and `COMMIT` are sent without waiting for one another.
#[tokio::test]
async fn a_write_that_fails_undoes_what_was_written_before_it() {
    let story = Story::start().await;
    let in_database = async |sql: &str| story.service.run_in_database(sql).await;
    let refuse = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
                  $$ BEGIN RAISE EXCEPTION 'the test refuses this'; END $$";
    if in_database(refuse).await.is_none() {
        return;
    }
    let count = async || {
        let sql = "SELECT (SELECT count(*) FROM payment_sources) + (SELECT count(*) FROM gateway_operations) \
                   + (SELECT count(*) FROM orders WHERE payment_source_id IS NOT NULL)";
        in_database(sql).await
    };
    // A connection prepares each statement when it first needs it, and each worker has several.
    for _ in 0..3 {
        for table in ["gateway_operations", "payment_sources", "orders"] {
            let order = story.shop.order(1_000).await;
            let before = count().await;
            let body = body(Vendor::Stripe, &order, &Vendor::Stripe.approved());
            let create = async || story.api.post("/api/stripe_payments", &body).await;
            let trigger = format!(
                "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()"
            );
            in_database(&trigger).await;
            let refused = create().await.expect(500);
            in_database(&format!("DROP TRIGGER refuse ON {table}")).await;
            assert_eq!(count().await, before, "{table}: {:#}", refused.body);
            let _ = create().await.expect(201);
        }
    }
}
