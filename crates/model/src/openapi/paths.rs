//! The paths of all resources, with utoipa's builders.

use utoipa::openapi::{
    Content, HttpMethod, Paths, Ref, RefOr, Required, ResponseBuilder, Schema,
    extensions::ExtensionsBuilder,
    header::HeaderBuilder,
    path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn, ParameterStyle},
    request_body::RequestBodyBuilder,
    schema::{AdditionalProperties, ObjectBuilder, Type},
};

use std::collections::BTreeSet;

use super::{Operation, OperationKind, examples, operations::operations, relations};
use crate::{Action, ResourceMeta, query, resource::ID};

/// Media type of JSON:API.
pub const JSON_API: &str = "application/vnd.api+json";
/// The plain JSON type, which requests and answers may use instead.
pub const JSON: &str = "application/json";

/// HTTP methods that a path item can hold, as OpenAPI spells them.
pub const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// The paths of all resources.
pub fn paths() -> Paths {
    let mut paths = Paths::new();
    for operation in operations() {
        let method = match operation.method() {
            "POST" => HttpMethod::Post,
            "PATCH" => HttpMethod::Patch,
            "DELETE" => HttpMethod::Delete,
            _ => HttpMethod::Get,
        };
        paths.add_path_operation(operation.path(), vec![method], describe(&operation).build());
    }
    paths
}

fn describe(operation: &Operation) -> OperationBuilder {
    let meta = operation.resource;
    let one = meta.singular.replace('_', " ");
    let many = meta.kind.replace('_', " ");
    let article = if one.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    let (summary, description) = match operation.kind {
        OperationKind::Action(Action::List) => (format!("List {many}"), meta.description.to_owned()),
        OperationKind::Action(Action::Retrieve) => {
            (format!("Retrieve {article} {one}"), meta.description.to_owned())
        }
        OperationKind::Action(Action::Create) => {
            (format!("Create {article} {one}"), meta.description.to_owned())
        }
        OperationKind::Action(Action::Update) => (
            format!("Update {article} {one}"),
            "Members that the request leaves out stay as they are.".to_owned(),
        ),
        OperationKind::Action(Action::Delete) => (
            format!("Delete {article} {one}"),
            "Refused with 423 while another resource depends on it.".to_owned(),
        ),
        OperationKind::Related(relationship) => (
            format!(
                "Retrieve the {} of {article} {one}",
                relationship.name.replace('_', " ")
            ),
            relationship.description.to_owned(),
        ),
        OperationKind::Relationship(relationship) => (
            format!(
                "Retrieve which {} {article} {one} relates to",
                relationship.name.replace('_', " ")
            ),
            relationship.description.to_owned(),
        ),
    };
    let permission = meta.permission(operation.action());
    let mut builder = OperationBuilder::new()
        .operation_id(Some(operation.id()))
        .summary(Some(summary))
        .description(Some(description))
        .tag(meta.tag)
        .extensions(Some(
            ExtensionsBuilder::new().add("x-permission", permission).build(),
        ));
    if operation.has_id() {
        builder = builder.parameter(id_parameter());
    }
    for parameter in parameters(operation) {
        builder = builder.parameter(parameter);
    }
    if operation.has_body() {
        builder = builder.request_body(Some(request_body(operation)));
    }
    builder.response(operation.success().to_string(), success(operation))
}

fn id_parameter() -> Parameter {
    ParameterBuilder::new()
        .name("id")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some("Identifier of the resource."))
        .schema(Some(
            ObjectBuilder::new()
                .schema_type(Type::String)
                .min_length(Some(1))
                .max_length(Some(64)),
        ))
        .example(Some("QWERtyUpBa".into()))
        .build()
}

/// What of a list is asked for, and what of the resources.
fn parameters(operation: &Operation) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    if let Some(page) = query::takes(operation) {
        parameters.extend(page_parameters(page));
    }
    if let Some(meta) = query::takes_filters(operation) {
        parameters.push(filter(meta));
        parameters.push(sort(meta));
    }
    let shown = query::takes_view(operation);
    if !shown.is_empty() {
        if shown.iter().any(|meta| !meta.relationships.is_empty()) {
            parameters.push(include(&shown));
        }
        parameters.push(fields());
    }
    parameters
}

fn parameter(name: &str, description: String, schema: ObjectBuilder) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
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
            format!("Which page of the list, from 1. Pages by number skip at most {depth} items. {further}"),
            1,
            depth + 1,
        ),
        integer(page.size, "How many items a page has.".into(), 10, page.max_size),
    ];
    for (name, side) in page.cursors.into_iter().flatten().zip(["after", "before"]) {
        let empty = if side == "after" {
            " Empty, it is the first page."
        } else {
            ""
        };
        let description = format!(
            "A cursor: the page {side} an item. Take it from the links `next` and `prev` of a list with the same order; it costs \
             the same however deep it is.{empty}"
        );
        let schema = ObjectBuilder::new().schema_type(Type::String);
        all.push(parameter(name, description, schema).build());
    }
    all
}

fn filter(meta: &ResourceMeta) -> Parameter {
    let attributes: Vec<&str> = [ID]
        .into_iter()
        .chain(meta.all_attributes())
        .filter(|attribute| attribute.filter)
        .map(|attribute| attribute.name)
        .collect();
    let related: Vec<&str> = meta
        .relationships
        .iter()
        .filter(|relationship| !relationship.computed)
        .map(|relationship| relationship.name)
        .collect();
    let through = match related.is_empty() {
        true => String::new(),
        false => format!(
            " The name of a relationship ({}) leads to the attributes of what it points to, as in `{}_id_eq`.",
            related.join(", "),
            related[0]
        ),
    };
    let description = format!(
        "`filter[q][ATTRIBUTE_PREDICATE]=value`, or `filter[ATTRIBUTE]=value`. Several filters must all hold; `_or_` stands between \
         attributes of which one must fit. Lists have commas between. Attributes: {}.{through} At most {} attributes, {} values and \
         {} relationships. See the guide on lists for the predicates.",
        attributes.join(", "),
        query::MAX_CONDITIONS,
        query::MAX_VALUES,
        query::MAX_JOINS,
    );
    deep_object("filter", description)
}

fn deep_object(name: &str, description: String) -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(Type::Object)
        .additional_properties(Some(AdditionalProperties::FreeForm(true)));
    parameter(name, description, schema)
        .style(Some(ParameterStyle::DeepObject))
        .explode(Some(true))
        .build()
}

fn sort(meta: &ResourceMeta) -> Parameter {
    let attributes: Vec<&str> = [ID]
        .into_iter()
        .chain(meta.all_attributes())
        .filter(|attribute| attribute.sort)
        .map(|attribute| attribute.name)
        .collect();
    let description = format!(
        "Attributes with commas between, `-` before those that are sorted from the largest, as in `-created_at`. Oldest first unless \
         given. Attributes: {}.",
        attributes.join(", ")
    );
    parameter(
        "sort",
        description,
        ObjectBuilder::new().schema_type(Type::String),
    )
    .build()
}

fn include(metas: &[&'static ResourceMeta]) -> Parameter {
    let names: BTreeSet<&str> = metas
        .iter()
        .flat_map(|meta| meta.relationships)
        .map(|relationship| relationship.name)
        .collect();
    let names: Vec<&str> = names.into_iter().collect();
    let description = format!(
        "Relationships whose resources the document includes, with commas between; dots lead from one to the next, at most {} deep. At \
         most {} resources are included. There are {}.",
        query::MAX_INCLUDE_DEPTH,
        query::MAX_INCLUDED,
        names.join(", ")
    );
    parameter(
        "include",
        description,
        ObjectBuilder::new().schema_type(Type::String),
    )
    .build()
}

fn fields() -> Parameter {
    let description = "`fields[TYPE]=name,name`: which attributes and relationships are shown of resources of a type, instead of \
                       all.";
    deep_object("fields", description.into())
}

fn request_body(operation: &Operation) -> utoipa::openapi::request_body::RequestBody {
    let meta = operation.resource;
    let create = operation.action() == Action::Create;
    let name = format!("{}{}", if create { "Create" } else { "Update" }, meta.schema);
    let mut body = RequestBodyBuilder::new().required(Some(Required::True));
    for media_type in [JSON_API, JSON] {
        let mut content = Content::new(Some(Ref::from_schema_name(&name)));
        examples::put_in(&mut content, meta, create);
        body = body.content(media_type, content);
    }
    body.build()
}

fn success(operation: &Operation) -> ResponseBuilder {
    let meta = operation.resource;
    let (description, schema) = match operation.kind {
        OperationKind::Action(Action::Delete) => {
            return ResponseBuilder::new().description("It is deleted. There is no body.");
        }
        OperationKind::Action(Action::List) => {
            ("A page of the list.", reference(&format!("{}List", meta.schema)))
        }
        OperationKind::Action(Action::Create) => {
            ("It is created.", reference(&format!("{}Document", meta.schema)))
        }
        OperationKind::Action(_) => ("The resource.", reference(&format!("{}Document", meta.schema))),
        OperationKind::Related(relationship) => (
            "The related resource.",
            reference(&relations::related_name(relationship)),
        ),
        OperationKind::Relationship(relationship) => (
            "The relationship.",
            reference(&relations::linkage_name(relationship)),
        ),
    };
    let mut response = ResponseBuilder::new().description(description);
    for media_type in [JSON_API, JSON] {
        response = response.content(media_type, Content::new(Some(schema.clone())));
    }
    if operation.success() == 201 {
        let location = HeaderBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .description(Some("Link to the created resource."))
            .build();
        response = response.header("Location", location);
    }
    response
}

fn reference(name: &str) -> RefOr<Schema> {
    Ref::from_schema_name(name).into()
}
