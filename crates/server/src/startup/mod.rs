//! From settings to a running service, and what the other commands need of the way.

mod background;
mod calls;
mod context;
mod data_directory;
mod listen;
mod master_key;
mod purge;
mod serve;
pub mod signals;

pub use context::{open_database, with_context};
pub use data_directory::create as create_data_directory;
pub use listen::bind_sandbox;
pub use serve::serve;
