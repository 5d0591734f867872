//! Sends over HTTP.

use std::{sync::Arc, time::Duration};

use futures::{FutureExt, future::BoxFuture};
use reqwest::{Method, Response, header::RETRY_AFTER};
use tillgate_outgoing::{Client, OutboundProxy, Policy, Refused, is_refusal};
use tillgate_payments::{Message, NoReply, Reply, Sender};
use url::Url;

/// Size of the part of an answer that is read, so that its connection can be reused. The contents are ignored.
const READ_BYTES: usize = 16 * 1024;
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Idle connections that are kept for a host.
const IDLE_CONNECTIONS: usize = 32;

/// Sends to the public internet, and to addresses that the operator allows.
pub struct HttpSender {
    client: Client,
}

impl HttpSender {
    /// A sender to the URLs that the policy allows.
    ///
    /// # Errors
    /// The platform's certificates can't be loaded.
    pub fn new(policy: Policy, proxy: Option<&OutboundProxy>) -> Result<Self, reqwest::Error> {
        let client = Client::new(Arc::new(policy), proxy, |builder| {
            builder
                .pool_idle_timeout(IDLE_TIMEOUT)
                .pool_max_idle_per_host(IDLE_CONNECTIONS)
        })?;
        Ok(Self { client })
    }

    async fn exchange(&self, message: &Message) -> Result<Reply, NoReply> {
        let request = self.client.request(Method::POST, &message.url);
        let mut request = request
            .map_err(|refused| NoReply(why_refused(refused).into()))?
            .timeout(message.timeout)
            .body(message.body.clone());
        for (name, value) in &message.headers {
            request = request.header(*name, value);
        }
        let answer = request.send().await.map_err(|error| NoReply(why(&error)))?;
        let reply = Reply {
            status: answer.status().as_u16(),
            retry_after: answer
                .headers()
                .get(RETRY_AFTER)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned),
        };
        read_to_the_end(answer)
            .await
            .map_err(|error| NoReply(why(&error)))?;
        Ok(reply)
    }
}

impl Sender for HttpSender {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<Reply, NoReply>> {
        self.exchange(message).boxed()
    }

    fn judge(&self, url: &Url) -> Result<(), Refused> {
        self.client.policy().judge(url)
    }
}

/// Reads the answer, which counts when all of it came in time. A longer one is cut off, which closes the connection.
async fn read_to_the_end(mut answer: Response) -> Result<(), reqwest::Error> {
    let mut read = 0;
    while let Some(chunk) = answer.chunk().await? {
        read += chunk.len();
        if read > READ_BYTES {
            break;
        }
    }
    Ok(())
}

const NOT_ALLOWED: &str = "The address is in a private or otherwise special network.";

fn why_refused(refused: Refused) -> &'static str {
    match refused {
        Refused::Place => NOT_ALLOWED,
        Refused::NoWebUrl | Refused::Credentials | Refused::Fragment => "The URL cannot be used.",
    }
}

/// The reason in words for the merchant, which reveal nothing about our network.
fn why(error: &reqwest::Error) -> String {
    if is_refusal(error) {
        return NOT_ALLOWED.into();
    }
    let text = if error.is_timeout() {
        "There was no answer in time."
    } else if error.is_connect() {
        "No connection could be made."
    } else {
        "The connection broke before the end of the answer."
    };
    text.into()
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::TcpListener,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use bytes::Bytes;

    use super::*;

    /// Answers each request with this text, and counts connections.
    fn server(answer: &'static str) -> (u16, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        std::thread::spawn(move || {
            for mut connection in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::SeqCst);
                let mut request = [0; 4096];
                let _ = connection.read(&mut request);
                let _ = connection.write_all(answer.as_bytes());
            }
        });
        (port, connections)
    }

    fn loopback() -> Policy {
        Policy::public(vec!["127.0.0.0/8".parse().expect("a range")])
    }

    async fn send(policy: Policy, url: String, timeout: Duration) -> Result<Reply, NoReply> {
        let message = Message {
            url,
            headers: vec![("x-commercelayer-topic", "orders.place".into())],
            body: Bytes::from_static(b"{}"),
            timeout,
        };
        let sender = HttpSender::new(policy, None).expect("a client");
        sender.send(&message).await
    }

    const LONG: Duration = Duration::from_secs(30);
    const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nretry-after: 7\r\n\r\n";

    #[actix_web::test]
    async fn a_name_is_judged_by_what_it_stands_for() {
        let (port, connections) = server(OK);
        for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"] {
            let url = format!("http://{host}:{port}/");
            let refused = send(Policy::public(Vec::new()), url, LONG).await;
            assert_eq!(refused, Err(NoReply(NOT_ALLOWED.into())), "{host}");
        }
        assert_eq!(connections.load(Ordering::SeqCst), 0);
        for host in ["127.0.0.1", "localhost"] {
            let reply = send(loopback(), format!("http://{host}:{port}/"), LONG).await;
            let expected = Reply {
                status: 200,
                retry_after: Some("7".into()),
            };
            assert_eq!(reply, Ok(expected), "{host}");
        }
    }

    #[actix_web::test]
    async fn redirects_are_answers() {
        let (port, connections) =
            server("HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n");
        let reply = send(loopback(), format!("http://127.0.0.1:{port}/"), LONG).await;
        assert_eq!(reply.map(|reply| reply.status), Ok(302));
        assert_eq!(connections.load(Ordering::SeqCst), 1);
    }

    #[actix_web::test]
    async fn an_answer_without_an_end_takes_no_more_than_its_time() {
        let (port, _) = server("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
        let broken = send(loopback(), format!("http://127.0.0.1:{port}/"), LONG).await;
        assert!(broken.is_err());
        let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = silent.local_addr().expect("an address").port();
        let url = format!("http://127.0.0.1:{port}/");
        let late = send(loopback(), url, Duration::from_millis(50)).await;
        assert_eq!(late, Err(NoReply("There was no answer in time.".into())));
    }

    #[actix_web::test]
    async fn of_an_answer_without_measure_only_a_part_is_read() {
        let endless = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n{}",
            "x".repeat(64 * 1024)
        );
        let (port, _) = server(Box::leak(endless.into_boxed_str()));
        let reply = send(loopback(), format!("http://127.0.0.1:{port}/"), LONG).await;
        assert_eq!(reply.map(|reply| reply.status), Ok(200));
    }
}
