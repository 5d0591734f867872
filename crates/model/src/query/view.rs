//! `include` and `fields[TYPE]`.

use std::collections::{BTreeMap, BTreeSet};

use super::{Include, MAX_INCLUDE_DEPTH, MAX_INCLUDE_PATHS};
use crate::{
    Dialect, Problem, ProblemList, ResourceMeta,
    problem::Kind,
    registry,
    resource::{Buyer, RelationshipMeta},
};

/// Name of the parameter of included resources.
pub const INCLUDE: &str = "include";

/// Reads the paths of `include` for resources of one of several types.
pub fn include(
    value: &str,
    metas: &[&'static ResourceMeta],
    buyer: Option<Buyer>,
    problems: &mut ProblemList,
) -> Include {
    let mut tree = Include::default();
    if value.is_empty() {
        return tree;
    }
    let paths: Vec<&str> = value.split(',').collect();
    if paths.len() > MAX_INCLUDE_PATHS {
        let message = format!("At most {MAX_INCLUDE_PATHS} paths can be included.");
        problems.push(|| Problem::new(Kind::InvalidInclude, message).parameter(INCLUDE));
        return tree;
    }
    for path in paths {
        let path = path.replace('-', "_");
        match steps(&path, metas, buyer) {
            Ok(()) => {
                let mut place = &mut tree;
                for name in path.split('.') {
                    place = place.0.entry(name.to_owned()).or_default();
                }
            }
            Err(message) => {
                problems.push(|| Problem::new(Kind::InvalidInclude, message).parameter(INCLUDE));
            }
        }
    }
    tree
}

fn steps(path: &str, metas: &[&'static ResourceMeta], buyer: Option<Buyer>) -> Result<(), String> {
    let names: Vec<&str> = path.split('.').collect();
    if names.len() > MAX_INCLUDE_DEPTH {
        return Err(format!(
            "A path leads at most {MAX_INCLUDE_DEPTH} relationships deep."
        ));
    }
    let mut metas = metas.to_vec();
    for name in names {
        let targets: Vec<&'static ResourceMeta> = metas
            .iter()
            .filter_map(|meta| meta.relationship(name))
            .flat_map(|relationship| readable(relationship, buyer))
            .collect();
        if targets.is_empty() {
            return Err(unknown(name, &metas, buyer));
        }
        metas = targets;
    }
    Ok(())
}

/// The types that a relationship leads to, if the caller may read all of them.
pub fn readable(relationship: &RelationshipMeta, buyer: Option<Buyer>) -> Vec<&'static ResourceMeta> {
    let targets = relationship.leads_to();
    match targets.iter().all(|target| target.is_readable(buyer)) {
        true => targets,
        false => Vec::new(),
    }
}

fn unknown(name: &str, metas: &[&'static ResourceMeta], buyer: Option<Buyer>) -> String {
    let names: BTreeSet<&str> = metas
        .iter()
        .flat_map(|meta| meta.relationships)
        .filter(|relationship| !readable(relationship, buyer).is_empty())
        .map(|relationship| relationship.name)
        .collect();
    let name: String = name.chars().take(60).collect();
    let kinds: BTreeSet<&str> = metas.iter().map(|meta| meta.kind).collect();
    let kinds = kinds.into_iter().collect::<Vec<_>>().join(", ");
    let names: Vec<&str> = names.into_iter().collect();
    match names.is_empty() {
        true => format!("`{name}` can't be included: {kinds} has nothing to include."),
        false => format!(
            "`{name}` is no relationship of {kinds} that can be included. There are {}.",
            names.join(", ")
        ),
    }
}

/// Reads `fields[TYPE]`.
pub fn fields(
    parameter: &str,
    value: &str,
    dialect: Dialect,
    known: &mut BTreeMap<String, BTreeSet<String>>,
    problems: &mut ProblemList,
) {
    let kind = parameter
        .strip_prefix("fields[")
        .and_then(|rest| rest.strip_suffix(']'));
    let Some(meta) = kind.and_then(registry::resource) else {
        let message = "There is no such type. Fields are given as `fields[type]=name,name`.";
        problems.push(|| Problem::new(Kind::InvalidField, message).parameter(parameter));
        return;
    };
    let has_dashes = [dialect, meta.dialect].contains(&Dialect::Foodetective);
    let spelled = |name: &str| match has_dashes {
        false => name.to_owned(),
        true => name.replace('-', "_"),
    };
    let names: BTreeSet<String> = value
        .split(',')
        .filter(|name| !name.is_empty())
        .map(spelled)
        .collect();
    let is_shown = |name: &str| {
        meta.all_attributes().any(|attribute| attribute.name == name) || meta.relationship(name).is_some()
    };
    if let Some(unknown) = names.iter().find(|name| !is_shown(name)) {
        let all: Vec<&str> = meta
            .all_attributes()
            .map(|attribute| attribute.name)
            .chain(meta.relationships.iter().map(|relationship| relationship.name))
            .collect();
        let unknown: String = unknown.chars().take(60).collect();
        let message = format!(
            "`{}` has no field `{unknown}`. There are {}.",
            meta.kind,
            all.join(", ")
        );
        problems.push(|| Problem::new(Kind::InvalidField, message).parameter(parameter));
        return;
    }
    if known.insert(meta.kind.to_owned(), names).is_some() {
        let message = "The parameter is given twice.";
        problems.push(|| Problem::new(Kind::InvalidField, message).parameter(parameter));
    }
}
