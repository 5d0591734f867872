//! The sender to the merchants' own systems. Not all of their addresses may be called.

mod http;

pub use http::HttpSender;
