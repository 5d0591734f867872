//! The PSPs' own SDKs against the sandbox: it speaks their protocol if they see no difference.

use std::path::Path;
use std::process::Command;

use tillgate_tests::Service;

/// Runs one of tests/tools/python with the environment's interpreter.
async fn run(script: &str) {
    let python = std::env::var_os("TILLGATE_TEST_PYTHON").expect("`cargo xtask test --suite sdk` sets it");
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tools/python")
        .join(script);
    let service = Service::start().await;
    let output = Command::new(python)
        .arg(script)
        .env("TILLGATE_SANDBOX_URL", service.sandbox().url())
        .output();
    let output = output.expect("the interpreter runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{}\n{}",
        text(&output.stdout),
        text(&output.stderr)
    );
}

#[tokio::test]
#[ignore = "needs the Python environment of `cargo xtask test --suite sdk`"]
async fn stripe() {
    run("stripe_flow.py").await;
}

#[tokio::test]
#[ignore = "needs the Python environment of `cargo xtask test --suite sdk`"]
async fn checkout_com() {
    run("checkout_com_flow.py").await;
}
