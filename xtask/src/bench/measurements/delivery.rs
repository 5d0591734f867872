//! Calls of webhooks that a program on the same machine takes at once: how many there are per second when many are due, and
//! how soon one comes after its commit when there is nothing else to do.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::{Plan, median};
use crate::bench::http::Connection;
use crate::bench::load;
use crate::bench::report::{Row, Target, Unit};
use crate::bench::scene::Scene;
use crate::bench::statistics::percentile;

/// Webhooks that each event is sent to, so that more is due than was asked for.
const WEBHOOKS: usize = 10;
const CONNECTIONS: usize = 16;
/// Nothing that is due takes so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Two rows.
pub async fn measure(scene: &mut Scene<'_>, plan: &Plan) -> Result<Vec<Row>> {
    let (sink, mut calls) = sink().await?;
    let api = &scene.installation.api;
    let mut connection = Connection::open(api.address).await?;
    let ids = api
        .webhooks(&mut connection, WEBHOOKS, &format!("http://{sink}/"))
        .await?;
    let mut rates = Vec::new();
    for round in 0..=plan.rounds {
        scene
            .progress
            .step(format!("calls of webhooks: round {round} of {}", plan.rounds))?;
        let customers = (0..plan.steps).map(|index| api.customer(&format!("delivery{round}x{index}")));
        load::run(api.address, CONNECTIONS, 201, customers).await?;
        let expected = plan.steps * WEBHOOKS;
        let first = next(&mut calls).await?;
        let mut last = first;
        for _ in 1..expected {
            last = next(&mut calls).await?;
        }
        // The first round warms up.
        if round > 0 {
            rates.push(expected as f64 / (last - first).as_secs_f64());
        }
    }
    // The service has closed the first one: it was idle for too long.
    let mut connection = Connection::open(api.address).await?;
    for id in &ids[1..] {
        api.disable_webhook(&mut connection, id).await?;
    }
    let mut pauses = Vec::new();
    for index in 0..plan.slow_payments {
        let customer = api.customer(&format!("alone{index}"));
        connection.send(&customer).await?.expect(201)?;
        let committed = Instant::now();
        let called = next(&mut calls).await?;
        pauses.push(called.saturating_duration_since(committed).as_secs_f64() * 1000.0);
    }
    api.disable_webhook(&mut connection, &ids[0]).await?;
    let rate = Row::new("Calls of webhooks", Unit::Throughput, None, median(rates));
    let pause = Row::new(
        "Commit to the first call of a webhook, p99",
        Unit::Milliseconds,
        None,
        percentile(pauses, 0.99),
    );
    Ok(vec![
        rate.with_target(Some(Target::AtLeast(1000.0))),
        pause.with_target(Some(Target::AtMost(250.0))),
    ])
}

/// A receiver that answers 200 to everything, and tells when.
async fn sink() -> Result<(SocketAddr, mpsc::UnboundedReceiver<Instant>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (told, calls) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A connection that breaks is one that is not needed any more.
            tokio::spawn(take(stream, told.clone()));
        }
    });
    Ok((address, calls))
}

async fn take(mut stream: TcpStream, told: mpsc::UnboundedSender<Instant>) -> Result<()> {
    let mut buffer = Vec::new();
    loop {
        while let Some(length) = whole(&buffer) {
            told.send(Instant::now())?;
            buffer.drain(..length);
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                .await?;
        }
        if stream.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
    }
}

/// Length of the first request, once all of it is there.
fn whole(buffer: &[u8]) -> Option<usize> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut request = httparse::Request::new(&mut headers);
    let head = match request.parse(buffer) {
        Ok(httparse::Status::Complete(length)) => length,
        _ => return None,
    };
    let length = request
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"))
        .and_then(|header| std::str::from_utf8(header.value).ok()?.parse::<usize>().ok())?;
    (buffer.len() >= head + length).then_some(head + length)
}

async fn next(calls: &mut mpsc::UnboundedReceiver<Instant>) -> Result<Instant> {
    tokio::time::timeout(PATIENCE, calls.recv())
        .await
        .context("a call of a webhook does not come")?
        .context("the sink has ended")
}
