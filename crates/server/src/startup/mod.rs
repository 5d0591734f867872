//! From settings to a running service, with the parts that other commands share.

mod background;
mod calls;
mod context;
mod data_directory;
mod installation;
mod listen;
mod master_key;
mod purge;
mod serve;
pub mod signals;

pub use context::with_context;
pub use data_directory::create as create_data_directory;
pub use installation::create as create_installation;
pub use listen::bind_sandbox;
pub use serve::serve;
