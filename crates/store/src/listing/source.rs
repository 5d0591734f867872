//! Where resources are stored, and how they refer to one another. It follows from the declarations; what does not is here.

use std::str::FromStr;

use tillgate_model::{
    ResourceMeta, registry,
    resource::RelationshipMeta,
    resources::{GatewayType, PaymentSourceType, TransactionKind},
};

/// Where the resources of a type are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Source {
    /// The type.
    pub kind: &'static str,
    /// The table.
    pub table: &'static str,
    /// What its rows have in the column `kind`, where a table has several types.
    pub stored_kind: Option<&'static str>,
}

/// How an index finds rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Index {
    /// In the order of their creation.
    Sorted,
    /// Few of them, which are sorted after they are found.
    Few,
    /// Those of several owners that may have many each, which are sorted after they are found.
    Many,
}

/// Columns of large tables that have an index; all have one of their ids, and one of their references.
const INDEXES: &[(&str, &str, Index)] = &[
    ("customers", "email", Index::Few),
    ("customer_payment_sources", "customer_id", Index::Few),
    ("customer_payment_sources", "payment_method_id", Index::Sorted),
    ("customer_payment_sources", "payment_source_id", Index::Few),
    ("orders", "customer_id", Index::Sorted),
    ("orders", "number", Index::Few),
    ("line_items", "order_id", Index::Few),
    ("payment_sources", "order_id", Index::Few),
    ("payment_sources", "payment_gateway_id", Index::Sorted),
    ("transactions", "order_id", Index::Few),
    ("transactions", "parent_id", Index::Few),
    ("events", "resource_id", Index::Few),
    ("event_callbacks", "webhook_id", Index::Sorted),
    ("event_callbacks", "event_id", Index::Sorted),
];

/// Where the resources of a type are.
pub fn source(kind: &'static str) -> Source {
    let of_table = |table| Source {
        kind,
        table,
        stored_kind: Some(kind),
    };
    if TransactionKind::from_str(kind).is_ok() {
        return of_table("transactions");
    }
    if PaymentSourceType::from_str(kind).is_ok() {
        return of_table("payment_sources");
    }
    if GatewayType::from_str(kind).is_ok() {
        return of_table("payment_gateways");
    }
    match kind {
        "payments" => Source {
            stored_kind: Some(PaymentSourceType::StripePayments.into()),
            ..of_table("payment_sources")
        },
        "cards" => Source {
            stored_kind: None,
            ..of_table("customer_payment_sources")
        },
        table => Source {
            stored_kind: None,
            ..of_table(table)
        },
    }
}

impl Source {
    /// Whether the table grows with each payment or customer.
    pub fn is_large(self) -> bool {
        registry::resource(self.kind).is_some_and(|meta| meta.grows)
    }

    /// How an index finds rows by a column.
    pub fn index(self, column: &str) -> Option<Index> {
        if matches!(column, "id" | "reference") {
            return Some(Index::Few);
        }
        INDEXES
            .iter()
            .find(|(table, indexed, _)| *table == self.table && *indexed == column)
            .map(|(_, _, index)| *index)
    }

    /// An attribute as an expression over the rows of the table that `alias` names.
    pub fn expression(self, attribute: &str, alias: &str) -> String {
        match (self.kind, self.table, attribute) {
            (_, "orders", "total_amount_cents") => {
                format!("({alias}.subtotal_amount_cents + {alias}.payment_method_amount_cents)")
            }
            (_, "orders", "tax_included") => "TRUE".to_owned(),
            (_, "line_items", "total_amount_cents") => {
                format!("({alias}.unit_amount_cents * {alias}.quantity)")
            }
            (_, "transactions", "succeeded") => format!("({alias}.status = 'succeeded')"),
            ("payments", _, "currency") => format!("{alias}.currency_code"),
            ("payments", _, "for_delivery" | "delivery_price_business_participation") => "FALSE".to_owned(),
            // As `Payment` shows it.
            ("payments", _, "state") => format!(
                "(CASE WHEN {alias}.pending_operation_id IS NOT NULL THEN 'processing' \
                 WHEN {alias}.state IN ('new', 'unconfirmed') THEN 'pending' \
                 WHEN {alias}.state = 'captured' THEN 'finished' ELSE {alias}.state END)"
            ),
            _ => format!("{alias}.{attribute}"),
        }
    }

    /// Whether an attribute can be null, as far as an order has to know.
    pub fn is_nullable(self, attribute: &str) -> bool {
        !matches!(attribute, "id" | "created_at" | "updated_at")
    }
}

/// How a relationship is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Link {
    /// The owner has the id of the related resource in a column.
    ToOne(&'static str),
    /// The related resource has the owner's id in a column.
    ToMany(&'static str),
    /// A column of the related resource is that column of the owner.
    Same {
        /// Of the related resource.
        of_related: &'static str,
        /// Of the owner.
        of_owner: &'static str,
    },
    /// Payment methods that the owner's market offers.
    OfMarket,
}

/// How a relationship of a type is stored; none if it is found otherwise.
pub fn link(owner: &ResourceMeta, relationship: &RelationshipMeta) -> Option<Link> {
    if !relationship.many {
        return Some(Link::ToOne(column(relationship)));
    }
    match (owner.kind, relationship.name) {
        (_, "events") => return Some(Link::ToMany("resource_id")),
        ("events", "last_event_callbacks") => return Some(Link::ToMany("event_id")),
        ("events", "webhooks") => {
            return Some(Link::Same {
                of_related: "topic",
                of_owner: "name",
            });
        }
        ("orders", "available_payment_methods") => return Some(Link::OfMarket),
        _ if relationship.computed => return None,
        _ => {}
    }
    let target = registry::resource(relationship.targets[0])?;
    let inverse = target
        .relationships
        .iter()
        .find(|inverse| !inverse.many && inverse.targets.contains(&owner.kind))?;
    Some(Link::ToMany(column(inverse)))
}

/// The column of a to-one relationship.
fn column(relationship: &RelationshipMeta) -> &'static str {
    match relationship.name {
        "reference_authorization" | "reference_capture" => "parent_id",
        _ => relationship.column,
    }
}

#[cfg(test)]
mod tests {
    use tillgate_model::registry::RESOURCES;

    use super::*;

    #[test]
    fn every_relationship_that_is_not_computed_is_stored_somehow() {
        for meta in RESOURCES {
            for relationship in meta.relationships {
                let is_computed = relationship.name == "available_customer_payment_sources";
                assert_eq!(
                    link(meta, relationship).is_none(),
                    is_computed,
                    "{}.{}",
                    meta.kind,
                    relationship.name
                );
            }
        }
    }
}
