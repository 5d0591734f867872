//! The floors of `cargo xtask bench`: how fast this machine does the same input and output without Tillgate's own work. Each is a
//! server of its own, with the service's allocator and as many workers.
//!
//! `floor constant FILE` answers every request with the file's contents. `floor sqlite FILE` and `floor postgres` (URL in
//! `FLOOR_DATABASE_URL`) answer `POST` by committing a row, calling the PSP at `FLOOR_PSP_URL`, and committing the result. Once
//! it listens, a floor prints the address.

mod constant;
mod payments;
mod postgres;
mod psp;
mod sqlite;

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context as _, Result};
use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(name = "floor", about = "What `cargo xtask bench` compares Tillgate with")]
enum Floor {
    /// A constant answer
    Constant {
        /// File with the answer's body
        body: std::path::PathBuf,
    },
    /// Two commits of SQLite and a call of the PSP
    Sqlite {
        /// Database file, made if it is missing
        file: std::path::PathBuf,
    },
    /// Two commits of PostgreSQL and a call of the PSP
    Postgres,
}

#[actix_web::main]
async fn main() -> Result<()> {
    let floor = Floor::parse();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let workers = std::thread::available_parallelism()?.get();
    let announce = move || writeln!(std::io::stdout(), "{address}").context("nobody reads the address");
    match floor {
        Floor::Constant { body } => {
            let body = std::fs::read(body)?.into();
            constant::serve(listener, workers, body, announce).await
        }
        Floor::Sqlite { file } => {
            let store = sqlite::Writer::start(&file)?;
            payments::serve(listener, workers, move || Ok(store.clone()), announce).await
        }
        Floor::Postgres => {
            let url = variable("FLOOR_DATABASE_URL")?;
            postgres::create_table(&url).await?;
            payments::serve(
                listener,
                workers,
                move || Ok(postgres::Connections::new(&url)),
                announce,
            )
            .await
        }
    }
}

fn variable(name: &'static str) -> Result<String> {
    std::env::var(name).with_context(|| format!("{name} is not set"))
}
