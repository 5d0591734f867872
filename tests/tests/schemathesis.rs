//! Requests that schemathesis generates from the document, one after another and along its links: no answer may break the
//! contract. tests/tools/schemathesis/business_rules.yaml lists the refusals of business rules.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tillgate_tests::Service;
use tillgate_tests::login::{self, Customer};

/// Makes the requests repeatable.
const SEED: u32 = 20_180_101;
/// Along links, a run ends early if it finds no new path for a while: several runs take several paths.
const WALKS: u32 = 3;

/// Generates a number of requests for each operation, and ten times as many walks along links, with this token.
fn run(service: &Service, token: &str, examples: u32) {
    generate(service, token, "examples,coverage,fuzzing", examples, SEED);
    for walk in 0..WALKS {
        generate(service, token, "stateful", 10 * examples, SEED + walk);
    }
}

fn generate(service: &Service, token: &str, phases: &str, examples: u32, seed: u32) {
    let python = std::env::var_os("TILLGATE_TEST_PYTHON");
    let python = python.expect("`cargo xtask test --suite schemathesis` sets it");
    let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/schemathesis");
    let status = Command::new(python)
        .current_dir(settings)
        .args([
            "-m",
            "schemathesis.cli",
            "--config-file",
            "schemathesis.toml",
            "run",
        ])
        .arg(format!("{}/openapi.json", service.url()))
        .args(["--phases", phases])
        .args([
            "--max-examples",
            &examples.to_string(),
            "--seed",
            &seed.to_string(),
        ])
        .args(["--warnings", "off", "--no-color"])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("TILLGATE_ACCESS_TOKEN", token)
        .status()
        .expect("the interpreter runs");
    assert!(status.success(), "schemathesis found what breaks the contract");
}

async fn token(service: &Service, credentials: &Value) -> String {
    let answer = login::token(service, credentials).await.expect(200);
    let token = answer.body["access_token"].as_str();
    token.expect("an access token").to_owned()
}

/// All requests come from one caller, who fails often: neither may block the rest.
async fn start() -> Service {
    const MANY: &str = "1000000";
    Service::start_with(&[
        "--max-failed-authorizations",
        MANY,
        "--max-failures-of-address",
        MANY,
    ])
    .await
}

fn examples() -> u32 {
    let given = std::env::var("TILLGATE_TEST_EXAMPLES");
    let given = given.expect("`cargo xtask test --suite schemathesis` sets it");
    given.parse().expect("a number")
}

#[tokio::test]
#[ignore = "needs the Python environment of `cargo xtask test --suite schemathesis`"]
async fn an_integration() {
    let service = start().await;
    let credentials = json!({
        "grant_type": "client_credentials",
        "client_id": service.demo("TILLGATE_CLIENT_ID"),
        "client_secret": service.demo("TILLGATE_CLIENT_SECRET"),
    });
    run(&service, &token(&service, &credentials).await, examples());
}

#[tokio::test]
#[ignore = "needs the Python environment of `cargo xtask test --suite schemathesis --deep`"]
async fn a_sales_channel() {
    let service = start().await;
    let credentials = json!({
        "grant_type": "client_credentials",
        "client_id": service.demo("TILLGATE_SALES_CHANNEL_CLIENT_ID"),
    });
    run(&service, &token(&service, &credentials).await, examples());
}

#[tokio::test]
#[ignore = "needs the Python environment of `cargo xtask test --suite schemathesis --deep`"]
async fn a_customer() {
    let service = start().await;
    let ann = Customer::register(&service, "ann@example.com").await;
    let token = ann.session["access_token"].as_str().expect("an access token");
    run(&service, token, examples());
}
