//! The HTTP client that obeys a policy.

use std::{error::Error, io, net::SocketAddr, sync::Arc};

use futures::FutureExt;
use reqwest::{
    ClientBuilder, Method, RequestBuilder,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};
use url::Url;

use crate::{
    policy::{Policy, Refused, Way},
    proxy::OutboundProxy,
};

/// Speaks HTTP/1.1 and HTTP/2 with pooled connections. It verifies certificates, follows no redirects, repeats nothing, and uses
/// no proxy of the environment.
#[derive(Clone, Debug)]
pub struct Client {
    policy: Arc<Policy>,
    /// Resolves names itself, and connects only to addresses that the policy allows.
    direct: reqwest::Client,
    /// Passes names to the operator's proxy, which resolves them.
    proxied: Option<reqwest::Client>,
}

impl Client {
    /// Sets a client up; `tune` sets its timeouts and pools.
    ///
    /// # Errors
    /// The platform's certificates cannot be loaded.
    pub fn new(
        policy: Arc<Policy>,
        proxy: Option<&OutboundProxy>,
        tune: impl Fn(ClientBuilder) -> ClientBuilder,
    ) -> Result<Self, reqwest::Error> {
        let base = || {
            reqwest::Client::builder()
                .user_agent(concat!("tillgate/", env!("CARGO_PKG_VERSION")))
                .redirect(redirect::Policy::none())
                .retry(reqwest::retry::never())
                .no_proxy()
        };
        let judging = Judging(Arc::clone(&policy));
        let direct = tune(base().dns_resolver(Arc::new(judging))).build()?;
        let proxied = match proxy {
            Some(proxy) => Some(tune(base().proxy(proxy.for_everything()?)).build()?),
            None => None,
        };
        Ok(Self {
            policy,
            direct,
            proxied,
        })
    }

    /// Starts a request.
    ///
    /// # Errors
    /// The URL may not be called.
    pub fn request(&self, method: Method, url: &str) -> Result<RequestBuilder, Refused> {
        let url = Url::parse(url).map_err(|_| Refused::NoWebUrl)?;
        let client = match self.policy.way(&url)? {
            Way::Outside => self.proxied.as_ref().unwrap_or(&self.direct),
            Way::Inside | Way::InsideByName => &self.direct,
        };
        Ok(client.request(method, url))
    }

    pub fn policy(&self) -> &Policy {
        &self.policy
    }
}

/// Whether a request failed because no address of its name may be called.
pub fn is_refusal(error: &reqwest::Error) -> bool {
    let mut causes = std::iter::successors(error.source(), |cause| (*cause).source());
    causes.any(|cause| {
        let within = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        cause.is::<Refused>() || within.is_some_and(|inner| inner.is::<Refused>())
    })
}

/// Resolves names, and gives the connection only addresses that may be called: no name is resolved a second time.
struct Judging(Arc<Policy>);

impl Resolve for Judging {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = Arc::clone(&self.0);
        async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found
                .filter(|found| policy.may_stand_for(name.as_str(), found.ip()))
                .collect();
            if allowed.is_empty() {
                return Err(Box::new(Refused::Place) as Box<dyn Error + Send + Sync>);
            }
            let allowed: Addrs = Box::new(allowed.into_iter());
            Ok(allowed)
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
        task::JoinHandle,
    };

    use super::*;

    /// Answers one request; the task answers the request.
    async fn server(answer: &'static str) -> (u16, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).await.expect("a request");
            stream.write_all(answer.as_bytes()).await.expect("an answer");
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        (port, served)
    }

    const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

    fn is_vendor(host: &str) -> bool {
        host == "api.vendor.invalid"
    }

    fn client(allowed: &[&str], proxy: Option<u16>) -> Client {
        let allowed = allowed.iter().map(|text| text.parse().expect("a range"));
        let policy = Policy::only(vec![is_vendor], Vec::new(), allowed.collect());
        let proxy = proxy.and_then(|port| OutboundProxy::parse(&format!("http://a:b@127.0.0.1:{port}")));
        Client::new(Arc::new(policy), proxy.as_ref(), |builder| builder).expect("a client")
    }

    #[tokio::test]
    async fn a_name_that_stands_for_another_address_is_not_connected_to() {
        let (port, served) = server(OK).await;
        let elsewhere = client(&["10.0.0.0/8"], None);
        let url = format!("http://{}:{port}/", gethostname());
        let sent = elsewhere
            .request(Method::GET, &url)
            .expect("judged by its address")
            .send()
            .await;
        assert!(sent.is_err());
        assert!(!served.is_finished(), "nobody was connected to");
    }

    /// A name in /etc/hosts other than `localhost`.
    fn gethostname() -> String {
        let hosts = std::fs::read_to_string("/etc/hosts").unwrap_or_default();
        let words = hosts
            .lines()
            .filter(|line| !line.starts_with('#'))
            .flat_map(|line| line.split_whitespace().skip(1));
        let mut names = words.filter(|name| !name.contains("localhost") && !name.starts_with("ip6-"));
        names.next().unwrap_or("nowhere.invalid").to_owned()
    }

    #[tokio::test]
    async fn with_a_proxy_the_name_goes_to_it_and_what_is_allowed_inside_does_not() {
        let (proxy, asked) = server("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n").await;
        let client = client(&["127.0.0.0/8"], Some(proxy));
        let vendor = client
            .request(Method::GET, "https://api.vendor.invalid/v1")
            .expect("judged");
        assert!(vendor.send().await.is_err());
        let asked = asked.await.expect("a request");
        assert!(
            asked.starts_with("CONNECT api.vendor.invalid:443 HTTP/1.1\r\n"),
            "{asked}"
        );
        assert!(
            asked.to_lowercase().contains("proxy-authorization: basic"),
            "{asked}"
        );
        let (port, inside) = server(OK).await;
        let url = format!("http://127.0.0.1:{port}/direct");
        let sent = client.request(Method::GET, &url).expect("allowed").send().await;
        assert_eq!(sent.expect("an answer").status(), 200);
        assert!(
            inside
                .await
                .expect("a request")
                .starts_with("GET /direct HTTP/1.1\r\n")
        );
    }
}
