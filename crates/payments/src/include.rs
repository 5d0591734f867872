//! Included resources: those that the paths of `include` lead to, each once, with one query for each level and type.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use futures::{FutureExt, future::LocalBoxFuture};
use tillgate_model::{
    Identifier, Problem, ResourceMeta,
    document::Related,
    problem::Kind,
    query::{Include, MAX_INCLUDED, readable},
    resource::RelationshipMeta,
};
use tillgate_store::Tx;

use crate::{failure::Failure, handlers::Handlers, kept::Shared, listing::Owners, request::Request};

/// What a document has beside its data.
#[derive(Default)]
pub struct Included {
    /// Where relationships of a resource point.
    pub linkage: HashMap<Identifier, BTreeMap<&'static str, Related>>,
    /// The resources, in the order in which they were found.
    pub resources: Vec<Shared>,
    /// Those of the data and the included ones.
    known: HashMap<Identifier, Shared>,
}

/// Finds what the paths lead to from the data of a document.
pub async fn include(
    tx: &mut Tx<'_>,
    request: &Request,
    handlers: &Handlers,
    data: &[Shared],
    paths: &Include,
) -> Result<Included, Failure> {
    let known = data
        .iter()
        .map(|object| (object.identifier(), Arc::clone(object)));
    let mut inclusion = Inclusion {
        request,
        handlers,
        included: Included {
            known: known.collect(),
            ..Included::default()
        },
    };
    inclusion.level(tx, data.to_vec(), paths).await?;
    Ok(inclusion.included)
}

struct Inclusion<'a> {
    request: &'a Request,
    handlers: &'a Handlers,
    included: Included,
}

impl Inclusion<'_> {
    fn level<'a>(
        &'a mut self,
        tx: &'a mut Tx<'_>,
        objects: Vec<Shared>,
        paths: &'a Include,
    ) -> LocalBoxFuture<'a, Result<(), Failure>> {
        async move {
            for (name, rest) in &paths.0 {
                let mut found = Vec::new();
                for (meta, relationship, owners) in with_relationship(&objects, name) {
                    // Of the types that a path leads to, the caller may read some and others not.
                    if readable(relationship, self.request.caller.buyer()).is_empty() {
                        continue;
                    }
                    found.extend(match relationship.many {
                        true => self.follow_many(tx, meta, relationship, &owners).await?,
                        false => self.follow_one(tx, relationship, &owners).await?,
                    });
                }
                if !rest.0.is_empty() && !found.is_empty() {
                    self.level(tx, found, rest).await?;
                }
            }
            Ok(())
        }
        .boxed_local()
    }

    /// What a to-one relationship leads to, each once.
    async fn follow_one(
        &mut self,
        tx: &mut Tx<'_>,
        relationship: &'static RelationshipMeta,
        owners: &[Shared],
    ) -> Result<Vec<Shared>, Failure> {
        let mut missing: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
        let mut targets = Vec::new();
        for owner in owners {
            let Some(target) = owner.to_one(relationship.name) else {
                continue;
            };
            if !targets.contains(&target) {
                if !self.included.known.contains_key(&target) {
                    missing
                        .entry(target.kind)
                        .or_default()
                        .push(target.id.to_string());
                }
                targets.push(target);
            }
        }
        for (kind, ids) in missing {
            for object in self.handlers.show(kind)?.of_ids(tx, self.request, &ids).await? {
                self.add(object)?;
            }
        }
        for owner in owners {
            let target = owner.to_one(relationship.name);
            let seen = target.filter(|target| self.included.known.contains_key(target));
            self.link(owner, relationship, Related::One(seen));
        }
        let found = targets
            .iter()
            .filter_map(|target| self.included.known.get(target).cloned());
        Ok(found.collect())
    }

    /// What a to-many relationship leads to, each once.
    async fn follow_many(
        &mut self,
        tx: &mut Tx<'_>,
        meta: &'static ResourceMeta,
        relationship: &'static RelationshipMeta,
        owners: &[Shared],
    ) -> Result<Vec<Shared>, Failure> {
        let ids: Vec<String> = owners
            .iter()
            .map(|owner| owner.identifier().id.to_string())
            .collect();
        let of = Owners {
            meta,
            relationship,
            ids: &ids,
        };
        let show = self.handlers.show(relationship.targets[0])?;
        let pairs = show.of_owners(tx, self.request, &of, MAX_INCLUDED + 1).await?;
        if pairs.len() > MAX_INCLUDED {
            return Err(too_many());
        }
        let mut targets: HashMap<String, Vec<Identifier>> = HashMap::new();
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        for (object, owner) in pairs {
            let identifier = object.identifier();
            targets.entry(owner).or_default().push(identifier.clone());
            if seen.insert(identifier.clone()) {
                self.add(object)?;
                found.extend(self.included.known.get(&identifier).cloned());
            }
        }
        for owner in owners {
            let targets = targets.remove(owner.identifier().id.as_str()).unwrap_or_default();
            self.link(owner, relationship, Related::Many(targets));
        }
        Ok(found)
    }

    fn add(&mut self, object: Shared) -> Result<(), Failure> {
        let identifier = object.identifier();
        if self.included.known.contains_key(&identifier) {
            return Ok(());
        }
        if self.included.resources.len() >= MAX_INCLUDED {
            return Err(too_many());
        }
        self.included.known.insert(identifier, Arc::clone(&object));
        self.included.resources.push(object);
        Ok(())
    }

    fn link(&mut self, owner: &Shared, relationship: &'static RelationshipMeta, related: Related) {
        let links = self.included.linkage.entry(owner.identifier()).or_default();
        links.insert(relationship.name, related);
    }
}

/// The objects that have a relationship of that name, by type.
fn with_relationship(
    objects: &[Shared],
    name: &str,
) -> Vec<(&'static ResourceMeta, &'static RelationshipMeta, Vec<Shared>)> {
    let mut by_type: Vec<(&'static ResourceMeta, &'static RelationshipMeta, Vec<Shared>)> = Vec::new();
    for object in objects {
        let meta = object.meta();
        let Some(relationship) = meta.relationship(name) else {
            continue;
        };
        match by_type.iter_mut().find(|(known, ..)| known.kind == meta.kind) {
            Some((_, _, owners)) => owners.push(Arc::clone(object)),
            None => by_type.push((meta, relationship, vec![Arc::clone(object)])),
        }
    }
    by_type
}

fn too_many() -> Failure {
    let message = format!(
        "The document would include more than {MAX_INCLUDED} resources. Ask for fewer paths or smaller pages, or for the lists \
         that the relationships link to."
    );
    Problem::new(Kind::InvalidInclude, message)
        .parameter("include")
        .into()
}
