//! The cheapest answer that the HTTP library can give.

use std::net::TcpListener;

use actix_web::web::{self, Bytes};
use actix_web::{App, HttpResponse, HttpServer};
use anyhow::Result;

/// Answers every request with the body.
pub async fn serve(
    listener: TcpListener,
    workers: usize,
    body: Bytes,
    announce: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let server = HttpServer::new(move || {
        let body = body.clone();
        // The request's body is read: otherwise the connection would be closed.
        let answer = move |_sent: Bytes| {
            let body = body.clone();
            async {
                HttpResponse::Ok()
                    .content_type("application/vnd.api+json")
                    .body(body)
            }
        };
        App::new().default_service(web::to(answer))
    })
    .workers(workers)
    .listen(listener)?
    .run();
    announce()?;
    Ok(server.await?)
}
