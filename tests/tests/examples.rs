//! The example projects of client teams: their tests pass, and fail when a request breaks the contract.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The output of an example's own test command, and whether it succeeded.
struct Run {
    succeeded: bool,
    output: String,
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

/// Copies an example, with one text in one of its files replaced everywhere.
fn copy(name: &str, change: Option<(&str, &str, &str)>) -> tempfile::TempDir {
    let to = tempfile::tempdir().expect("a directory");
    copy_directory(&examples().join(name), to.path());
    if let Some((file, from, into)) = change {
        let path = to.path().join(file);
        let text = std::fs::read_to_string(&path).expect("a file");
        assert!(text.contains(from), "{file} has no {from}");
        std::fs::write(&path, text.replace(from, into)).expect("written");
    }
    to
}

fn copy_directory(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if !entry.file_type().expect("a type").is_dir() {
            std::fs::copy(entry.path(), target).expect("copied");
        } else if !["node_modules", "dist", "__pycache__"].contains(&&*entry.file_name().to_string_lossy()) {
            std::fs::create_dir(&target).expect("a directory");
            copy_directory(&entry.path(), &target);
        }
    }
}

fn run(command: &mut Command, directory: &tempfile::TempDir) -> Run {
    let binary = tillgate_tests::binary::path().unwrap_or_else(|error| panic!("{error:?}"));
    let output = command
        .current_dir(directory.path())
        .env("TILLGATE_BIN", binary)
        .output();
    let output = output.expect("the example's test command runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Run {
        succeeded: output.status.success(),
        output: text(&output.stdout) + &text(&output.stderr),
    }
}

fn typescript(change: Option<(&str, &str, &str)>) -> Run {
    let directory = copy("typescript-contract", change);
    let installed = std::env::var_os("TILLGATE_TEST_TYPESCRIPT_EXAMPLE")
        .expect("`cargo xtask test --suite examples` sets it");
    let modules = Path::new(&installed).join("node_modules");
    std::os::unix::fs::symlink(modules, directory.path().join("node_modules")).expect("a link");
    run(
        Command::new("npm")
            .arg("test")
            .env("npm_config_update_notifier", "false"),
        &directory,
    )
}

fn python(change: Option<(&str, &str, &str)>) -> Run {
    let directory = copy("python-contract", change);
    run(Command::new("python3").args(["-B", "contract.py"]), &directory)
}

#[track_caller]
fn assert_passes(run: &Run) {
    assert!(run.succeeded, "{}", run.output);
    assert!(!run.output.contains("do not conform"), "{}", run.output);
}

/// Panics unless the contract fails, and the output names the place.
#[track_caller]
fn assert_breaks_the_contract(run: &Run) {
    assert!(!run.succeeded, "{}", run.output);
    for part in [
        "POST /api/orders (create_order",
        "body /data/attributes/customer_mail: is not a declared member",
        "do not conform to the OpenAPI document",
    ] {
        assert!(run.output.contains(part), "{part} is not in: {}", run.output);
    }
}

#[test]
#[ignore = "needs the Node packages of `cargo xtask test --suite examples`"]
fn the_typescript_example_passes_and_fails_when_a_request_breaks_the_contract() {
    assert_passes(&typescript(None));
    let broken = ("src/shop.ts", "customer_email", "customer_mail");
    assert_breaks_the_contract(&typescript(Some(broken)));
}

#[test]
#[ignore = "needs the Python of `cargo xtask test --suite examples`"]
fn the_python_example_passes_and_fails_when_a_request_breaks_the_contract() {
    assert_passes(&python(None));
    assert_breaks_the_contract(&python(Some(("shop.py", "customer_email", "customer_mail"))));
}
