//! Over real HTTP: lost answers, faults, and a killed process.

#![allow(clippy::unwrap_used, reason = "a test's helper fails by panicking")]
#![allow(
    clippy::disallowed_methods,
    reason = "it waits for a real server, with a limit"
)]

mod stripe_support;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stripe_support::{SECRET, Shop, id};
use tillgate_sandbox::{Sandbox, SandboxConfig, bind};

/// A server on its own thread; ends with the value.
struct Server {
    address: SocketAddr,
    handle: actix_web::dev::ServerHandle,
    thread: Option<std::thread::JoinHandle<()>>,
    /// Workers release the sandbox, and so its journal, shortly after the server has ended.
    sandbox: Weak<Sandbox>,
}

impl Server {
    fn start(directory: &std::path::Path) -> Self {
        let bound = bind(SandboxConfig {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data_dir: Some(directory.to_owned()),
            ..SandboxConfig::default()
        })
        .unwrap();
        let address = bound.local_addr();
        let sandbox = Arc::downgrade(&bound.sandbox());
        assert_eq!(bound.url(), format!("http://{address}"));
        let (sender, receiver) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = bound.run().unwrap();
                sender.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        Self {
            address,
            handle: receiver.recv().unwrap(),
            thread: Some(thread),
            sandbox,
        }
    }

    /// The raw answer; empty when the connection was closed without one.
    fn exchange(&self, method: &str, path: &str, content_type: &str, key: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {SECRET}\r\n\
             Content-Type: {content_type}\r\n{key}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn post(&self, path: &str, form: &str, key: &str) -> String {
        let key = format!("Idempotency-Key: {key}\r\n");
        self.exchange("POST", path, "application/x-www-form-urlencoded", &key, form)
    }

    fn admin(&self, method: &str, path: &str, body: &Value) -> String {
        self.exchange(method, path, "application/json", "", &body.to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
        let patience = Instant::now() + Duration::from_secs(20);
        while self.sandbox.strong_count() > 0 && Instant::now() < patience {
            std::thread::yield_now();
        }
    }
}

fn body(answer: &str) -> Value {
    let (_, body) = answer.split_once("\r\n\r\n").expect("the answer has a head");
    serde_json::from_str(body).unwrap()
}

const PAY: &str =
    "amount=2000&currency=eur&confirm=true&payment_method_types[]=card&payment_method=pm_card_visa";

#[test]
fn a_lost_answer_is_found_again_under_its_key_even_by_the_next_process() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path());
    let fault = json!({ "vendor": "stripe", "method": "POST", "fault": "drop_after", "times": 1 });
    assert!(
        server
            .admin("POST", "/sandbox/faults", &fault)
            .starts_with("HTTP/1.1 201")
    );
    assert_eq!(server.post("/v1/payment_intents", PAY, "k1"), "");
    drop(server);

    let server = Server::start(directory.path());
    let answer = server.post("/v1/payment_intents", PAY, "k1");
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("idempotent-replayed: true"),
        "{answer}"
    );
    let ledger = body(&server.admin("GET", "/sandbox/ledger", &Value::Null));
    assert_eq!(ledger.as_array().unwrap().len(), 2);
    assert_eq!(
        (
            &ledger[1]["kind"],
            &ledger[1]["idempotency_key"],
            &ledger[1]["payment_id"]
        ),
        (&json!("capture"), &json!("k1"), &body(&answer)["id"])
    );
}

#[test]
fn faults_hit_what_they_are_meant_for() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path());
    let before = json!({ "fault": "drop_before", "path_prefix": "/v1/payment_intents", "times": 1 });
    server.admin("POST", "/sandbox/faults", &before);
    server.admin(
        "POST",
        "/sandbox/faults",
        &json!({ "fault": "error", "status": 429, "times": 1 }),
    );
    assert_eq!(server.post("/v1/payment_intents", PAY, "k1"), "");
    let limited = server.post("/v1/payment_intents", PAY, "k1");
    assert!(
        limited.starts_with("HTTP/1.1 429") && limited.contains("request-id: req_"),
        "{limited}"
    );
    assert_eq!(body(&limited)["error"]["code"], "rate_limit");
    let third = server.post("/v1/payment_intents", PAY, "k1");
    assert!(
        third.starts_with("HTTP/1.1 200") && !third.contains("idempotent-replayed"),
        "{third}"
    );
    server.admin("POST", "/sandbox/faults", &json!({ "fault": "drop_before" }));
    assert!(
        server
            .admin("DELETE", "/sandbox/faults", &Value::Null)
            .starts_with("HTTP/1.1 204")
    );
    assert!(server.post("/v1/customers", "", "k2").starts_with("HTTP/1.1 200"));
    let wrong = server.admin(
        "POST",
        "/sandbox/faults",
        &json!({ "fault": "error", "status": 200 }),
    );
    assert!(wrong.starts_with("HTTP/1.1 400"));
    let late = json!({ "fault": "delay", "delay_ms": 1, "times": 1 });
    server.admin("POST", "/sandbox/faults", &late);
    assert!(server.post("/v1/customers", "", "k3").starts_with("HTTP/1.1 200"));
}

#[test]
fn pages_list_the_instruments_of_both_vendors() {
    let shop = Shop::open();
    let list = shop.get("/sandbox/instruments").ok();
    let list = list.as_array().unwrap();
    assert!(
        list.iter()
            .any(|instrument| instrument["id"] == "tok_visa"
                && instrument["card_number"] == "4242424242424242")
    );
    let page = shop.send(http::Request::get("/sandbox").body(bytes::Bytes::new()).unwrap());
    assert!(String::from_utf8_lossy(page.body()).contains("pm_card_threeDSecure2Required"));
}

#[test]
fn a_port_in_use_is_told_before_anything_starts() {
    let taken = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let listen = taken.local_addr().unwrap();
    let error = bind(SandboxConfig {
        listen,
        ..SandboxConfig::default()
    })
    .err()
    .unwrap();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}

#[test]
fn everything_survives_and_what_was_due_happens_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let shop = Shop::persistent(directory.path());
    let held = shop
        .pay("pm_card_visa", "capture_method=manual&metadata[a]=b")
        .ok();
    let waiting = shop
        .pay(
            "pm_card_threeDSecure2Required",
            "return_url=https://shop.example/",
        )
        .ok();
    drop(shop);

    let shop = Shop::persistent(directory.path());
    assert_eq!(shop.get(&format!("/v1/payment_intents/{}", id(&held))).ok(), held);
    assert_eq!(
        shop.get(&format!("/v1/payment_intents/{}", id(&waiting))).ok(),
        waiting
    );
    assert_ne!(shop.pay("pm_card_visa", "").id(), id(&held));
    let advance = json!({ "seconds": 7 * 24 * 3600 }).to_string();
    shop.call("POST", "/sandbox/clock/advance", &advance, &[]).ok();
    drop(shop);

    let shop = Shop::persistent(directory.path());
    assert_eq!(
        shop.get(&format!("/v1/payment_intents/{}", id(&held))).ok()["status"],
        "canceled"
    );
}
