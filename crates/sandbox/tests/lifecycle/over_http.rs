//! Webhooks that leave the process.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

use serde_json::{Value, json};
use tillgate_sandbox::{SandboxConfig, bind};

use crate::client::{STRIPE_KEY, hmac, text};

const PATIENCE: Duration = Duration::from_secs(20);

/// A shop that answers the webhooks that it receives with the given statuses, one after the other.
fn shop(statuses: &'static [&'static str]) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, receiver) = channel();
    spawn(move || serve(&listener, statuses, &sender));
    (address, receiver)
}

fn serve(listener: &TcpListener, statuses: &[&str], received: &Sender<String>) {
    for status in statuses {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let request = read_request(&mut stream);
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        received.send(request).unwrap();
    }
}

/// A request with a body of the announced length.
fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let read = stream.read(&mut chunk).unwrap();
        assert!(read > 0, "the request breaks off");
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && body.len() >= header(head, "content-length").parse::<usize>().unwrap()
        {
            return text;
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
        .unwrap()
}

/// A served sandbox that ends with the value.
struct Server {
    address: SocketAddr,
    handle: actix_web::dev::ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    fn start() -> Self {
        let config = SandboxConfig {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            ..SandboxConfig::default()
        };
        let bound = bind(config).unwrap();
        let address = bound.local_addr();
        let (sender, receiver) = channel();
        let thread = spawn(move || {
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
        }
    }

    fn post(&self, path: &str, content_type: &str, body: &str) -> Value {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {STRIPE_KEY}\r\n\
             Content-Type: {content_type}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }

    fn stripe(&self, path: &str, form: &str) -> Value {
        self.post(path, "application/x-www-form-urlencoded", form)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

#[test]
fn a_webhook_arrives_and_arrives_again_until_it_is_acknowledged() {
    let (shop, received) = shop(&["500 Internal Server Error", "200 OK"]);
    let server = Server::start();
    let form = format!("url=http://{shop}/hook?a=b&enabled_events[]=charge.succeeded");
    let endpoint = server.stripe("/v1/webhook_endpoints", &form);
    let secret = text(&endpoint["secret"]);
    server.stripe(
        "/v1/payment_intents",
        "amount=2000&currency=eur&confirm=true&payment_method_types[]=card&payment_method=pm_card_visa",
    );
    let first = received.recv_timeout(PATIENCE).unwrap();
    let (head, body) = first.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /hook?a=b HTTP/1.1"), "{head}");
    assert!(header(head, "content-type").starts_with("application/json"));
    let signature = header(head, "stripe-signature");
    let (time, digest) = signature.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    assert_eq!(digest, hmac(&secret, &format!("{time}.{body}")));
    let event: Value = serde_json::from_str(body).unwrap();
    assert_eq!(event["type"], "charge.succeeded");

    // The repetition is due within seconds, or at once when the clock is moved.
    let second = loop {
        server.post(
            "/sandbox/clock/advance",
            "application/json",
            &json!({ "seconds": 15 }).to_string(),
        );
        if let Ok(second) = received.recv_timeout(Duration::from_millis(200)) {
            break second;
        }
    };
    assert_eq!(second.split_once("\r\n\r\n").unwrap().1, body);
}
