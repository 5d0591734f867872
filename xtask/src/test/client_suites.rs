//! The suites that run the story of a payment through generated clients.

use super::suite::Suite;
use crate::clients::{self, Language};

pub const CLIENTS: Suite = Suite {
    name: "clients",
    about: "An order is paid through the generated clients for TypeScript, Python and Rust.",
    takes_filter: false,
    prepare: |session| clients::prepare(session, &[Language::Typescript, Language::Python, Language::Rust]),
    run: |session| {
        clients::tell(session, Language::Typescript)?;
        clients::tell(session, Language::Python)?;
        clients::tell(session, Language::Rust)
    },
};

pub const CLIENTS_GO: Suite = Suite {
    name: "clients-go",
    about: "The same for Go.",
    takes_filter: false,
    prepare: |session| clients::prepare(session, &[Language::Go]),
    run: |session| clients::tell(session, Language::Go),
};

pub const CLIENTS_RUBY: Suite = Suite {
    name: "clients-ruby",
    about: "The same for Ruby.",
    takes_filter: false,
    prepare: |session| clients::prepare(session, &[Language::Ruby]),
    run: |session| clients::tell(session, Language::Ruby),
};

pub const CLIENTS_PHP: Suite = Suite {
    name: "clients-php",
    about: "The same for PHP.",
    takes_filter: false,
    prepare: |session| clients::prepare(session, &[Language::Php]),
    run: |session| clients::tell(session, Language::Php),
};
