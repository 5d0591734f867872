//! Bodies that can't be accepted, made for an operation from one that it would accept.

pub mod attributes;
pub mod relationships;
pub mod shape;

use serde_json::Value;

/// A body and its refusal.
pub struct Case {
    /// Name of the mistake.
    pub name: String,
    /// The body.
    pub body: Vec<u8>,
    /// HTTP status.
    pub status: u16,
    /// Pointers that the errors must include.
    pub pointers: Vec<String>,
    /// The rule of one of the errors.
    pub word: Option<&'static str>,
    /// Number of errors, if that matters.
    pub errors: Option<usize>,
}

impl Case {
    /// A body that is refused with this status.
    pub fn new(name: impl Into<String>, body: impl Into<Vec<u8>>, status: u16) -> Self {
        Self {
            name: name.into(),
            body: body.into(),
            status,
            pointers: Vec::new(),
            word: None,
            errors: None,
        }
    }

    /// Adds a required pointer.
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointers.push(pointer.into());
        self
    }

    /// Sets the required rule.
    pub fn about(self, word: &'static str) -> Self {
        Self {
            word: Some(word),
            ..self
        }
    }
}

/// The document with another value at a pointer, whose parent exists.
pub fn with(document: &Value, pointer: &str, value: Value) -> Value {
    let mut changed = document.clone();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer into the document");
    let name = name.replace("~1", "/").replace("~0", "~");
    changed
        .pointer_mut(parent)
        .unwrap_or_else(|| panic!("there is no {parent}"))[name] = value;
    changed
}

/// The document without the member at a pointer.
pub fn without(document: &Value, pointer: &str) -> Value {
    let mut changed = document.clone();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer into the document");
    let parent = changed.pointer_mut(parent).and_then(Value::as_object_mut);
    parent.and_then(|members| members.remove(name));
    changed
}

/// The document with both containers of `data`, empty where it had none.
pub fn with_containers(document: &Value) -> Value {
    let mut changed = document.clone();
    for name in ["attributes", "relationships"] {
        if changed["data"].get(name).is_none() {
            changed["data"][name] = serde_json::json!({});
        }
    }
    changed
}
