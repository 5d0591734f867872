//! Sends requests over a number of connections, each of which waits for its answer before it sends the next.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Result;
use futures::future::try_join_all;

use super::http::{Connection, Request};
use super::statistics::percentile;

/// The result of a load.
pub struct Sample {
    elapsed: Duration,
    latencies: Vec<Duration>,
}

impl Sample {
    /// Requests per second.
    pub fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// The milliseconds within which this share (0 to 1) of the requests was answered.
    pub fn milliseconds(&self, share: f64) -> f64 {
        percentile(
            self.latencies
                .iter()
                .map(|latency| latency.as_secs_f64() * 1000.0)
                .collect(),
            share,
        )
    }
}

/// Sends the requests, in any order. Every answer must have the status. The connections are open before the time starts.
pub async fn run<R: AsRef<Request>>(
    address: SocketAddr,
    connections: usize,
    status: u16,
    requests: impl IntoIterator<Item = R>,
) -> Result<Sample> {
    let open = try_join_all((0..connections).map(|_| Connection::open(address))).await?;
    let requests = RefCell::new(requests.into_iter());
    let begin = Instant::now();
    let latencies = try_join_all(open.into_iter().map(async |mut connection| {
        let mut latencies = Vec::new();
        loop {
            // The borrow ends before the request is sent.
            let next = requests.borrow_mut().next();
            let Some(request) = next else {
                return anyhow::Ok(latencies);
            };
            let sent = Instant::now();
            connection.send(request.as_ref()).await?.expect(status)?;
            latencies.push(sent.elapsed());
        }
    }))
    .await?;
    Ok(Sample {
        elapsed: begin.elapsed(),
        latencies: latencies.concat(),
    })
}
