//! Starting, stopping, and the messages of a failed start.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::json;
use tillgate_tests::{Service, bodies};

fn any_port() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

/// Runs a command that must end with an error. Returns its message on stderr.
async fn failing(mut command: Command) -> String {
    let ended = tokio::time::timeout(
        std::time::Duration::from_secs(60),
        tokio::task::spawn_blocking(move || command.output().expect("the binary runs")),
    );
    let output = ended.await.expect("it ends by itself").expect("no panic");
    assert!(output.status.code().is_some_and(|code| code != 0), "{output:?}");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !stderr.contains("panicked") && !stderr.contains("RUST_BACKTRACE"),
        "{stderr}"
    );
    stderr
}

/// Panics unless there is one line with this part.
#[track_caller]
fn assert_one_line_with(stderr: &str, part: &str) {
    let lines: Vec<_> = stderr.lines().filter(|line| !line.trim().is_empty()).collect();
    assert_eq!(lines.len(), 1, "{stderr}");
    assert!(lines[0].contains(part), "{part} is not in: {stderr}");
}

#[tokio::test]
async fn sigterm_ends_the_service_with_0_and_a_restart_finds_its_data() {
    let mut service = Service::start().await;
    let order = bodies::order(&service.api().await, &service.demo("TILLGATE_MARKET_ID"), 1_500).await;
    let client_secret = service.demo("TILLGATE_CLIENT_SECRET");
    let status = service.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", service.log());
    service.restart().await;
    // The same credentials and the same token still work.
    assert_eq!(service.demo("TILLGATE_CLIENT_SECRET"), client_secret);
    let found = service
        .api()
        .await
        .get(&format!("/api/orders/{order}"))
        .await
        .expect(200);
    assert_eq!(*found.attribute("total_amount_with_taxes_cents"), 1_500);
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_by_a_kill() {
    let mut service = Service::start().await;
    let market = service.demo("TILLGATE_MARKET_ID");
    let order = bodies::order(&service.api().await, &market, 2_500).await;
    service.kill9();
    service.restart().await;
    let found = service
        .api()
        .await
        .get(&format!("/api/orders/{order}"))
        .await
        .expect(200);
    assert_eq!(*found.attribute("total_amount_with_taxes_cents"), 2_500);
}

#[tokio::test]
async fn sigterm_finishes_what_is_in_flight() {
    let mut service = Service::start().await;
    let api = service.api().await;
    let slow = json!({ "vendor": "stripe", "fault": "delay", "delay_ms": 1500, "times": 1 });
    service.sandbox().fault(&slow).await;
    let body = bodies::payment(&service.demo("TILLGATE_PAYMENTS_ORDER_ID"), "tok_visa");
    let request = tokio::spawn(async move { api.post("/api/v1/payments", &body).await });
    // The PSP executes it at once and answers later: with the first entry the request is in progress.
    while service.sandbox().ledger().await.is_empty() {
        assert!(!request.is_finished(), "the request ended and charged nothing");
    }
    let status = service.terminate().await;
    let _ = request.await.expect("no panic").expect(201);
    assert_eq!(status.code(), Some(0), "{}", service.log());
}

#[tokio::test]
async fn the_demo_file_is_for_its_owner_only() {
    let service = Service::start().await;
    let metadata = std::fs::metadata(service.data_dir().join("demo.env")).expect("it is there");
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_port_in_use_is_said_in_one_line() {
    let service = Service::start().await;
    let taken = TcpListener::bind(any_port()).expect("a free port");
    let address = taken.local_addr().expect("it is bound");
    let data = tempfile::tempdir().expect("a directory");
    let mut command = service.serve_command(&data.path().join("new"), address);
    // PostgreSQL has the running service's database, which needs its key.
    command
        .arg("--master-key-file")
        .arg(service.data_dir().join("master.key"));
    command.current_dir(data.path());
    let stderr = failing(command).await;
    assert_one_line_with(&stderr, &address.to_string());
}

#[tokio::test]
async fn a_data_directory_that_cannot_be_made_is_said_in_one_line() {
    let service = Service::start().await;
    let directory = tempfile::tempdir().expect("a directory");
    // Below a file nobody, not even root, can make a directory.
    let file = directory.path().join("file");
    std::fs::write(&file, "").expect("it can be written");
    let data = file.join("data");
    let mut command = service.serve_command(&data, any_port());
    command.current_dir(directory.path());
    let stderr = failing(command).await;
    assert_one_line_with(&stderr, &data.display().to_string());
}

#[tokio::test]
async fn a_bad_url_is_said_in_one_line_without_its_password() {
    let service = Service::start().await;
    let data = tempfile::tempdir().expect("a directory");
    for url in [
        "mysql://root@localhost/db",
        "postgres://user:swordfish@127.0.0.1:1/db",
        "not a url",
    ] {
        let mut command = Command::new(tillgate_tests::binary::path().expect("the binary"));
        command.current_dir(data.path()).args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--sandbox-listen",
            "127.0.0.1:0",
        ]);
        command
            .arg("--data-dir")
            .arg(data.path())
            .args(["--database-url", url]);
        let stderr = failing(command).await;
        assert_eq!(
            stderr.lines().filter(|line| !line.trim().is_empty()).count(),
            1,
            "{stderr}"
        );
        assert!(!stderr.contains("swordfish"), "{stderr}");
    }
    let mut command = service.serve_command(data.path(), any_port());
    command.args(["--public-url", "nonsense"]);
    let stderr = failing(command).await;
    assert!(
        stderr.contains("public-url") || stderr.contains("public URL"),
        "{stderr}"
    );
}
