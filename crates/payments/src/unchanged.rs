//! Members of an update that change nothing. Clients that read a resource, change it and send all of it back send them too: read-only
//! attributes with their present values, and relationships with their links alone. A read-only attribute with another value is
//! refused like an unknown member.

use std::collections::BTreeSet;

use bytes::Bytes;
use serde_json::{Map, Value};
use tillgate_model::{
    Id, ResourceMeta,
    pointer::child,
    request::{Place, parse},
};

use crate::{failure::Failure, handler::Show, request::Request};

const ATTRIBUTES: &str = "/data/attributes";
const RELATIONSHIPS: &str = "/data/relationships";

/// The body of an update without the members that change nothing.
pub async fn leave_out(
    request: &Request,
    meta: &ResourceMeta,
    show: &dyn Show,
    id: &Id,
) -> Result<Bytes, Failure> {
    let body = &request.body;
    let pointers = pointers(meta);
    let places = Place::find(body, pointers.iter().map(String::as_str));
    if !pointers.iter().any(|pointer| places.has(pointer)) {
        return Ok(body.clone());
    }
    let Some(document) = show.stored(request, id).await? else {
        return Ok(body.clone());
    };
    let (Ok(mut sent), Ok(present)) = (parse(body), parse(&document)) else {
        return Ok(body.clone());
    };
    if let Some(attributes) = object_at(&mut sent, ATTRIBUTES) {
        attributes.retain(|name, value| {
            let is_read_only = pointers.contains(&child(ATTRIBUTES, name));
            !is_read_only
                || present.pointer(&child(ATTRIBUTES, &meta.dialect.in_documents(name))) != Some(value)
        });
    }
    if let Some(relationships) = object_at(&mut sent, RELATIONSHIPS) {
        relationships.retain(|name, value| {
            let is_links_alone = value.get("links").is_some() && value.get("data").is_none();
            !is_links_alone || meta.relationship(name).is_none()
        });
    }
    Ok(Bytes::from(sent.to_string()))
}

/// The places of read-only attributes, in the spellings of requests, and of the links of relationships.
fn pointers(meta: &ResourceMeta) -> BTreeSet<String> {
    let attributes = meta
        .all_attributes()
        .filter(|attribute| !attribute.update)
        .flat_map(|attribute| {
            [
                attribute.name.to_owned(),
                meta.dialect.in_documents(attribute.name),
            ]
        })
        .map(|name| child(ATTRIBUTES, &name));
    let links = meta
        .relationships
        .iter()
        .map(|relationship| child(&child(RELATIONSHIPS, relationship.name), "links"));
    attributes.chain(links).collect()
}

fn object_at<'a>(document: &'a mut Value, pointer: &str) -> Option<&'a mut Map<String, Value>> {
    document.pointer_mut(pointer).and_then(Value::as_object_mut)
}
