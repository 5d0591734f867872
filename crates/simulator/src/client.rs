//! A client: it reads an order and does something that makes sense, or nearly.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    api::{Api, Ask, Heard},
    buyer,
    notes::{SourceNotes, text},
    shop::{EMAILS, resource, to_one},
    wallet,
    world::World,
};

/// Probability of a request without an idempotency key.
const WITHOUT_KEY: f64 = 0.1;

/// The actions of a client on an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Deed {
    CreateStripe,
    CreateCheckoutCom,
    Pay,
    Confirm,
    Authenticate,
    SourceTrigger,
    OrderTrigger(&'static str),
    Capture,
    Void,
    Refund,
    Show,
    Delete,
    ChangeTotal,
    UseCard,
    RemoveCard,
    ChangeBuyer,
    ChangeMind,
    Vanish,
}

/// The frequent actions of a run's clients. Every second run has none.
#[derive(Debug, Default)]
pub struct Habits(Vec<Deed>);

impl Habits {
    /// Factor for the frequency of a habit.
    const FACTOR: usize = 6;
    /// The actions that can become habits.
    const ALL: &'static [Deed] = &[
        Deed::CreateStripe,
        Deed::CreateCheckoutCom,
        Deed::Pay,
        Deed::Confirm,
        Deed::SourceTrigger,
        Deed::OrderTrigger("_place"),
        Deed::OrderTrigger("_authorize"),
        Deed::OrderTrigger("_nullify_payment_source"),
        Deed::OrderTrigger("_cancel"),
        Deed::OrderTrigger("_refund"),
        Deed::OrderTrigger(SAVE),
        Deed::Capture,
        Deed::Void,
        Deed::Refund,
        Deed::ChangeTotal,
        Deed::UseCard,
        Deed::ChangeBuyer,
        Deed::ChangeMind,
        Deed::Vanish,
    ];

    /// The habits of a run.
    pub fn draw(world: &World) -> Self {
        let count = if world.chance(0.5) { 1 + world.below(3) } else { 0 };
        Self((0..count).map(|_| world.pick(Self::ALL)).collect())
    }

    fn weight(&self, weight: u8, deed: Deed) -> usize {
        let factor = if self.0.contains(&deed) { Self::FACTOR } else { 1 };
        usize::from(weight) * factor
    }
}

/// The trigger that saves the card of an order's payment.
const SAVE: &str = "_save_payment_source_to_customer_wallet";

/// The possible actions in each status, with their frequencies.
fn deeds(status: &str, payment_status: &str) -> &'static [(u8, Deed)] {
    use Deed::{
        Authenticate, Capture, ChangeBuyer, ChangeMind, ChangeTotal, Confirm, CreateCheckoutCom,
        CreateStripe, Delete, OrderTrigger, Pay, Refund, RemoveCard, Show, SourceTrigger, UseCard, Vanish,
        Void,
    };
    match (status, payment_status) {
        ("draft" | "pending", "unpaid" | "voided") => &[
            (5, CreateStripe),
            (6, CreateCheckoutCom),
            (3, Pay),
            (4, Confirm),
            (4, Authenticate),
            (4, SourceTrigger),
            (4, OrderTrigger("_place")),
            (3, OrderTrigger("_authorize")),
            (1, OrderTrigger("_nullify_payment_source")),
            (1, OrderTrigger("_cancel")),
            (1, OrderTrigger("_refresh")),
            (2, OrderTrigger(SAVE)),
            (6, UseCard),
            (1, RemoveCard),
            (2, Show),
            (1, Delete),
            (1, ChangeTotal),
            (1, ChangeBuyer),
            (1, ChangeMind),
            (1, Vanish),
        ],
        ("draft" | "pending" | "placing", _) => &[
            (5, OrderTrigger("_place")),
            (2, Capture),
            (2, Void),
            (1, Refund),
            (2, SourceTrigger),
            (2, Confirm),
            (2, Authenticate),
            (1, CreateStripe),
            (1, CreateCheckoutCom),
            (1, Pay),
            (1, OrderTrigger("_nullify_payment_source")),
            (1, OrderTrigger("_refresh")),
            (3, OrderTrigger(SAVE)),
            (1, UseCard),
            (1, RemoveCard),
            (2, Show),
            (1, Delete),
            (1, ChangeTotal),
            (1, ChangeBuyer),
            (1, Vanish),
        ],
        ("placed", _) => &[
            (4, OrderTrigger("_approve")),
            (3, OrderTrigger("_approve_and_capture")),
            (4, Capture),
            (2, Void),
            (3, Refund),
            (1, OrderTrigger("_cancel")),
            (1, OrderTrigger("_refund")),
            (1, OrderTrigger("_place")),
            (1, OrderTrigger("_refresh")),
            (1, Pay),
            (2, OrderTrigger(SAVE)),
            (1, RemoveCard),
            (2, Show),
        ],
        ("approved", _) => &[
            (4, OrderTrigger("_capture")),
            (4, Capture),
            (2, Void),
            (5, Refund),
            (1, OrderTrigger("_cancel")),
            (2, OrderTrigger("_refund")),
            (1, OrderTrigger("_refresh")),
            (2, Show),
        ],
        _ => &[
            (3, Refund),
            (2, Void),
            (1, Capture),
            (1, OrderTrigger("_refund")),
            (1, OrderTrigger("_cancel")),
            (3, Show),
        ],
    }
}

/// Reads all payments that any client knows of.
pub async fn look(api: Api) {
    let sources: Vec<SourceNotes> = {
        let notes = api.notes.borrow();
        let sources = notes.orders.values().flat_map(|order| order.sources.iter());
        sources.cloned().collect()
    };
    for source in sources {
        let ask = patch(&source.kind, &source.id, json!({"_refresh": true}));
        api.once(&ask, None).await;
    }
}

/// Acts until it has done enough.
pub async fn live(api: Api, deeds_to_do: usize) {
    for _ in 0..deeds_to_do {
        act(&api).await;
        let world = &api.host.world;
        let longest = if world.chance(0.1) { 300_000 } else { 3_000 };
        world
            .sleep_between(Duration::from_millis(10), Duration::from_millis(longest))
            .await;
    }
}

async fn act(api: &Api) {
    let world = &api.host.world;
    let orders: Vec<String> = api.notes.borrow().orders.keys().cloned().collect();
    let order = world.pick(&orders);
    let Some(shown) = api.get("/api/orders/{id}", &order).await else {
        return;
    };
    let attributes = &shown["data"]["attributes"];
    let possible = deeds(text(&attributes["status"]), text(&attributes["payment_status"]));
    let weight = |(weight, deed): &(u8, Deed)| api.habits.weight(*weight, *deed);
    let mut left = world.below(possible.iter().map(weight).sum());
    let chosen = possible
        .iter()
        .find(|possible| match left.checked_sub(weight(possible)) {
            Some(rest) => {
                left = rest;
                false
            }
            None => true,
        });
    if let Some((_, deed)) = chosen {
        perform(api, &order, *deed).await;
    }
}

async fn perform(api: &Api, order: &str, deed: Deed) {
    match deed {
        Deed::CreateStripe => create_stripe(api, order).await,
        Deed::CreateCheckoutCom => create_checkout_com(api, order).await,
        Deed::Pay => pay(api, order).await,
        Deed::Confirm | Deed::Authenticate => browse(api, order, deed),
        Deed::SourceTrigger => source_trigger(api, order).await,
        Deed::OrderTrigger(trigger) => order_trigger(api, order, trigger).await,
        Deed::Capture => transact(api, order, "authorizations", "_capture", "capture_balance_cents").await,
        Deed::Refund => transact(api, order, "captures", "_refund", "refund_balance_cents").await,
        Deed::Void => transact(api, order, "authorizations", "_void", "void_balance_cents").await,
        Deed::Show => show(api, order).await,
        Deed::Delete => delete(api, order).await,
        Deed::ChangeTotal => change_total(api, order).await,
        Deed::UseCard => wallet::use_card(api, order).await,
        Deed::RemoveCard => wallet::remove_card(api).await,
        Deed::ChangeBuyer => change_buyer(api, order).await,
        Deed::ChangeMind => change_mind(api, order).await,
        Deed::Vanish => wallet::vanish(api),
    }
}

fn post(path: &str, body: Value) -> Ask {
    Ask {
        method: "POST",
        path: path.into(),
        id: None,
        body,
        part: None,
    }
}

pub(crate) fn patch(kind: &str, id: &str, attributes: Value) -> Ask {
    Ask {
        method: "PATCH",
        path: format!("/api/{kind}/{{id}}"),
        id: Some(id.into()),
        body: json!({"data": {"type": kind, "id": id, "attributes": attributes}}),
        part: None,
    }
}

impl Api {
    pub(crate) async fn send(&self, ask: Ask) -> Option<Value> {
        let with_key = !self.host.world.chance(WITHOUT_KEY);
        self.write(ask, with_key).await
    }
}

async fn create_stripe(api: &Api, order: &str) {
    let world = &api.host.world;
    let mut attributes = if world.chance(0.6) {
        json!({"options": {"payment_method": world.pick(buyer::STRIPE_CARDS)}})
    } else {
        json!({})
    };
    if world.chance(0.15) {
        attributes["options"]["setup_future_usage"] = json!("off_session");
    }
    let body = resource(
        "stripe_payments",
        attributes,
        json!({"order": to_one("orders", order)}),
    );
    let made = api.send(post("/api/stripe_payments", body)).await;
    send_buyer(api, order, made);
}

async fn create_checkout_com(api: &Api, order: &str) {
    let token = buyer::checkout_com_token(api.host.world.pick(buyer::CHECKOUT_COM_TOKENS));
    let attributes = json!({"payment_type": "token", "token": token});
    let body = resource(
        "checkout_com_payments",
        attributes,
        json!({"order": to_one("orders", order)}),
    );
    let made = api.send(post("/api/checkout_com_payments", body)).await;
    send_buyer(api, order, made);
}

/// A payment of `/api/v1`, which charges at once. A customer that is gone at the PSP must not make it fail.
async fn pay(api: &Api, order: &str) {
    let world = &api.host.world;
    let attributes = if world.chance(0.7) {
        json!({"stripe_token": world.pick(buyer::STRIPE_CARDS)})
    } else {
        json!({})
    };
    let body = resource("payments", attributes, json!({"order": to_one("orders", order)}));
    let ask = post("/api/v1/payments", body);
    let before = api.notes.borrow().vanished_at;
    if let Heard::Refused(422, why) = api.once(&ask, None).await
        && why.contains("resource_missing")
        && api.notes.borrow().vanished_at == before
    {
        world.violate(format!(
            "{order} can't be paid, because something is gone at Stripe: {why}"
        ));
    }
    let made = api.send(ask).await;
    send_buyer(api, order, made);
}

/// Sends the buyer of a new payment source through 3-D Secure at some time, whatever has happened to the order meanwhile.
fn send_buyer(api: &Api, order: &str, made: Option<Value>) {
    let world = std::sync::Arc::clone(&api.host.world);
    let Some(made) = made.filter(|_| world.chance(0.7)) else {
        return;
    };
    let id = text(&made["data"]["id"]).to_owned();
    let (notes, order) = (api.notes.clone(), order.to_owned());
    api.host.beside("buyer", async move {
        world
            .sleep_between(Duration::from_secs(1), Duration::from_secs(90))
            .await;
        let known = notes.borrow().orders.get(&order).and_then(|order| {
            let mut sources = order.sources.iter();
            sources.find(|source| source.id == id).cloned()
        });
        if let Some(source) = known {
            let outcome = if world.chance(0.8) { "authenticate" } else { "fail" };
            buyer::authenticate(&world, &source, outcome);
        }
    });
}

fn source(api: &Api, order: &str) -> Option<SourceNotes> {
    let notes = api.notes.borrow();
    let sources = &notes.orders.get(order)?.sources;
    // Usually the newest one.
    let index = if sources.is_empty() || api.host.world.chance(0.7) {
        sources.len().checked_sub(1)?
    } else {
        api.host.world.below(sources.len())
    };
    sources.get(index).cloned()
}

fn browse(api: &Api, order: &str, deed: Deed) {
    let world = &api.host.world;
    let Some(source) = source(api, order) else { return };
    if deed == Deed::Confirm {
        buyer::confirm(world, &source, world.pick(buyer::STRIPE_CARDS));
    } else {
        let outcome = if world.chance(0.7) { "authenticate" } else { "fail" };
        buyer::authenticate(world, &source, outcome);
    }
}

async fn source_trigger(api: &Api, order: &str) {
    let world = &api.host.world;
    let Some(source) = source(api, order) else { return };
    let attributes = match (source.kind.as_str(), world.below(7)) {
        // The instrument is removed, even if a call is in progress.
        ("stripe_payments", 6) => json!({"options": {}}),
        ("stripe_payments", 0) => json!({"_update": true}),
        ("checkout_com_payments", 0) => json!({"_details": true}),
        (_, 1) => json!({"_refresh": true}),
        ("stripe_payments", 2 | 3) => {
            json!({"_authorize": true, "options": {"payment_method": world.pick(buyer::STRIPE_CARDS)}})
        }
        ("checkout_com_payments", 2) => {
            let token = buyer::checkout_com_token(world.pick(buyer::CHECKOUT_COM_TOKENS));
            json!({"_authorize": true, "token": token})
        }
        _ => json!({"_authorize": true}),
    };
    api.send(patch(&source.kind, &source.id, attributes)).await;
}

async fn order_trigger(api: &Api, order: &str, trigger: &str) {
    let world = &api.host.world;
    let mut attributes = json!({trigger: true});
    if matches!(trigger, "_authorize" | "_place")
        && world.chance(0.15)
        && let Some(notes) = api.notes.borrow_mut().orders.get_mut(order)
    {
        notes.partly_authorized = true;
        attributes["_authorization_amount_cents"] = json!(part_of(api, notes.largest_total));
    }
    if trigger == "_nullify_payment_source" && !give_up(api, order).await {
        api.host.world.violate(format!(
            "the payment of {order} waits for its buyer, and can't be given up"
        ));
    }
    api.send(patch("orders", order, attributes)).await;
}

/// Gives up a payment that waits for its buyer. Another client may create a new one at any time, but not repeatedly.
async fn give_up(api: &Api, order: &str) -> bool {
    let ask = patch("orders", order, json!({"_nullify_payment_source": true}));
    for _ in 0..4 {
        match api.once(&ask, None).await {
            Heard::Refused(422, why) if why.contains("requires_action") => {}
            _ => return true,
        }
    }
    false
}

/// A part of an amount that ends with 0, as three-decimal currencies require.
fn part_of(api: &Api, amount_cents: i64) -> i64 {
    let tens = usize::try_from(amount_cents / 10).unwrap_or(1).max(1);
    10 * i64::try_from(1 + api.host.world.below(tens)).unwrap_or(1)
}

/// Captures, voids and refunds, in whole or in part.
async fn transact(api: &Api, order: &str, kind: &str, trigger: &str, balance: &str) {
    let world = &api.host.world;
    let Some(shown) = api.get(&format!("/api/orders/{{id}}/{kind}"), order).await else {
        return;
    };
    let all = shown["data"].as_array().cloned().unwrap_or_default();
    let left = |row: &Value| row["attributes"][balance].as_i64().unwrap_or_default();
    let open: Vec<&Value> = all.iter().filter(|row| left(row) > 0).collect();
    let row = match (open.is_empty(), all.is_empty()) {
        (false, _) => world.pick(&open),
        // Sometimes an impossible action is tried too.
        (true, false) if world.chance(0.2) => &all[world.below(all.len())],
        _ => return,
    };
    let id = text(&row["id"]);
    let mut attributes = json!({trigger: true});
    let mut part = None;
    if trigger != "_void" && world.chance(0.7) {
        let amount = part_of(api, left(row));
        attributes[format!("{trigger}_amount_cents")] = json!(amount);
        part = Some((id.to_owned(), amount));
    } else if trigger == "_void" && world.chance(0.3) {
        attributes = json!({"_cancel": true});
    }
    let ask = Ask {
        part,
        ..patch(kind, id, attributes)
    };
    api.send(ask).await;
}

async fn show(api: &Api, order: &str) {
    let world = &api.host.world;
    let kind = ["authorizations", "captures", "voids", "refunds"][world.below(4)];
    api.get(&format!("/api/orders/{{id}}/{kind}"), order).await;
    if let Some(source) = source(api, order) {
        api.get(&format!("/api/{}/{{id}}", source.kind), &source.id).await;
    }
}

async fn delete(api: &Api, order: &str) {
    let Some(source) = source(api, order) else { return };
    for noted in api.notes.borrow_mut().orders.values_mut() {
        let same = noted.sources.iter_mut().filter(|known| known.id == source.id);
        same.for_each(|known| known.deleting = true);
    }
    let ask = Ask {
        method: "DELETE",
        path: format!("/api/{}/{{id}}", source.kind),
        id: Some(source.id),
        body: Value::Null,
        part: None,
    };
    api.write(ask, false).await;
}

/// Gives the order another buyer.
async fn change_buyer(api: &Api, order: &str) {
    let email = api.host.world.pick(EMAILS);
    // With or without an answer, the order may be theirs.
    if let Some(notes) = api.notes.borrow_mut().orders.get_mut(order) {
        notes.customers.insert(email.to_owned());
    }
    let change = patch("orders", order, json!({"customer_email": email, "guest": false}));
    api.write(change, false).await;
}

/// Authorizes a part of the total, and removes the payment method while the payment is being changed.
async fn change_mind(api: &Api, order: &str) {
    let made = source(api, order).filter(|source| source.kind == "stripe_payments");
    let Some(source) = made else { return };
    let (other, longest) = (api.clone(), api.host.world.pick(&[400, 4_000, 40_000]));
    api.host.beside("second thoughts", async move {
        let world = std::sync::Arc::clone(&other.host.world);
        world
            .sleep_between(Duration::ZERO, Duration::from_millis(longest))
            .await;
        let nothing = patch(&source.kind, &source.id, json!({"options": {}}));
        other.write(nothing, false).await;
    });
    let part = match api.notes.borrow_mut().orders.get_mut(order) {
        Some(notes) => {
            notes.partly_authorized = true;
            part_of(api, notes.largest_total)
        }
        None => return,
    };
    let authorize = json!({"_authorize": true, "_authorization_amount_cents": part});
    api.send(patch("orders", order, authorize)).await;
}

/// Adds a line item.
async fn change_total(api: &Api, order: &str) {
    let cents = 10 * (100 + api.host.world.below(5_000));
    let item = json!({"name": "Cup", "quantity": 1, "unit_amount_cents": cents});
    let body = resource("line_items", item, json!({"order": to_one("orders", order)}));
    // With or without an answer, the total may have grown.
    if let Some(notes) = api.notes.borrow_mut().orders.get_mut(order) {
        notes.largest_total += i64::try_from(cents).unwrap_or_default();
    }
    api.write(post("/api/line_items", body), false).await;
}
