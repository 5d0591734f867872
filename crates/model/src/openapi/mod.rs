//! The OpenAPI document, made from the declarations.

pub mod components;
mod examples;
mod links;
pub mod operations;
pub mod paths;
mod stamp;
pub mod v30;
mod webhooks;

pub use operations::{Operation, OperationKind, operations};
pub use stamp::{finish, stamp};
pub use webhooks::webhooks;
