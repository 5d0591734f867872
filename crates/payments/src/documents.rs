//! Documents of what was read: in full or in part, alone or with what is included.

use std::sync::Arc;

use serde_json::json;
use tillgate_model::{
    Id, Identifier, Problem, ResourceMeta,
    document::{self, Data, PartOfList, Related, Shown},
    problem::Kind,
    query::{Query, View},
};
use tillgate_store::{
    StoreError, Tx,
    listing::{EXACT_TO, Total},
    query,
};

use crate::{
    failure::Failure,
    handlers::Handlers,
    include::{Included, include},
    kept::Shared,
    listing::{Page, ToCount},
    request::Request,
    stored::Selection,
};

/// The document of one resource, with what the view includes.
pub async fn one(
    request: &Request,
    handlers: &Arc<Handlers>,
    object: Shared,
    view: &View,
    url: String,
) -> Result<Vec<u8>, Failure> {
    let (inner, its_handlers, its_view) = (request.clone(), Arc::clone(handlers), view.clone());
    let data = vec![object];
    let included = match &view.include {
        None => Included::default(),
        Some(_) => {
            let objects = data.clone();
            request
                .context
                .db
                .list(true, async move |tx: &mut Tx<'_>| {
                    with(tx, &inner, &its_handlers, &objects, &its_view).await
                })
                .await?
        }
    };
    let mut objects = written(request, &data, &included, view);
    let data = objects.pop().map_or(Data::Nothing, Data::One);
    Ok(finished(
        request,
        &data,
        &included,
        view,
        None,
        &json!({"self": url}),
    ))
}

async fn with(
    tx: &mut Tx<'_>,
    request: &Request,
    handlers: &Handlers,
    objects: &[Shared],
    view: &View,
) -> Result<Included, Failure> {
    match &view.include {
        Some(paths) => include(tx, request, handlers, objects, paths).await,
        None => Ok(Included::default()),
    }
}

fn written(request: &Request, objects: &[Shared], included: &Included, view: &View) -> Vec<Vec<u8>> {
    let write = |object: &Shared| {
        let shown = Shown {
            fields: view.fields.get(object.meta().kind),
            linkage: included.linkage.get(&object.identifier()),
        };
        object.write(request, shown)
    };
    objects.iter().map(write).collect()
}

fn finished(
    request: &Request,
    data: &Data,
    included: &Included,
    view: &View,
    meta: Option<&serde_json::Value>,
    links: &serde_json::Value,
) -> Vec<u8> {
    let resources = view
        .include
        .is_some()
        .then(|| written(request, &included.resources, included, view));
    document::write(data, resources.as_deref(), meta, links)
}

/// A page that was read, with what it includes.
async fn read(
    request: &Request,
    handlers: &Arc<Handlers>,
    meta: &'static ResourceMeta,
    selection: &Selection,
    query: &Query,
) -> Result<(Page, Included), Failure> {
    let slow = handlers
        .show(meta.kind)?
        .slow_parameter(request, selection, &query.list);
    let (inner, its_handlers, its_selection, its_query) = (
        request.clone(),
        Arc::clone(handlers),
        selection.clone(),
        query.clone(),
    );
    let db = &request.context.db;
    let outcome = db
        .list(slow.is_none(), async move |tx: &mut Tx<'_>| {
            let show = its_handlers.show(meta.kind)?;
            let page = show.page(tx, &inner, &its_selection, &its_query.list).await?;
            let included = with(tx, &inner, &its_handlers, &page.items, &its_query.view).await?;
            Ok::<_, Failure>((page, included))
        })
        .await;
    let (mut page, included) = match (outcome, slow) {
        (Err(Failure::Store(StoreError::TooSlow | StoreError::Busy)), Some(parameter)) => {
            return Err(too_slow(parameter).into());
        }
        (outcome, _) => outcome?,
    };
    match page.to_count.take() {
        None => {}
        Some(ToCount::Aside(count, key)) => {
            let counted = db.count_aside(count, key).await;
            page.total = Total::about(counted.unwrap_or(page.total.count).max(EXACT_TO + 1));
        }
        Some(ToCount::InTime(count)) => {
            let counted = db
                .list(false, async move |tx: &mut Tx<'_>| {
                    query!(tx, listing::count(count))
                })
                .await;
            page.total = match counted {
                Ok(counted) if counted < EXACT_TO => Total::exact(counted),
                Ok(counted) => Total::about(counted),
                Err(_) => page.total,
            };
        }
    }
    Ok((page, included))
}

fn too_slow(parameter: String) -> Problem {
    let message = "This list takes too long, because no index finds what is asked for. Add a filter by an id, a number, a \
                   reference or a relationship, or leave this parameter out.";
    Problem::new(Kind::Validation("too_slow"), message)
        .parameter(parameter)
        .meta("error", "too_slow")
}

/// The document of a page of a list.
pub async fn list(
    request: &Request,
    handlers: &Arc<Handlers>,
    meta: &'static ResourceMeta,
    selection: &Selection,
    query: &Query,
    url: &str,
) -> Result<Vec<u8>, Failure> {
    let (page, included) = read(request, handlers, meta, selection, query).await?;
    let kept = format!("{}{}", query.list.kept, query.view.kept);
    let ends = ends(&page, query);
    let part = part(&page, query, url, &kept, ends.as_ref());
    let objects = written(request, &page.items, &included, &query.view);
    Ok(finished(
        request,
        &Data::Many(objects),
        &included,
        &query.view,
        Some(&part.meta(meta.dialect)),
        &part.links(meta.dialect),
    ))
}

/// The document of a to-many relationship itself.
pub async fn linkage(
    request: &Request,
    handlers: &Arc<Handlers>,
    meta: &'static ResourceMeta,
    (selection, query): (&Selection, &Query),
    owner: &str,
    name: &str,
) -> Result<Vec<u8>, Failure> {
    let (page, _) = read(request, handlers, meta, selection, query).await?;
    let url = format!("{owner}/relationships/{name}");
    let ends = ends(&page, query);
    let part = part(&page, query, &url, "", ends.as_ref());
    let identifiers: Vec<Identifier> = page.items.iter().map(|item| item.identifier()).collect();
    Ok(document::linkage(
        &Related::Many(identifiers),
        owner,
        name,
        Some(&part),
    ))
}

type Ends = (tillgate_model::query::Cursor, tillgate_model::query::Cursor);

fn ends(page: &Page, query: &Query) -> Option<Ends> {
    let (order, keys) = (query.list.order(), query.list.keys());
    let cursor = |item: &Shared| item.cursor(&order, &keys);
    Some((cursor(page.items.first()?), cursor(page.items.last()?)))
}

fn part<'a>(
    page: &Page,
    query: &'a Query,
    url: &'a str,
    kept: &'a str,
    ends: Option<&'a Ends>,
) -> PartOfList<'a> {
    PartOfList {
        url,
        query: &query.list,
        kept,
        text: &query.text,
        total: page.total.count,
        is_estimate: page.total.is_estimate,
        has_more: page.has_more,
        ends: ends.map(|(first, last)| (first, last)),
    }
}

/// The id of the resource in a document.
pub fn id_in(document: &[u8]) -> Option<Id> {
    let document: serde_json::Value = serde_json::from_slice(document).ok()?;
    document.pointer("/data/id")?.as_str()?.parse().ok()
}
