//! Does the document cover the documented endpoints? The comparison is that of `cargo xtask documented diff`.

pub use crate::documented::check;
