//! Calls of webhooks that a program on the same machine accepts at once: calls per second when many are due, calls per second
//! beside a receiver that does not answer, and the delay of a single call after its commit.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::{Plan, Rounds, median};
use crate::api::Api;
use crate::http::Connection;
use crate::load;
use crate::report::{Row, Target, Unit};
use crate::scene::Scene;
use crate::statistics::percentile;

/// Webhooks that each event is sent to, so that calls are always due.
const WEBHOOKS: usize = 10;
const CONNECTIONS: usize = 16;
/// Longer than any due call takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Three rows.
pub async fn measure(scene: &mut Scene<'_>, plan: &Plan) -> Result<Vec<Row>> {
    let (sink, mut calls) = sink().await?;
    let api = &scene.installation.api;
    let ids = api
        .webhooks(
            &mut Connection::open(api.address).await?,
            WEBHOOKS,
            &format!("http://{sink}/"),
        )
        .await?;
    let (healthy, dead) = (self::sink().await?, dead().await?);
    let (mut rates, mut beside) = (Vec::new(), Rounds::default());
    for round in 0..=plan.rounds {
        scene
            .progress
            .step(format!("calls of webhooks: round {round} of {}", plan.rounds))?;
        let alone = rate(api, &mut calls, plan.steps, &format!("alone{round}")).await?;
        let mut beside_another = async |neighbour: SocketAddr, name: &str| {
            let url = format!("http://{neighbour}/");
            let created = api
                .webhooks(&mut Connection::open(api.address).await?, 1, &url)
                .await?;
            let rate = rate(api, &mut calls, plan.steps, &format!("{name}{round}")).await?;
            api.disable_webhook(&mut Connection::open(api.address).await?, &created[0])
                .await?;
            anyhow::Ok(rate)
        };
        let floor = beside_another(healthy.0, "healthy").await?;
        let service = beside_another(dead.0, "dead").await?;
        // The first round warms up.
        if round > 0 {
            rates.push(alone);
            beside.floor.push(floor);
            beside.service.push(service);
        }
    }
    let mut connection = Connection::open(api.address).await?;
    for id in &ids[1..] {
        api.disable_webhook(&mut connection, id).await?;
    }
    let mut pauses = Vec::new();
    for index in 0..plan.slow_payments {
        let customer = api.customer(&format!("single{index}"));
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
    let beside = beside.row(
        "Calls of webhooks beside a dead one (floor: beside a healthy one)",
        Unit::Rate,
    );
    Ok(vec![
        rate.with_target(Some(Target::AtLeast(1000.0))),
        beside.with_target(Some(Target::AtLeast(0.95))),
        pause.with_target(Some(Target::AtMost(250.0))),
    ])
}

/// Calls per second for the creation of this many customers.
async fn rate(
    api: &Api,
    calls: &mut mpsc::UnboundedReceiver<Instant>,
    count: usize,
    name: &str,
) -> Result<f64> {
    let customers = (0..count).map(|index| api.customer(&format!("{name}x{index}")));
    load::run(api.address, CONNECTIONS, 201, customers).await?;
    let expected = count * WEBHOOKS;
    let first = next(calls).await?;
    let mut last = first;
    for _ in 1..expected {
        last = next(calls).await?;
    }
    Ok(expected as f64 / (last - first).as_secs_f64())
}

/// A receiver that accepts connections and never answers, as long as its task lives.
async fn dead() -> Result<(SocketAddr, JoinHandle<()>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let task = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    Ok((address, task))
}

/// A receiver that answers 200 to everything, and reports the times.
async fn sink() -> Result<(SocketAddr, mpsc::UnboundedReceiver<Instant>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (told, calls) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A broken connection is no longer needed.
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

/// Length of the first request, once it is complete.
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
