//! Actions in a PSP's dashboard, before, during and after a call of ours, with or without an event: in the end our ledger equals
//! the PSP's, and the order can continue.

use std::time::Duration;

use futures::{StreamExt, stream};
use serde_json::json;
use tillgate_tests::{Story, Vendor, books, wait, webhook::Endpoint};

const CHECKOUT_COM_KEY: &str = "sk_sbox_shopaaaaaaaaaaaaaaaaaaaaaaa";
const STRIPE_KEY: &str = "sk_test_shop00000000";
const LIMIT: Duration = Duration::from_secs(120);
/// Number of orders at once.
const AT_ONCE: usize = 8;

/// The merchant's action in the dashboard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Dashboard {
    Capture,
    PartialCapture,
    Void,
    Refund,
}

/// The request to us.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ours {
    Capture,
    Void,
    Refund,
    Cancel,
}

/// The time of the dashboard's use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum When {
    Before,
    /// Our request is lost, and the dashboard is used before it is sent again.
    WhileRequestIsLost,
    /// The answer to our request is lost, and the dashboard is used before we check for it.
    WhileAnswerIsLost,
    After,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Events {
    Delivered,
    Late,
    Lost,
}

/// An order in one cell of the table.
struct Cell {
    vendor: Vendor,
    dashboard: Dashboard,
    ours: Ours,
    when: When,
    order: String,
    authorization: String,
    capture: Option<String>,
    /// The PSP's payment.
    payment: String,
}

/// All orders: 1500 authorized, with 600 captured where something is refunded.
async fn cells(story: &Story) -> Vec<Cell> {
    let mut table = Vec::new();
    for vendor in Vendor::ALL {
        for dashboard in [
            Dashboard::Capture,
            Dashboard::PartialCapture,
            Dashboard::Void,
            Dashboard::Refund,
        ] {
            for ours in [Ours::Capture, Ours::Void, Ours::Refund, Ours::Cancel] {
                for when in [
                    When::Before,
                    When::WhileRequestIsLost,
                    When::WhileAnswerIsLost,
                    When::After,
                ] {
                    table.push((vendor, dashboard, ours, when));
                }
            }
        }
    }
    let cells = stream::iter(table).map(async |(vendor, dashboard, ours, when)| {
        let (order, _) = story.approved(vendor, 1_500).await;
        let authorization = story.only(&order, "authorizations").await;
        let mut capture = None;
        if dashboard == Dashboard::Refund || ours == Ours::Refund {
            let part = json!({ "_capture": true, "_capture_amount_cents": 600 });
            story.act(&order, "authorizations", &authorization, part).await;
            if vendor == Vendor::Stripe {
                // Stripe refunds nothing while more can be captured.
                let void = json!({ "_void": true });
                story.act(&order, "authorizations", &authorization, void).await;
            }
            capture = Some(story.only(&order, "captures").await);
        }
        let shown = story.get("authorizations", &authorization).await;
        let payment = shown.attribute("token").as_str().unwrap_or_default().to_owned();
        Cell {
            vendor,
            dashboard,
            ours,
            when,
            order,
            authorization,
            capture,
            payment,
        }
    });
    cells.buffer_unordered(AT_ONCE).collect().await
}

impl Cell {
    fn name(&self) -> String {
        let Self {
            vendor,
            dashboard,
            ours,
            when,
            ..
        } = self;
        format!("{vendor:?}: {dashboard:?} in the dashboard, {ours:?} here, {when:?}")
    }

    /// Uses the dashboard, which may refuse the action by now.
    async fn use_dashboard(&self, story: &Story) {
        let (sandbox, id) = (story.sandbox(), &self.payment);
        let status = match self.vendor {
            Vendor::CheckoutCom => {
                let (path, body) = match self.dashboard {
                    Dashboard::Capture => ("captures", json!({})),
                    Dashboard::PartialCapture => {
                        ("captures", json!({ "amount": 300, "capture_type": "NonFinal" }))
                    }
                    Dashboard::Void => ("voids", json!({})),
                    Dashboard::Refund => ("refunds", json!({ "amount": 100 })),
                };
                let path = format!("/payments/{id}/{path}");
                sandbox.call("POST", &path, CHECKOUT_COM_KEY, Some(&body)).await.0
            }
            Vendor::Stripe => {
                let (path, form) = match self.dashboard {
                    Dashboard::Capture => (format!("/v1/payment_intents/{id}/capture"), String::new()),
                    Dashboard::PartialCapture => (
                        format!("/v1/payment_intents/{id}/capture"),
                        "amount_to_capture=300&final_capture=false".to_owned(),
                    ),
                    Dashboard::Void => (format!("/v1/payment_intents/{id}/cancel"), String::new()),
                    Dashboard::Refund => (
                        "/v1/refunds".to_owned(),
                        format!("payment_intent={id}&amount=100"),
                    ),
                };
                sandbox.post_form(&path, STRIPE_KEY, form).await
            }
        };
        assert!((200..500).contains(&status), "{status}: {}", self.name());
    }

    /// Sends our request. A refusal because of the payment's state is no fault of the keys or of ours.
    async fn ask(&self, story: &Story) {
        let answer = match self.ours {
            Ours::Capture => {
                let part = json!({ "_capture": true, "_capture_amount_cents": 500 });
                story.patch("authorizations", &self.authorization, part).await
            }
            Ours::Void => {
                let void = json!({ "_void": true });
                story.patch("authorizations", &self.authorization, void).await
            }
            Ours::Refund => {
                let part = json!({ "_refund": true, "_refund_amount_cents": 550 });
                let capture = self.capture.as_deref().unwrap_or_default();
                story.patch("captures", capture, part).await
            }
            Ours::Cancel => story.pull(&self.order, "_cancel").await,
        };
        assert!(
            matches!(answer.status, 200 | 422),
            "{}: {:#}",
            self.name(),
            answer.body
        );
    }

    /// The merchant's next step must not be blocked.
    async fn go_on(&self, story: &Story) {
        for trigger in ["_refund", "_cancel"] {
            let answer = story.pull(&self.order, trigger).await;
            let error = &answer.body["errors"][0]["meta"]["error"];
            assert!(*error != "payment_pending", "{}: {:#}", self.name(), answer.body);
            story.settle(&self.order).await;
        }
        let order = story.get("orders", &self.order).await;
        assert_eq!(
            *order.attribute("status"),
            "cancelled",
            "{}: {:#}",
            self.name(),
            order.body
        );
    }
}

async fn each(cells: &[Cell], when: When, work: impl AsyncFn(&Cell)) {
    let chosen = cells.iter().filter(|cell| cell.when == when);
    stream::iter(chosen)
        .for_each_concurrent(AT_ONCE, async |cell| work(cell).await)
        .await;
}

async fn run(events: Events) {
    let story = Story::start_with(&["--gateway-timeout", "3"], |setup| setup).await;
    let sandbox = story.sandbox();
    let gateway = &story.shop.checkout_com_gateway;
    let endpoint = Endpoint::of(&story.api, "checkout_com_gateways", gateway, "the-signing-key").await;
    endpoint.subscribe(&sandbox, CHECKOUT_COM_KEY).await;
    let of_events = match events {
        Events::Delivered => None,
        Events::Late => Some(json!({ "fault": "webhook_delay", "delay_ms": 4_000 })),
        Events::Lost => Some(json!({ "fault": "webhook_lose" })),
    };
    let only_events = async || {
        sandbox.clear_faults().await;
        if let Some(fault) = &of_events {
            sandbox.fault(fault).await;
        }
    };
    only_events().await;
    let cells = cells(&story).await;
    each(&cells, When::Before, async |cell: &Cell| {
        cell.use_dashboard(&story).await;
        cell.ask(&story).await;
    })
    .await;
    for (when, fault) in [
        (When::WhileRequestIsLost, "drop_before"),
        (When::WhileAnswerIsLost, "drop_after"),
    ] {
        sandbox.fault(&json!({ "method": "POST", "fault": fault })).await;
        each(&cells, when, async |cell: &Cell| cell.ask(&story).await).await;
        only_events().await;
        each(&cells, when, async |cell: &Cell| cell.use_dashboard(&story).await).await;
    }
    each(&cells, When::After, async |cell: &Cell| {
        cell.ask(&story).await;
        story.settle(&cell.order).await;
        cell.use_dashboard(&story).await;
    })
    .await;
    settle(&story, &cells, events).await;
    stream::iter(&cells)
        .for_each_concurrent(AT_ONCE, async |cell: &Cell| cell.go_on(&story).await)
        .await;
    settle(&story, &cells, events).await;
}

/// Waits until the ledgers agree. Events arrive, or reading the payment replaces them.
async fn settle(story: &Story, cells: &[Cell], events: Events) {
    stream::iter(cells)
        .for_each_concurrent(AT_ONCE, async |cell: &Cell| {
            story.settle(&cell.order).await;
            if events == Events::Lost {
                let _ = story.refresh(&cell.order).await;
            }
        })
        .await;
    let agreed = wait::until_async(LIMIT, async || {
        difference(story, cells).await.is_empty().then_some(())
    });
    if agreed.await.is_none() {
        panic!("{:#?}", difference(story, cells).await);
    }
}

/// The PSPs' entries for each cell's payment, if they differ from ours.
async fn difference(story: &Story, cells: &[Cell]) -> Vec<String> {
    let (ours, theirs) = (
        books::ours(&story.api).await,
        books::theirs(&story.sandbox()).await,
    );
    let compared = cells.iter().filter_map(|cell| {
        let of = |effects: &[(String, &'static str, i64, String)]| {
            let of = effects.iter().filter(|effect| effect.0 == cell.payment);
            let mut of: Vec<_> = of.map(|effect| (effect.1, effect.2, effect.3.clone())).collect();
            of.sort();
            of
        };
        let (ours, theirs) = (of(&ours), of(&theirs));
        (ours != theirs).then(|| format!("{}: we have {ours:?}, the PSP {theirs:?}", cell.name()))
    });
    compared.collect()
}

#[tokio::test]
async fn what_a_dashboard_does_is_recorded_when_its_events_are_lost() {
    run(Events::Lost).await;
}

#[tokio::test]
async fn what_a_dashboard_does_is_recorded_when_its_events_are_late() {
    run(Events::Late).await;
}

#[tokio::test]
async fn what_a_dashboard_does_is_recorded_when_it_is_told_of() {
    run(Events::Delivered).await;
}

/// The rest of a partial capture can be released, and is not forgotten.
#[tokio::test]
async fn what_a_capture_has_left_can_be_released() {
    let story = Story::start().await;
    for vendor in Vendor::ALL {
        let part = json!({ "_capture": true, "_capture_amount_cents": 600 });
        // A void releases it, and keeps the capture.
        let (order, _) = story.approved(vendor, 1_500).await;
        let authorization = story.only(&order, "authorizations").await;
        story
            .act(&order, "authorizations", &authorization, part.clone())
            .await;
        let left = story.get("authorizations", &authorization).await;
        assert_eq!(*left.attribute("void_balance_cents"), 900);
        story
            .act(&order, "authorizations", &authorization, json!({ "_void": true }))
            .await;
        assert_eq!(story.amounts(&order, "voids").await, [900]);
        story.expect_status(&order, "approved", "partially_paid").await;
        let _ = story.refresh(&order).await;
        assert_eq!(story.amounts(&order, "voids").await, [900]);
        // Refunding a capture does not end an order that still holds money.
        let (order, _) = story.approved(vendor, 1_500).await;
        let authorization = story.only(&order, "authorizations").await;
        story
            .act(&order, "authorizations", &authorization, part.clone())
            .await;
        let capture = story.only(&order, "captures").await;
        let refund = json!({ "_refund": true });
        if vendor == Vendor::Stripe {
            // Stripe refunds nothing while more can be captured, and the request loses nothing.
            let refused = story
                .patch("captures", &capture, refund.clone())
                .await
                .expect(422);
            assert_eq!(refused.body["errors"][0]["meta"]["error"], "gateway_refused");
            story
                .act(&order, "authorizations", &authorization, json!({ "_void": true }))
                .await;
            story.act(&order, "captures", &capture, refund).await;
        } else {
            story.act(&order, "captures", &capture, refund).await;
            story
                .expect_status(&order, "approved", "partially_refunded")
                .await;
            story
                .act(&order, "orders", &order, json!({ "_cancel": true }))
                .await;
        }
        story.expect_status(&order, "cancelled", "refunded").await;
        assert_eq!(story.amounts(&order, "voids").await, [900]);
        // The refund of an order releases the rest.
        let (order, _) = story.approved(vendor, 1_500).await;
        let authorization = story.only(&order, "authorizations").await;
        story.act(&order, "authorizations", &authorization, part).await;
        story
            .act(&order, "orders", &order, json!({ "_refund": true }))
            .await;
        story.expect_status(&order, "cancelled", "refunded").await;
        assert_eq!(story.amounts(&order, "voids").await, [900]);
    }
    story.assert_books_agree().await;
    let open = story.sandbox().ledger().await;
    let sum = |kinds: &[&str]| -> i64 {
        let chosen = open.iter().filter(|entry| kinds.contains(&entry.kind.as_str()));
        chosen.map(|entry| entry.amount).sum()
    };
    assert_eq!(
        sum(&["authorize"]),
        sum(&["capture", "void", "release"]),
        "nothing stays held"
    );
}
