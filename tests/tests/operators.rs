//! Operators' actions beside a running service: commands that create nothing, files for their owner only, and an installation
//! that is not silently replaced.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tillgate_tests::{Service, command};

/// The behaviour of a command without an installation.
#[derive(Clone, Copy, PartialEq)]
enum Here {
    /// It serves, or prepares a service.
    Creates,
    /// It needs existing data, and ends with 1.
    Refuses,
    /// It needs credentials that are missing, and ends with 2.
    AsksForCredentials,
    /// It needs nothing.
    Works,
}

/// Each command with its required arguments.
const COMMANDS: &[(&str, &[&str], Here)] = &[
    ("serve", &[], Here::Creates),
    // Its journal only.
    ("sandbox", &[], Here::Creates),
    ("migrate", &[], Here::Creates),
    ("org list", &[], Here::Refuses),
    ("org create", &["acme"], Here::Refuses),
    ("app list", &[], Here::Refuses),
    ("app rotate-secret", &["x"], Here::Refuses),
    ("app disable", &["x"], Here::Refuses),
    ("app enable", &["x"], Here::Refuses),
    ("app delete", &["x"], Here::Refuses),
    (
        "app create",
        &["--organization", "acme", "--kind", "integration"],
        Here::Refuses,
    ),
    ("payments stuck", &[], Here::Refuses),
    ("listen", &[], Here::AsksForCredentials),
    ("token", &["--client-id", "x"], Here::Refuses),
    ("openapi", &[], Here::Works),
];

fn run(mut command: Command) -> Output {
    command.output().expect("the binary runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The commands without commands of their own, as `--help` lists them.
fn leaves(path: &[String]) -> Vec<String> {
    let mut help = command();
    help.args(path).arg("--help");
    let help = text(&run(help).stdout);
    let listed = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.trim().is_empty())
        // Long help has the text of a command on lines of its own, which are indented further.
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help");
    let mut leaves = Vec::new();
    for name in listed {
        let path = [path, &[name.to_owned()]].concat();
        leaves.extend(self::leaves(&path));
    }
    if leaves.is_empty() {
        leaves.push(path.join(" "));
    }
    leaves
}

fn files_in(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a directory");
    let mut files = Vec::new();
    for entry in entries.map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            files.extend(files_in(&entry));
        }
        files.push(entry);
    }
    files
}

fn mode(path: &Path) -> u32 {
    let metadata = fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    metadata.permissions().mode() & 0o777
}

#[test]
fn no_command_but_those_that_serve_or_migrate_creates_anything() {
    let known: BTreeSet<&str> = COMMANDS.iter().map(|(name, _, _)| *name).collect();
    let all = leaves(&[]);
    let all: BTreeSet<&str> = all.iter().map(String::as_str).collect();
    assert_eq!(all, known, "the table above has all commands");
    let places: &[&[&str]] = &[
        &[],
        &["--data-dir", "elsewhere"],
        &["--database-url", "sqlite://nowhere.db"],
        &["--database-url", "sqlite://no/directory/nowhere.db"],
    ];
    for (name, arguments, here) in COMMANDS {
        for place in places {
            if *here == Here::Creates {
                continue;
            }
            let directory = tempfile::tempdir().expect("a directory");
            let mut command = command();
            command.current_dir(directory.path());
            command.args(name.split(' ')).args(*arguments).args(*place);
            let output = run(command);
            let stderr = text(&output.stderr);
            let expected = match here {
                Here::Works | Here::Creates => 0,
                Here::Refuses => 1,
                Here::AsksForCredentials => 2,
            };
            assert_eq!(output.status.code(), Some(expected), "{name} {place:?}: {stderr}");
            assert!(
                files_in(directory.path()).is_empty(),
                "{name} {place:?}: {:?}",
                files_in(directory.path())
            );
            if *here == Here::Refuses {
                for part in ["there is no database at", "--data-dir", "--database-url"] {
                    assert!(stderr.contains(part), "{name} {place:?}: {stderr}");
                }
                assert_eq!(stderr.trim().lines().count(), 1, "{stderr}");
                assert!(output.stdout.is_empty(), "{name}: {}", text(&output.stdout));
            }
        }
    }
}

#[test]
fn migrate_prepares_all_that_the_other_commands_need_for_its_owner_alone() {
    for umask in ["0000", "0022", "0277"] {
        let directory = tempfile::tempdir().expect("a directory");
        let tillgate = |arguments: &str| {
            let binary = tillgate_tests::binary::path().expect("the binary");
            let mut shell = Command::new("sh");
            let script = format!("umask {umask}; exec {} {arguments}", binary.display());
            shell.args(["-c", &script]).current_dir(directory.path());
            let output = run(shell);
            assert!(output.status.success(), "{arguments}: {}", text(&output.stderr));
            text(&output.stdout)
        };
        tillgate("migrate");
        tillgate("org create acme");
        let credentials = tillgate("app create --organization acme --kind integration");
        let client_id = credentials
            .lines()
            .find_map(|line| line.strip_prefix("TILLGATE_CLIENT_ID="));
        tillgate(&format!("token --client-id {}", client_id.expect("a client id")));
        tillgate("payments stuck");
        let data = directory.path().join("tillgate-data");
        assert_eq!(mode(&data), 0o700, "{umask}");
        for file in files_in(&data) {
            assert_eq!(mode(&file), 0o600, "{umask}: {}", file.display());
        }
    }
}

#[tokio::test]
async fn files_that_others_could_use_are_taken_from_them_and_an_open_directory_is_told() {
    let mut service = Service::start().await;
    let data = service.data_dir().to_owned();
    let owned = |data: &Path| {
        let files = files_in(data);
        // The test itself writes the log.
        files
            .into_iter()
            .filter(|file| file.extension().is_none_or(|extension| extension != "log"))
    };
    for file in owned(&data) {
        let expected = if file.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&file), expected, "{}", file.display());
    }
    service.terminate().await;
    let open = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
    };
    for file in owned(&data) {
        if file.file_name().is_some_and(|name| name != "master.key") {
            open(&file, if file.is_dir() { 0o755 } else { 0o644 });
        }
    }
    open(&data, 0o755);
    service.restart().await;
    for file in owned(&data) {
        let expected = if file.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&file), expected, "{}", file.display());
    }
    let log = service.log();
    assert!(log.contains(&format!("chmod 700 {}", data.display())), "{log}");
}

#[tokio::test]
async fn a_key_that_is_missing_is_not_replaced() {
    let mut service = Service::start().await;
    service.terminate().await;
    let data = service.data_dir().to_owned();
    let key = data.join("master.key");
    let kept = fs::read(&key).expect("a key");
    fs::remove_file(&key).expect("removed");
    // SQLite's own files beside the database come and go.
    let files = || {
        files_in(&data)
            .into_iter()
            .filter(|file| !file.to_string_lossy().contains(".db-"))
            .count()
    };
    let before = files();
    let serve = || {
        let mut command = service.serve_command(&data, ([127, 0, 0, 1], 0).into());
        command.arg("--no-demo");
        command
    };
    let refused = [run(serve()), service.output_of(&["org", "create", "acme"])];
    for output in refused {
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains(&key.display().to_string()), "{stderr}");
        assert_eq!(files(), before, "{:?}", files_in(&data));
    }
    // Tables can be migrated without the key, and no other one is made.
    service.run(&["migrate"]);
    assert!(!key.exists());
    // A missing directory is not made either.
    let elsewhere = data.join("elsewhere");
    let mut command = tillgate_tests::command();
    command.args([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--sandbox-listen",
        "127.0.0.1:0",
        "--data-dir",
    ]);
    command
        .arg(&elsewhere)
        .args(["--database-url", &service.database_url()]);
    let output = run(command);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(!elsewhere.exists());
    fs::write(&key, kept).expect("put back");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("a mode");
    service.restart().await;
}

#[tokio::test]
async fn a_database_that_a_newer_version_has_used_is_left_alone() {
    let mut service = Service::start().await;
    service.terminate().await;
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231000000')";
    if service.run_in_database(newer).await.is_none() {
        // SQLite has its own test beside the code: no test can write its file here.
        return;
    }
    let data = service.data_dir().to_owned();
    let serve = service.serve_command(&data, ([127, 0, 0, 1], 0).into());
    let outputs = [
        run(serve),
        service.output_of(&["migrate"]),
        service.output_of(&["org", "create", "acme"]),
        service.output_of(&["payments", "stuck"]),
    ];
    for output in outputs {
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(
            stderr.contains("newer version") && stderr.contains("99991231000000"),
            "{stderr}"
        );
    }
}

#[tokio::test]
async fn the_demo_stays_whatever_is_made_beside_it() {
    let mut service = Service::start().await;
    let client_id = service.demo("TILLGATE_CLIENT_ID");
    service.run(&["org", "create", "acme"]);
    service.create_application(&["--organization", "acme", "--kind", "integration"]);
    service.terminate().await;
    // The start waits for demo.env, and its credentials work.
    service.restart().await;
    assert_eq!(service.demo("TILLGATE_CLIENT_ID"), client_id);
    let order = service.demo("TILLGATE_STRIPE_ORDER_ID");
    let api = service.api().await;
    let _ = api.get(&format!("/api/orders/{order}")).await.expect(200);
    assert!(!service.log().contains("there is no demo"), "{}", service.log());
}

#[tokio::test]
async fn a_token_of_the_command_line_is_one_of_the_running_service() {
    // The command does not know the port, which the system has chosen.
    let service = Service::start().await;
    let client_id = service.demo("TILLGATE_CLIENT_ID");
    for more in [&[] as &[&str], &["--public-url", "https://else.example"]] {
        let token = service.run(&[&["token", "--client-id", &client_id], more].concat());
        let _ = service.with_token(&token).get("/api/orders").await.expect(200);
    }
}

const PRODUCTION: &str = include_str!("../../docs/production.md");
const TESTING: &str = include_str!("../../docs/testing-your-client.md");

/// The blocks of a language in a section of the page about production.
fn blocks(section: &str, language: &str) -> Vec<&'static str> {
    let (_, text) = PRODUCTION
        .split_once(&format!("\n## {section}\n"))
        .expect("the section");
    let text = text.split("\n## ").next().unwrap_or(text);
    let text = text.split("\n### ").next().unwrap_or(text);
    let fence = format!("```{language}\n");
    let blocks = text.split(fence.as_str()).skip(1);
    blocks.filter_map(|block| block.split("```").next()).collect()
}

/// Replaces each of these texts, which must all exist.
fn with(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from} is not in: {text}");
        text.replace(from, to)
    })
}

/// Pastes a block into a shell in which `tillgate` is the binary under test.
fn paste(directory: &Path, block: &str) -> Output {
    let binary = tillgate_tests::binary::path().expect("the binary");
    let script = format!("set -e\ntillgate() {{ '{}' \"$@\"; }}\n{block}", binary.display());
    let mut shell = Command::new("bash");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TILLGATE_")) {
        shell.env_remove(name);
    }
    run({
        shell.args(["-c", &script]).current_dir(directory);
        shell
    })
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// The blocks about production, pasted one after the other: first the superuser's commands, then the settings, the organization,
/// the service, and a token that it accepts. The roles are those of the page, under unique names.
#[tokio::test]
async fn the_production_section_works_as_it_is_pasted() {
    let host = Service::start().await;
    let section = "PostgreSQL";
    let [settings, token] = blocks(section, "sh")[..] else {
        panic!("the section has other blocks");
    };
    let [roles] = blocks(section, "sql")[..] else {
        panic!("the section has other blocks");
    };
    let directory = tempfile::tempdir().expect("a directory");
    let server = host.database_url();
    let is_postgres = server.starts_with("postgres");
    let unique = server.rsplit('_').next().unwrap_or_default().to_owned();
    let (owner, role, database) = (
        format!("owner_{unique}"),
        format!("service_{unique}"),
        format!("production_{unique}"),
    );
    let place = server.rsplit_once('@').map_or("", |(_, place)| place);
    let place = place.split('/').next().unwrap_or_default();
    let urls = if is_postgres {
        let sql = with(
            roles,
            &[
                ("tillgate_owner", &owner),
                ("DATABASE tillgate ", &format!("DATABASE {database} ")),
                ("tillgate", &role),
            ],
        );
        let (before, after) = sql.split_once("\\connect").expect("a connect line");
        for statement in before.split_inclusive(";\n") {
            host.run_in_database(statement).await;
        }
        let (_, after) = after.split_once('\n').expect("a line");
        host.run_in_other_database(&database, after).await;
        (
            format!("postgres://{role}:service-password@{place}/{database}"),
            format!("postgres://{owner}:owner-password@{place}/{database}"),
        )
    } else {
        let url = format!("sqlite://{}", directory.path().join("production.db").display());
        (url.clone(), url)
    };
    let port = free_port();
    let settings = with(
        settings,
        &[
            (
                "postgres://tillgate:service-password@db.example.com/tillgate?sslmode=verify-full",
                &urls.0,
            ),
            (
                "postgres://tillgate_owner:owner-password@db.example.com/tillgate?sslmode=verify-full",
                &urls.1,
            ),
            ("0.0.0.0:8080", &format!("127.0.0.1:{port}")),
        ],
    );
    let pasted = paste(directory.path(), &settings);
    assert!(pasted.status.success(), "{}", text(&pasted.stderr));
    for file in files_in(directory.path()) {
        let expected = if file.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&file), expected, "{}", file.display());
    }
    let mut serve = command();
    serve.arg("serve").current_dir(directory.path());
    let serving = host.start_beside(&mut serve);
    let base = format!("http://127.0.0.1:{port}");
    let client = reqwest::Client::new();
    let ready = tillgate_tests::wait::until_async(std::time::Duration::from_secs(60), async || {
        let answer = client.get(format!("{base}/readyz")).send().await;
        answer.is_ok_and(|answer| answer.status() == 200).then_some(())
    });
    ready.await.expect("it serves");
    let pasted = paste(directory.path(), token);
    assert!(pasted.status.success(), "{}", text(&pasted.stderr));
    let token = text(&pasted.stdout);
    let orders = client.get(format!("{base}/api/orders")).bearer_auth(token.trim());
    assert_eq!(orders.send().await.expect("an answer").status(), 200);
    drop(serving);
    if is_postgres {
        host.run_in_database(&format!("DROP DATABASE {database} WITH (FORCE)"))
            .await;
        host.run_in_database(&format!("DROP ROLE {role}; DROP ROLE {owner}"))
            .await;
    }
}

/// A client's tests get the variables from the shell that read the file.
#[test]
fn the_line_that_reads_a_file_of_variables_exports_them() {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(
        directory.path().join("tillgate.env"),
        "TILLGATE_URL=http://127.0.0.1:1\n",
    )
    .expect("written");
    let line = TESTING
        .lines()
        .find(|line| line.contains("./tillgate.env;"))
        .expect("the line");
    let output = paste(directory.path(), &format!("{line}\nenv"));
    assert!(
        text(&output.stdout).contains("TILLGATE_URL=http://127.0.0.1:1\n"),
        "{}",
        text(&output.stderr)
    );
}
