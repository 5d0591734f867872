//! The paths of all resources, with utoipa's builders.

use utoipa::openapi::{
    Content, HttpMethod, Paths, Ref, RefOr, Required, ResponseBuilder, Schema,
    extensions::ExtensionsBuilder,
    header::HeaderBuilder,
    path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
    request_body::RequestBodyBuilder,
    schema::{ObjectBuilder, Type},
};

use super::{Operation, OperationKind, examples, operations::operations, parameters, relations};
use crate::Action;

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
    for parameter in parameters::of(operation) {
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
