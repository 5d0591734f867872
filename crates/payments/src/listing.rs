//! Pages of lists, whatever they list.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use tillgate_model::{
    Id, ResourceMeta,
    query::{ListQuery, Position, SortKey},
    resource::RelationshipMeta,
};
use tillgate_store::{
    StoreError, Tx,
    listing::{Cond, Count, EXACT_TO, Flavor, Knowledge, Link, Listed, Plan, Selected, Total, link, source},
    query,
};

use crate::{
    failure::Failure,
    kept::{Kept, Shared},
    request::Request,
    seen::seen,
    stored::{Selection, parse_column},
};

/// A page of a list.
pub struct Page {
    /// Its items.
    pub items: Vec<Shared>,
    /// How many there are in all.
    pub total: Total,
    /// There are more, in the direction that it was read in.
    pub has_more: bool,
    /// What still has to be counted.
    pub to_count: Option<ToCount>,
}

/// What is counted beside the page.
pub enum ToCount {
    /// The whole of a long list, to be remembered under the key.
    Aside(Count, String),
    /// A list that no index finds, up to the number to which lists are counted.
    InTime(Count),
}

/// Resources that a to-many relationship starts from.
pub struct Owners<'a> {
    /// Their type.
    pub meta: &'static ResourceMeta,
    /// The relationship.
    pub relationship: &'static RelationshipMeta,
    /// Their ids.
    pub ids: &'a [String],
}

/// A list as it is asked for.
struct Asked<'a> {
    request: &'a Request,
    visible: Box<dyn Fn(&'static str) -> Cond + 'a>,
    kind: &'static str,
    selected: Option<Selected<'a>>,
    also: Option<Cond>,
    query: &'a ListQuery,
    keys: Vec<SortKey>,
}

impl<'a> Asked<'a> {
    fn new<R: Kept>(
        request: &'a Request,
        selected: Option<Selected<'a>>,
        also: Option<Cond>,
        query: &'a ListQuery,
    ) -> Self {
        Self {
            request,
            visible: Box::new(|kind| seen(&request.caller, kind)),
            kind: R::META.kind,
            selected,
            also: also.filter(|also| *also != Cond::Always),
            query,
            keys: query.keys(),
        }
    }

    /// The list that a request asks for; none if rules say what is in it.
    fn of<R: Kept>(
        request: &'a Request,
        selection: &'a Selection,
        query: &'a ListQuery,
    ) -> Result<Option<Self>, Failure> {
        let selected = match selection {
            Selection::All => None,
            Selection::Of {
                owner,
                ids,
                relationship,
                ..
            } => match link(owner, relationship) {
                Some(link) => Some(Selected {
                    link,
                    owner: source(owner.kind),
                    owners: ids,
                }),
                None => return Ok(None),
            },
        };
        Ok(Some(Self::new::<R>(
            request,
            selected,
            Some(R::listed(request)?),
            query,
        )))
    }

    fn offset(&self) -> i64 {
        match self.query.position {
            Position::Number(number) => (number - 1).saturating_mul(self.query.size),
            Position::First | Position::After(_) | Position::Before(_) => 0,
        }
    }

    /// What reads up to `limit` rows.
    fn plan(&self, limit: i64) -> Plan<'_> {
        Plan {
            flavor: self.request.context.db.flavor(),
            scope: self.request.scope(),
            visible: &*self.visible,
            source: source(self.kind),
            selected: self.selected,
            also: self.also.clone(),
            conditions: &self.query.conditions,
            sort: &self.keys,
            position: &self.query.position,
            offset: self.offset(),
            limit,
        }
    }
}

/// The parameter that makes a list slow; none if an index finds it, whatever the tables hold.
pub fn slow_parameter<R: Kept>(
    request: &Request,
    selection: &Selection,
    query: &ListQuery,
) -> Option<String> {
    let asked = Asked::of::<R>(request, selection, query).ok().flatten()?;
    let plan = asked.plan(1);
    (!plan.is_quick()).then(|| plan.slow_parameter())
}

/// A page of a list.
pub async fn page<R: Kept>(
    tx: &mut Tx<'_>,
    request: &Request,
    selection: &Selection,
    query: &ListQuery,
) -> Result<Page, Failure> {
    let Some(asked) = Asked::of::<R>(request, selection, query)? else {
        return computed_page::<R>(tx, request, selection, query).await;
    };
    let mut rows = R::Row::list(tx, &asked.plan(query.size + 1)).await?;
    let size = usize::try_from(query.size).unwrap_or_default();
    let has_more = rows.len() > size;
    rows.truncate(size);
    if matches!(query.position, Position::Before(_)) {
        rows.reverse();
    }
    let (total, to_count) = total(tx, &asked, rows.len(), has_more).await?;
    let rows = rows.into_iter().map(|(row, _)| row).collect();
    Ok(Page {
        items: shared(R::records(tx, request, rows).await?),
        total,
        has_more,
        to_count,
    })
}

fn shared<R: Kept>(records: Vec<tillgate_model::Record<R>>) -> Vec<Shared> {
    records
        .into_iter()
        .map(|record| Arc::new(record) as Shared)
        .collect()
}

/// A list that rules make is short enough to be read whole, and has the order that they give it.
async fn computed_page<R: Kept>(
    tx: &mut Tx<'_>,
    request: &Request,
    selection: &Selection,
    query: &ListQuery,
) -> Result<Page, Failure> {
    let Selection::Of {
        ids, relationship, ..
    } = selection
    else {
        return Err(Failure::Internal(
            "a list without a relationship is computed".into(),
        ));
    };
    let mut rows = Vec::new();
    for id in ids {
        rows.extend(R::computed(tx, request, &parse_column(id)?, relationship.name).await?);
    }
    let number = match query.position {
        Position::Number(number) => number,
        Position::First | Position::After(_) | Position::Before(_) => 1,
    };
    let page = tillgate_model::document::Page {
        number,
        size: query.size,
    };
    let (rows, count) = page.cut(rows);
    let has_more = number < page.count(count);
    Ok(Page {
        items: shared(R::records(tx, request, rows).await?),
        total: Total::exact(count),
        has_more,
        to_count: None,
    })
}

/// How many items the list has. A page that is not full tells it.
async fn total(
    tx: &mut Tx<'_>,
    asked: &Asked<'_>,
    rows: usize,
    has_more: bool,
) -> Result<(Total, Option<ToCount>), Failure> {
    let seen = asked
        .offset()
        .saturating_add(i64::try_from(rows).unwrap_or_default());
    let is_from_start = matches!(asked.query.position, Position::Number(_) | Position::First);
    if is_from_start && !has_more && (rows > 0 || asked.offset() == 0) {
        return Ok((Total::exact(seen), None));
    }
    let plan = asked.plan(1);
    if !plan.is_quick() {
        return Ok((
            Total::about(seen + 1),
            Some(ToCount::InTime(plan.count(Some(EXACT_TO)))),
        ));
    }
    let Some(lanes) = asked.request.context.db.lanes() else {
        let count = plan.count(None);
        return Ok((Total::exact(query!(tx, listing::count(count))?), None));
    };
    let whole = plan.count(None);
    let key = whole.key();
    let stale = match lanes.counts.known(&key) {
        Knowledge::Fresh(count) => return Ok((Total::about(count), None)),
        Knowledge::Stale(count) => Some(count),
        Knowledge::Nothing => None,
    };
    let counted = match stale {
        Some(count) => count,
        None => {
            let count = plan.count(Some(EXACT_TO + 1));
            query!(tx, listing::count(count))?
        }
    };
    if counted <= EXACT_TO {
        return Ok((Total::exact(counted), None));
    }
    match plan.flavor {
        Flavor::Sqlite => Ok((Total::about(counted), Some(ToCount::Aside(whole, key)))),
        Flavor::Postgres => {
            let explained = plan.estimate();
            let answer = query!(tx, listing::explain(explained))?;
            let count = expected_rows(&answer.concat())?.max(EXACT_TO + 1);
            lanes.counts.remember(key, count);
            Ok((Total::about(count), None))
        }
    }
}

/// The number of rows that PostgreSQL expects, from its plan.
fn expected_rows(plan: &str) -> Result<i64, StoreError> {
    let plan: serde_json::Value =
        serde_json::from_str(plan).map_err(|error| StoreError::Failed(format!("a plan: {error}")))?;
    let rows = plan
        .pointer("/0/Plan/Plan Rows")
        .and_then(serde_json::Value::as_f64);
    #[allow(clippy::cast_possible_truncation)] // an estimate
    rows.map(|rows| rows as i64)
        .ok_or_else(|| StoreError::Failed("a plan without its number of rows".into()))
}

/// Resources of some ids that the caller may see.
pub async fn of_ids<R: Kept>(
    tx: &mut Tx<'_>,
    request: &Request,
    ids: &[String],
) -> Result<Vec<Shared>, Failure> {
    let query = ListQuery::default();
    let selected = Selected {
        link: Link::ToOne("id"),
        owner: source(R::META.kind),
        owners: ids,
    };
    let asked = Asked::new::<R>(request, Some(selected), None, &query);
    let limit = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    let rows = R::Row::list(tx, &asked.plan(limit)).await?;
    let rows = rows.into_iter().map(|(row, _)| row).collect();
    Ok(shared(R::records(tx, request, rows).await?))
}

/// Resources that a to-many relationship leads to, oldest first, each with the id of an owner. One with several owners is there
/// several times.
pub async fn of_owners<R: Kept>(
    tx: &mut Tx<'_>,
    request: &Request,
    owners: &Owners<'_>,
    limit: usize,
) -> Result<Vec<(Shared, String)>, Failure> {
    let mut rows: Vec<(R::Row, String)> = Vec::new();
    match link(owners.meta, owners.relationship) {
        Some(link) => {
            let query = ListQuery::default();
            let selected = Selected {
                link,
                owner: source(owners.meta.kind),
                owners: owners.ids,
            };
            let asked = Asked::new::<R>(request, Some(selected), Some(R::listed(request)?), &query);
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let found = R::Row::list(tx, &asked.plan(limit)).await?;
            rows.extend(found.into_iter().filter_map(|(row, owner)| Some((row, owner?))));
        }
        None => {
            for id in owners.ids {
                let found =
                    R::computed(tx, request, &parse_column::<Id>(id)?, owners.relationship.name).await?;
                rows.extend(found.into_iter().map(|row| (row, id.clone())));
            }
        }
    }
    let pairs: Vec<(String, String)> = rows
        .iter()
        .map(|(row, owner)| (row.row_id().to_owned(), owner.clone()))
        .collect();
    let mut known = HashSet::new();
    rows.retain(|(row, _)| known.insert(row.row_id().to_owned()));
    let distinct = rows.into_iter().map(|(row, _)| row).collect();
    let objects = shared(R::records(tx, request, distinct).await?);
    let known: HashMap<String, &Shared> = objects
        .iter()
        .map(|object| (object.identifier().id.to_string(), object))
        .collect();
    let pairs = pairs
        .into_iter()
        .filter_map(|(row, owner)| Some((Arc::clone(*known.get(&row)?), owner)));
    Ok(pairs.collect())
}
