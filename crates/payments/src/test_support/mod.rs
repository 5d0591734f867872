//! Shared code of several modules' tests.

pub mod receivers;
pub mod world;
