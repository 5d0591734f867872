//! The demo's orders, one for each documented request.

use serde_json::{Value, json};
use tillgate_model::Id;

use super::{environment::Environment, in_process::InProcess, state::State};
use crate::failure::Failure;

/// Orders that can be paid.
pub struct Orders {
    /// With a Stripe payment.
    pub stripe: Id,
    /// With a Checkout.com payment.
    pub checkout_com: Id,
    /// With a payment of `/api/v1`.
    pub payments: Id,
}

/// Keeps the orders of the last start that can still be paid, and creates new ones for the others.
///
/// # Errors
/// The domain refuses, or the database fails.
pub async fn renew(api: &InProcess<'_>, state: &State, previous: &Environment) -> Result<Orders, Failure> {
    let (stripe, checkout_com) = (&state.stripe_method_id, &state.checkout_com_method_id);
    Ok(Orders {
        stripe: payable(api, state, stripe, previous.id("TILLGATE_STRIPE_ORDER_ID")).await?,
        checkout_com: payable(
            api,
            state,
            checkout_com,
            previous.id("TILLGATE_CHECKOUT_COM_ORDER_ID"),
        )
        .await?,
        payments: payable(api, state, stripe, previous.id("TILLGATE_PAYMENTS_ORDER_ID")).await?,
    })
}

async fn payable(
    api: &InProcess<'_>,
    state: &State,
    method: &Id,
    previous: Option<Id>,
) -> Result<Id, Failure> {
    if let Some(id) = previous
        // A missing order is replaced like a paid one.
        && let Ok(order) = api.attributes("orders", &id).await
        && can_be_paid(&order)
    {
        return Ok(id);
    }
    create(api, state, method).await
}

fn can_be_paid(order: &Value) -> bool {
    order["status"] == "pending" && order["payment_status"] == "unpaid"
}

async fn create(api: &InProcess<'_>, state: &State, method: &Id) -> Result<Id, Failure> {
    let mut relationships = json!({
        "market": {"data": {"type": "markets", "id": state.market_id}},
        "payment_method": {"data": {"type": "payment_methods", "id": method}}
    });
    if let Some(customer) = &state.customer {
        relationships["customer"] = json!({"data": {"type": "customers", "id": customer.id}});
    }
    let attributes = json!({"customer_email": super::EMAIL});
    let order = api.create("orders", attributes, relationships).await?;
    for (name, unit_amount_cents, quantity) in [("Espresso cup", 1250, 2), ("Coffee beans, 250 g", 890, 1)] {
        let attributes = json!({"name": name, "unit_amount_cents": unit_amount_cents, "quantity": quantity});
        let relationships = json!({"order": {"data": {"type": "orders", "id": order}}});
        api.create("line_items", attributes, relationships).await?;
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_that_is_paid_or_off_cannot_be_paid() {
        let order = |status, payment_status| {
            can_be_paid(&json!({"status": status, "payment_status": payment_status}))
        };
        assert!(order("pending", "unpaid"));
        for (status, payment_status) in [
            ("pending", "authorized"),
            ("placed", "paid"),
            ("cancelled", "unpaid"),
            ("draft", "unpaid"),
            ("placed", "unpaid"),
        ] {
            assert!(!order(status, payment_status), "{status} {payment_status}");
        }
    }
}
