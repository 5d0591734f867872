//! A payment with as little work as possible: commit, call the PSP, commit.

use std::net::TcpListener;

use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpResponse, HttpServer, error::ErrorInternalServerError};
use anyhow::Result;

use crate::psp::Psp;

/// The database operations of a floor. Each is durable when it returns.
pub trait Store: 'static {
    /// Commits a new row.
    async fn insert(&self, id: &str, request: Bytes) -> Result<()>;
    /// Commits the row's result.
    async fn finish(&self, id: &str, answer: Bytes) -> Result<()>;
}

struct Worker<S> {
    store: S,
    psp: Psp,
}

/// Answers `POST` with the PSP's answer. `store` is called once in each worker.
pub async fn serve<S: Store>(
    listener: TcpListener,
    workers: usize,
    store: impl Fn() -> Result<S> + Clone + Send + 'static,
    announce: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let psp_url = crate::variable("FLOOR_PSP_URL")?;
    let server = HttpServer::new(move || {
        let (store, psp_url) = (store.clone(), psp_url.clone());
        let worker = move || {
            let worker = store().and_then(|store| {
                Ok(Worker {
                    store,
                    psp: Psp::new(&psp_url)?,
                })
            });
            async { worker }
        };
        App::new()
            .data_factory(worker)
            .default_service(web::post().to(pay::<S>))
    })
    .workers(workers)
    .listen(listener)?
    .run();
    announce()?;
    Ok(server.await?)
}

async fn pay<S: Store>(worker: Data<Worker<S>>, request: Bytes) -> actix_web::Result<HttpResponse> {
    let id = format!("{:032x}", rand::random::<u128>());
    let answer = carry_out(&worker, &id, request)
        .await
        .map_err(ErrorInternalServerError)?;
    Ok(HttpResponse::Created()
        .content_type("application/json")
        .body(answer))
}

async fn carry_out<S: Store>(worker: &Worker<S>, id: &str, request: Bytes) -> Result<Bytes> {
    worker.store.insert(id, request).await?;
    let answer = worker.psp.create_intent(id).await?;
    worker.store.finish(id, answer.clone()).await?;
    Ok(answer)
}
