//! Swagger UI as a newcomer uses it: authorize with the demo's credentials, try the documented requests.

use std::path::Path;
use std::process::Command;

use tillgate_tests::Service;

#[tokio::test]
#[ignore = "needs the browser and the Node packages of `cargo xtask test --suite swagger-ui`"]
async fn the_documented_requests_can_be_tried_out_in_the_page() {
    let node_directory = std::env::var("TILLGATE_TEST_NODE_DIRECTORY").expect("`cargo xtask test` sets it");
    let service = Service::start().await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/node/swagger_ui.cjs");
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
