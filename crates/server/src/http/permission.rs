//! The permissions of an application, by its kind and its buyer. The domain decides about single records.

use tillgate_model::{Problem, openapi::Operation, problem::Kind, resource::Buyer};

/// Checks that a caller may run an operation. A sales channel calls for a buyer; an integration calls for none, and may run all.
///
/// # Errors
/// It may not.
pub fn check(buyer: Option<Buyer>, operation: &Operation) -> Result<(), Problem> {
    let who = match buyer {
        None => return Ok(()),
        Some(buyer) if operation.is_for(buyer) => return Ok(()),
        Some(Buyer::Guest) => "sales channel",
        Some(Buyer::Customer) => "customer",
    };
    let message = format!(
        "A {who} does not have the permission `{}`.",
        operation.resource.permission(operation.action())
    );
    Err(Problem::new(Kind::Forbidden, message))
}

#[cfg(test)]
mod tests {
    use tillgate_model::openapi::operations;

    use super::*;

    #[test]
    fn an_integration_may_do_everything() {
        assert!(
            operations()
                .iter()
                .all(|operation| check(None, operation).is_ok())
        );
    }

    #[test]
    fn buyers_may_do_what_is_declared() {
        let may = |buyer: Buyer, id: &str| {
            let operation = operations()
                .into_iter()
                .find(|operation| operation.id() == id)
                .expect("an operation");
            check(Some(buyer), &operation).is_ok()
        };
        for id in [
            "create_stripe_payment",
            "retrieve_order",
            "retrieve_order_market",
            "retrieve_order_payment_source",
        ] {
            assert!(may(Buyer::Guest, id) && may(Buyer::Customer, id), "{id}");
        }
        for id in [
            "list_stripe_payments",
            "delete_order",
            "create_stripe_gateway",
            "retrieve_stripe_payment_payment_gateway",
            "retrieve_order_authorizations",
            "list_customers",
            "delete_customer",
        ] {
            assert!(!may(Buyer::Guest, id) && !may(Buyer::Customer, id), "{id}");
        }
        for id in [
            "list_orders",
            "retrieve_customer",
            "retrieve_order_customer",
            "retrieve_customer_orders",
        ] {
            assert!(!may(Buyer::Guest, id) && may(Buyer::Customer, id), "{id}");
        }
        assert!(may(Buyer::Guest, "create_customer") && !may(Buyer::Customer, "create_customer"));
    }
}
