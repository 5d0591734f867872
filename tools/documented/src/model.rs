//! The neutral form of a published page: the result of both page formats, and the contents of `documented/*.yaml`.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Members by name, in the order of the page.
pub type Members = IndexMap<String, Member>;

/// A published page and all that was read from it.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Default)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// File name of the page, in `documented/pages/`.
    pub page: String,
    /// SHA-256 of the page's bytes, in hexadecimal.
    pub sha256: String,
    /// The page's title; empty when it has none.
    pub title: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<Endpoint>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<Object>,
}

/// A documented endpoint.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Default)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// The purpose of the endpoint, in the page's words.
    pub title: String,
    /// The HTTP method in upper case.
    pub method: String,
    /// The path without host; parameters in braces.
    pub path: String,
    #[serde(default, skip_serializing_if = "Members::is_empty")]
    pub path_parameters: Members,
    #[serde(default, skip_serializing_if = "Members::is_empty")]
    pub query_parameters: Members,
    /// Media types that the page sends the request in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub request_media_types: Vec<String>,
    /// Members of the request body.
    #[serde(default, skip_serializing_if = "Members::is_empty")]
    pub arguments: Members,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub request_examples: Vec<Example>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub responses: Vec<Response>,
}

/// A documented resource object.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Default)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// The page's name for it.
    pub title: String,
    /// The value of its member `type`, when the page names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Its members: `type`, `id`, `attributes`, `relationships`, …
    pub fields: Members,
    /// Examples of the whole document that holds it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Example>,
}

/// An argument, a parameter or a field.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Default)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Its JSON type; `None` when the page doesn't say.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub json_type: Option<JsonType>,
    /// The format that the page's type implies, in JSON Schema's terms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Whether it is required; `None` if the page doesn't say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<Presence>,
    /// The condition under which it is required, in the page's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Whether it starts an action instead of being stored.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trigger: bool,
    /// Values that the page names and that must be accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// The JSON type of an array's items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<JsonType>,
    /// Members of an object that the page lists.
    #[serde(default, skip_serializing_if = "Members::is_empty")]
    pub members: Members,
}

/// Whether a member is required (if its parent is present).
#[derive(Serialize, Deserialize, strum::Display, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Presence {
    Required,
    Optional,
    /// Required under a condition.
    Conditional,
}

/// A type of JSON Schema.
#[derive(Serialize, Deserialize, strum::Display, strum::IntoStaticStr, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum JsonType {
    String,
    Object,
    Array,
    Integer,
    Number,
    Boolean,
}

/// A documented answer.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Default)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// The HTTP status; `None` when the page shows an answer without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Its media type; `None` when the page names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Example>,
}

/// A JSON example.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Default)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// The page's label for it, if it shows several.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// JSON Pointers of objects and arrays that are shown in part, and of values that are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elided: Vec<String>,
    pub value: Value,
}

impl Endpoint {
    /// `METHOD path`, the name of the endpoint in messages and deviations.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

impl Object {
    /// `OBJECT type`, the name of the object in messages and deviations.
    pub fn name(&self) -> String {
        format!("OBJECT {}", self.resource.as_deref().unwrap_or(&self.title))
    }
}

impl Member {
    /// A member that only holds others: the page names the inner members, not the member itself.
    pub fn container() -> Self {
        Self {
            json_type: Some(JsonType::Object),
            ..Self::default()
        }
    }

    /// Whether the page requires it: its own flag, or that of the members it only holds.
    pub fn required(&self) -> Option<Presence> {
        if self.presence.is_some() || self.members.is_empty() {
            return self.presence;
        }
        let inside: Vec<_> = self.members.values().filter_map(Self::required).collect();
        if inside.contains(&Presence::Required) {
            return Some(Presence::Required);
        }
        inside
            .contains(&Presence::Conditional)
            .then_some(Presence::Conditional)
            .or_else(|| (!inside.is_empty()).then_some(Presence::Optional))
    }
}
