//! Strict, typed reading of parameters.
//!
//! An endpoint takes every parameter that it knows and then calls [`Params::finish`], which refuses the rest. It
//! acts only after that.

use serde_json::{Map, Value};

use super::error::ApiError;
use super::form::{Fields, Node};

const MAX_TEXT: usize = 5000;
const MAX_METADATA_KEYS: usize = 50;
const MAX_METADATA_KEY: usize = 40;
const MAX_METADATA_VALUE: usize = 500;

/// The parameters of a request, or of one bracketed object in it.
#[derive(Debug)]
pub(super) struct Params {
    path: Option<String>,
    fields: Fields,
}

impl Params {
    pub(super) fn new(fields: Fields) -> Self {
        Self { path: None, fields }
    }

    /// Whether the parameter came with brackets.
    pub(super) fn is_object(&self, name: &str) -> bool {
        self.fields
            .iter()
            .any(|(known, node)| known == name && matches!(node, Node::Map(_)))
    }

    /// The full name of a parameter in errors: `card[number]`.
    pub(super) fn name(&self, name: &str) -> String {
        match &self.path {
            Some(path) => format!("{path}[{name}]"),
            None => name.to_owned(),
        }
    }

    fn take(&mut self, name: &str) -> Option<Node> {
        let index = self.fields.iter().position(|(known, _)| known == name)?;
        Some(self.fields.swap_remove(index).1)
    }

    fn scalar(&mut self, name: &str) -> Result<Option<String>, ApiError> {
        match self.take(name) {
            None => Ok(None),
            Some(Node::Text(text)) if text.chars().count() > MAX_TEXT => Err(ApiError::invalid(format!(
                "Invalid string: must be at most {MAX_TEXT} characters."
            ))
            .with_param(&self.name(name))),
            Some(Node::Text(text)) => Ok(Some(text)),
            Some(_) => {
                Err(ApiError::invalid("Invalid string: expected one value.").with_param(&self.name(name)))
            }
        }
    }

    /// A text that is not empty.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, ApiError> {
        let text = self.scalar(name)?;
        if text.as_deref() == Some("") {
            let name = self.name(name);
            return Err(ApiError::invalid(format!(
                "You passed an empty string for '{name}'. An empty value unsets a parameter, but '{name}' cannot be unset."
            ))
            .with_code("parameter_invalid_empty")
            .with_param(&name));
        }
        Ok(text)
    }

    pub(super) fn required(&mut self, name: &str) -> Result<String, ApiError> {
        self.text(name)?
            .ok_or_else(|| ApiError::missing(&self.name(name)))
    }

    /// A text that an empty value unsets: `Some(None)`.
    pub(super) fn clearable(&mut self, name: &str) -> Result<Option<Option<String>>, ApiError> {
        Ok(self
            .scalar(name)?
            .map(|text| Some(text).filter(|text| !text.is_empty())))
    }

    pub(super) fn integer(&mut self, name: &str) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let digits = text.strip_prefix('-').unwrap_or(&text);
        let well_formed = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(number) if well_formed => Ok(Some(number)),
            _ => Err(ApiError::invalid(format!("Invalid integer: {text}"))
                .with_code("parameter_invalid_integer")
                .with_param(&self.name(name))),
        }
    }

    /// An integer of at least `least`.
    pub(super) fn integer_from(&mut self, name: &str, least: i64) -> Result<Option<i64>, ApiError> {
        match self.integer(name)? {
            Some(number) if number < least => Err(ApiError::invalid(format!(
                "This value must be greater than or equal to {least}."
            ))
            .with_code("parameter_invalid_integer")
            .with_param(&self.name(name))),
            number => Ok(number),
        }
    }

    pub(super) fn boolean(&mut self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.text(name)?.as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => {
                Err(ApiError::invalid(format!("Invalid boolean: {other}")).with_param(&self.name(name)))
            }
        }
    }

    pub(super) fn one_of(&mut self, name: &str, allowed: &[&str]) -> Result<Option<String>, ApiError> {
        match self.text(name)? {
            Some(text) if !allowed.contains(&text.as_str()) => {
                let name = self.name(name);
                Err(
                    ApiError::invalid(format!("Invalid {name}: must be one of {}", allowed.join(", ")))
                        .with_param(&name),
                )
            }
            text => Ok(text),
        }
    }

    /// A bracketed object.
    pub(super) fn object(&mut self, name: &str) -> Result<Option<Self>, ApiError> {
        let path = self.name(name);
        match self.take(name) {
            None => Ok(None),
            Some(Node::Map(fields)) => Ok(Some(Self {
                path: Some(path),
                fields,
            })),
            Some(_) => Err(ApiError::invalid("Invalid object").with_param(&path)),
        }
    }

    /// An array of texts, plain (`[]`) or indexed (`[0]`).
    pub(super) fn list(&mut self, name: &str) -> Result<Option<Vec<String>>, ApiError> {
        let invalid = ApiError::invalid("Invalid array").with_param(&self.name(name));
        match self.take(name) {
            None => Ok(None),
            Some(Node::List(items)) => Ok(Some(items)),
            Some(Node::Map(fields)) => {
                let mut items = Vec::with_capacity(fields.len());
                for (index, node) in fields {
                    match (index.parse::<u32>(), node) {
                        (Ok(index), Node::Text(text)) => items.push((index, text)),
                        _ => return Err(invalid),
                    }
                }
                items.sort_by_key(|(index, _)| *index);
                Ok(Some(items.into_iter().map(|(_, text)| text).collect()))
            }
            Some(Node::Text(_)) => Err(invalid),
        }
    }

    /// `metadata[key]=value`, where an empty value unsets the key and `metadata=` all of them.
    pub(super) fn metadata(&mut self) -> Result<MetadataChange, ApiError> {
        let name = self.name("metadata");
        match self.take("metadata") {
            None => Ok(MetadataChange::default()),
            Some(Node::Text(text)) if text.is_empty() => Ok(MetadataChange {
                clear: true,
                set: Vec::new(),
            }),
            Some(Node::Map(fields)) => {
                let mut set = Vec::with_capacity(fields.len());
                for (key, node) in fields {
                    let param = format!("{name}[{key}]");
                    let Node::Text(value) = node else {
                        return Err(ApiError::invalid("Metadata values must be strings.").with_param(&param));
                    };
                    if key.chars().count() > MAX_METADATA_KEY || value.chars().count() > MAX_METADATA_VALUE {
                        return Err(ApiError::invalid(format!(
                            "Metadata keys have at most {MAX_METADATA_KEY} characters and values at most {MAX_METADATA_VALUE}."
                        ))
                        .with_param(&param));
                    }
                    set.push((key, value));
                }
                if set.len() > MAX_METADATA_KEYS {
                    return Err(ApiError::invalid(format!(
                        "Metadata can have at most {MAX_METADATA_KEYS} keys."
                    ))
                    .with_param(&name));
                }
                Ok(MetadataChange { clear: false, set })
            }
            Some(_) => Err(ApiError::invalid("Invalid object").with_param(&name)),
        }
    }

    /// Refuses the remaining parameters.
    pub(super) fn finish(self) -> Result<(), ApiError> {
        match self.fields.first() {
            None => Ok(()),
            Some((name, _)) => {
                let name = self.name(name);
                Err(ApiError::invalid(format!("Received unknown parameter: {name}"))
                    .with_code("parameter_unknown")
                    .with_param(&name))
            }
        }
    }
}

/// The change of an object's metadata by a request.
#[derive(Debug, Default)]
pub(super) struct MetadataChange {
    clear: bool,
    set: Vec<(String, String)>,
}

impl MetadataChange {
    pub(super) fn apply(self, metadata: &mut Map<String, Value>) -> Result<(), ApiError> {
        if self.clear {
            metadata.clear();
        }
        for (key, value) in self.set {
            if value.is_empty() {
                metadata.shift_remove(&key);
            } else {
                metadata.insert(key, Value::String(value));
            }
        }
        if metadata.len() > MAX_METADATA_KEYS {
            return Err(
                ApiError::invalid(format!("Metadata can have at most {MAX_METADATA_KEYS} keys."))
                    .with_param("metadata"),
            );
        }
        Ok(())
    }

    pub(super) fn into_metadata(self) -> Map<String, Value> {
        let set = self.set.into_iter().filter(|(_, value)| !value.is_empty());
        set.map(|(key, value)| (key, Value::String(value))).collect()
    }
}
