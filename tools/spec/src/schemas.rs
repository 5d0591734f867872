//! JSON Schema 2020-12 files, one for each JSON:API document of a request or answer.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use serde_json::{Map, Value, json};

use super::schema_keywords::{Applies, applies};
use openapi_document::{JSON_API, members, operations, resolve};

const COMPONENTS: &str = "#/components/schemas/";
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schemas by file name (`<component>.schema.json`), each with all of its references in `$defs`.
///
/// # Errors
/// A reference to something other than an existing component schema.
pub fn render(document: &Value) -> anyhow::Result<BTreeMap<String, Value>> {
    let bundles = roots(document)?
        .into_iter()
        .map(|name| Ok((file_name(name), bundle(document, name)?)));
    bundles.collect()
}

fn file_name(component: &str) -> String {
    format!("{component}.schema.json")
}

/// Component schemas that are the body of a request or of a successful answer.
fn roots(document: &Value) -> anyhow::Result<BTreeSet<&str>> {
    let mut roots = BTreeSet::new();
    for operation in operations(document) {
        let answers = members(&operation.value["responses"]);
        let answers = answers
            .filter(|(code, _)| code.starts_with('2'))
            .map(|(_, answer)| answer);
        for body in answers.chain(operation.value.get("requestBody")) {
            let reference = &resolve(document, body)?["content"][JSON_API]["schema"]["$ref"];
            roots.extend(
                reference
                    .as_str()
                    .and_then(|reference| reference.strip_prefix(COMPONENTS)),
            );
        }
    }
    Ok(roots)
}

fn bundle(document: &Value, root: &str) -> anyhow::Result<Value> {
    let mut waiting = BTreeSet::new();
    let body = convert(component(document, root)?, &mut waiting)?;
    let mut definitions = BTreeMap::new();
    while let Some(name) = waiting.pop_first() {
        let mut referred = BTreeSet::new();
        let schema = convert(component(document, &name)?, &mut referred)?;
        definitions.insert(name, schema);
        waiting.extend(
            referred
                .into_iter()
                .filter(|name| !definitions.contains_key(name)),
        );
    }
    let mut file = Map::new();
    file.insert("$schema".to_owned(), json!(DIALECT));
    file.insert("$id".to_owned(), json!(format!("urn:tillgate:schema:{root}")));
    match body {
        Value::Object(keywords) => file.extend(keywords),
        boolean => drop(file.insert("allOf".to_owned(), json!([boolean]))),
    }
    if !definitions.is_empty() {
        file.insert(
            "$defs".to_owned(),
            Value::Object(definitions.into_iter().collect()),
        );
    }
    Ok(Value::Object(file))
}

fn component<'a>(document: &'a Value, name: &str) -> anyhow::Result<&'a Value> {
    document["components"]["schemas"]
        .get(name)
        .with_context(|| format!("no component schema {name}"))
}

/// `schema` with references into `$defs` and without OpenAPI's own keywords. Its references are added to `referred`.
fn convert(schema: &Value, referred: &mut BTreeSet<String>) -> anyhow::Result<Value> {
    let Value::Object(keywords) = schema else {
        return Ok(schema.clone());
    };
    let mut converted = Map::new();
    for (keyword, value) in keywords {
        match keyword.as_str() {
            "$ref" => {
                let name = value
                    .as_str()
                    .and_then(|reference| reference.strip_prefix(COMPONENTS));
                let name = name.with_context(|| format!("{value} is no reference to a component schema"))?;
                referred.insert(name.to_owned());
                converted.insert(keyword.clone(), json!(format!("#/$defs/{name}")));
            }
            "example" => {
                converted.entry("examples").or_insert_with(|| json!([value]));
            }
            // Strict validators refuse keywords that JSON Schema doesn't know.
            "discriminator" | "xml" | "externalDocs" => {}
            extension if extension.starts_with("x-") => {}
            other => {
                let value = match applies(other) {
                    Some(shape) => convert_applied(shape, value, referred)?,
                    None => value.clone(),
                };
                converted.insert(keyword.clone(), value);
            }
        }
    }
    Ok(Value::Object(converted))
}

fn convert_applied(shape: Applies, value: &Value, referred: &mut BTreeSet<String>) -> anyhow::Result<Value> {
    match (shape, value) {
        (Applies::List, Value::Array(schemas)) => {
            schemas.iter().map(|schema| convert(schema, referred)).collect()
        }
        (Applies::Map, Value::Object(schemas)) => {
            let convert_member =
                |(name, schema): (&String, &Value)| anyhow::Ok((name.clone(), convert(schema, referred)?));
            Ok(Value::Object(
                schemas.iter().map(convert_member).collect::<Result<_, _>>()?,
            ))
        }
        _ => convert(value, referred),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Value {
        json!({
            "paths": {"/api/things": {"post": {
                "requestBody": {"content": {JSON_API: {"schema": {"$ref": "#/components/schemas/NewThing"}}}},
                "responses": {
                    "201": {"content": {JSON_API: {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                    "422": {"content": {JSON_API: {"schema": {"$ref": "#/components/schemas/Errors"}}}}
                }
            }}},
            "components": {"schemas": {
                "NewThing": {"type": "object"},
                "Errors": {"type": "object"},
                "Unused": {"type": "string"},
                "Name": {"type": "string", "example": "n", "x-note": 1},
                "Thing": {
                    "type": "object",
                    "discriminator": {"propertyName": "kind"},
                    "required": ["name"],
                    "properties": {
                        "name": {"$ref": "#/components/schemas/Name"},
                        "parent": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Thing"}]},
                        "example": {"type": "integer"},
                        "discriminator": {"type": "string"}
                    }
                }
            }}
        })
    }

    #[test]
    fn one_file_per_document_of_a_request_or_a_success() {
        let files = render(&document()).unwrap();
        assert_eq!(
            files.keys().collect::<Vec<_>>(),
            ["NewThing.schema.json", "Thing.schema.json"]
        );
    }

    #[test]
    fn bundles_what_is_reachable_and_nothing_else() {
        let thing = &render(&document()).unwrap()["Thing.schema.json"];
        assert_eq!(thing["$schema"], DIALECT);
        assert_eq!(thing["$id"], "urn:tillgate:schema:Thing");
        let names: Vec<_> = members(&thing["$defs"]).map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["Name", "Thing"]);
        assert_eq!(
            thing["$defs"]["Name"],
            json!({"type": "string", "examples": ["n"]})
        );
    }

    #[test]
    fn a_property_may_have_the_name_of_a_keyword() {
        let thing = &render(&document()).unwrap()["Thing.schema.json"];
        assert!(thing.get("discriminator").is_none());
        assert_eq!(thing["properties"]["example"], json!({"type": "integer"}));
        assert_eq!(thing["properties"]["discriminator"], json!({"type": "string"}));
    }

    #[test]
    fn the_files_validate_alone() {
        let thing = &render(&document()).unwrap()["Thing.schema.json"];
        jsonschema::meta::validate(thing).unwrap();
        let validator = jsonschema::draft202012::new(thing).unwrap();
        assert!(validator.is_valid(&json!({"name": "a", "parent": {"name": "b", "parent": null}})));
        assert!(!validator.is_valid(&json!({"name": "a", "parent": {"name": 1}})));
    }

    #[test]
    fn a_reference_to_nothing_is_an_error() {
        let mut document = document();
        document["components"]["schemas"]["NewThing"] = json!({"$ref": "#/components/schemas/Gone"});
        assert!(render(&document).is_err());
    }
}
