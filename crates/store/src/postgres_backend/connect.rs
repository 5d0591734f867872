//! Opens connections: plain or with TLS, as the URL says.

use std::{net::IpAddr, path::PathBuf, sync::Arc};

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use tokio::task::JoinHandle;
use tokio_postgres::{
    Config, NoTls,
    config::{Host, SslMode},
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Opens a connection. The URL controls TLS with PostgreSQL's parameters (`sslmode`, `sslrootcert`); with TLS, the server is
/// always verified.
///
/// The task that drives the connection ends with it.
pub async fn connect(url: &str) -> ConnectionResult<(AsyncPgConnection, JoinHandle<()>)> {
    let Target { config, mode, roots } = Target::read(url)?;
    let (client, driver) = if mode == Mode::Disable {
        let (client, connection) = config.connect(NoTls).await.map_err(bad)?;
        (client, tokio::spawn(drive(connection)))
    } else {
        let tls = tls(mode, roots)?;
        let (client, connection) = config.connect(tls).await.map_err(bad)?;
        (client, tokio::spawn(drive(connection)))
    };
    let mut connection = AsyncPgConnection::try_from(client).await?;
    diesel_async::SimpleAsyncConnection::batch_execute(
        &mut connection,
        // A caller stops waiting a little earlier than a statement, and a little later than a wait for a lock. A transaction
        // whose caller is gone, and whose connection the server considers open, holds its locks only briefly.
        "SET synchronous_commit = on; SET lock_timeout = '3s'; SET statement_timeout = '5s'; \
         SET idle_in_transaction_session_timeout = '10s'; SET timezone = 'UTC'",
    )
    .await
    .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok((connection, driver))
}

/// Warns if data may go to another machine unencrypted.
pub fn warn_of_plain_connections(url: &str) {
    if Target::read(url).is_ok_and(|target| target.may_be_plain()) {
        tracing::warn!(
            "the connection to PostgreSQL on another machine may be without TLS; add sslmode=verify-full to the database URL"
        );
    }
}

/// The use of TLS, in PostgreSQL's words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    /// Never.
    Disable,
    /// If the server offers it.
    Prefer,
    /// Always. `require` is the same here, because an unverified certificate does not protect from a machine that answers in the
    /// server's place.
    VerifyFull,
    /// Always, whatever name the server's certificate has.
    VerifyCa,
}

/// The target of a URL.
#[derive(Debug)]
struct Target {
    config: Config,
    mode: Mode,
    /// Trusted certificates instead of the machine's.
    roots: Option<PathBuf>,
}

impl Target {
    /// Removes the parameters that tokio-postgres does not know.
    fn read(url: &str) -> ConnectionResult<Self> {
        let (start, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut roots, mut others) = (Mode::Prefer, None, Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", text)) => mode = Mode::read(text)?,
                Some(("sslrootcert", path)) => roots = Some(PathBuf::from(decoded(path))),
                _ => others.push(pair),
            }
        }
        let url = if others.is_empty() {
            start.to_owned()
        } else {
            format!("{start}?{}", others.join("&"))
        };
        let mut config: Config = url.parse().map_err(bad)?;
        config.ssl_mode(match mode {
            Mode::Disable => SslMode::Disable,
            Mode::Prefer => SslMode::Prefer,
            Mode::VerifyFull | Mode::VerifyCa => SslMode::Require,
        });
        Ok(Self { config, mode, roots })
    }

    fn may_be_plain(&self) -> bool {
        let is_elsewhere = |host: &Host| match host {
            Host::Tcp(name) => name
                .parse()
                .map_or(name != "localhost", |address: IpAddr| !address.is_loopback()),
            Host::Unix(_) => false,
        };
        matches!(self.mode, Mode::Disable | Mode::Prefer) && self.config.get_hosts().iter().any(is_elsewhere)
    }
}

impl Mode {
    fn read(text: &str) -> ConnectionResult<Self> {
        match text {
            "disable" => Ok(Self::Disable),
            "prefer" => Ok(Self::Prefer),
            "require" | "verify-full" => Ok(Self::VerifyFull),
            "verify-ca" => Ok(Self::VerifyCa),
            _ => Err(ConnectionError::BadConnection(
                "sslmode is disable, prefer, require, verify-ca or verify-full".into(),
            )),
        }
    }
}

/// Percent-decoding in which a plus stays a plus.
fn decoded(text: &str) -> String {
    let text = text.replace('+', "%2B").replace('=', "%3D");
    let pairs = url::form_urlencoded::parse(text.as_bytes());
    pairs.map(|(name, _)| name.into_owned()).collect()
}

/// Queries on a failed connection report the failure themselves.
async fn drive(connection: impl Future<Output = Result<(), tokio_postgres::Error>>) {
    if let Err(error) = connection.await {
        tracing::warn!(%error, "a connection to the database has failed");
    }
}

fn tls(mode: Mode, roots: Option<PathBuf>) -> ConnectionResult<MakeRustlsConnect> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match roots {
        Some(file) => own_roots(&file, provider.clone())?,
        None => Arc::new(rustls_platform_verifier::Verifier::new(provider.clone()).map_err(bad)?),
    };
    let verifier = if mode == Mode::VerifyCa {
        Arc::new(AnyName(verifier))
    } else {
        verifier
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(bad)?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// Trusts the certificates of a PEM file.
fn own_roots(file: &PathBuf, provider: Arc<CryptoProvider>) -> ConnectionResult<Arc<WebPkiServerVerifier>> {
    let unusable = |what: &dyn std::fmt::Display| {
        ConnectionError::BadConnection(format!("sslrootcert {}: {what}", file.display()))
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unusable(&error))? {
        let certificate = certificate.map_err(|error| unusable(&error))?;
        roots.add(certificate).map_err(|error| unusable(&error))?;
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| unusable(&error))
}

/// Verifies the issuer of a certificate, and not its name.
#[derive(Debug)]
struct AnyName(Arc<dyn ServerCertVerifier>);

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self
            .0
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // The name is checked last.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

fn bad(error: impl std::error::Error) -> ConnectionError {
    let mut message = error.to_string();
    if let Some(cause) = error.source() {
        message = format!("{message}: {cause}");
    }
    ConnectionError::BadConnection(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Target {
        Target::read(url).unwrap_or_else(|error| panic!("{url}: {error}"))
    }

    #[test]
    fn tls_is_as_the_url_says() {
        for (query, mode, ssl_mode) in [
            ("", Mode::Prefer, SslMode::Prefer),
            ("?sslmode=prefer", Mode::Prefer, SslMode::Prefer),
            ("?sslmode=disable", Mode::Disable, SslMode::Disable),
            ("?sslmode=require", Mode::VerifyFull, SslMode::Require),
            ("?sslmode=verify-full", Mode::VerifyFull, SslMode::Require),
            (
                "?connect_timeout=3&sslmode=verify-ca",
                Mode::VerifyCa,
                SslMode::Require,
            ),
        ] {
            let target = target(&format!("postgres://u:p@db.example/tillgate{query}"));
            assert_eq!(
                (target.mode, target.config.get_ssl_mode()),
                (mode, ssl_mode),
                "{query}"
            );
            assert_eq!(target.config.get_dbname(), Some("tillgate"));
        }
        let own = target("postgres://u@h/d?sslrootcert=%2Fetc/ca%20+=s/db.pem&application_name=x");
        assert_eq!(own.roots, Some("/etc/ca +=s/db.pem".into()));
        assert_eq!(own.config.get_application_name(), Some("x"));
        for query in ["sslmode=on", "sslmode=", "sslkey=x"] {
            assert!(
                Target::read(&format!("postgres://h/d?{query}")).is_err(),
                "{query}"
            );
        }
    }

    #[test]
    fn who_may_send_data_in_the_clear_is_known() {
        for (url, expected) in [
            ("postgres://u@db.example/d", true),
            ("postgres://u@10.0.0.1/d?sslmode=disable", true),
            ("postgres://u@127.0.0.1,db.example/d", true),
            ("postgres://u@db.example/d?sslmode=verify-full", false),
            ("postgres://u@db.example/d?sslmode=verify-ca", false),
            ("postgres://u@localhost/d", false),
            ("postgres://u@127.0.0.2/d", false),
            ("postgres:///d?host=/var/run/postgresql", false),
        ] {
            assert_eq!(target(url).may_be_plain(), expected, "{url}");
        }
    }
}
