//! Every wait for the database ends: the caller is told to try again, and changes of the database in the meantime count.

use std::fs::File;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use serde_json::{Value, json};
use tillgate_tests::{Answer, Api, JSON, Service, wait};

/// Longest wait.
const LIMIT: Duration = Duration::from_secs(5);
/// Additional time for a machine that is busy with other tests.
const MARGIN: Duration = Duration::from_secs(3);
/// Time limit until everything works again.
const RECOVERY: Duration = Duration::from_secs(30);

fn customer(name: &str) -> Value {
    json!({"data": {"type": "customers", "attributes": {"email": format!("{name}@customers.example.com")}}})
}

async fn create(api: &Api, name: &str) -> Answer {
    let call = api.call("POST", "/api/customers").header("Idempotency-Key", name);
    call.json(&customer(name)).send().await
}

/// A request that can't be served is told when to try again, in time.
async fn assert_unavailable(what: &str, request: impl Future<Output = Answer>) {
    let began = Instant::now();
    let answer = request.await;
    let took = began.elapsed();
    assert_eq!(answer.status, 503, "{what}: {}", answer.body);
    assert_ne!(answer.header("retry-after"), "", "{what}");
    assert!(took < LIMIT + MARGIN, "{what} took {took:?}");
}

async fn until_ready(service: &Service) {
    let deadline = Instant::now() + RECOVERY;
    while service.anonymous().get("/readyz").await.status != 200 {
        assert!(Instant::now() < deadline, "it is not ready again");
        let _: Option<()> = wait::until(Duration::from_millis(100), || None).await;
    }
}

async fn how_many(api: &Api) -> i64 {
    let list = api.get("/api/customers").await.expect(200);
    list.body["meta"]["record_count"].as_i64().expect("a count")
}

#[tokio::test]
async fn a_database_that_hangs_keeps_nobody_waiting() {
    let service = Service::start_behind_proxy().await;
    let Some(proxy) = service.proxy() else {
        // A file does not hang; another test covers its locks.
        return;
    };
    let api = service.api().await;
    let before = how_many(&api).await;
    proxy.stall();
    let anonymous = service.anonymous();
    let token = || {
        let credentials = json!({
            "grant_type": "client_credentials",
            "client_id": service.demo("TILLGATE_CLIENT_ID"),
            "client_secret": service.demo("TILLGATE_CLIENT_SECRET"),
        });
        let call = anonymous.call("POST", "/oauth/token").header("Accept", JSON);
        call.json_as(JSON, &credentials).send()
    };
    let event = || {
        let call = anonymous.call("POST", "/webhook_callbacks/stripe_gateways/none");
        call.json_as(JSON, &json!({"id": "evt_1"})).send()
    };
    futures::join!(
        assert_unavailable("a read", api.get("/api/customers")),
        assert_unavailable("a write", create(&api, "waiting")),
        assert_unavailable("the probe", anonymous.get("/readyz")),
        assert_unavailable("a request for a token", token()),
        assert_unavailable("an event of a PSP", event()),
    );
    proxy.go_on();
    until_ready(&service).await;
    let _ = create(&api, "waiting").await.expect(201);
    assert_eq!(how_many(&api).await, before + 1);
}

/// Its key shows the outcome of the request.
#[tokio::test]
async fn a_commit_that_nobody_hears_of_is_told_as_unknown_and_counts_once() {
    let service = Service::start_behind_proxy().await;
    let Some(proxy) = service.proxy() else { return };
    let api = service.api().await;
    let before = how_many(&api).await;
    // The background may commit first; then the request has had no effect.
    for name in ["a", "b", "c", "d", "e"] {
        proxy.stall_at_commit();
        let answer = create(&api, name).await.expect(503);
        assert_ne!(answer.header("retry-after"), "");
        let is_unknown = answer.errors().any(|error| error["code"] == "OUTCOME_UNKNOWN");
        proxy.go_on();
        until_ready(&service).await;
        let again = create(&api, name).await.expect(201);
        assert_eq!(again.header("idempotent-replayed") == "true", is_unknown);
        let path = format!("/api/customers/{}", again.id());
        let _ = api.delete(&path).await.expect(204);
        assert_eq!(how_many(&api).await, before);
        if is_unknown {
            return;
        }
    }
    panic!("no commit of a request was held up");
}

/// Another process writes for a long time. SQLite's locks are locks of bytes of the log's index (SQLite docs: WAL-mode file
/// format, 2.3); this is the writers' one.
struct WriteLock {
    _index: File,
}

impl WriteLock {
    const BYTE: i64 = 120;

    fn take(service: &Service) -> Self {
        let path = service.data_dir().join("tillgate.db-shm");
        let index = File::options()
            .read(true)
            .write(true)
            .open(path)
            .expect("the index");
        let lock = libc::flock {
            l_type: libc::F_WRLCK as i16,
            l_whence: libc::SEEK_SET as i16,
            l_start: Self::BYTE,
            l_len: 1,
            l_pid: 0,
        };
        let deadline = Instant::now() + RECOVERY;
        while fcntl(index.as_fd(), FcntlArg::F_SETLK(&lock)).is_err() {
            assert!(Instant::now() < deadline, "the lock is never free");
        }
        Self { _index: index }
    }
}

fn is_on_sqlite() -> bool {
    std::env::var("TILLGATE_TEST_DATABASE").map_or(true, |name| name == "sqlite")
}

#[tokio::test]
async fn a_file_that_another_process_has_locked_can_be_read_and_keeps_nobody_waiting() {
    if !is_on_sqlite() {
        return;
    }
    let service = Service::start().await;
    let api = service.api().await;
    let before = how_many(&api).await;
    let anonymous = service.anonymous();
    let lock = WriteLock::take(&service);
    futures::join!(
        assert_unavailable("a write", create(&api, "a")),
        assert_unavailable("another write", create(&api, "b")),
        assert_unavailable("the probe", anonymous.get("/readyz")),
        async {
            let _ = api.get("/api/customers").await.expect(200);
        },
    );
    drop(lock);
    until_ready(&service).await;
    // A request that was given up is not executed later.
    assert_eq!(how_many(&api).await, before);
    for name in ["a", "b"] {
        let _ = create(&api, name).await.expect(201);
    }
    assert_eq!(how_many(&api).await, before + 2);
}

#[tokio::test]
async fn a_file_that_can_not_grow_is_not_ready_and_can_be_read() {
    if !is_on_sqlite() {
        return;
    }
    let service = Service::start().await;
    let api = service.api().await;
    let log = service.data_dir().join("tillgate.db-wal");
    let length = std::fs::metadata(&log).expect("the log").len();
    service.limit_files(Some(length));
    assert_unavailable("a write", create(&api, "a")).await;
    assert_unavailable("the probe", service.anonymous().get("/readyz")).await;
    let before = how_many(&api).await;
    service.limit_files(None);
    until_ready(&service).await;
    let _ = create(&api, "a").await.expect(201);
    assert_eq!(how_many(&api).await, before + 1);
}

/// A read-only server, like a replica.
#[tokio::test]
async fn a_database_that_only_lets_read_is_not_ready() {
    let service = Service::start().await;
    let api = service.api().await;
    // Open connections keep their setting.
    let read_only = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$;
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    if service.run_in_database(read_only).await.is_none() {
        return;
    }
    let list = wait_for_list(&api).await;
    assert_unavailable("a write", create(&api, "a")).await;
    assert_unavailable("the probe", service.anonymous().get("/readyz")).await;
    assert_eq!(how_many(&api).await, list);
    let writable = "BEGIN READ WRITE;
        DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET default_transaction_read_only', current_database()); END $$;
        COMMIT;
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    service.run_in_database(writable).await;
    until_ready(&service).await;
    let _ = create(&api, "a").await.expect(201);
}

/// The connections were closed: the first reads may notice that.
async fn wait_for_list(api: &Api) -> i64 {
    let deadline = Instant::now() + RECOVERY;
    loop {
        let list = api.get("/api/customers").await;
        if list.status == 200 {
            return list.body["meta"]["record_count"].as_i64().expect("a count");
        }
        assert!(Instant::now() < deadline, "{:?}", list.body);
    }
}
