//! Reads the service's database directly.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use secrecy::{ExposeSecret as _, SecretString};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use super::books::{Books, MARKS, Operation, Order, Transaction};

/// Time limit of a read that waits for the service's own transactions.
const BUSY: std::time::Duration = std::time::Duration::from_secs(10);

/// The database of the rows.
pub enum Database {
    /// The file. It is opened for each read and never written: an open connection would hide from the next start that the last
    /// one was killed.
    Sqlite(PathBuf),
    /// A connection.
    Postgres(Client),
}

/// A row as text.
type Row = Vec<Option<String>>;

impl Database {
    /// Connects to PostgreSQL.
    pub async fn postgres(url: &SecretString) -> Result<Self> {
        let (client, connection) = tokio_postgres::connect(url.expose_secret(), NoTls).await?;
        // It ends with the client.
        tokio::spawn(connection);
        Ok(Self::Postgres(client))
    }

    /// Number of calls to the PSPs without an outcome.
    pub async fn open_operations(&self) -> Result<usize> {
        let rows = self
            .rows("SELECT id FROM gateway_operations WHERE finished_at IS NULL")
            .await?;
        Ok(rows.len())
    }

    /// All rows of orders in these markets.
    pub async fn books(&self, markets: &[String]) -> Result<Books> {
        let list: Vec<String> = markets.iter().map(|id| format!("'{id}'")).collect();
        let orders = format!("(SELECT id FROM orders WHERE market_id IN ({}))", list.join(","));
        let mut books = Books::default();
        let sql = format!(
            "SELECT id, kind, order_id, payment_source_id, parent_id, CAST(amount_cents AS TEXT), currency_code, status, \
             token FROM transactions WHERE order_id IN {orders} ORDER BY id"
        );
        for row in self.rows(&sql).await? {
            books.transactions.push(transaction(&row)?);
        }
        let sql = format!(
            "SELECT id, CAST(subtotal_amount_cents + payment_method_amount_cents AS TEXT), {} FROM orders \
             WHERE id IN {orders} ORDER BY id",
            MARKS
                .map(|mark| format!("CASE WHEN {mark} IS NULL THEN NULL ELSE '1' END"))
                .join(",")
        );
        for row in self.rows(&sql).await? {
            let marks = MARKS
                .iter()
                .enumerate()
                .filter(|(index, _)| row.get(index + 2).is_some_and(Option::is_some));
            books.orders.push(Order {
                id: text(&row, 0)?,
                total: text(&row, 1)?.parse()?,
                marks: marks.map(|(_, mark)| *mark).collect(),
            });
        }
        let sql = format!("SELECT id, order_id FROM payment_sources WHERE order_id IN {orders} ORDER BY id");
        for row in self.rows(&sql).await? {
            books.sources.push((text(&row, 0)?, text(&row, 1)?));
        }
        let sql = format!("SELECT id FROM line_items WHERE order_id IN {orders} ORDER BY id");
        for row in self.rows(&sql).await? {
            books.line_items.push(text(&row, 0)?);
        }
        let sql = format!(
            "SELECT id, payment_source_id, transaction_id, CASE WHEN finished_at IS NULL THEN NULL ELSE '1' END \
             FROM gateway_operations WHERE payment_source_id IN \
             (SELECT id FROM payment_sources WHERE order_id IN {orders}) ORDER BY id"
        );
        for row in self.rows(&sql).await? {
            books.operations.push(Operation {
                id: text(&row, 0)?,
                source_id: text(&row, 1)?,
                transaction_id: row[2].clone(),
                is_finished: row[3].is_some(),
            });
        }
        for table in ["orders", "line_items", "payment_sources"] {
            let sql = format!("SELECT reference FROM {table} GROUP BY reference HAVING COUNT(*) > 1");
            let repeated = self
                .rows(&sql)
                .await?
                .into_iter()
                .filter_map(|mut row| row.remove(0));
            books
                .repeated_references
                .extend(repeated.map(|reference| format!("{table}: {reference}")));
        }
        Ok(books)
    }

    async fn rows(&self, sql: &str) -> Result<Vec<Row>> {
        match self {
            Self::Sqlite(file) => {
                let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
                connection.busy_timeout(BUSY)?;
                connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
                let mut statement = connection.prepare(sql)?;
                let columns = statement.column_count();
                let rows = statement.query_map([], |row| {
                    (0..columns)
                        .map(|column| {
                            Ok(match row.get_ref(column)? {
                                ValueRef::Null => None,
                                value => Some(value.as_str()?.to_owned()),
                            })
                        })
                        .collect()
                })?;
                Ok(rows.collect::<rusqlite::Result<_>>()?)
            }
            Self::Postgres(client) => {
                let messages = client.simple_query(sql).await?;
                let rows = messages.iter().filter_map(|message| match message {
                    SimpleQueryMessage::Row(row) => Some(row),
                    _ => None,
                });
                Ok(rows
                    .map(|row| {
                        (0..row.len())
                            .map(|column| row.get(column).map(str::to_owned))
                            .collect()
                    })
                    .collect())
            }
        }
    }
}

fn transaction(row: &Row) -> Result<Transaction> {
    Ok(Transaction {
        id: text(row, 0)?,
        kind: text(row, 1)?,
        order_id: text(row, 2)?,
        source_id: text(row, 3)?,
        parent_id: row[4].clone(),
        amount: text(row, 5)?.parse()?,
        currency: text(row, 6)?,
        status: text(row, 7)?,
        psp_id: row[8].clone(),
    })
}

fn text(row: &Row, column: usize) -> Result<String> {
    row.get(column)
        .cloned()
        .flatten()
        .with_context(|| format!("column {column} of {row:?} is empty"))
}
