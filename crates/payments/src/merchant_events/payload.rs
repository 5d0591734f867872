//! The payload: the resource as `GET` shows it, with the webhook's includes.

use std::collections::HashMap;

use bytes::Bytes;
use futures::{FutureExt, future::LocalBoxFuture};
use serde_json::{Value, json};
use tillgate_model::{Dialect, Id, Identifier, ResourceMeta, Topic, registry, resource::RelationshipMeta};
use tillgate_store::{Scope, Tx};

use crate::{
    call::{ApplicationKind, Caller},
    context::Context,
    failure::Failure,
    handler::Show,
    handlers::Handlers,
    listing::Owners,
    request::Request,
    stored::parse_column,
};

/// Maximum number of included resources; the rest is left out.
const MOST: usize = 100;

/// The payload that only names a resource: there is no more to show of a deleted one.
pub fn name_only(topic: Topic, id: &str) -> String {
    json!({"data": {"type": topic.resource().kind, "id": id}}).to_string()
}

/// The payload with a resource; `None` if the resource does not exist (any more).
pub async fn render(
    context: &Context,
    handlers: &Handlers,
    scope: &Scope,
    change: (Topic, &str),
    paths: &[String],
) -> Result<Option<String>, Failure> {
    let (topic, id) = change;
    let composition = Composition {
        request: inner_request(context, scope),
        handlers,
    };
    let id: Id = parse_column(id)?;
    let meta = topic.resource();
    let Some(mut data) = composition.resource(meta.kind, &id).await? else {
        return Ok(None);
    };
    if paths.is_empty() {
        return Ok(Some(json!({"data": data}).to_string()));
    }
    let mut included = Included::default();
    for path in paths {
        let steps: Vec<&str> = path.split('.').collect();
        composition
            .include(&mut data, meta, &steps, &mut included)
            .await?;
    }
    Ok(Some(
        json!({"data": data, "included": included.resources}).to_string(),
    ))
}

/// A request by the service itself, which may read everything of the organization.
fn inner_request(context: &Context, scope: &Scope) -> Request {
    Request {
        context: context.clone(),
        caller: Caller {
            scope: scope.clone(),
            application_id: scope.organization_id().clone(),
            kind: ApplicationKind::Integration,
            market_id: None,
            customer_id: None,
            address: None,
            token_hash: None,
        },
        dialect: Dialect::CommerceLayer,
        key: None,
        key_owner: String::new(),
        if_match: None,
        body: Bytes::new(),
    }
}

/// Resources beside the payload's main one, each once.
#[derive(Default)]
struct Included {
    resources: Vec<Value>,
    positions: HashMap<Identifier, usize>,
}

struct Composition<'a> {
    request: Request,
    handlers: &'a Handlers,
}

impl Composition<'_> {
    fn show(&self, kind: &str) -> Result<&dyn Show, Failure> {
        self.handlers.show(kind)
    }

    async fn resource(&self, kind: &str, id: &Id) -> Result<Option<Value>, Failure> {
        let Some(document) = self.show(kind)?.stored(&self.request, id).await? else {
            return Ok(None);
        };
        let mut document: Value = serde_json::from_slice(&document)?;
        Ok(Some(document["data"].take()))
    }

    /// Includes the resources that a path leads to from a resource, and links them in it.
    fn include<'a>(
        &'a self,
        owner: &'a mut Value,
        meta: &'static ResourceMeta,
        steps: &'a [&'a str],
        included: &'a mut Included,
    ) -> LocalBoxFuture<'a, Result<(), Failure>> {
        async move {
            let Some((name, rest)) = steps.split_first() else {
                return Ok(());
            };
            // One type of payment source may lack a relationship that another one has.
            let Some(relationship) = meta.relationship(name) else {
                return Ok(());
            };
            let id: Id = parse_column(owner["id"].as_str().unwrap_or_default())?;
            let targets = self.targets(meta, relationship, &id).await?;
            owner["relationships"][*name]["data"] = match (relationship.many, targets.first()) {
                (true, _) => serde_json::to_value(&targets)?,
                (false, target) => serde_json::to_value(target)?,
            };
            for target in targets {
                let Some(position) = self.position(&target, included).await? else {
                    continue;
                };
                let Some(meta) = registry::resource(target.kind) else {
                    continue;
                };
                let mut resource = included.resources[position].take();
                self.include(&mut resource, meta, rest, included).await?;
                included.resources[position] = resource;
            }
            Ok(())
        }
        .boxed_local()
    }

    async fn targets(
        &self,
        meta: &'static ResourceMeta,
        relationship: &'static RelationshipMeta,
        id: &Id,
    ) -> Result<Vec<Identifier>, Failure> {
        if !relationship.many {
            let target = self
                .show(meta.kind)?
                .to_one(&self.request, id, relationship.name)
                .await?;
            return Ok(target.flatten().into_iter().collect());
        }
        let show = self.show(relationship.targets[0])?;
        let request = &self.request;
        let ids = [id.to_string()];
        let owners = Owners {
            meta,
            relationship,
            ids: &ids,
        };
        let pairs = request
            .context
            .db
            .read(async |tx: &mut Tx<'_>| show.of_owners(tx, request, &owners, MOST).await)
            .await?;
        Ok(pairs.iter().map(|(object, _)| object.identifier()).collect())
    }

    /// The position of a resource among the included ones; it is added if necessary.
    async fn position(&self, target: &Identifier, included: &mut Included) -> Result<Option<usize>, Failure> {
        if let Some(position) = included.positions.get(target) {
            return Ok(Some(*position));
        }
        if included.resources.len() >= MOST {
            return Ok(None);
        }
        let Some(resource) = self.resource(target.kind, &target.id).await? else {
            return Ok(None);
        };
        let position = included.resources.len();
        included.resources.push(resource);
        included.positions.insert(target.clone(), position);
        Ok(Some(position))
    }
}
