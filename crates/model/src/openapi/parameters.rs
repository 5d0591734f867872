//! The query parameters of operations: pages, filters, order, included resources and fields.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use utoipa::openapi::{
    Ref, RefOr, Required, Schema,
    path::{Parameter, ParameterBuilder, ParameterIn, ParameterStyle},
    schema::{ObjectBuilder, Type},
};

use super::{Operation, components::Components, operations};
use crate::{
    Dialect, ResourceMeta, query, registry,
    resource::{ID, ValueType},
};

/// Name of the schema of `fields`.
const FIELDS: &str = "Fields";

/// The query parameters of an operation.
pub fn of(operation: &Operation) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    if let Some(page) = query::takes(operation) {
        parameters.extend(page_parameters(page));
    }
    if let Some(meta) = query::takes_filters(operation) {
        parameters.extend([filter(meta), filter_with_predicate(meta), sort(meta)]);
    }
    let shown = query::takes_view(operation);
    if !shown.is_empty() {
        if shown.iter().any(|meta| !meta.relationships.is_empty()) {
            parameters.push(include(operation.resource.dialect, &shown));
        }
        parameters.push(deep_object(
            "fields",
            "`fields[TYPE]=name,name`: the attributes and relationships to show of a type. The schema of the answer is the one of whole \
             resources; the answer leaves out all others."
                .to_owned(),
            FIELDS,
        ));
    }
    parameters
}

/// Adds the schemas that the parameters refer to.
pub(super) fn add(all: &mut Components) {
    for operation in operations() {
        if let Some(meta) = query::takes_filters(&operation) {
            all.add(filter_name(meta), filter_schema(meta));
            all.add(predicates_name(meta), predicates_schema(meta));
        }
    }
    all.add(FIELDS, fields_schema());
}

fn parameter(name: &str, description: String, schema: impl Into<RefOr<Schema>>) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
}

fn deep_object(name: &str, description: String, schema: &str) -> Parameter {
    parameter(name, description, Ref::from_schema_name(schema))
        .style(Some(ParameterStyle::DeepObject))
        .explode(Some(true))
        // Swagger UI fills it in, and would send values of its own else.
        .example(Some(json!({})))
        .build()
}

fn text(pattern: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(pattern))
}

fn page_parameters(page: &query::Parameters) -> Vec<Parameter> {
    let integer = |name: &str, description: String, default: i64, maximum: i64| {
        #[allow(clippy::cast_precision_loss)] // bounds of a few thousands
        let schema = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1.0))
            .maximum(Some(maximum as f64))
            .default(Some(default.into()));
        parameter(name, description, schema).build()
    };
    let depth = query::MAX_OFFSET;
    let further = match page.cursors {
        Some(_) => "The links `next` of a list lead further, by cursors.",
        None => "Filter the list to see others.",
    };
    let mut all = vec![
        integer(
            page.number,
            format!("Number of the page, from 1. Pages by number skip at most {depth} items. {further}"),
            1,
            depth + 1,
        ),
        integer(
            page.size,
            "Number of items on a page.".into(),
            query::DEFAULT_SIZE,
            page.max_size,
        ),
    ];
    for (name, side) in page.cursors.into_iter().flatten().zip(["after", "before"]) {
        let empty = if side == "after" {
            " Empty, it is the first page."
        } else {
            ""
        };
        let description = format!(
            "A cursor: the page {side} an item. Take it from the links `next` and `prev` of a list with the same order. Its cost does \
             not grow with the depth. Not with `{}` or the other cursor.{empty}",
            page.number
        );
        all.push(parameter(name, description, text(query::Cursor::PATTERN)).build());
    }
    all
}

fn filter_name(meta: &ResourceMeta) -> String {
    format!("{}Filter", meta.schema)
}

fn predicates_name(meta: &ResourceMeta) -> String {
    format!("{}Predicates", meta.schema)
}

fn filter(meta: &ResourceMeta) -> Parameter {
    let description =
        "`filter[ATTRIBUTE]=value,value`: the attribute is one of the values. All filters must hold."
            .to_owned();
    deep_object("filter", description, &filter_name(meta))
}

fn filter_with_predicate(meta: &ResourceMeta) -> Parameter {
    let related = relationships(meta);
    let through = match related.first() {
        None => String::new(),
        Some(first) => format!(
            " The name of a relationship ({}) leads to the attributes of its resource, as in `{first}_id_eq`.",
            related.join(", "),
        ),
    };
    let description = format!(
        "`filter[q][ATTRIBUTE_PREDICATE]=value`. All filters must hold; with `_or_` between attributes, one of them must fit. Lists \
         have commas between the values.{through} A request has at most {} attributes, {} values and {} relationships in its filters. \
         See the guide on lists for the predicates.",
        query::MAX_CONDITIONS,
        query::MAX_VALUES,
        query::MAX_JOINS,
    );
    deep_object("filter[q]", description, &predicates_name(meta))
}

fn filterable(meta: &ResourceMeta) -> Vec<(&'static str, ValueType)> {
    [ID].into_iter()
        .chain(meta.all_attributes())
        .filter(|attribute| attribute.filter)
        .map(|attribute| (attribute.name, attribute.value_type))
        .collect()
}

fn relationships(meta: &ResourceMeta) -> Vec<&'static str> {
    let stored = meta
        .relationships
        .iter()
        .filter(|relationship| !relationship.computed);
    stored.map(|relationship| relationship.name).collect()
}

/// The keys of `filter[KEY]`.
fn filter_schema(meta: &ResourceMeta) -> Value {
    let mut properties = Map::new();
    let mut add = |name: String, description: &str| {
        properties.insert(name, json!({"type": "string", "description": description}));
    };
    for (name, value_type) in filterable(meta) {
        let (one_of, bounds) = match value_type {
            ValueType::Json => ("A JSON object that the attribute has in it.", false),
            ValueType::Time => ("Times, with commas between.", true),
            ValueType::Integer => ("Integers, with commas between.", false),
            ValueType::Boolean => ("`true` or `false`.", false),
            ValueType::Text => ("Texts, with commas between.", false),
        };
        add(name.to_owned(), one_of);
        let bound = |side: &str| match meta.dialect {
            Dialect::CommerceLayer => format!("{name}_{side}"),
            Dialect::Foodetective => format!("{side}_{name}"),
        };
        if bounds {
            add(bound("from"), "A time: this one or later.");
            add(bound("to"), "A time: this one or earlier.");
        }
        if let Some(plural) = query::plural(name, meta.dialect) {
            add(plural, one_of);
        }
    }
    json!({
        "description": format!("Filters of `{}` by the values of attributes.", meta.kind),
        "type": "object",
        "properties": properties,
        "additionalProperties": false
    })
}

/// The keys of `filter[q][KEY]`. Which names follow on a relationship's is left to the service.
fn predicates_schema(meta: &ResourceMeta) -> Value {
    let mut names: Vec<String> = filterable(meta)
        .into_iter()
        .map(|(name, _)| spelled(name, meta.dialect))
        .collect();
    let related = relationships(meta);
    if !related.is_empty() {
        names.push(format!("({})_[a-z_]+", related.join("|")));
    }
    let predicates: Vec<&str> = query::PREDICATES.iter().map(|predicate| predicate.name).collect();
    let name = names.join("|");
    json!({
        "description": format!("Filters of `{}` by predicates of attributes.", meta.kind),
        "type": "object",
        "propertyNames": {"pattern": format!("^({name})(_or_({name}))*_({})$", predicates.join("|"))},
        "additionalProperties": {"type": "string"}
    })
}

/// The second dialect's documents have dashes where its queries may have underscores.
fn spelled(name: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::CommerceLayer => name.to_owned(),
        Dialect::Foodetective => name.replace('_', "[-_]"),
    }
}

fn sort(meta: &ResourceMeta) -> Parameter {
    let attributes = [ID].into_iter().chain(meta.all_attributes());
    let names: Vec<&str> = attributes
        .filter(|attribute| attribute.sort)
        .map(|attribute| attribute.name)
        .collect();
    let description = format!(
        "Attributes with commas between, each once; `-` before an attribute sorts from the largest, as in `-created_at`. The default \
         is `created_at`. Attributes: {}.",
        names.join(", ")
    );
    let key = format!("-?({})", spelled(&names.join("|"), meta.dialect));
    let more = query::MAX_SORT_KEYS - 1;
    parameter("sort", description, text(&format!("^{key}(,{key}){{0,{more}}}$"))).build()
}

fn include(dialect: Dialect, metas: &[&'static ResourceMeta]) -> Parameter {
    let names: BTreeSet<&str> = metas
        .iter()
        .flat_map(|meta| meta.relationships)
        .map(|relationship| relationship.name)
        .collect();
    let names: Vec<&str> = names.into_iter().collect();
    let description = format!(
        "Relationships whose resources the document includes, with commas between. Dots lead from one to the next, at most {} deep. A \
         document includes at most {} resources. Relationships: {}.",
        query::MAX_INCLUDE_DEPTH,
        query::MAX_INCLUDED,
        names.join(", ")
    );
    let deeper = query::MAX_INCLUDE_DEPTH - 1;
    let path = format!(
        r"({})(\.[a-z_-]+){{0,{deeper}}}",
        spelled(&names.join("|"), dialect)
    );
    let more = query::MAX_INCLUDE_PATHS - 1;
    let pattern = format!("^({path}(,{path}){{0,{more}}})?$");
    parameter("include", description, text(&pattern)).build()
}

/// The types of `fields[TYPE]`. Which names a type has is left to the service.
fn fields_schema() -> Value {
    let types: Vec<&str> = registry::RESOURCES.iter().map(|meta| meta.kind).collect();
    json!({
        "description": "The attributes and relationships to show, by type, with commas between.",
        "type": "object",
        "propertyNames": {"enum": types},
        "additionalProperties": {"type": "string"}
    })
}
