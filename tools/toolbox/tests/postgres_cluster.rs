//! The private cluster, on the PostgreSQL that is installed.

use std::net::{Ipv4Addr, TcpStream};

use secrecy::ExposeSecret as _;
use tillgate_toolbox::postgres::{Cluster, Programs};

#[test]
#[ignore = "needs PostgreSQL: a part of `cargo xtask test --suite e2e-postgres`"]
fn a_cluster_leaves_nothing_behind() {
    let programs = Programs::find().expect("PostgreSQL is installed");
    let cluster = Cluster::start(&programs).expect("the cluster starts");
    let (port, directory) = (cluster.port(), cluster.directory().to_owned());
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
    assert!(
        cluster
            .url()
            .expose_secret()
            .ends_with(&format!("@127.0.0.1:{port}/postgres"))
    );
    drop(cluster);
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
    assert!(!directory.exists());
}
