//! The way to the merchants' own systems: to addresses that others have given us, and therefore not to all of them.

mod addresses;
mod http;

pub use addresses::Addresses;
pub use http::HttpSender;
