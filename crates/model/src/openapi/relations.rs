//! Component schemas for the endpoints of relationships.

use serde_json::{Value, json};

use super::{
    OperationKind,
    components::Components,
    operations,
    parts::{document, including, reference},
};
use crate::{
    ResourceMeta, registry,
    relationship::{self, Target},
    resource::RelationshipMeta,
    resources::{PaymentGateway, PaymentSource},
};

/// Name of a related endpoint's answer.
pub fn related_name(relationship: &RelationshipMeta) -> String {
    let target = target(relationship);
    if relationship.many {
        format!("{target}List")
    } else {
        format!("{target}OptionalDocument")
    }
}

/// Name of a relationship endpoint's answer.
pub fn linkage_name(relationship: &RelationshipMeta) -> String {
    let target = target(relationship);
    if relationship.many {
        format!("{target}IdentifierList")
    } else {
        format!("{target}IdentifierOptionalDocument")
    }
}

/// Adds the answers of all relationships. Lists of related resources use the lists of these resources.
pub(super) fn add(all: &mut Components) {
    all.add(PaymentSource::NAME, payment_source());
    for operation in operations() {
        match operation.kind {
            OperationKind::Related(relationship) if !relationship.many => {
                all.add(related_name(relationship), related_document(relationship));
            }
            OperationKind::Relationship(relationship) => {
                all.add(identifier_name(relationship), identifier(relationship));
                all.add(linkage_name(relationship), linkage_document(relationship));
            }
            _ => {}
        }
    }
}

/// The target of a relationship, by the name of its schema.
fn target(relationship: &RelationshipMeta) -> &'static str {
    if relationship.targets == PaymentSource::TYPES {
        return PaymentSource::NAME;
    }
    // The first type is the proper one. Gateways use the supertype, which covers its subtypes in documents.
    registry::resource(relationship.targets[0]).map_or(PaymentGateway::NAME, |meta| meta.schema)
}

fn known(kinds: &[&str]) -> Vec<&'static ResourceMeta> {
    kinds.iter().filter_map(|kind| registry::resource(kind)).collect()
}

fn identifier_name(relationship: &RelationshipMeta) -> String {
    format!("{}Identifier", target(relationship))
}

fn identifier(relationship: &RelationshipMeta) -> Value {
    let kinds: Vec<&str> = known(relationship.targets).iter().map(|meta| meta.kind).collect();
    let mut schema = relationship::identifier_schema(&kinds).to_value();
    schema["description"] = "The target.".into();
    schema["additionalProperties"] = false.into();
    schema
}

fn optional(name: &str) -> Value {
    json!({"oneOf": [{"type": "null"}, reference(name)]})
}

fn payment_source() -> Value {
    let sources = known(PaymentSource::TYPES);
    let schemas: Vec<Value> = sources.iter().map(|meta| reference(meta.schema)).collect();
    let mapping: serde_json::Map<String, Value> = sources
        .iter()
        .map(|meta| (meta.kind.to_owned(), reference(meta.schema)["$ref"].take()))
        .collect();
    json!({
        "description": "A payment source of an order.",
        "type": "object",
        "oneOf": schemas,
        "discriminator": {"propertyName": "type", "mapping": mapping}
    })
}

fn related_document(relationship: &RelationshipMeta) -> Value {
    including(
        "The related resource, or null.",
        json!({"data": optional(target(relationship))}),
    )
}

fn linkage_document(relationship: &RelationshipMeta) -> Value {
    let identifier = identifier_name(relationship);
    if relationship.many {
        return document(
            "A page of the relationship.",
            json!({
                "data": {"type": "array", "items": reference(&identifier)},
                "meta": reference("PageMeta"),
                "links": reference("RelationshipPageLinks")
            }),
        );
    }
    document(
        "What the relationship points to, or null.",
        json!({"data": optional(&identifier), "links": reference("RelationshipLinks")}),
    )
}
