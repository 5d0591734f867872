//! Relationships: their targets, and their linkage in request bodies.

use std::{borrow::Cow, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::id::Id;

/// The target of a relationship: a resource, or one of several.
pub trait Target: 'static {
    /// Name in schemas: `Order`.
    const NAME: &'static str;
    /// Types that a request may name, the proper one first.
    const TYPES: &'static [&'static str];
}

/// A resource identifier object.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Identifier {
    /// Resource type.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Resource id.
    pub id: Id,
}

/// A to-one relationship that may be empty.
pub struct ToOne<T>(Option<Identifier>, PhantomData<fn() -> T>);

/// A to-one relationship that is never empty.
pub struct One<T>(Identifier, PhantomData<fn() -> T>);

/// A to-many relationship. A query finds it, so a record stores nothing.
pub struct ToMany<T>(PhantomData<fn() -> T>);

/// A kind of relationship, with any target.
pub trait Relation {
    /// Types that a request may name, the proper one first.
    const TYPES: &'static [&'static str];
}

impl<T: Target> Relation for ToOne<T> {
    const TYPES: &'static [&'static str] = T::TYPES;
}

impl<T: Target> Relation for One<T> {
    const TYPES: &'static [&'static str] = T::TYPES;
}

impl<T: Target> Relation for ToMany<T> {
    const TYPES: &'static [&'static str] = T::TYPES;
}

impl<T: Target> ToOne<T> {
    /// An empty relationship.
    pub fn empty() -> Self {
        Self(None, PhantomData)
    }

    /// A relationship to a resource of the target's proper type.
    pub fn to(id: Id) -> Self {
        Self(
            Some(Identifier {
                kind: T::TYPES[0],
                id,
            }),
            PhantomData,
        )
    }

    /// A relationship to one of several types; `None` if the target has no such type.
    pub fn to_type(kind: &str, id: Id) -> Option<Self> {
        let kind = T::TYPES.iter().find(|known| **known == kind)?;
        Some(Self(Some(Identifier { kind, id }), PhantomData))
    }

    /// A relationship from a stored id.
    pub fn from_id(id: Option<Id>) -> Self {
        id.map_or_else(Self::empty, Self::to)
    }
}

impl<T> ToOne<T> {
    /// The target.
    pub fn identifier(&self) -> Option<&Identifier> {
        self.0.as_ref()
    }

    /// Id of the target.
    pub fn id(&self) -> Option<&Id> {
        self.0.as_ref().map(|identifier| &identifier.id)
    }
}

impl<T: Target> One<T> {
    /// A relationship to a resource of the target's proper type.
    pub fn to(id: Id) -> Self {
        Self(
            Identifier {
                kind: T::TYPES[0],
                id,
            },
            PhantomData,
        )
    }
}

impl<T> One<T> {
    /// Id of the target.
    pub fn id(&self) -> &Id {
        &self.0.id
    }

    /// The target, in the form of an optional relationship.
    pub fn identifier(&self) -> Option<&Identifier> {
        Some(&self.0)
    }
}

macro_rules! plain_impls {
    ($($name:ident),*) => {$(
        impl<T> Clone for $name<T> {
            fn clone(&self) -> Self {
                Self(self.0.clone(), PhantomData)
            }
        }

        impl<T> std::fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}
plain_impls!(ToOne, One);

impl<T: Target> Default for ToOne<T> {
    fn default() -> Self {
        Self::empty()
    }
}

#[derive(Deserialize)]
struct RawIdentifier {
    #[serde(rename = "type")]
    kind: String,
    id: String,
}

#[derive(Deserialize)]
struct Wrapped<D> {
    data: D,
}

/// A malformed id counts like one that does not exist: both are "not found" later.
fn identify<T: Target>(raw: RawIdentifier) -> Result<Identifier, String> {
    let kind = T::TYPES
        .iter()
        .find(|kind| **kind == raw.kind)
        .ok_or("unexpected type")?;
    Ok(Identifier {
        kind,
        id: raw
            .id
            .parse()
            .unwrap_or_else(|_| Id::from_letters([0; crate::id::ID_LENGTH])),
    })
}

impl<'de, T: Target> Deserialize<'de> for ToOne<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Wrapped::<Option<RawIdentifier>>::deserialize(deserializer)?;
        let identifier = raw
            .data
            .map(identify::<T>)
            .transpose()
            .map_err(D::Error::custom)?;
        Ok(Self(identifier, PhantomData))
    }
}

impl<'de, T: Target> Deserialize<'de> for One<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Wrapped::<RawIdentifier>::deserialize(deserializer)?;
        Ok(Self(
            identify::<T>(raw.data).map_err(D::Error::custom)?,
            PhantomData,
        ))
    }
}

/// Schema of the identifier object of a target.
pub fn identifier_schema(types: &[&str]) -> Schema {
    let kind = match types {
        [one] => json_schema!({"type": "string", "const": one}),
        several => json_schema!({"type": "string", "enum": several}),
    };
    json_schema!({
        "type": "object",
        "properties": {"type": kind, "id": {"type": "string", "minLength": 1, "maxLength": 64}},
        "required": ["type", "id"]
    })
}

impl<T: Target> JsonSchema for ToOne<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}OptionalLinkage", T::NAME).into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": format!("Linkage to {} or, with null, to none.", T::TYPES.join(", ")),
            "type": "object",
            "properties": {"data": {"oneOf": [{"type": "null"}, identifier_schema(T::TYPES)]}},
            "required": ["data"]
        })
    }
}

impl<T: Target> JsonSchema for One<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}Linkage", T::NAME).into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": format!("Linkage to {}.", T::TYPES.join(", ")),
            "type": "object",
            "properties": {"data": identifier_schema(T::TYPES)},
            "required": ["data"]
        })
    }
}
