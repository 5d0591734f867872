//! Which parameters an operation takes, and what they say.

use super::{
    Cursor, ListQuery, MAX_SORT_KEYS, Position, Query, SortKey, View,
    filter::Filters,
    view::{self, INCLUDE},
};
use crate::{
    Action, Dialect, Problem, ProblemList, Problems, ResourceMeta,
    openapi::{Operation, OperationKind},
    problem::Kind,
    resource::{Buyer, ID},
};

/// Items on a page unless its size is given.
pub const DEFAULT_SIZE: i64 = 10;

/// Items that pages with a number skip at most; cursors lead further.
pub const MAX_OFFSET: i64 = 10_000;

/// The profile of JSON:API that pages with cursors follow.
pub const CURSOR_PAGINATION: &str = "https://jsonapi.org/profiles/ethanresnick/cursor-pagination/";

/// Names of the parameters of a page, and how large it can be.
#[derive(Debug)]
pub struct Parameters {
    /// The page's number.
    pub number: &'static str,
    /// Items on a page.
    pub size: &'static str,
    /// The most that there can be.
    pub max_size: i64,
    /// Cursors, where the dialect has them: after an item, and before one.
    pub cursors: Option<[&'static str; 2]>,
}

const COMMERCE_LAYER: Parameters = Parameters {
    number: "page[number]",
    size: "page[size]",
    max_size: 25,
    cursors: Some(["page[after]", "page[before]"]),
};
const FOODETECTIVE: Parameters = Parameters {
    number: "page",
    size: "per_page",
    max_size: 500,
    cursors: None,
};

/// The parameters of a list's page; none if the operation is no list.
pub fn takes(operation: &Operation) -> Option<&'static Parameters> {
    if !operation.is_list() {
        return None;
    }
    match (operation.kind, operation.resource.dialect) {
        (OperationKind::Action(_), Dialect::Foodetective) => Some(&FOODETECTIVE),
        _ => Some(&COMMERCE_LAYER),
    }
}

/// The types of the resources that an operation shows, which can be asked for with others and in part.
pub fn takes_view(operation: &Operation) -> Vec<&'static ResourceMeta> {
    match operation.kind {
        OperationKind::Action(Action::Delete) | OperationKind::Relationship(_) => Vec::new(),
        OperationKind::Action(_) => vec![operation.resource],
        OperationKind::Related(relationship) => relationship.leads_to(),
    }
}

/// Whether an operation answers a list of resources, which can be filtered and sorted.
pub fn takes_filters(operation: &Operation) -> Option<&'static ResourceMeta> {
    match takes_view(operation).as_slice() {
        [meta] if operation.is_list() => Some(meta),
        _ => None,
    }
}

/// Reads the decoded pairs of a query string. All that is wrong with them is told at once.
///
/// # Errors
/// Parameters that the operation does not have, that come twice or whose values can't be used.
pub fn read(
    operation: &Operation,
    buyer: Option<Buyer>,
    pairs: &[(String, String)],
) -> Result<Query, Problems> {
    let mut problems = ProblemList::default();
    let metas = takes_view(operation);
    let listed = takes_filters(operation);
    let page = takes(operation);
    let mut view = View::default();
    let mut list = ListQuery::default();
    let mut sort: Option<&str> = None;
    let mut of_page: Vec<(&str, &str)> = Vec::new();
    let mut filter_pairs: Vec<(&str, &str)> = Vec::new();
    for (name, value) in pairs {
        let twice =
            || Problem::new(Kind::InvalidParamValue, "The parameter is given twice.").parameter(name.clone());
        match (name.as_str(), listed) {
            (INCLUDE, _) if !metas.is_empty() => {
                if view.include.is_some() {
                    problems.push(twice);
                    continue;
                }
                view.include = Some(view::include(value, &metas, buyer, &mut problems));
                keep(&mut view.kept, name, value);
            }
            (name, _) if !metas.is_empty() && (name == "fields" || name.starts_with("fields[")) => {
                view::fields(
                    name,
                    value,
                    operation.resource.dialect,
                    &mut view.fields,
                    &mut problems,
                );
                keep(&mut view.kept, name, value);
            }
            ("sort", Some(_)) => {
                if sort.is_some() {
                    problems.push(twice);
                    continue;
                }
                sort = Some(value);
                keep(&mut list.kept, name, value);
            }
            (name, Some(_)) if name == "filter" || name.starts_with("filter[") => {
                filter_pairs.push((name, value));
                keep(&mut list.kept, name, value);
            }
            (name, _) if page.is_some_and(|page| page.has(name)) => {
                if of_page.iter().any(|(known, _)| *known == name) {
                    problems.push(twice);
                    continue;
                }
                of_page.push((name, value));
            }
            _ => problems.push(|| unknown(name, operation, page)),
        }
    }
    if let Some(meta) = listed {
        let mut filters = Filters {
            meta,
            buyer,
            problems: &mut problems,
            conditions: Vec::new(),
        };
        for (name, value) in filter_pairs {
            filters.read(name, value);
        }
        list.conditions = filters.finish();
        if let Some(value) = sort {
            list.sort = keys(meta, value, &mut problems);
        }
    }
    if let Some(page) = page {
        page.read(&of_page, &mut list, &mut problems);
    }
    problems.into_result()?;
    let mut text = String::new();
    for (name, value) in pairs {
        keep(&mut text, name, value);
    }
    let text = text.split_off(text.len().min(1));
    Ok(Query { list, view, text })
}

impl Parameters {
    fn has(&self, name: &str) -> bool {
        name == self.number
            || name == self.size
            || self.cursors.is_some_and(|cursors| cursors.contains(&name))
    }

    fn read(&self, pairs: &[(&str, &str)], list: &mut ListQuery, problems: &mut ProblemList) {
        let value = |name: &str| {
            pairs
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| *value)
        };
        let mut number = |name: &'static str, max: i64| {
            let read = value(name)?
                .parse()
                .ok()
                .filter(|number| (1..=max).contains(number));
            if read.is_none() {
                problems.push(|| {
                    let message = format!("Must be an integer from 1 to {max}.");
                    Problem::new(Kind::InvalidParamValue, message)
                        .parameter(name)
                        .meta("page", serde_json::json!({"max_size": self.max_size}))
                });
            }
            read
        };
        list.size = number(self.size, self.max_size).unwrap_or(DEFAULT_SIZE);
        let page = number(self.number, MAX_OFFSET + 1);
        if let Some(page) = page {
            list.position = Position::Number(page);
            if (page - 1).saturating_mul(list.size) > MAX_OFFSET {
                problems.push(|| self.too_deep());
            }
        }
        let Some([after, before]) = self.cursors else {
            return;
        };
        let order = list.order();
        let types: Vec<_> = list.keys().iter().map(|key| key.attribute.value_type).collect();
        let given: Vec<&str> = [self.number, after, before]
            .into_iter()
            .filter(|name| value(name).is_some())
            .collect();
        if given.len() > 1 {
            problems.push(|| {
                let message = format!("Send one of {}.", given.join(", "));
                Problem::new(Kind::InvalidParamValue, message).parameter(given[1])
            });
            return;
        }
        for name in [after, before] {
            let Some(text) = value(name) else { continue };
            if name == after && text.is_empty() {
                list.position = Position::First;
                continue;
            }
            match Cursor::read(text, &order, &types) {
                Some(cursor) if name == after => list.position = Position::After(cursor),
                Some(cursor) => list.position = Position::Before(cursor),
                None => problems.push(|| {
                    let message = format!(
                        "The cursor is none of a list that is sorted by `{order}`. Follow the links `next` and `prev` of a list."
                    );
                    Problem::new(Kind::InvalidParamValue, message).parameter(name)
                }),
            }
        }
    }

    fn too_deep(&self) -> Problem {
        let further = match self.cursors {
            Some([after, _]) => format!("follow the links `next`, which lead further by `{after}`"),
            None => "filter the list".to_owned(),
        };
        let message = format!("Pages by number skip at most {MAX_OFFSET} items. To see more, {further}.");
        Problem::new(Kind::InvalidParamValue, message).parameter(self.number)
    }
}

fn keys(meta: &'static ResourceMeta, value: &str, problems: &mut ProblemList) -> Vec<SortKey> {
    let mut keys: Vec<SortKey> = Vec::new();
    let mut refuse = |message: String| {
        problems.push(|| Problem::new(Kind::InvalidSortCriteria, message).parameter("sort"));
    };
    for text in value.split(',') {
        let (name, descending) = match text.strip_prefix('-') {
            Some(name) => (name, true),
            None => (text, false),
        };
        let spelled = meta.dialect.declared(name);
        let Some(attribute) = meta.attribute(&spelled).filter(|attribute| attribute.sort) else {
            let all = [ID].into_iter().chain(meta.all_attributes());
            let names: Vec<&str> = all.filter(|known| known.sort).map(|known| known.name).collect();
            let name: String = name.chars().take(60).collect();
            refuse(format!(
                "`{}` can't be sorted by `{name}`. There are {}, each with `-` before it for the opposite direction.",
                meta.kind,
                names.join(", ")
            ));
            continue;
        };
        if keys.iter().any(|key| key.attribute.name == attribute.name) {
            refuse(format!("`{}` is there twice.", attribute.name));
            continue;
        }
        keys.push(SortKey {
            attribute,
            descending,
        });
    }
    if keys.len() > MAX_SORT_KEYS {
        refuse(format!("A list is sorted by at most {MAX_SORT_KEYS} attributes."));
    }
    keys
}

fn unknown(name: &str, operation: &Operation, page: Option<&Parameters>) -> Problem {
    let mut names = Vec::new();
    if !takes_view(operation).is_empty() {
        names.extend(["include", "fields[TYPE]"]);
    }
    if takes_filters(operation).is_some() {
        names.extend(["filter[…]", "sort"]);
    }
    if let Some(page) = page {
        names.extend([page.number, page.size]);
        names.extend(page.cursors.into_iter().flatten());
    }
    let message = match names.is_empty() {
        true => "This endpoint has no query parameters.".to_owned(),
        false => format!("This endpoint has the parameters {}.", names.join(", ")),
    };
    Problem::new(Kind::ParamNotAllowed, message).parameter(name)
}

/// Adds a parameter to those of links.
fn keep(kept: &mut String, name: &str, value: &str) {
    kept.push('&');
    encode(kept, name);
    kept.push('=');
    encode(kept, value);
}

fn encode(kept: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b',' => {
                kept.push(char::from(byte));
            }
            _ => kept.push_str(&format!("%{byte:02X}")),
        }
    }
}
