//! The OpenAPI document, made from the declarations.

mod answers;
pub mod components;
mod examples;
mod links;
pub mod operations;
mod parameters;
mod parts;
pub mod paths;
pub mod refusals;
mod relations;
mod stamp;
pub mod v30;
mod webhooks;

pub use answers::EXAMPLE_ORIGIN;
pub use operations::{Operation, OperationKind, operations};
pub use stamp::{finish, stamp};
pub use webhooks::webhooks;
