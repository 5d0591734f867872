//! TLS to PostgreSQL, as the database URL says: a server that is not verified gets no password and no data.

use std::process::Output;

use tillgate_tests::command;

/// `tillgate migrate` with these parameters of the URL.
fn migrate(url: &str, parameters: &str) -> Output {
    let directory = tempfile::tempdir().expect("a directory");
    let mut migrate = command();
    migrate
        .current_dir(directory.path())
        .args(["migrate", "--database-url", &format!("{url}?{parameters}")]);
    migrate.output().expect("the binary runs")
}

/// The cluster takes connections over TLS alone, and its certificate is for 127.0.0.1.
#[test]
#[ignore = "needs PostgreSQL with TLS: a part of `cargo xtask test --suite e2e-postgres`"]
fn the_server_is_verified_as_the_url_says() {
    let setting = |name| std::env::var(name).expect("`cargo xtask test --suite e2e-postgres` sets it");
    let url = setting("TILLGATE_TEST_POSTGRES_URL");
    let roots = format!("sslrootcert={}", setting("TILLGATE_TEST_CERTIFICATE"));
    let by_name = url.replace("@127.0.0.1:", "@localhost:");
    for (url, mode, roots, connects) in [
        (&url, "verify-full", roots.as_str(), true),
        (&url, "require", &roots, true),
        (&url, "verify-ca", &roots, true),
        (&url, "prefer", &roots, true),
        (&by_name, "verify-ca", &roots, true),
        (&by_name, "verify-full", &roots, false),
        (&by_name, "require", &roots, false),
        // The machine trusts no such certificate.
        (&url, "verify-full", "", false),
        (&url, "verify-ca", "", false),
        (&url, "prefer", "", false),
        (&url, "disable", "", false),
    ] {
        let output = migrate(url, format!("sslmode={mode}&{roots}").trim_end_matches('&'));
        let log = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), connects, "{mode} {roots}: {log}");
        if !connects {
            assert_eq!(output.status.code(), Some(1), "{mode}: {log}");
            assert!(!log.contains("password authentication"), "{mode}: {log}");
        }
    }
}
