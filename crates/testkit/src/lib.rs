//! Shared code of the programs that run the `tillgate` binary and call it over HTTP: the end-to-end tests, the crash test, the
//! benchmark and the check of the running service.

#![expect(
    clippy::disallowed_methods,
    reason = "processes run by the clock of the machine"
)]

pub mod bodies;
mod client;
mod demo;
mod process;
mod program;
mod sandbox;
mod shop;

pub use client::{Client, JSON, JSON_API, Reply};
pub use demo::Demo;
pub use process::Process;
pub use program::{build, command, free_address, start};
pub use sandbox::Sandbox;
pub use shop::{Create, Created, Setup, Shop};
