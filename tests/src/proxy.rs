//! A proxy of PostgreSQL that can hold up messages, like a server that hangs or a network that loses everything.

use std::net::SocketAddr;

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
        tokio::spawn(accept(listener, upstream, mode.clone()));
        Ok(Self {
            address,
            credentials,
            mode,
        })
    }

    /// The server's part of the URL.
    pub(crate) fn server(&self) -> String {
        format!("postgres://{}@{}", self.credentials, self.address)
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

async fn accept(listener: TcpListener, upstream: String, mode: watch::Sender<Mode>) {
    while let Ok((client, _)) = listener.accept().await {
        let Ok(server) = TcpStream::connect(&upstream).await else {
            continue;
        };
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        tokio::spawn(pass(from_client, to_server, mode.clone(), false));
        tokio::spawn(pass(from_server, to_client, mode.clone(), true));
    }
}

async fn pass(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mode: watch::Sender<Mode>,
    is_answer: bool,
) {
    let mut passing = mode.subscribe();
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let part = &buffer[..length];
        let commits = is_answer && part.windows(COMMITTED.len()).any(|window| window == COMMITTED);
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
