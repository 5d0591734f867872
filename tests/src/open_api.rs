//! The served OpenAPI document, for tests of all of its operations: they also cover new resources.

use serde_json::{Map, Value};

use crate::{JSON, Service};

const METHODS: [&str; 5] = ["get", "post", "patch", "put", "delete"];

/// The document of a running service.
#[derive(Clone, Debug)]
pub struct OpenApi {
    root: Value,
    /// All operations, in the document's order.
    pub operations: Vec<Operation>,
}

/// An operation: a method on a path.
#[derive(Clone, Debug)]
pub struct Operation {
    /// `create_stripe_payment`
    pub id: String,
    /// In upper case.
    pub method: String,
    /// Path with `{id}`.
    pub template: String,
    /// `stripe_payments:create`, if the document has it.
    pub permission: Option<String>,
    /// Query parameters with their schemas.
    pub query: Vec<(String, Value)>,
    /// The JSON:API body of its requests.
    pub body: Option<Body>,
}

/// The members of `data` in a request's body.
#[derive(Clone, Debug)]
pub struct Body {
    /// The document's example.
    pub example: Value,
    /// `data.attributes`
    pub attributes: Members,
    /// `data.relationships`
    pub relationships: Members,
}

/// Members of an object, with their schemas, references followed.
#[derive(Clone, Debug, Default)]
pub struct Members {
    /// Schemas by name.
    pub properties: Map<String, Value>,
    /// Names of the required members.
    pub required: Vec<String>,
}

/// Whether a schema itself allows values of a JSON type; schemas of words (`oneOf`) allow none.
pub fn takes(schema: &Value, json_type: &str) -> bool {
    if let Some(alternatives) = schema["anyOf"].as_array() {
        return alternatives.iter().any(|schema| takes(schema, json_type));
    }
    match &schema["type"] {
        Value::Array(types) => types.iter().any(|one| one == json_type),
        one => one == json_type,
    }
}

impl OpenApi {
    /// The document that the service publishes.
    pub async fn of(service: &Service) -> Self {
        let call = service.anonymous().call("GET", "/openapi.json");
        let root = call.header("Accept", JSON).send().await.expect(200).body;
        let paths = root["paths"]
            .as_object()
            .unwrap_or_else(|| panic!("the document has no paths"));
        let operations = paths
            .iter()
            .flat_map(|(template, item)| {
                METHODS
                    .iter()
                    .filter_map(|method| Some(operation(&root, template, method, item.get(method)?)))
            })
            .collect();
        Self { root, operations }
    }

    /// The operations on resources, which are those below `/api`, if an integration may run them.
    pub fn on_resources(&self) -> impl Iterator<Item = &Operation> {
        self.operations
            .iter()
            .filter(|operation| operation.template.starts_with("/api/") && !operation.is_personal())
    }

    /// The operation with an id.
    pub fn operation(&self, id: &str) -> &Operation {
        self.operations
            .iter()
            .find(|operation| operation.id == id)
            .unwrap_or_else(|| panic!("there is no operation {id}"))
    }

    /// An operation on a type itself, such as `("POST", "orders")`; those on one resource have `{id}` in their path.
    pub fn find(&self, method: &str, kind: &str) -> Option<&Operation> {
        self.on_resources().find(|operation| {
            operation.method == method && operation.kind() == kind && operation.is_on_type_or_resource()
                // GET exists twice: this is the one for one resource.
                && (method != "GET" || operation.has_id())
        })
    }

    /// The list of a type.
    pub fn list(&self, kind: &str) -> &Operation {
        self.lists()
            .find(|operation| operation.kind() == kind)
            .unwrap_or_else(|| panic!("{kind} can't be listed"))
    }

    /// The lists of all types.
    pub fn lists(&self) -> impl Iterator<Item = &Operation> {
        self.on_resources()
            .filter(|operation| operation.method == "GET" && !operation.has_id())
    }

    /// Types that can be created.
    pub fn creatable(&self) -> Vec<&str> {
        let creations = self.on_resources().filter(|operation| operation.method == "POST");
        creations.map(Operation::kind).collect()
    }

    /// The whole document.
    pub fn root(&self) -> &Value {
        &self.root
    }
}

impl Operation {
    /// Type of the resource, as in the path.
    pub fn kind(&self) -> &str {
        let path = self.template.trim_start_matches("/api/");
        let path = path.strip_prefix("v1/").unwrap_or(path);
        let path = path.strip_prefix("users/me/").unwrap_or(path);
        path.split('/').next().unwrap_or_default()
    }

    /// Whether it belongs to the Foodetective dialect.
    pub fn is_second_dialect(&self) -> bool {
        self.template.starts_with("/api/v1/")
    }

    /// Whether it is about the calling customer, so that no other caller may run it.
    pub fn is_personal(&self) -> bool {
        self.template.starts_with("/api/v1/users/me/")
    }

    /// Whether the path names one resource.
    pub fn has_id(&self) -> bool {
        self.template.contains("{id}")
    }

    /// Whether it is about a type or one resource, not about related resources.
    pub fn is_on_type_or_resource(&self) -> bool {
        !self.has_id() || self.template.ends_with("{id}")
    }

    /// The path for one resource.
    pub fn path(&self, id: &str) -> String {
        self.template.replace("{id}", id)
    }

    /// Whether the answer is a page of a list.
    pub fn is_paged(&self) -> bool {
        self.has_parameter("page[number]") || self.has_parameter("page")
    }

    /// Whether it has a query parameter of that name.
    pub fn has_parameter(&self, name: &str) -> bool {
        self.query.iter().any(|(known, _)| known == name)
    }
}

fn operation(root: &Value, template: &str, method: &str, operation: &Value) -> Operation {
    let text = |name: &str| operation[name].as_str().map(str::to_owned);
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let query = parameters
        .map(|parameter| resolved(root, parameter))
        .filter(|parameter| parameter["in"] == "query")
        .map(|parameter| {
            (
                parameter["name"].as_str().unwrap_or_default().to_owned(),
                parameter["schema"].clone(),
            )
        });
    let content = &operation["requestBody"]["content"]["application/vnd.api+json"];
    Operation {
        id: text("operationId").unwrap_or_else(|| panic!("{method} {template} has no operationId")),
        method: method.to_uppercase(),
        template: template.to_owned(),
        permission: text("x-permission"),
        query: query.collect(),
        body: content.is_object().then(|| body(root, content)),
    }
}

fn body(root: &Value, content: &Value) -> Body {
    let schema = resolved(root, &content["schema"]);
    let members = |name: &str| {
        let schema = resolved(root, &schema["properties"]["data"]["properties"][name]);
        let properties = schema["properties"].as_object().into_iter().flatten();
        let required = schema["required"].as_array().into_iter().flatten();
        Members {
            properties: properties
                .map(|(name, schema)| (name.clone(), resolved(root, schema)))
                .collect(),
            required: required.filter_map(Value::as_str).map(str::to_owned).collect(),
        }
    };
    Body {
        example: example(content),
        attributes: members("attributes"),
        relationships: members("relationships"),
    }
}

/// The body's example, or the first one of those for its scenarios.
fn example(content: &Value) -> Value {
    let mut scenarios = content["examples"].as_object().into_iter().flatten();
    let first = scenarios.next().map(|(_, scenario)| &scenario["value"]);
    first.unwrap_or(&content["example"]).clone()
}

/// The target of a reference, or the value itself.
fn resolved(root: &Value, value: &Value) -> Value {
    let reference = value["$ref"]
        .as_str()
        .and_then(|reference| reference.strip_prefix('#'));
    match reference {
        Some(pointer) => root
            .pointer(pointer)
            .unwrap_or_else(|| panic!("the document has nothing at {pointer}"))
            .clone(),
        None => value.clone(),
    }
}
