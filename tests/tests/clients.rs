//! The story of a payment, through a program that uses a generated client.

use std::process::Command;

use tillgate_tests::Service;

#[tokio::test]
#[ignore = "needs a client of `cargo xtask clients --test`"]
async fn an_order_is_paid_through_a_generated_client() {
    let program = std::env::var_os("TILLGATE_TEST_STORY_PROGRAM").expect("`cargo xtask clients` sets it");
    let service = Service::start().await;
    let mut story = Command::new(program);
    story
        .args(std::env::var_os("TILLGATE_TEST_STORY_SCRIPT"))
        .envs(service.demo_environment());
    let output = story.output().expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{}\n{}",
        text(&output.stdout),
        text(&output.stderr)
    );
}
