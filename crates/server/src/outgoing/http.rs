//! Sending over HTTP.

use std::{
    error::Error,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use reqwest::{
    Client, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::RETRY_AFTER,
    redirect,
};
use tillgate_payments::{Message, NoReply, Reply, Sender};
use url::{Host, Url};

use super::addresses::Addresses;

/// So much of an answer is read, so that its connection can be used again. Nothing is made of it.
const READ_BYTES: usize = 16 * 1024;
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Connections that are kept for a host.
const IDLE_CONNECTIONS: usize = 32;

/// Speaks HTTP/1.1 and HTTP/2. Certificates are verified, redirects are not followed, no proxy of the environment is used.
pub struct HttpSender {
    client: Client,
    addresses: Arc<Addresses>,
}

impl HttpSender {
    /// Sends to these addresses.
    ///
    /// # Errors
    /// The platform's certificates cannot be loaded.
    pub fn new(addresses: Addresses) -> Result<Self, reqwest::Error> {
        let addresses = Arc::new(addresses);
        let client = Client::builder()
            .user_agent(concat!("tillgate/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .dns_resolver(Arc::new(Judging(Arc::clone(&addresses))))
            .build()?;
        Ok(Self { client, addresses })
    }

    async fn exchange(&self, message: &Message) -> Result<Reply, NoReply> {
        let url = Url::parse(&message.url).map_err(|_| NoReply("The URL cannot be read.".into()))?;
        // An address in the URL is not looked up, so that the resolver does not see it.
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) | None => None,
        };
        if literal.is_some_and(|address| !self.addresses.may_reach(address)) {
            return Err(NoReply(NOT_ALLOWED.into()));
        }
        let mut request = self
            .client
            .post(url)
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

    fn may_reach(&self, address: IpAddr) -> bool {
        self.addresses.may_reach(address)
    }
}

/// The answer counts when all of it came in time. One that is longer than anybody has to be is cut off, which closes the
/// connection.
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

/// In words for the merchant, who must not learn about our network by them.
fn why(error: &reqwest::Error) -> String {
    let mut causes = std::iter::successors(error.source(), |cause| (*cause).source());
    if causes.any(|cause| cause.is::<Refused>() || is_refusal(cause)) {
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

fn is_refusal(cause: &(dyn Error + 'static)) -> bool {
    cause
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
        .is_some_and(|inner| inner.is::<Refused>())
}

/// None of a name's addresses may be reached.
#[derive(Debug, thiserror::Error)]
#[error("{NOT_ALLOWED}")]
struct Refused;

/// Looks names up, and gives only addresses that may be reached to the connection that is then made: nothing is looked up
/// a second time.
struct Judging(Arc<Addresses>);

impl Resolve for Judging {
    fn resolve(&self, name: Name) -> Resolving {
        let addresses = Arc::clone(&self.0);
        async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let allowed: Vec<SocketAddr> = found
                .into_iter()
                .filter(|found| addresses.may_reach(found.ip()))
                .collect();
            if allowed.is_empty() {
                return Err(Box::new(Refused) as Box<dyn Error + Send + Sync>);
            }
            let allowed: Addrs = Box::new(allowed.into_iter());
            Ok(allowed)
        }
        .boxed()
    }
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

    fn loopback() -> Addresses {
        Addresses::with(vec!["127.0.0.0/8".parse().expect("a range")])
    }

    async fn send(addresses: Addresses, url: String, timeout: Duration) -> Result<Reply, NoReply> {
        let message = Message {
            url,
            headers: vec![("x-commercelayer-topic", "orders.place".into())],
            body: Bytes::from_static(b"{}"),
            timeout,
        };
        let sender = HttpSender::new(addresses).expect("a client");
        sender.send(&message).await
    }

    const LONG: Duration = Duration::from_secs(30);
    const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nretry-after: 7\r\n\r\n";

    #[actix_web::test]
    async fn a_name_is_judged_by_what_it_stands_for() {
        let (port, connections) = server(OK);
        for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"] {
            let url = format!("http://{host}:{port}/");
            let refused = send(Addresses::default(), url, LONG).await;
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
