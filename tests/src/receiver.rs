//! A merchant's system that webhooks call: it records the calls, and answers as the test asks.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use crate::wait;

/// Time limit for a call: a first retry comes after five seconds.
const LIMIT: Duration = Duration::from_secs(60);

/// A received call.
#[derive(Clone, Debug)]
pub struct Received {
    /// Time when it was complete.
    pub at: Instant,
    /// Path of its URL.
    pub path: String,
    /// Headers, by their names in lower case.
    pub headers: HashMap<String, String>,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

impl Received {
    /// A header; panics if it is missing.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.unwrap_or_else(|| panic!("no {name} in {:?}", self.headers))
    }

    /// Topic of the event.
    #[track_caller]
    pub fn topic(&self) -> &str {
        self.header("x-commercelayer-topic")
    }

    /// The body as JSON.
    #[track_caller]
    pub fn payload(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Whether both signatures are right.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let mac = |parts: &[&[u8]]| {
            let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
            let mut mac = mac.unwrap_or_else(|error| panic!("no key: {error}"));
            parts.iter().for_each(|part| mac.update(part));
            STANDARD.encode(mac.finalize().into_bytes())
        };
        let (id, time) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        let standard = mac(&[id.as_bytes(), b".", time.as_bytes(), b".", &self.body]);
        self.header("x-commercelayer-signature") == mac(&[&self.body])
            && self.header("webhook-signature") == format!("v1,{standard}")
    }
}

/// The reaction to a call.
#[derive(Clone, Debug)]
pub enum Reaction {
    /// Answers with this status and headers.
    Answer(u16, Vec<(&'static str, String)>),
    /// Answers with 200, after a time.
    Slowly(Duration),
    /// Receives the call and never answers.
    Silence,
}

impl Reaction {
    /// Answers with a status alone.
    pub fn status(status: u16) -> Self {
        Self::Answer(status, Vec::new())
    }
}

struct State {
    reaction: Mutex<Reaction>,
    received: Mutex<Vec<Received>>,
    /// Connections that stay open without an answer.
    silent: Mutex<Vec<TcpStream>>,
}

/// A receiver on this machine. It runs until the test process ends.
#[derive(Clone)]
pub struct Receiver {
    origin: String,
    state: Arc<State>,
}

impl Default for Receiver {
    fn default() -> Self {
        Self::new()
    }
}

impl Receiver {
    /// A receiver that answers 200.
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap_or_else(|error| panic!("no port: {error}"));
        let address = listener
            .local_addr()
            .unwrap_or_else(|error| panic!("no address: {error}"));
        let state = Arc::new(State {
            reaction: Mutex::new(Reaction::status(200)),
            received: Mutex::default(),
            silent: Mutex::default(),
        });
        let serving = Arc::clone(&state);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let state = Arc::clone(&serving);
                // A broken connection is handled by the other end.
                std::thread::spawn(move || drop(serve(connection, &state)));
            }
        });
        Self {
            origin: format!("http://{address}"),
            state,
        }
    }

    /// URL of a path, such as `/events`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Sets the reaction from now on.
    pub fn react(&self, reaction: Reaction) {
        *locked(&self.state.reaction) = reaction;
    }

    /// The calls so far.
    pub fn received(&self) -> Vec<Received> {
        locked(&self.state.received).clone()
    }

    /// Waits for a number of calls, and returns them.
    pub async fn expect(&self, count: usize) -> Vec<Received> {
        let calls = wait::until(LIMIT, || {
            let received = self.received();
            (received.len() >= count).then_some(received)
        });
        calls.await.unwrap_or_else(|| {
            let received = self.received();
            let topics: Vec<&str> = received.iter().map(Received::topic).collect();
            panic!("{} of {count} calls came: {topics:?}", received.len())
        })
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|error| panic!("another thread panicked: {error}"))
}

/// Serves one connection until it ends.
fn serve(connection: TcpStream, state: &State) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection.try_clone()?);
    let mut writer = connection;
    while let Some(received) = read(&mut reader)? {
        locked(&state.received).push(received);
        let reaction = locked(&state.reaction).clone();
        let (status, headers) = match reaction {
            Reaction::Answer(status, headers) => (status, headers),
            Reaction::Slowly(time) => {
                // The pause stands for the work of a merchant's system.
                std::thread::sleep(time);
                (200, Vec::new())
            }
            Reaction::Silence => {
                locked(&state.silent).push(writer);
                return Ok(());
            }
        };
        write!(writer, "HTTP/1.1 {status} Answer\r\ncontent-length: 0\r\n")?;
        for (name, value) in headers {
            write!(writer, "{name}: {value}\r\n")?;
        }
        writer.write_all(b"\r\n")?;
    }
    Ok(())
}

fn read(reader: &mut impl BufRead) -> std::io::Result<Option<Received>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = HashMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|text| text.parse().ok());
    let mut body = vec![0; length.unwrap_or_default()];
    reader.read_exact(&mut body)?;
    Ok(Some(Received {
        at: Instant::now(),
        path,
        headers,
        body,
    }))
}
