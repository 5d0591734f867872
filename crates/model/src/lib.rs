//! The API as types: resources, JSON:API documents, errors, money and the OpenAPI document. No I/O.

pub mod card_number;
pub mod document;
pub mod id;
pub mod money;
pub mod openapi;
pub mod pointer;
pub mod problem;
mod problems;
pub mod query;
pub mod registry;
pub mod relationship;
pub mod request;
pub mod resource;
pub mod resources;
pub mod scalar;
pub mod text;
mod text_enum;
mod topic;

pub use id::Id;
pub use money::{Currency, Money};
pub use problem::Problem;
pub use problems::{MAX_ERRORS, ProblemList, Problems};
pub use relationship::{Identifier, One, ToMany, ToOne};
pub use resource::{Action, Creatable, Dialect, Record, Resource, ResourceMeta, Updatable};
pub use scalar::{JsonObject, Secret, Timestamp};
pub(crate) use text_enum::text_enum;
pub use topic::Topic;
