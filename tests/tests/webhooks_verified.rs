//! A receiver in another process and language, which verifies with third-party code.

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
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The events of an order that is paid and refunded, with their numbers.
const LIFE: [(&str, usize); 14] = [
    ("authorizations.create", 1),
    ("authorizations.succeeded", 1),
    ("captures.create", 1),
    ("captures.succeeded", 1),
    ("orders.approve", 1),
    ("orders.authorize", 1),
    ("orders.create", 1),
    ("orders.pay", 1),
    ("orders.pending", 1),
    ("orders.place", 1),
    ("orders.refund", 1),
    ("refunds.create", 1),
    ("refunds.succeeded", 1),
    ("transactions.create", 3),
];

/// Adds faults between the service and the PSPs. The receiver has faults of its own.
async fn make_trouble(story: &Story) {
    for fault in [
        json!({ "fault": "webhook_duplicate", "times": 20 }),
        json!({ "fault": "webhook_reorder", "times": 4, "delay_ms": 200 }),
        json!({ "fault": "error", "method": "POST", "status": 500, "times": 2 }),
        json!({ "fault": "drop_after", "method": "POST", "times": 1 }),
    ] {
        story.sandbox().fault(&fault).await;
    }
}

#[tokio::test]
#[ignore = "needs the Python environment of `cargo xtask test --suite webhooks`"]
async fn a_whole_life_is_verified_by_standard_webhooks_own_library() {
    let story = Story::start().await;
    let mut receiver = PythonReceiver::start();
    let port = receiver.line();
    let mut secrets = Map::new();
    for (topic, _) in LIFE {
        let url = format!("http://127.0.0.1:{port}/{topic}");
        let attributes = json!({ "topic": topic, "callback_url": url, "include_resources": [] });
        let body = bodies::resource("webhooks", attributes, json!({}));
        let created = story.api.post("/api/webhooks", &body).await.expect(201);
        secrets.insert(format!("/{topic}"), created.attribute("shared_secret").clone());
    }
    receiver.say(&json!(secrets).to_string());
    for vendor in Vendor::ALL {
        let (order, _) = story.approved(vendor, 1_000).await;
        make_trouble(&story).await;
        story
            .act(&order, "orders", &order, json!({ "_capture": true }))
            .await;
        story.until_paid(&order, "paid").await;
        let capture = story.only(&order, "captures").await;
        story
            .act(&order, "captures", &capture, json!({ "_refund": true }))
            .await;
        story.until_paid(&order, "refunded").await;
        story.sandbox().clear_faults().await;
    }
    let mut told = BTreeMap::new();
    let expected = LIFE.map(|(topic, count)| (topic.to_owned(), count * Vendor::ALL.len()));
    let total: usize = expected.iter().map(|(_, count)| count).sum();
    for _ in 0..total {
        let line = receiver.line();
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(words[0], "ok", "{line}");
        *told.entry(words[1].to_owned()).or_insert(0) += 1;
    }
    assert_eq!(told, BTreeMap::from(expected));
}
