//! The transport over HTTP.

use std::{error::Error, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use futures::{FutureExt, future::BoxFuture};
use http::{HeaderMap, HeaderValue, header};
use reqwest::{Body, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use thread_local::ThreadLocal;
use tillgate_outgoing::{Client, OutboundProxy, OwnHost, Policy, Refused};
use url::Url;

use crate::{
    places::Places,
    transport::{Transport, TransportError},
    watched_body::{Taken, WatchedBody},
    wire::{Method, PspRequest, PspResponse},
};

/// The answer to a payment request has a few kilobytes, a page of a list a few hundred.
const MAX_BODY_BYTES: usize = 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Shorter than the idle time after which a PSP's load balancer silently drops a connection.
const IDLE_TIMEOUT: Duration = Duration::from_secs(50);
/// The headers of an answer that this crate reads.
const HEADERS_READ: [&str; 7] = [
    "content-type",
    "request-id",
    "cko-request-id",
    "idempotent-replayed",
    "stripe-account",
    "stripe-should-retry",
    "retry-after",
];

/// Speaks HTTP/1.1 and HTTP/2 with pooled connections, to the allowed URLs of PSPs only. It verifies TLS certificates, follows no
/// redirects, and bounds an answer in time and in size (1 MiB).
#[derive(Debug)]
pub struct HttpTransport {
    places: Places,
    policy: Arc<Policy>,
    proxy: Option<OutboundProxy>,
    /// Each thread has connections of its own: a connection that another thread drives costs two context switches for each call.
    clients: ThreadLocal<Client>,
}

impl HttpTransport {
    /// Sets up the client. Fails if the platform's certificates can't be loaded.
    pub fn new(places: Places, proxy: Option<OutboundProxy>) -> Result<Self, reqwest::Error> {
        let transport = Self {
            policy: Arc::new(places.policy()),
            places,
            proxy,
            clients: ThreadLocal::new(),
        };
        transport.client()?;
        Ok(transport)
    }

    fn client(&self) -> Result<&Client, reqwest::Error> {
        self.clients.get_or_try(|| {
            Client::new(Arc::clone(&self.policy), self.proxy.as_ref(), |builder| {
                builder
                    .connect_timeout(CONNECT_TIMEOUT)
                    .pool_idle_timeout(IDLE_TIMEOUT)
            })
        })
    }

    fn prepare(
        &self,
        request: &PspRequest,
        credentials: &SecretString,
        deadline: Duration,
    ) -> Result<(RequestBuilder, Option<Taken>), TransportError> {
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", credentials.expose_secret()))
            .map_err(|_| TransportError::NotSent("the credentials are not fit for a header".to_owned()))?;
        authorization.set_sensitive(true);
        let client = self
            .client()
            .map_err(|error| TransportError::NotSent(error.to_string()))?;
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Delete => reqwest::Method::DELETE,
            Method::Post => reqwest::Method::POST,
        };
        let mut builder = client
            .request(method, &request.url)
            .map_err(|refused| TransportError::NotSent(format!("the URL may not be called: {refused}")))?;
        let mut taken = None;
        if request.method == Method::Post {
            let (body, watched) = WatchedBody::new(request.body.clone().into());
            builder = builder.body(Body::wrap(body));
            taken = Some(watched);
        }
        builder = builder
            .header(header::AUTHORIZATION, authorization)
            .timeout(deadline);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        Ok((builder, taken))
    }
}

impl Transport for HttpTransport {
    fn send<'a>(
        &'a self,
        request: &'a PspRequest,
        credentials: &'a SecretString,
        deadline: Duration,
    ) -> BoxFuture<'a, Result<PspResponse, TransportError>> {
        async move {
            let (request, taken) = self.prepare(request, credentials, deadline)?;
            let response = request
                .send()
                .await
                .map_err(|error| failure(error, taken.as_ref()))?;
            let status = response.status().as_u16();
            let headers = headers_read(response.headers());
            let body = bounded_body(response).await?;
            Ok(PspResponse {
                status,
                headers,
                body,
                resent: false,
            })
        }
        .boxed()
    }

    fn judge<'a>(&'a self, is_own_host: OwnHost, base_url: &'a Url) -> BoxFuture<'a, Result<(), Refused>> {
        self.places.judge(is_own_host, base_url).boxed()
    }
}

fn headers_read(headers: &HeaderMap) -> Vec<(String, String)> {
    HEADERS_READ
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), headers.get(name)?.to_str().ok()?.to_owned())))
        .collect()
}

async fn bounded_body(mut response: Response) -> Result<Bytes, TransportError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(error, None))? {
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(TransportError::Unknown(format!(
                "the answer exceeds {MAX_BODY_BYTES} bytes"
            )));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Nothing was sent if the error came from making the request or the connection, or if the time was over before a connection had
/// taken the request's body. No other error proves that.
fn failure(error: reqwest::Error, taken: Option<&Taken>) -> TransportError {
    let waited = error.is_timeout() && taken.is_some_and(|taken| !taken.is_taken());
    let nothing_sent = error.is_builder() || error.is_connect() || waited;
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    if nothing_sent {
        TransportError::NotSent(text)
    } else {
        TransportError::Unknown(text)
    }
}
