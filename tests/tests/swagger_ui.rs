//! Swagger UI like a newcomer uses it, in a headless browser.

use std::path::Path;
use std::process::Command;

use tillgate_tests::Service;

#[tokio::test]
#[ignore = "needs the browser and the Node packages of `cargo xtask test --suite swagger-ui`"]
async fn the_documented_requests_can_be_tried_out_in_the_page() {
    click_through("swagger_ui.cjs").await;
}

#[tokio::test]
#[ignore = "needs the browser and the Node packages of `cargo xtask test --suite swagger-ui`"]
async fn an_order_is_paid_with_3_d_secure_by_clicking_in_the_page() {
    click_through("swagger_workbench.cjs").await;
}

#[tokio::test]
async fn the_demos_secret_is_in_no_page_and_its_tokens_are_for_the_page_alone() {
    let service = Service::start().await;
    let client = reqwest::Client::new();
    let url = |file: &str| format!("{}/swagger-ui/{file}", service.url());
    for file in ["", "workbench.js", "demo.js"] {
        let text = client
            .get(url(file))
            .send()
            .await
            .expect("an answer")
            .text()
            .await;
        assert!(
            !text
                .expect("text")
                .contains(&service.demo("TILLGATE_CLIENT_SECRET")),
            "{file}"
        );
    }
    for (origin, status) in [
        (Some(service.url()), 200),
        (Some("https://shop.example"), 403),
        (None, 403),
    ] {
        let mut call = client.post(url("demo-token"));
        if let Some(origin) = origin {
            call = call.header("Origin", origin);
        }
        assert_eq!(
            call.send().await.expect("an answer").status(),
            status,
            "{origin:?}"
        );
    }
    let rebound = client
        .post(url("demo-token"))
        .header("Host", "shop.example")
        .header("Origin", "http://shop.example");
    assert_eq!(rebound.send().await.expect("an answer").status(), 403);
}

async fn click_through(script: &str) {
    let node_directory = std::env::var("TILLGATE_TEST_NODE_DIRECTORY").expect("`cargo xtask test` sets it");
    let service = Service::start().await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tools/node")
        .join(script);
    let mut node = Command::new("node");
    node.arg(script).envs(service.demo_environment());
    node.env("NODE_PATH", Path::new(&node_directory).join("node_modules"));
    let output = node.output().expect("Node runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{}\n{}",
        text(&output.stdout),
        text(&output.stderr)
    );
}
