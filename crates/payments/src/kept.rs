//! Resources that are kept, and how any of them is shown.

use std::sync::Arc;

use tillgate_model::{
    Id, Identifier, Record, Resource, ResourceMeta,
    document::{self, Shown},
    query::{Cursor, SortKey, Value},
};
use tillgate_store::{
    Tx,
    listing::{Cond, Listed},
};

use crate::{failure::Failure, request::Request};

/// A resource that is kept and can be shown.
#[allow(async_fn_in_trait)] // queries run where they are called: nothing has to be Send
pub trait Kept: Resource {
    /// What it is kept in.
    type Row: Listed;

    /// The record of that id, if the caller may see it.
    async fn get(tx: &mut Tx<'_>, request: &Request, id: &Id) -> Result<Option<Record<Self>>, Failure>;

    /// The records of rows that the caller may see, in their order. What else they show is read for all of them at once.
    async fn records(
        tx: &mut Tx<'_>,
        request: &Request,
        rows: Vec<Self::Row>,
    ) -> Result<Vec<Record<Self>>, Failure>;

    /// What the list of all has, of what the caller may see.
    fn listed(_: &Request) -> Result<Cond, Failure> {
        Ok(Cond::Always)
    }

    /// The rows that a relationship leads to, where rules say that and not what is stored.
    async fn computed(
        _: &mut Tx<'_>,
        _: &Request,
        _owner: &Id,
        _relationship: &str,
    ) -> Result<Vec<Self::Row>, Failure> {
        Ok(Vec::new())
    }

    /// The record as `GET` shows it; a payment source may ask its PSP first.
    async fn retrieve(request: &Request, id: &Id) -> Result<Option<Record<Self>>, Failure> {
        request
            .context
            .db
            .read(async |tx: &mut Tx<'_>| Self::get(tx, request, id).await)
            .await
    }
}

/// A resource of whatever type, to be shown.
pub trait Object: Send + Sync {
    /// Which one it is.
    fn identifier(&self) -> Identifier;

    /// Its declaration.
    fn meta(&self) -> &'static ResourceMeta;

    /// Where a to-one relationship points.
    fn to_one(&self, name: &str) -> Option<Identifier>;

    /// The resource object.
    fn write(&self, request: &Request, shown: Shown<'_>) -> Vec<u8>;

    /// Its place in a list with that order.
    fn cursor(&self, order: &str, keys: &[SortKey]) -> Cursor;
}

impl<R: Resource> Object for Record<R> {
    fn identifier(&self) -> Identifier {
        Identifier {
            kind: R::META.kind,
            id: self.id.clone(),
        }
    }

    fn meta(&self) -> &'static ResourceMeta {
        R::META
    }

    fn to_one(&self, name: &str) -> Option<Identifier> {
        self.fields.to_one(name).cloned()
    }

    fn write(&self, request: &Request, shown: Shown<'_>) -> Vec<u8> {
        document::object(self, request.frame(), shown)
    }

    fn cursor(&self, order: &str, keys: &[SortKey]) -> Cursor {
        let attributes = serde_json::to_value(R::attributes(self)).unwrap_or_default();
        let values = keys.iter().map(|key| {
            let name = key.attribute.name;
            let shown = attributes
                .get(name)
                .or_else(|| attributes.get(name.replace('_', "-")))?;
            Value::of_json(shown, key.attribute.value_type)
        });
        Cursor {
            order: order.to_owned(),
            values: values.collect(),
            id: self.id.clone(),
        }
    }
}

/// An object that several places of a document may refer to.
pub type Shared = Arc<dyn Object>;
