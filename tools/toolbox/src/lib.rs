//! Shared by `cargo xtask` and the tools that it builds. Everything here compiles in seconds: `cargo xtask` waits for it.

pub mod cargo;
pub mod interrupt;
pub mod postgres;
pub mod say;
