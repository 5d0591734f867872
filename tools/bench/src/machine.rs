//! The machine that the numbers belong to.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use chrono::Utc;
use secrecy::{ExposeSecret as _, SecretString};
use tokio_postgres::{NoTls, SimpleQueryMessage};

use super::statistics::median;

/// Number of synced writes that measure the disk.
const SYNCS: usize = 200;

/// Date, size and disk of the machine, versions.
pub fn heading(sync_milliseconds: f64, versions: &[String]) -> Result<String> {
    let processors = std::thread::available_parallelism()?;
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = memory.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kibibytes: f64 = memory
        .and_then(|line| line.trim().strip_suffix(" kB"))
        .unwrap_or("0")
        .parse()?;
    let gibibytes = kibibytes / 1024.0 / 1024.0;
    let (date, versions) = (Utc::now().format("%Y-%m-%d"), versions.join(", "));
    Ok(format!(
        "{date}, {processors} processors, {gibibytes:.0} GiB of memory, a disk that syncs in \
         {sync_milliseconds:.2} ms, {versions}"
    ))
}

/// Time that the disk takes to keep a page that was added to a file in the directory. It dominates all measurements with commits:
/// the slower the disk, the more requests gain from sharing a sync.
pub fn sync_milliseconds(directory: &Path) -> Result<f64> {
    let mut file = tempfile::tempfile_in(directory)?;
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let begin = Instant::now();
        file.write_all(&[1; 4096])?;
        file.sync_data()?;
        times.push(begin.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(median(times))
}

/// Versions of the service in this directory, and of the compiler that cargo uses.
pub fn versions(programs: &Path) -> Result<Vec<String>> {
    let service = first_line(Command::new(programs.join("tillgate")).arg("--version"))?;
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let compiler = first_line(Command::new(compiler).arg("--version"))?;
    let compiler = compiler.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    Ok(vec![service, compiler])
}

/// Version of the database at the URL, or of SQLite.
pub async fn database_version(url: Option<&SecretString>) -> Result<String> {
    let Some(url) = url else {
        return Ok(format!("SQLite {}", rusqlite::version()));
    };
    let (client, connection) = tokio_postgres::connect(url.expose_secret(), NoTls).await?;
    let driver = tokio::spawn(connection);
    let answer = client.simple_query("SHOW server_version").await?;
    driver.abort();
    let row = answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    let version = row.context("PostgreSQL doesn't tell its version")?;
    Ok(format!(
        "PostgreSQL {}",
        version.split_whitespace().next().unwrap_or(version)
    ))
}

fn first_line(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    ensure!(
        output.status.success(),
        "{} failed",
        command.get_program().display()
    );
    let text = String::from_utf8(output.stdout)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
