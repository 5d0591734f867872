//! The parts of the permission matrix.

pub mod scene;
pub mod table;
