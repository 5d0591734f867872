//! Reads request bodies. All problems are reported at once, each with a JSON pointer into the body as its schema has it.
//! [`Problems::pointing_into`] makes it lead to a sent member.

mod content;
mod faults;
mod sent;
mod strings;

use jsonschema::Validator;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use validator::Validate;

use crate::{
    Creatable, Dialect, Id, Problem, ProblemList, Problems, ResourceMeta, Updatable,
    openapi::components,
    pointer::child,
    problem::{Kind, Source},
};

pub use content::{card_number_at, check_content};
pub use sent::Place;

/// Maximum size of a request's body, in bytes.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// Maximum number of JSON values in a request's body: each costs more memory and time than its bytes.
pub const MAX_BODY_VALUES: usize = 16 * 1024;

/// A create request that matches its schema.
pub struct CreateRequest<R: Creatable> {
    /// `data.attributes`
    pub attributes: <R as Creatable>::Attributes,
    /// `data.relationships`
    pub relationships: <R as Creatable>::Relationships,
}

/// An update request that matches its schema.
pub struct UpdateRequest<R: Updatable> {
    /// `data.attributes`
    pub attributes: <R as Updatable>::Attributes,
    /// `data.relationships`
    pub relationships: <R as Updatable>::Relationships,
}

/// The schema of a request body, compiled.
pub struct Shape {
    meta: &'static ResourceMeta,
    is_update: bool,
    /// Names of the triggers that are true or false.
    flags: Vec<String>,
    validator: Validator,
}

impl Shape {
    /// The shape of `POST` bodies.
    pub fn create<R: Creatable>() -> Self {
        Self::new(R::META, &components::create_schema::<R>(), false)
    }

    /// The shape of `PATCH` bodies.
    pub fn update<R: Updatable>() -> Self {
        Self::new(R::META, &components::update_schema::<R>(), true)
    }

    fn new(meta: &'static ResourceMeta, schema: &Value, is_update: bool) -> Self {
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .build(schema)
            .expect("a schema made from a declaration compiles; a test makes all of them");
        Self {
            meta,
            is_update,
            flags: flags(meta, schema),
            validator,
        }
    }

    /// Reads a `POST` body.
    pub fn read_create<R: Creatable>(&self, body: &[u8]) -> Result<CreateRequest<R>, Problems> {
        let data = self.read(body, None)?;
        let (attributes, relationships) = typed(data)?;
        Ok(CreateRequest {
            attributes,
            relationships,
        })
    }

    /// Reads a `PATCH` body for the resource with that id.
    pub fn read_update<R: Updatable>(&self, body: &[u8], id: &Id) -> Result<UpdateRequest<R>, Problems> {
        let data = self.read(body, Some(id))?;
        let (attributes, relationships) = typed(data)?;
        Ok(UpdateRequest {
            attributes,
            relationships,
        })
    }

    /// The `data` member, checked.
    fn read(&self, body: &[u8], id: Option<&Id>) -> Result<Map<String, Value>, Problems> {
        let mut document = parse(body)?;
        if self.meta.dialect == Dialect::Foodetective {
            normalize(&mut document)?;
        }
        let data = primary_data(&document)?;
        check_identity(data, self.meta.kind, id)?;
        let mut problems = ProblemList::default();
        strings::find(&document, &mut problems);
        fill_in(&mut document);
        self.read_flags(&mut document);
        keep_texts(&mut document, self.meta);
        for error in self.validator.iter_errors(&document) {
            faults::add(&mut problems, &error, self.meta.dialect);
        }
        let mut problems = problems.map(|problem| self.refuse_replacement(problem));
        for problem in text_faults(&document, self.meta) {
            // A text that also breaks the schema is reported once.
            if !problems.is_told_at(&problem) {
                problems.push(|| problem);
            }
        }
        problems.into_result()?;
        match document {
            Value::Object(mut root) => match root.remove("data") {
                Some(Value::Object(mut data)) => {
                    whole_numbers(&mut data);
                    Ok(data)
                }
                _ => Err(not_an_object("/data").into()),
            },
            _ => Err(not_an_object("").into()),
        }
    }
}

impl Shape {
    /// Reads 1 as true and 0 as false, as the published API does: its clients send `"_place": 1`.
    fn read_flags(&self, document: &mut Value) {
        let Some(attributes) = document
            .pointer_mut("/data/attributes")
            .and_then(Value::as_object_mut)
        else {
            return;
        };
        for name in &self.flags {
            if let Some(value) = attributes.get_mut(name)
                && let Some(number @ (0 | 1)) = value.as_u64()
            {
                *value = Value::Bool(number == 1);
            }
        }
    }

    /// A to-many relationship is not an unknown member: it can't be replaced as a whole (JSON:API 1.1, updating a resource's
    /// to-many relationships: 403).
    fn refuse_replacement(&self, problem: Problem) -> Problem {
        let replaces = |pointer: &str| {
            let mut relationships = self
                .meta
                .relationships
                .iter()
                .filter(|relationship| relationship.many);
            relationships.any(|relationship| pointer == child("/data/relationships", relationship.name))
        };
        match &problem.source {
            Some(Source::Pointer(pointer))
                if self.is_update && problem.kind == Kind::ParamNotAllowed && replaces(pointer) =>
            {
                let message =
                    "This relationship can't be replaced; create and delete the resources that it leads to.";
                Problem::new(Kind::Forbidden, message).at(pointer.clone())
            }
            _ => problem,
        }
    }
}

/// The triggers of an update that are true or false.
fn flags(meta: &ResourceMeta, schema: &Value) -> Vec<String> {
    let attributes = format!("Update{}Attributes", meta.schema);
    let properties = schema["$defs"][attributes]["properties"].as_object();
    let is_flag = |schema: &Value| match &schema["type"] {
        Value::String(one) => one == "boolean",
        Value::Array(several) => several.iter().any(|one| one == "boolean"),
        _ => false,
    };
    properties
        .into_iter()
        .flatten()
        .filter(|(name, schema)| name.starts_with('_') && is_flag(schema))
        .map(|(name, _)| name.clone())
        .collect()
}

/// Parses a body as JSON.
pub fn parse(body: &[u8]) -> Result<Value, Problem> {
    serde_json::from_slice(body).map_err(|error| not_json(&error))
}

fn not_json(error: &serde_json::Error) -> Problem {
    let message = format!("The body is not valid JSON: {error}.");
    Problem::new(Kind::InvalidDataFormat, message).at("")
}

fn not_an_object(pointer: &str) -> Problem {
    Problem::new(Kind::InvalidDataFormat, "Must be a JSON object.").at(pointer)
}

fn primary_data(document: &Value) -> Result<&Map<String, Value>, Problem> {
    let root = document.as_object().ok_or_else(|| not_an_object(""))?;
    let data = root
        .get("data")
        .ok_or_else(|| Problem::new(Kind::ParamMissing, "The member `data` is missing.").at(""))?;
    data.as_object().ok_or_else(|| not_an_object("/data"))
}

/// Another type or id is a conflict, and a client can't choose ids (JSON:API 1.1, creating and updating).
fn check_identity(data: &Map<String, Value>, kind: &str, id: Option<&Id>) -> Result<(), Problem> {
    match data.get("type") {
        None => {
            return Err(Problem::new(
                Kind::ParamMissing,
                format!("The member `type` is missing; it is `{kind}`."),
            )
            .at("/data"));
        }
        Some(Value::String(given)) if given == kind => {}
        Some(Value::String(_)) => {
            return Err(
                Problem::new(Kind::Conflict, format!("This endpoint takes the type `{kind}`."))
                    .at("/data/type"),
            );
        }
        Some(_) => return Err(Problem::new(Kind::TypeMismatch, "Must be a string.").at("/data/type")),
    }
    match (data.get("id"), id) {
        (None, None) => Ok(()),
        (Some(_), None) => {
            Err(Problem::new(Kind::Forbidden, "The service chooses ids; leave `id` out.").at("/data/id"))
        }
        (None, Some(id)) => Err(Problem::new(
            Kind::ParamMissing,
            format!("The member `id` is missing; it is `{id}`."),
        )
        .at("/data")),
        (Some(Value::String(given)), Some(id)) if given == id.as_str() => Ok(()),
        (Some(Value::String(_)), Some(_)) => {
            Err(Problem::new(Kind::Conflict, "The id differs from the id in the URL.").at("/data/id"))
        }
        (Some(_), Some(_)) => Err(Problem::new(Kind::TypeMismatch, "Must be a string.").at("/data/id")),
    }
}

/// Adds the containers that a body may leave out, so that their missing members can be named.
fn fill_in(document: &mut Value) {
    let Some(data) = document.get_mut("data").and_then(Value::as_object_mut) else {
        return;
    };
    for name in ["attributes", "relationships"] {
        data.entry(name).or_insert_with(|| Value::Object(Map::new()));
    }
}

/// Removes parts of texts that are not stored, such as blanks around a key, before the texts are judged.
fn keep_texts(document: &mut Value, meta: &ResourceMeta) {
    let Some(attributes) = document
        .pointer_mut("/data/attributes")
        .and_then(Value::as_object_mut)
    else {
        return;
    };
    for (name, text) in meta.texts {
        if let Some(Value::String(given)) = attributes.get_mut(*name) {
            *given = text.kept(given).into_owned();
        }
    }
}

/// The texts that break a rule of their kind.
fn text_faults(document: &Value, meta: &ResourceMeta) -> Vec<Problem> {
    let attributes = document.pointer("/data/attributes").and_then(Value::as_object);
    let texts = meta.texts.iter().filter_map(|(name, text)| {
        let given = attributes?.get(*name)?.as_str()?;
        let (rule, message) = text.fault(given)?;
        Some(Problem::invalid(child("/data/attributes", name), rule, message))
    });
    texts.collect()
}

/// Turns `2.0` into an integer. It is one to a schema (JSON Schema 2020-12, 4.2.3), and to clients with one kind of number, but
/// serde reads a float. No attribute is a float, and values within the caller's own objects stay as they are.
fn whole_numbers(data: &mut Map<String, Value>) {
    let attributes = data.get_mut("attributes").and_then(Value::as_object_mut);
    for value in attributes
        .into_iter()
        .flat_map(|attributes| attributes.values_mut())
    {
        // Up to here a float holds every integer exactly.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let whole = value
            .as_f64()
            .filter(|number| number.fract() == 0.0 && number.abs() <= EXACT);
        if let Some(number) = whole
            && value.is_f64()
        {
            #[allow(clippy::cast_possible_truncation)] // It is whole and within range.
            let number = number as i64;
            *value = number.into();
        }
    }
}

/// The Foodetective dialect also accepts attribute names with dashes, and the linkage of `order` without its `data`, as its page
/// shows it.
fn normalize(document: &mut Value) -> Result<(), Problem> {
    let Some(data) = document.get_mut("data").and_then(Value::as_object_mut) else {
        return Ok(());
    };
    if let Some(attributes) = data.get_mut("attributes").and_then(Value::as_object_mut) {
        for (name, value) in std::mem::take(attributes) {
            if attributes.insert(name.replace('-', "_"), value).is_some() {
                let message = "The object has this member twice, once with dashes and once with underscores.";
                let pointer = child("/data/attributes", &name);
                return Err(Problem::new(Kind::InvalidDataFormat, message).at(pointer));
            }
        }
    }
    if let Some(order) = data
        .get_mut("relationships")
        .and_then(|relationships| relationships.get_mut("order"))
        && order.get("data").is_none()
        && order.get("id").is_some()
        && order.get("type").is_some()
    {
        let identifier = order.take();
        *order = serde_json::json!({"data": identifier});
    }
    Ok(())
}

fn typed<A, S>(mut data: Map<String, Value>) -> Result<(A, S), Problems>
where
    A: DeserializeOwned + Validate,
    S: DeserializeOwned,
{
    let mut member = |name: &str| data.remove(name).unwrap_or_else(|| Value::Object(Map::new()));
    let (attributes, relationships) = (member("attributes"), member("relationships"));
    let attributes: A = from_value(attributes, "/data/attributes")?;
    let relationships = from_value(relationships, "/data/relationships")?;
    attributes
        .validate()
        .map_err(|errors| faults::of_rules(&errors))?;
    Ok((attributes, relationships))
}

/// The body matches the schema. The remaining rules are those that a schema can't express, such as which currencies exist.
fn from_value<T: DeserializeOwned>(value: Value, pointer: &str) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let field = path
            .split(['.', '['])
            .next()
            .filter(|field| !matches!(*field, "" | "?"));
        match field {
            Some(field) => Problem::invalid(child(pointer, field), "invalid", error.inner().to_string()),
            None => Problem::invalid(pointer, "invalid", error.inner().to_string()).field("base"),
        }
    })
}
