//! Pages of objects, newest first.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::call::Call;
use super::error::ApiError;
use super::model::Object;
use super::params::Params;
use super::store::{Place, find};
use crate::table::Table;

const DEFAULT_LIMIT: i64 = 10;
const MAX_LIMIT: i64 = 100;

/// A page of a list.
#[derive(Debug)]
pub(super) struct Page {
    limit: usize,
    starting_after: Option<String>,
    ending_before: Option<String>,
    created: Created,
}

/// Bounds of `created`, in Unix seconds.
#[derive(Debug, Default)]
struct Created {
    from: Option<i64>,
    to: Option<i64>,
}

impl Page {
    pub(super) fn read(params: &mut Params) -> Result<Self, ApiError> {
        let limit = params.integer("limit")?.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(
                ApiError::invalid(format!("Invalid limit: must be between 1 and {MAX_LIMIT}."))
                    .with_code("parameter_invalid_integer")
                    .with_param("limit"),
            );
        }
        let page = Self {
            limit: usize::try_from(limit).unwrap_or(1),
            starting_after: params.text("starting_after")?,
            ending_before: params.text("ending_before")?,
            created: Created::read(params)?,
        };
        if page.starting_after.is_some() && page.ending_before.is_some() {
            return Err(ApiError::invalid(
                "You may only specify one of these parameters: ending_before, starting_after.",
            ));
        }
        Ok(page)
    }

    /// The page of the objects that the caller can see and `filter` keeps.
    pub(super) fn answer<T: Object + Serialize + DeserializeOwned>(
        &self,
        call: &Call<'_>,
        table: &Table<T>,
        url: &str,
        filter: impl Fn(&T) -> bool,
        render: impl Fn(&T) -> Value,
    ) -> Result<Value, ApiError> {
        for (cursor, param) in [
            (&self.starting_after, "starting_after"),
            (&self.ending_before, "ending_before"),
        ] {
            if let Some(id) = cursor {
                find(table, call, id, Place::Param(param))?;
            }
        }
        let visible = |object: &&T| {
            object.livemode() == call.caller.livemode
                && self.created.contains(object.created().timestamp())
                && filter(object)
        };
        let objects = table.iter().map(|(_, object)| object);
        let mut page: Vec<&T> = match (&self.starting_after, &self.ending_before) {
            (None, Some(before)) => {
                let newer = objects.skip_while(|object| object.id() != before).skip(1);
                newer.filter(visible).take(self.limit + 1).collect()
            }
            (Some(after), _) => {
                let older = objects.rev().skip_while(|object| object.id() != after).skip(1);
                older.filter(visible).take(self.limit + 1).collect()
            }
            (None, None) => objects.rev().filter(visible).take(self.limit + 1).collect(),
        };
        let has_more = page.len() > self.limit;
        page.truncate(self.limit);
        if self.ending_before.is_some() {
            page.reverse();
        }
        let data: Vec<Value> = page.into_iter().map(render).collect();
        Ok(json!({ "object": "list", "data": data, "has_more": has_more, "url": url }))
    }
}

impl Created {
    /// `created=…` or `created[gte]=…&created[lt]=…`.
    fn read(params: &mut Params) -> Result<Self, ApiError> {
        if params.is_object("created")
            && let Some(mut bounds) = params.object("created")?
        {
            let after = bounds.integer("gt")?.map(|at| at.saturating_add(1));
            let before = bounds.integer("lt")?.map(|at| at.saturating_sub(1));
            let created = Self {
                from: after.max(bounds.integer("gte")?),
                to: bounds.integer("lte")?.or(before),
            };
            bounds.finish()?;
            return Ok(created);
        }
        let exact = params.integer("created")?;
        Ok(Self {
            from: exact,
            to: exact,
        })
    }

    fn contains(&self, at: i64) -> bool {
        self.from.is_none_or(|from| at >= from) && self.to.is_none_or(|to| at <= to)
    }
}
