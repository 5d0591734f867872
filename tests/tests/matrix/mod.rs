//! What the matrix of permissions is made of.

pub mod scene;
pub mod table;
