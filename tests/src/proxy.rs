//! A proxy of PostgreSQL that can hold up messages, like a server that hangs or a network that loses everything. It counts statements.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// PostgreSQL's message after a commit.
const COMMITTED: &[u8] = b"COMMIT\0";

/// The messages that pass.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Everything,
    /// All messages before PostgreSQL's report of a commit.
    UntilCommit,
    Nothing,
}

/// Passes messages on, unless it is stalled. It always accepts new connections.
pub struct Proxy {
    address: SocketAddr,
    credentials: String,
    mode: watch::Sender<Mode>,
    statements: Arc<AtomicUsize>,
}

impl Proxy {
    pub(crate) async fn start(cluster: &str) -> Result<Self> {
        let url: reqwest::Url = cluster.parse().context("the cluster's URL")?;
        let (host, port) = (url.host_str().unwrap_or("127.0.0.1"), url.port().unwrap_or(5432));
        let upstream = format!("{host}:{port}");
        let credentials = match url.password() {
            Some(password) => format!("{}:{password}", url.username()),
            None => url.username().to_owned(),
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let mode = watch::Sender::new(Mode::Everything);
        let statements = Arc::new(AtomicUsize::new(0));
        tokio::spawn(accept(listener, upstream, mode.clone(), Arc::clone(&statements)));
        Ok(Self {
            address,
            credentials,
            mode,
            statements,
        })
    }

    /// The server's part of the URL.
    pub(crate) fn server(&self) -> String {
        format!("postgres://{}@{}", self.credentials, self.address)
    }

    /// Number of statements that were executed so far, by all connections.
    pub fn statements(&self) -> usize {
        self.statements.load(Ordering::SeqCst)
    }

    /// Holds up all messages silently.
    pub fn stall(&self) {
        self.mode.send_replace(Mode::Nothing);
    }

    /// Lets the next commit happen, and holds up its report and all later messages.
    pub fn stall_at_commit(&self) {
        self.mode.send_replace(Mode::UntilCommit);
    }

    /// Passes all messages on again, including those that were held up.
    pub fn go_on(&self) {
        self.mode.send_replace(Mode::Everything);
    }
}

async fn accept(
    listener: TcpListener,
    upstream: String,
    mode: watch::Sender<Mode>,
    statements: Arc<AtomicUsize>,
) {
    while let Ok((client, _)) = listener.accept().await {
        let Ok(server) = TcpStream::connect(&upstream).await else {
            continue;
        };
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let counter = Counter::new(Arc::clone(&statements));
        tokio::spawn(pass(from_client, to_server, mode.clone(), Some(counter)));
        tokio::spawn(pass(from_server, to_client, mode.clone(), None));
    }
}

/// Counts the statements among the messages of a client (PostgreSQL's message formats).
struct Counter {
    statements: Arc<AtomicUsize>,
    /// The messages before the start of the session have no type.
    has_begun: bool,
    rest: Vec<u8>,
}

impl Counter {
    /// Protocol 3.0, after which messages have types.
    const START: [u8; 4] = [0, 3, 0, 0];

    fn new(statements: Arc<AtomicUsize>) -> Self {
        Self {
            statements,
            has_begun: false,
            rest: Vec::new(),
        }
    }

    fn read(&mut self, part: &[u8]) {
        self.rest.extend_from_slice(part);
        loop {
            let place = usize::from(self.has_begun);
            let Some(length) = self.rest.get(place..place + 4) else {
                return;
            };
            let length = u32::from_be_bytes(length.try_into().expect("four bytes")) as usize;
            let Some(message) = self.rest.get(..place + length) else {
                return;
            };
            if !self.has_begun {
                self.has_begun = message.get(4..8) == Some(&Self::START[..]);
            } else if matches!(message[0], b'E' | b'Q') {
                self.statements.fetch_add(1, Ordering::SeqCst);
            }
            self.rest.drain(..place + length);
        }
    }
}

/// Passes messages on; with a counter, those of a client.
async fn pass(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mode: watch::Sender<Mode>,
    mut counter: Option<Counter>,
) {
    let mut passing = mode.subscribe();
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let part = &buffer[..length];
        if let Some(counter) = &mut counter {
            counter.read(part);
        }
        let commits = counter.is_none() && part.windows(COMMITTED.len()).any(|window| window == COMMITTED);
        if commits {
            mode.send_if_modified(|mode| {
                let stalls = *mode == Mode::UntilCommit;
                if stalls {
                    *mode = Mode::Nothing;
                }
                stalls
            });
        }
        if passing.wait_for(|mode| *mode != Mode::Nothing).await.is_err() || to.write_all(part).await.is_err()
        {
            return;
        }
    }
}
