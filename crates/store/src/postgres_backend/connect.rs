//! Connecting: plain or with TLS, as the URL says.

use std::sync::Arc;

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::task::JoinHandle;
use tokio_postgres::{Config, NoTls, config::SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Opens a connection. `sslmode=disable` or a Unix socket goes without TLS, anything else verifies the server against
/// the machine's roots when the server offers TLS, and `sslmode=require` insists on it.
///
/// The task that drives it ends with it.
pub async fn connect(url: &str) -> ConnectionResult<(AsyncPgConnection, JoinHandle<()>)> {
    let config: Config = url.parse().map_err(bad)?;
    let (client, driver) = if config.get_ssl_mode() == SslMode::Disable {
        let (client, connection) = config.connect(NoTls).await.map_err(bad)?;
        (client, tokio::spawn(drive(connection)))
    } else {
        let (client, connection) = config.connect(tls()?).await.map_err(bad)?;
        (client, tokio::spawn(drive(connection)))
    };
    let mut connection = AsyncPgConnection::try_from(client).await?;
    diesel_async::SimpleAsyncConnection::batch_execute(
        &mut connection,
        // Whoever waits gives up a little earlier than a statement does, and a little later than one that waits for a lock.
        // A transaction whose caller is gone, and whose connection the server takes for open, holds no lock for long.
        "SET synchronous_commit = on; SET lock_timeout = '3s'; SET statement_timeout = '5s'; \
         SET idle_in_transaction_session_timeout = '10s'; SET timezone = 'UTC'",
    )
    .await
    .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok((connection, driver))
}

/// Queries on a connection that has failed say so themselves.
async fn drive(connection: impl Future<Output = Result<(), tokio_postgres::Error>>) {
    if let Err(error) = connection.await {
        tracing::warn!(%error, "a connection to the database has failed");
    }
}

fn tls() -> ConnectionResult<MakeRustlsConnect> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(bad)?
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn bad(error: impl std::error::Error) -> ConnectionError {
    let mut message = error.to_string();
    if let Some(cause) = error.source() {
        message = format!("{message}: {cause}");
    }
    ConnectionError::BadConnection(message)
}
