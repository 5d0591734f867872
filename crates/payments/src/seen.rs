//! What a caller may see of each type, as a condition of queries. [`visible`](crate::payment::access::visible) and the `get` of
//! each resource judge one row by the same rules.

use std::str::FromStr as _;

use tillgate_model::{
    Id,
    query::Value,
    resource::Buyer,
    resources::{OrderStatus, PaymentSourceType},
};
use tillgate_store::{CardState, listing::Cond};

use crate::call::Caller;

/// The states of an order that a guest sees, who is buying it or has just bought it.
pub const BEING_BOUGHT: [OrderStatus; 4] = [
    OrderStatus::Draft,
    OrderStatus::Pending,
    OrderStatus::Placing,
    OrderStatus::Placed,
];

/// What a caller may see of a type.
pub fn seen(caller: &Caller, kind: &str) -> Cond {
    let own = |column, id: &Option<Id>| match id {
        Some(id) => Cond::Text(column, id.to_string()),
        None => Cond::Never,
    };
    let saved = matches!(kind, "customer_payment_sources" | "cards").then(active);
    let Some(buyer) = caller.buyer() else {
        return saved.unwrap_or(Cond::Always);
    };
    if let Some(saved) = saved {
        return Cond::All(vec![saved, own("customer_id", &caller.customer_id)]);
    }
    if kind == "line_items" || kind == "payments" || PaymentSourceType::from_str(kind).is_ok() {
        return Cond::Refers {
            column: "order_id",
            to: "orders",
            where_it: Box::new(seen(caller, "orders")),
        };
    }
    match (kind, buyer) {
        ("markets", _) => own("id", &caller.market_id),
        ("payment_methods", _) => Cond::All(vec![
            Cond::IsNull("disabled_at"),
            Cond::Any(vec![
                Cond::IsNull("market_id"),
                own("market_id", &caller.market_id),
            ]),
        ]),
        ("orders", _) => Cond::All(vec![own("market_id", &caller.market_id), bought(caller)]),
        ("customers", Buyer::Customer) => own("id", &caller.customer_id),
        _ => Cond::Never,
    }
}

fn bought(caller: &Caller) -> Cond {
    let of_guest = Cond::All(vec![
        Cond::Is("guest", Value::Boolean(true)),
        Cond::In("status", BEING_BOUGHT.map(Into::into).to_vec()),
    ]);
    let Some(own) = &caller.customer_id else {
        return of_guest;
    };
    Cond::Any(vec![
        Cond::All(vec![Cond::IsNull("customer_id"), of_guest.clone()]),
        Cond::All(vec![
            Cond::Text("customer_id", own.to_string()),
            Cond::Any(vec![Cond::Is("guest", Value::Boolean(false)), of_guest]),
        ]),
    ])
}

fn active() -> Cond {
    Cond::Text("state", <&'static str>::from(CardState::Active).to_owned())
}
