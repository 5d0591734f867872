//! The way to the merchants' own systems: to addresses that others have given us, and therefore not to all of them.

mod http;

pub use http::HttpSender;
