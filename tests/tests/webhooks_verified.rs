//! A receiver in another process and language, which verifies with other people's code.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Map, json};
use tillgate_tests::{Story, Vendor, bodies};

/// tests/tools/python/webhook_receiver.py, which ends with this.
struct PythonReceiver {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl PythonReceiver {
    fn start() -> Self {
        let python =
            std::env::var_os("TILLGATE_TEST_PYTHON").expect("`cargo xtask test --suite webhooks` sets it");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/python/webhook_receiver.py");
        let mut process = Command::new(python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the interpreter runs");
        let lines = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        Self { process, lines }
    }

    fn line(&mut self) -> String {
        self.lines.next().expect("the receiver goes on").expect("text")
    }

    fn say(&mut self, line: &str) {
        let stdin = self.process.stdin.as_mut().expect("a pipe");
        writeln!(stdin, "{line}").expect("the receiver reads");
    }
}

impl Drop for PythonReceiver {
    fn drop(&mut self) {
        // One that has ended already is what is wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
#[ignore = "needs the Python environment of `cargo xtask test --suite webhooks`"]
async fn a_whole_life_is_verified_by_standard_webhooks_own_library() {
    let story = Story::start().await;
    let mut receiver = PythonReceiver::start();
    let port = receiver.line();
    let topics = [
        "orders.place",
        "orders.approve",
        "orders.authorize",
        "orders.pay",
        "orders.refund",
        "authorizations.succeeded",
        "captures.succeeded",
        "refunds.succeeded",
    ];
    let mut secrets = Map::new();
    for topic in topics {
        let url = format!("http://127.0.0.1:{port}/{topic}");
        let attributes = json!({ "topic": topic, "callback_url": url, "include_resources": [] });
        let body = bodies::resource("webhooks", attributes, json!({}));
        let created = story.api.post("/api/webhooks", &body).await.expect(201);
        secrets.insert(format!("/{topic}"), created.attribute("shared_secret").clone());
    }
    receiver.say(&json!(secrets).to_string());
    for vendor in Vendor::ALL {
        let (order, capture) = story.paid(vendor, 1_000).await;
        story
            .act(&order, "captures", &capture, json!({ "_refund": true }))
            .await;
    }
    let mut told = BTreeMap::new();
    for _ in 0..topics.len() * Vendor::ALL.len() {
        let line = receiver.line();
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(words[0], "ok", "{line}");
        *told.entry(words[1].to_owned()).or_insert(0) += 1;
    }
    let expected = topics.map(|topic| (topic.to_owned(), Vendor::ALL.len()));
    assert_eq!(told, BTreeMap::from(expected));
}
