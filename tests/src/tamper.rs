//! A PSP that shows other payments than were requested: a proxy that changes the sandbox's answers.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// The changed members of each answer that has them, by JSON pointer.
type Changes = Arc<Mutex<Vec<(String, Value)>>>;

/// A proxy before a sandbox. It runs until the test process ends.
pub struct Tamperer {
    origin: String,
    changes: Changes,
}

impl Tamperer {
    /// A proxy before the sandbox at an origin, without changes so far.
    pub fn before(origin: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap_or_else(|error| panic!("no port: {error}"));
        let address = listener
            .local_addr()
            .unwrap_or_else(|error| panic!("no address: {error}"));
        let changes = Changes::default();
        let (serving, target) = (
            Arc::clone(&changes),
            origin.trim_start_matches("http://").to_owned(),
        );
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (changes, target) = (Arc::clone(&serving), target.clone());
                // A broken connection is handled by the other end.
                std::thread::spawn(move || drop(serve(connection, &target, &changes)));
            }
        });
        Self {
            origin: format!("http://{address}"),
            changes,
        }
    }

    /// URL of the proxy.
    pub fn url(&self) -> &str {
        &self.origin
    }

    /// Changes these members of each answer that has them, from now on.
    pub fn change(&self, changes: &[(&str, Value)]) {
        let changes = changes
            .iter()
            .map(|(pointer, value)| ((*pointer).to_owned(), value.clone()));
        *self
            .changes
            .lock()
            .unwrap_or_else(|error| panic!("another thread panicked: {error}")) = changes.collect();
    }
}

fn serve(connection: TcpStream, target: &str, changes: &Changes) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection.try_clone()?);
    let mut writer = connection;
    while let Some((line, headers, body)) = read(&mut reader)? {
        let mut upstream = TcpStream::connect(target)?;
        write!(upstream, "{line}\r\n")?;
        for (name, value) in headers.iter().filter(|(name, _)| *name != "connection") {
            write!(upstream, "{name}: {value}\r\n")?;
        }
        upstream.write_all(b"connection: close\r\n\r\n")?;
        upstream.write_all(&body)?;
        let Some((status, headers, body)) = read(&mut BufReader::new(upstream))? else {
            return Ok(());
        };
        let body = changed(body, changes);
        write!(writer, "{status}\r\n")?;
        for (name, value) in headers.iter().filter(|(name, _)| {
            !["connection", "content-length", "transfer-encoding"].contains(&name.as_str())
        }) {
            write!(writer, "{name}: {value}\r\n")?;
        }
        write!(writer, "content-length: {}\r\n\r\n", body.len())?;
        writer.write_all(&body)?;
    }
    Ok(())
}

fn changed(body: Vec<u8>, changes: &Changes) -> Vec<u8> {
    let Ok(mut answer) = serde_json::from_slice::<Value>(&body) else {
        return body;
    };
    let changes = changes.lock().map(|changes| changes.clone()).unwrap_or_default();
    for (pointer, value) in changes {
        if let Some(member) = answer.pointer_mut(&pointer) {
            *member = value;
        }
    }
    answer.to_string().into_bytes()
}

type Message = (String, HashMap<String, String>, Vec<u8>);

/// A request or an answer: its first line, its headers and its body.
fn read(reader: &mut impl BufRead) -> std::io::Result<Option<Message>> {
    let mut first = String::new();
    if reader.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|text| text.parse().ok());
    let mut body = vec![0; length.unwrap_or_default()];
    reader.read_exact(&mut body)?;
    Ok(Some((first.trim_end().to_owned(), headers, body)))
}
