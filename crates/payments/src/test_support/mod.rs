//! What the tests of several modules use.

pub mod receivers;
pub mod world;
