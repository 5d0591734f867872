//! The documentation works: the commands of the guides run, the site is complete in a browser and loads nothing from outside, and
//! the Postman collection pays an order right after its import.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tillgate_tests::Service;

/// Separates the outputs of a page's blocks.
const SEPARATOR: &str = "\u{1e}";

/// A fenced block of a Markdown page.
struct Block {
    language: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The fenced blocks of a page.
fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else {
            continue;
        };
        let inside = lines.by_ref().take_while(|line| *line != "```");
        let text = inside.map(|line| format!("{line}\n")).collect();
        blocks.push(Block {
            language: language.to_owned(),
            text,
        });
    }
    blocks
}

/// A directory for the commands of the documentation, like the one that the service was started in.
fn directory(service: &Service) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    std::os::unix::fs::symlink(service.data_dir(), directory.path().join("tillgate-data")).expect("a link");
    directory
}

/// Runs commands one after another in one shell. Returns their outputs. The shell ends at the first failure.
fn run(directory: &Path, commands: &[&str]) -> Vec<String> {
    let script: String = commands
        .iter()
        .map(|command| format!("{command}\nprintf '{SEPARATOR}'\n"))
        .collect();
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", &script])
        .current_dir(directory);
    let output = succeed(&mut bash);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.trim_end_matches(SEPARATOR)
        .split(SEPARATOR)
        .map(str::to_owned)
        .collect()
}

#[track_caller]
fn succeed(command: &mut Command) -> Output {
    let output = command.output().expect("the program runs");
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn lines(text: &str) -> Vec<&str> {
    text.trim_end().lines().map(str::trim_end).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs jq, which `cargo xtask test --suite docs` sees to"]
async fn the_commands_of_the_guides_give_what_they_say() {
    let mut pages: Vec<PathBuf> = fs::read_dir(root().join("docs/guides"))
        .expect("the guides")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    pages.sort();
    let service = Service::start().await;
    let mut preparation: Vec<Block> = Vec::new();
    for page in pages {
        let directory = directory(&service);
        let read = blocks(&fs::read_to_string(&page).expect("a page"));
        let shells = |blocks: &[Block]| -> Vec<String> {
            let shells = blocks.iter().filter(|block| block.language == "sh");
            shells.map(|block| block.text.clone()).collect()
        };
        let before = shells(&preparation);
        let commands: Vec<String> = before.iter().cloned().chain(shells(&read)).collect();
        let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
        let mut outputs = run(directory.path(), &commands).into_iter().skip(before.len());
        let mut latest = String::new();
        for block in &read {
            match block.language.as_str() {
                "sh" => latest = outputs.next().unwrap_or_default(),
                "text" => assert_eq!(lines(&latest), lines(&block.text), "{}", page.display()),
                other => panic!("{}: a block in {other:?} is not tested", page.display()),
            }
        }
        if preparation.is_empty() {
            // The first page prepares the others.
            preparation = read;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_requests_of_the_readme_work() {
    const SECTION: &str = "## First payment\n";
    let readme = fs::read_to_string(root().join("README.md")).expect("the README");
    let (_, section) = readme.split_once(SECTION).expect("the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let commands: Vec<String> = blocks(section)
        .into_iter()
        .filter(|block| block.language == "sh")
        .map(|block| block.text)
        .collect();
    let service = Service::start().await;
    let directory = directory(&service);
    let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
    let outputs = run(directory.path(), &commands);
    let answers: Vec<&String> = outputs
        .iter()
        .filter(|output| !output.trim().is_empty())
        .collect();
    assert!(answers.len() >= 3, "{outputs:?}");
    for answer in answers {
        assert!(answer.contains("{\"data\":{"), "{answer}");
    }
}

/// The site that `cargo xtask test --suite docs` has built.
fn site() -> PathBuf {
    std::env::var_os("TILLGATE_TEST_DOCS")
        .expect("`cargo xtask test --suite docs` sets it")
        .into()
}

fn node_directory() -> PathBuf {
    std::env::var_os("TILLGATE_TEST_NODE_DIRECTORY")
        .expect("`cargo xtask test --suite docs` sets it")
        .into()
}

#[test]
#[ignore = "needs the browser and the Node packages of `cargo xtask test --suite docs`"]
fn the_site_holds_together_and_asks_for_nothing_from_outside() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/node/docs_site.cjs");
    let mut node = Command::new("node");
    node.arg(script)
        .arg(site())
        .env("NODE_PATH", node_directory().join("node_modules"));
    succeed(&mut node);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the Node packages of `cargo xtask test --suite docs`"]
async fn the_postman_collection_pays_an_order_as_it_is_imported() {
    let service = Service::start().await;
    let variables = [
        ("base_url", service.url().to_owned()),
        ("client_id", service.demo("TILLGATE_CLIENT_ID")),
        ("client_secret", service.demo("TILLGATE_CLIENT_SECRET")),
    ];
    let mut newman = Command::new(node_directory().join("node_modules/.bin/newman"));
    newman
        .arg("run")
        .arg(site().join("tillgate.postman_collection.json"));
    for (name, value) in variables {
        newman.args(["--env-var", &format!("{name}={value}")]);
    }
    let output = succeed(newman.args(["--folder", "First payment", "--bail", "--color", "off"]));
    let api = service.api().await;
    let orders = api.get("/api/orders").await.expect(200);
    let statuses = orders.body["data"].to_string();
    assert!(
        statuses.contains("partially_refunded"),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}
