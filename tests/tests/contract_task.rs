//! `cargo xtask contract` against deployments: this service passes, another server fails.

use std::process::{Command, Output};

use tillgate_tests::Service;

fn contract(arguments: &[&str]) -> Output {
    let xtask = std::env::var_os("TILLGATE_TEST_XTASK").expect("`cargo xtask test --suite contract` sets it");
    let mut command = Command::new(xtask);
    command.arg("contract").args(arguments);
    command.output().expect("the task runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test]
#[ignore = "needs the task of `cargo xtask test --suite contract`"]
async fn a_deployment_passes_and_another_server_does_not() {
    let service = Service::start().await;
    let (id, secret) = (
        service.demo("TILLGATE_CLIENT_ID"),
        service.demo("TILLGATE_CLIENT_SECRET"),
    );
    let passed = contract(&[
        "--url",
        service.url(),
        "--client-id",
        &id,
        "--client-secret",
        &secret,
    ]);
    let (table, errors) = (text(&passed.stdout), text(&passed.stderr));
    assert!(passed.status.success(), "{table}\n{errors}");
    for path in [
        "/api/stripe_payments",
        "/api/checkout_com_payments",
        "/api/v1/payments",
    ] {
        assert!(table.contains(&format!("POST {path} ")), "{table}");
    }
    assert!(
        table.ends_with(" requests, 0 answered otherwise, 1 not for this caller\n"),
        "{table}"
    );

    let sandbox = service.sandbox();
    let failed = contract(&["--url", sandbox.url(), "--token", "none", "--format", "json"]);
    assert_eq!(failed.status.code(), Some(1), "{}", text(&failed.stderr));
    let trials: serde_json::Value = serde_json::from_slice(&failed.stdout).expect("JSON");
    let trials = trials.as_array().expect("a list");
    assert!(
        !trials.is_empty()
            && trials
                .iter()
                .all(|trial| trial["differences"] != serde_json::json!([]))
    );
}
