//! `cargo xtask dist` makes the files of a release: an archive with the binary and its systemd unit, a Debian package, checksums.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail, ensure};
use tillgate_toolbox::cargo::{self, cargo};
use tillgate_toolbox::say;

use crate::root;
use crate::test::packages::find_program;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const CHECKSUMS: &str = "SHA256SUMS";
/// The other files of the archive.
const FILES: [&str; 4] = [
    "packaging/tillgate.service",
    "README.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
];

/// Options of the task.
#[derive(clap::Args)]
pub struct Args {
    /// Directory of the files; its contents are replaced. Default: dist in cargo's target directory.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Leave the Debian package out, which cargo-deb makes.
    #[arg(long)]
    no_deb: bool,
}

/// Runs the task.
///
/// # Errors
/// The service doesn't build, or a necessary program is missing or fails.
pub fn run(args: &Args) -> Result<ExitCode> {
    if !args.no_deb && find_program("cargo-deb").is_none() {
        bail!("cargo-deb is missing: cargo install --locked cargo-deb, or give --no-deb");
    }
    let selection = [
        "--release",
        "--locked",
        "--package",
        "tillgate-server",
        "--bin",
        "tillgate",
    ];
    let binary = cargo::build(root(), &selection, "tillgate")?;
    let target = binary
        .ancestors()
        .nth(2)
        .context("the binary lies in the target directory")?;
    let out = match &args.out {
        Some(out) => std::path::absolute(out)?,
        None => target.join("dist"),
    };
    if out.exists() {
        fs::remove_dir_all(&out).with_context(|| out.display().to_string())?;
    }
    let name = format!(
        "tillgate-{VERSION}-{}-{}",
        std::env::consts::ARCH,
        std::env::consts::OS
    );
    let directory = out.join(&name);
    fs::create_dir_all(&directory)?;
    fs::copy(&binary, directory.join("tillgate")).with_context(|| binary.display().to_string())?;
    for file in FILES {
        let name = Path::new(file).file_name().context("a file has a name")?;
        fs::copy(root().join(file), directory.join(name)).with_context(|| file.to_owned())?;
    }
    let archive = format!("{name}.tar.gz");
    // The same binary always makes the same archive, on any machine and at any time.
    let owner = [
        "--sort=name",
        "--mtime=@0",
        "--owner=0",
        "--group=0",
        "--numeric-owner",
    ];
    succeed(
        Command::new("tar")
            .args(owner)
            .args(["-czf", &archive, &name])
            .current_dir(&out),
    )?;
    fs::remove_dir_all(&directory)?;
    if !args.no_deb {
        let mut deb = cargo();
        deb.args(["deb", "--package", "tillgate-server", "--no-build", "--output"])
            .arg(&out);
        succeed(deb.current_dir(root()))?;
    }
    let mut files = names(&out)?;
    let sums = Command::new("sha256sum").args(&files).current_dir(&out).output();
    let sums = sums.context("sha256sum can't be run")?;
    ensure!(sums.status.success(), "sha256sum ended with {}", sums.status);
    fs::write(out.join(CHECKSUMS), sums.stdout)?;
    files.push(CHECKSUMS.to_owned());
    for file in files {
        let file = out.join(file);
        let bytes = fs::metadata(&file)?.len();
        say::result(&format!("{} ({:.1} MB)", file.display(), bytes as f64 / 1e6));
    }
    Ok(ExitCode::SUCCESS)
}

/// The files in a directory, in order.
fn names(directory: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn succeed(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("{name} can't be run"))?;
    ensure!(status.success(), "{name} ended with {status}");
    Ok(())
}
