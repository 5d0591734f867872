//! Component schemas: schemars makes those of attributes and relationships, this module those of requests and resources.

use std::collections::BTreeMap;

use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::parts::{self, closed, described, including, reference};
use super::{parameters, relations};
use crate::{
    Creatable, Dialect, Resource, ResourceMeta, Updatable, for_each_resource, registry, resources::*,
};

const COMPONENTS: &str = "/components/schemas";

fn settings(definitions_path: &'static str) -> SchemaSettings {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = definitions_path.into();
    settings.meta_schema = None;
    settings
}

/// Schemas by name. Two with the same name must be equal.
#[derive(Default)]
pub struct Components(BTreeMap<String, Value>);

impl Components {
    /// Adds a schema.
    ///
    /// # Panics
    /// When another schema has the name: a declaration is wrong, and a test finds it.
    pub fn add(&mut self, name: impl Into<String>, mut schema: Value) {
        let name = name.into();
        tidy(&mut schema);
        if let Some(other) = self.0.insert(name.clone(), schema.clone()) {
            assert_eq!(other, schema, "two schemas are called {name}");
        }
    }

    fn add_definitions(&mut self, mut generator: SchemaGenerator) {
        for (name, schema) in generator.take_definitions(true) {
            self.add(name, schema);
        }
    }

    /// All schemas.
    pub fn into_map(self) -> Map<String, Value> {
        self.0.into_iter().collect()
    }
}

/// The component schemas of all resources.
pub fn components() -> Components {
    let mut all = Components::default();
    macro_rules! add {
        ($($name:ident)*) => { $(add_resource::<$name>(&mut all);)* };
    }
    for_each_resource!(add);
    for meta in registry::RESOURCES {
        add_documents(&mut all, meta);
    }
    for (name, schema) in parts::parts() {
        all.add(name, schema);
    }
    relations::add(&mut all);
    parameters::add(&mut all);
    all
}

/// Adds the schemas of a resource: its attributes and request documents.
pub fn add_resource<R: Resource>(all: &mut Components) {
    let mut generator = settings(COMPONENTS).for_serialize().into_generator();
    generator.subschema_for::<R::Attributes>();
    all.add_definitions(generator);
    for parts in [R::CREATE_PARTS, R::UPDATE_PARTS].into_iter().flatten() {
        let parts = parts(COMPONENTS);
        all.add(parts.name, parts.schema);
        all.add_definitions(parts.generator);
    }
}

/// A request document, its definitions, and its name.
pub struct RequestParts {
    name: String,
    schema: Value,
    generator: SchemaGenerator,
}

/// Makes a request document with its definitions under a path.
pub type RequestPartsOf = fn(&'static str) -> RequestParts;

/// The parts of `POST` bodies.
pub fn create_parts<R: Creatable>(definitions_path: &'static str) -> RequestParts {
    let mut generator = settings(definitions_path).for_deserialize().into_generator();
    let attributes = generator
        .subschema_for::<<R as Creatable>::Attributes>()
        .to_value();
    let relationships = generator
        .subschema_for::<<R as Creatable>::Relationships>()
        .to_value();
    let required = |definitions: &Map<String, Value>, reference: &Value| has_required(definitions, reference);
    let needed = [
        ("attributes", required(generator.definitions(), &attributes)),
        ("relationships", required(generator.definitions(), &relationships)),
    ];
    let mut members = vec!["type"];
    members.extend(needed.iter().filter(|(_, needed)| *needed).map(|(name, _)| *name));
    let schema = json!({
        "description": format!("A request to create one of `{}`.", R::META.kind),
        "type": "object",
        "properties": {"data": {
            "type": "object",
            "properties": {
                "type": {"type": "string", "const": R::META.kind},
                "attributes": attributes,
                "relationships": relationships
            },
            "required": members
        }},
        "required": ["data"]
    });
    RequestParts {
        name: format!("Create{}", R::META.schema),
        schema,
        generator,
    }
}

/// The parts of `PATCH` bodies.
pub fn update_parts<R: Updatable>(definitions_path: &'static str) -> RequestParts {
    let mut generator = settings(definitions_path).for_deserialize().into_generator();
    let schema = json!({
        "description": format!("A request to update one of `{}`. Members that it leaves out stay as they are.", R::META.kind),
        "type": "object",
        "properties": {"data": {
            "type": "object",
            "properties": {
                "type": {"type": "string", "const": R::META.kind},
                "id": {"type": "string", "minLength": 1, "maxLength": 64},
                "attributes": generator.subschema_for::<<R as Updatable>::Attributes>(),
                "relationships": generator.subschema_for::<<R as Updatable>::Relationships>()
            },
            "required": ["type", "id"]
        }},
        "required": ["data"]
    });
    RequestParts {
        name: format!("Update{}", R::META.schema),
        schema,
        generator,
    }
}

fn has_required(definitions: &Map<String, Value>, reference: &Value) -> bool {
    let name = reference["$ref"]
        .as_str()
        .and_then(|path| path.rsplit('/').next())
        .unwrap_or_default();
    definitions
        .get(name)
        .is_some_and(|schema| schema.get("required").is_some())
}

fn standalone(mut parts: RequestParts) -> Value {
    let mut definitions = parts.generator.take_definitions(true);
    for definition in definitions.values_mut().filter_map(Value::as_object_mut) {
        // Without `properties` the validator does not say which member is unknown.
        if definition.get("additionalProperties") == Some(&Value::Bool(false)) {
            definition.entry("properties").or_insert_with(|| json!({}));
        }
    }
    parts.schema["$defs"] = Value::Object(definitions);
    parts.schema
}

/// The schema of `POST` bodies, with its definitions.
pub fn create_schema<R: Creatable>() -> Value {
    standalone(create_parts::<R>("/$defs"))
}

/// The schema of `PATCH` bodies, with its definitions.
pub fn update_schema<R: Updatable>() -> Value {
    standalone(update_parts::<R>("/$defs"))
}

/// Removes nulls that schemars writes as the default of optional members, which would make clients send null, and the names of
/// Rust's integer types, because clients know only int32 and int64.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("default").is_some_and(Value::is_null) {
                members.remove("default");
            }
            members.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// Adds the resource object of a resource, its document and the pages of its lists.
fn add_documents(all: &mut Components, meta: &'static ResourceMeta) {
    let (kind, name) = (meta.kind, meta.schema);
    let relationships: Map<String, Value> = meta
        .relationships
        .iter()
        .map(|relationship| {
            let name = if relationship.many {
                "ToManyRelationship"
            } else {
                "Relationship"
            };
            let schema = described(name, relationship.description);
            (relationship.name.to_owned(), schema)
        })
        .collect();
    all.add(
        format!("{name}Relationships"),
        closed("Relationships of the resource.", Value::Object(relationships)),
    );
    let object = closed(
        meta.description,
        json!({
            "id": {"type": "string", "pattern": "^[A-Za-z]{10}$", "description": "Identifier."},
            "type": {"type": "string", "const": kind},
            "links": reference("ResourceLinks"),
            "attributes": reference(&format!("{name}Attributes")),
            "relationships": reference(&format!("{name}Relationships")),
            "meta": reference("ResourceMeta")
        }),
    );
    all.add(name, object);
    all.add(
        format!("{name}Document"),
        including(
            format!("The document of one of `{kind}`."),
            json!({"data": reference(name)}),
        ),
    );
    let page_meta = match meta.dialect {
        Dialect::CommerceLayer => reference("PageMeta"),
        Dialect::Foodetective => parts::page_meta("total-count", "total-pages", "total-count-is-estimate"),
    };
    all.add(
        format!("{name}List"),
        including(
            format!("A page of a list of `{kind}`."),
            json!({
                "data": {"type": "array", "items": reference(name)},
                "meta": page_meta,
                "links": reference("PageLinks")
            }),
        ),
    );
}
