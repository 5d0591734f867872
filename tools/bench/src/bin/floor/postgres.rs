//! PostgreSQL through the raw driver, with prepared statements.
//!
//! Statements on one connection are pipelined, but commit one after the other; commits on several share a sync to disk. So each
//! worker has a few connections and uses them in turn.

use std::cell::Cell;

use actix_web::web::Bytes;
use anyhow::{Context as _, Result};
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls, Statement};

use crate::payments::Store;

/// Connections of each worker: as many as the service has.
const PER_WORKER: usize = 8;

struct Connection {
    client: Client,
    insert: Statement,
    finish: Statement,
}

/// The connections of a worker, opened at their first use.
pub struct Connections {
    url: String,
    connections: [OnceCell<Connection>; PER_WORKER],
    next: Cell<usize>,
}

impl Connections {
    /// Connections to the database at this URL.
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            connections: Default::default(),
            next: Cell::new(0),
        }
    }

    async fn get(&self) -> Result<&Connection> {
        let index = self.next.get();
        self.next.set((index + 1) % PER_WORKER);
        self.connections[index]
            .get_or_try_init(|| connect(&self.url))
            .await
    }
}

impl Store for Connections {
    async fn insert(&self, id: &str, request: Bytes) -> Result<()> {
        let (connection, request) = (self.get().await?, String::from_utf8_lossy(&request));
        connection
            .client
            .execute(&connection.insert, &[&id, &request])
            .await?;
        Ok(())
    }

    async fn finish(&self, id: &str, answer: Bytes) -> Result<()> {
        let (connection, answer) = (self.get().await?, String::from_utf8_lossy(&answer));
        connection
            .client
            .execute(&connection.finish, &[&id, &answer])
            .await?;
        Ok(())
    }
}

/// Makes the table, once for all workers.
pub async fn create_table(url: &str) -> Result<()> {
    let client = open(url).await?;
    let table = "CREATE TABLE IF NOT EXISTS floor_payments (id TEXT NOT NULL PRIMARY KEY, request TEXT NOT NULL, answer TEXT)";
    Ok(client.batch_execute(table).await?)
}

async fn connect(url: &str) -> Result<Connection> {
    let client = open(url).await?;
    client.batch_execute("SET synchronous_commit = on").await?;
    let insert = client
        .prepare("INSERT INTO floor_payments (id, request) VALUES ($1, $2)")
        .await?;
    let finish = client
        .prepare("UPDATE floor_payments SET answer = $2 WHERE id = $1")
        .await?;
    Ok(Connection {
        client,
        insert,
        finish,
    })
}

async fn open(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .context("no connection to PostgreSQL")?;
    // It ends with an error only if the client's next call fails, too.
    actix_web::rt::spawn(connection);
    Ok(client)
}
