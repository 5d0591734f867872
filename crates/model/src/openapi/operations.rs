//! The operations of all resources: what the router serves and the document describes.

use crate::{
    Action, ResourceMeta,
    registry::{self, RESOURCES},
    resource::{Buyer, RelationshipMeta},
};

/// The kind of an operation.
#[derive(Clone, Copy, Debug)]
pub enum OperationKind {
    /// One of the five actions on the resource itself.
    Action(Action),
    /// `GET /type/id/name`
    Related(&'static RelationshipMeta),
    /// `GET /type/id/relationships/name`
    Relationship(&'static RelationshipMeta),
}

/// An operation: a method on a path.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// Resource of the operation.
    pub resource: &'static ResourceMeta,
    /// Kind of the operation.
    pub kind: OperationKind,
}

impl Operation {
    /// `create_stripe_payment`
    pub fn id(&self) -> String {
        let (one, many) = (self.resource.singular, self.resource.kind);
        match self.kind {
            OperationKind::Action(Action::List) => format!("list_{many}"),
            OperationKind::Action(Action::Retrieve) => format!("retrieve_{one}"),
            OperationKind::Action(Action::Create) => format!("create_{one}"),
            OperationKind::Action(Action::Update) => format!("update_{one}"),
            OperationKind::Action(Action::Delete) => format!("delete_{one}"),
            OperationKind::Related(relationship) => format!("retrieve_{one}_{}", relationship.name),
            OperationKind::Relationship(relationship) => {
                format!("retrieve_{one}_{}_relationship", relationship.name)
            }
        }
    }

    /// Path with `{id}`.
    pub fn path(&self) -> String {
        let path = self.resource.path();
        match self.kind {
            OperationKind::Action(Action::List) => self.resource.list_path(),
            OperationKind::Action(Action::Create) => path,
            OperationKind::Action(_) => format!("{path}/{{id}}"),
            OperationKind::Related(relationship) => format!("{path}/{{id}}/{}", relationship.name),
            OperationKind::Relationship(relationship) => {
                format!("{path}/{{id}}/relationships/{}", relationship.name)
            }
        }
    }

    /// HTTP method.
    pub fn method(&self) -> &'static str {
        match self.kind {
            OperationKind::Action(Action::Create) => "POST",
            OperationKind::Action(Action::Update) => "PATCH",
            OperationKind::Action(Action::Delete) => "DELETE",
            _ => "GET",
        }
    }

    /// The action whose permission it needs.
    pub fn action(&self) -> Action {
        match self.kind {
            OperationKind::Action(action) => action,
            _ => Action::Retrieve,
        }
    }

    /// Whether the path has an id.
    pub fn has_id(&self) -> bool {
        !matches!(self.kind, OperationKind::Action(Action::List | Action::Create))
    }

    /// Whether the answer is a list.
    pub fn is_list(&self) -> bool {
        match self.kind {
            OperationKind::Action(action) => action == Action::List,
            OperationKind::Related(relationship) | OperationKind::Relationship(relationship) => {
                relationship.many
            }
        }
    }

    /// Whether the request has a body.
    pub fn has_body(&self) -> bool {
        matches!(self.kind, OperationKind::Action(Action::Create | Action::Update))
    }

    /// Whether it changes an existing resource, so that `If-Match` makes sense.
    pub fn takes_condition(&self) -> bool {
        matches!(self.kind, OperationKind::Action(Action::Update | Action::Delete))
    }

    /// Whether the answer shows one resource, with its entity tag.
    pub fn has_entity_tag(&self) -> bool {
        matches!(
            self.kind,
            OperationKind::Action(Action::Create | Action::Retrieve | Action::Update)
        )
    }

    /// Whether a sales channel may run it for a buyer; an integration may run all. An endpoint that shows other resources also
    /// needs the permission to read these.
    pub fn is_for(&self, buyer: Buyer) -> bool {
        let own = self.resource.permitted_to(buyer).contains(&self.action());
        let shown = match self.kind {
            OperationKind::Related(relationship) => relationship.targets,
            OperationKind::Relationship(relationship) if relationship.many => relationship.targets,
            _ => &[],
        };
        let readable = |kind: &&str| {
            registry::resource(kind).is_none_or(|meta| {
                meta.permitted_to(buyer)
                    .iter()
                    .any(|action| matches!(action, Action::Retrieve | Action::List))
            })
        };
        own && shown.iter().all(readable)
    }

    /// Whether it may call a PSP before it answers.
    pub fn calls_psp(&self) -> bool {
        self.resource.calls_psp.contains(&self.action())
    }

    /// Status of a success.
    pub fn success(&self) -> u16 {
        match self.kind {
            OperationKind::Action(Action::Create) => 201,
            OperationKind::Action(Action::Delete) => 204,
            _ => 200,
        }
    }
}

/// All operations on resources.
pub fn operations() -> Vec<Operation> {
    let mut all = Vec::new();
    for &resource in RESOURCES {
        all.extend(resource.actions.iter().map(|action| Operation {
            resource,
            kind: OperationKind::Action(*action),
        }));
        for relationship in resource.relationships {
            all.push(Operation {
                resource,
                kind: OperationKind::Related(relationship),
            });
            all.push(Operation {
                resource,
                kind: OperationKind::Relationship(relationship),
            });
        }
    }
    all
}
