//! What a kind of application may do. Which records it may do it to is the domain's business.

use tillgate_model::{Problem, openapi::Operation, problem::Kind};
use tillgate_payments::ApplicationKind;

/// Checks that a kind of application may run an operation.
///
/// # Errors
/// It may not.
pub fn check(kind: ApplicationKind, operation: &Operation) -> Result<(), Problem> {
    if kind == ApplicationKind::Integration || operation.is_for_sales_channels() {
        return Ok(());
    }
    let message = format!(
        "A sales channel does not have the permission `{}`.",
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
                .all(|operation| check(ApplicationKind::Integration, operation).is_ok())
        );
    }

    #[test]
    fn a_sales_channel_may_do_what_is_declared() {
        let may = |id: &str| {
            let operation = operations()
                .into_iter()
                .find(|operation| operation.id() == id)
                .expect("an operation");
            check(ApplicationKind::SalesChannel, &operation).is_ok()
        };
        for id in [
            "create_stripe_payment",
            "retrieve_order",
            "retrieve_order_market",
            "retrieve_order_payment_source",
        ] {
            assert!(may(id), "{id}");
        }
        for id in [
            "list_stripe_payments",
            "list_orders",
            "delete_order",
            "create_stripe_gateway",
            "retrieve_stripe_payment_payment_gateway",
            "retrieve_order_authorizations",
            "retrieve_order_customer",
        ] {
            assert!(!may(id), "{id}");
        }
    }
}
