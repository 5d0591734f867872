//! Lists on both databases: what filters find, and how the rows are found. PostgreSQL is the cluster at
//! `TILLGATE_TEST_POSTGRES_URL`; without that variable, SQLite alone is tested.

mod naive;
mod plans;
mod predicates;
mod rows;

use tillgate_model::{
    Id,
    openapi::{Operation, operations},
    query::{self, Query},
};
use tillgate_store::{Db, Scope};

/// A database with its tables, and what it is in.
struct Database {
    db: Db,
    url: String,
    _directory: tempfile::TempDir,
}

/// The databases that there are.
async fn databases() -> Vec<Database> {
    let mut all = vec![];
    let directory = tempfile::tempdir().expect("a directory");
    let mut urls = vec![format!("sqlite://{}", directory.path().join("db").display())];
    if let Ok(cluster) = std::env::var("TILLGATE_TEST_POSTGRES_URL") {
        let name = format!("tillgate_lists_{}_{}", std::process::id(), counter());
        rows::on_postgres(&cluster, &format!("CREATE DATABASE {name}")).await;
        let (server, _) = cluster.rsplit_once('/').expect("a URL with a database");
        urls.push(format!("{server}/{name}"));
    }
    for url in urls {
        let its_url = url.clone();
        let opened = tokio::task::spawn_blocking(move || Db::open(&its_url, 2, true)).await;
        all.push(Database {
            db: opened.expect("it opens").expect("a database"),
            url,
            _directory: tempfile::tempdir().expect("a directory"),
        });
    }
    if let Some(first) = all.first_mut() {
        first._directory = directory;
    }
    all
}

fn counter() -> usize {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static COUNTER: AtomicUsize = AtomicUsize::new(0);
    COUNTER.fetch_add(1, Ordering::Relaxed)
}

fn scope() -> Scope {
    Scope::of_operator(Id::from_letters([0; 10]), true)
}

fn operation(id: &str) -> Operation {
    let found = operations().into_iter().find(|operation| operation.id() == id);
    found.unwrap_or_else(|| panic!("there is no operation {id}"))
}

fn asked(operation: &Operation, pairs: &[(String, String)]) -> Query {
    query::read(operation, None, pairs).unwrap_or_else(|problems| panic!("{pairs:?}: {problems:?}"))
}
