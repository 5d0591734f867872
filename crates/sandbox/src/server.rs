//! The sandbox over HTTP.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::Server;
use actix_web::http::StatusCode;
use actix_web::web::{self as actix, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, rt};

use tokio::sync::Notify;

use crate::admin;
use crate::config::SandboxConfig;
use crate::deliver::Deliverer;
use crate::env::{Clock, SystemClock};
use crate::handler::{Outcome, Sandbox};
use crate::own_machine::is_from_own_machine;

const WORKERS: usize = 2;
const MAX_BODY_BYTES: usize = 1024 * 1024;
const KEEP_ALIVE: std::time::Duration = std::time::Duration::from_secs(75);

/// A sandbox that holds its port and serves once [`BoundSandbox::run`] is awaited.
pub struct BoundSandbox {
    listener: TcpListener,
    local_addr: SocketAddr,
    controls: bool,
    sandbox: Arc<Sandbox>,
}

/// Binds the port and opens the journal; nothing is served yet.
///
/// # Errors
/// The address is in use or the journal can't be opened.
pub fn bind(config: SandboxConfig) -> io::Result<BoundSandbox> {
    bind_on_clock(config, Arc::new(SystemClock))
}

/// Binds the address and opens the journal, with a given clock.
///
/// # Errors
/// The address is in use or the journal can't be opened.
pub fn bind_on_clock(mut config: SandboxConfig, clock: Arc<dyn Clock>) -> io::Result<BoundSandbox> {
    let listener = TcpListener::bind(config.listen)?;
    let local_addr = listener.local_addr()?;
    // The requested port may have been 0.
    config.listen = local_addr;
    let controls = config.controls;
    let sandbox = Arc::new(Sandbox::with_clock(config, clock)?);
    Ok(BoundSandbox {
        listener,
        local_addr,
        controls,
        sandbox,
    })
}

impl BoundSandbox {
    /// Origin of the bound address, for connectors on this machine.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.local_addr)
    }

    /// The bound address.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The object behind the server, for calls in process.
    #[must_use]
    pub fn sandbox(&self) -> Arc<Sandbox> {
        Arc::clone(&self.sandbox)
    }

    /// Starts to accept connections and to deliver webhooks, in an actix system. The server ends when its handle is told to stop;
    /// it handles no signals.
    ///
    /// # Errors
    /// The operating system refuses the listener, or no HTTP client can be made.
    pub fn run(self) -> io::Result<Server> {
        let deliverer = Deliverer::new(&self.sandbox)?;
        let server = self.accept(deliverer.wake())?;
        rt::spawn(deliverer.run());
        Ok(server)
    }

    /// Answers requests and delivers no webhooks: the owner of the [sandbox](BoundSandbox::sandbox) does that.
    ///
    /// # Errors
    /// The operating system refuses the listener.
    pub fn run_undelivered(self) -> io::Result<Server> {
        self.accept(Arc::default())
    }

    /// `calls` is notified when work has become due, or will be earlier.
    fn accept(self, calls: Arc<Notify>) -> io::Result<Server> {
        let calls = Data::from(calls);
        let controls = Data::new(Controls(self.controls));
        let sandbox = Data::from(self.sandbox);
        let server = HttpServer::new(move || {
            App::new()
                .app_data(Data::clone(&sandbox))
                .app_data(Data::clone(&calls))
                .app_data(Data::clone(&controls))
                .app_data(actix::PayloadConfig::new(MAX_BODY_BYTES))
                .default_service(actix::to(serve))
        })
        .workers(WORKERS)
        // Longer than clients keep idle connections, so that none is closed just as it is reused.
        .keep_alive(KEEP_ALIVE)
        .disable_signals()
        .listen(self.listener)?;
        Ok(server.run())
    }
}

/// Whether the operator's routes are served.
struct Controls(bool);

/// Answers a request for one of the operator's routes below `/sandbox`, from any sender. The caller makes sure that only the
/// operator reaches it.
pub async fn control(sandbox: Data<Sandbox>, request: HttpRequest, body: Bytes) -> HttpResponse {
    if !admin::is_restricted(request.path()) {
        return HttpResponse::NotFound().finish();
    }
    // Work that becomes due is found soon enough without a notification.
    answer(&sandbox, &Notify::new(), &request, body).await
}

async fn serve(
    sandbox: Data<Sandbox>,
    deliverer: Data<Notify>,
    controls: Data<Controls>,
    request: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    if admin::is_restricted(request.path()) {
        if !controls.0 {
            return HttpResponse::NotFound()
                .body("The operator's routes are at the address of --admin-listen.\n");
        }
        let peer = request.peer_addr().map(|peer| peer.ip());
        let headers = request.headers().iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.as_bytes()));
        if !is_from_own_machine(peer, headers) {
            return HttpResponse::Forbidden().body(
                "Only for callers on the sandbox's own machine, and neither for proxies nor for pages of other sites.\n",
            );
        }
    }
    answer(&sandbox, &deliverer, &request, body).await
}

async fn answer(sandbox: &Sandbox, deliverer: &Notify, request: &HttpRequest, body: Bytes) -> HttpResponse {
    let Some(request) = convert_request(request, body) else {
        return HttpResponse::BadRequest().finish();
    };
    let (outcome, due_has_changed) = sandbox.handle_and_look(&request);
    if due_has_changed {
        deliverer.notify_one();
    }
    match outcome {
        Outcome::Answer(response) => convert_response(response),
        Outcome::Delayed(wait, response) => {
            #[allow(clippy::disallowed_methods)] // over HTTP, a delay takes real time
            rt::time::sleep(wait).await;
            convert_response(response)
        }
        Outcome::Dropped => HttpResponse::Ok().body(Broken),
    }
}

/// A body that fails before its first byte: the server then closes the connection without sending even a status.
struct Broken;

impl MessageBody for Broken {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Bytes, Self::Error>>> {
        std::task::Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())))
    }
}

// actix-web has the HTTP types of an older `http`: names and values are copied.
fn convert_request(request: &HttpRequest, body: Bytes) -> Option<http::Request<bytes::Bytes>> {
    let mut converted = http::Request::builder()
        .method(request.method().as_str())
        .uri(request.uri().to_string());
    for (name, value) in request.headers() {
        converted = converted.header(name.as_str(), value.as_bytes());
    }
    converted.body(body).ok()
}

fn convert_response(response: http::Response<bytes::Bytes>) -> HttpResponse {
    let status =
        StatusCode::from_u16(response.status().as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut converted = HttpResponse::build(status);
    for (name, value) in response.headers() {
        converted.append_header((name.as_str(), value.as_bytes()));
    }
    converted.body(response.into_body())
}
