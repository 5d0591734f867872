//! The suites that need Python.

use std::process::Command;

use super::cargo_suites::run_ignored;
use super::suite::Suite;
use super::tools;

pub const SPEC_VALIDATOR: Suite = Suite {
    name: "spec-validator",
    about: "openapi-spec-validator finds no error in the OpenAPI documents.",
    takes_filter: false,
    prepare: tools::prepare_python,
    run: |session| {
        let mut validator = Command::new(tools::python(session));
        validator.args([
            "-m",
            "openapi_spec_validator",
            "api-spec/openapi.json",
            "api-spec/openapi-3.0.json",
        ]);
        session.run(validator.current_dir(&session.root))
    },
};

pub const SDK: Suite = Suite {
    name: "sdk",
    about: "The PSPs' own Python SDKs against the sandbox.",
    takes_filter: false,
    prepare: tools::prepare_python,
    run: |session| {
        run_ignored(
            session,
            "vendor_sdks",
            None,
            &[("TILLGATE_TEST_PYTHON", &tools::python(session))],
        )
    },
};

pub const WEBHOOKS: Suite = Suite {
    name: "webhooks",
    about: "A receiver in Python verifies every event of a payment with the library of Standard Webhooks.",
    takes_filter: false,
    prepare: tools::prepare_python,
    run: |session| {
        run_ignored(
            session,
            "webhooks_verified",
            None,
            &[("TILLGATE_TEST_PYTHON", &tools::python(session))],
        )
    },
};
