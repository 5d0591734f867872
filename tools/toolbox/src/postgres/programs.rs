//! Finds PostgreSQL's server programs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::account::Account;

/// The directory with `initdb` and `postgres`.
pub struct Programs(PathBuf);

impl Programs {
    /// Searches the directory that `pg_config` names, Debian's directories (newest version first), and `PATH`.
    pub fn find() -> Option<Self> {
        let mut candidates = Vec::new();
        if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
            candidates.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
        }
        candidates.extend(debian_directories());
        let search_path = std::env::var_os("PATH").unwrap_or_default();
        candidates.extend(std::env::split_paths(&search_path));
        candidates
            .into_iter()
            .find(|directory| is_complete(directory))
            .map(Self)
    }

    /// A command that runs one of the programs, as `account` if there is one.
    pub(super) fn command(&self, program: &str, account: Option<&Account>) -> Command {
        let mut command = Command::new(self.0.join(program));
        if let Some(account) = account {
            account.assume(&mut command);
        }
        command
    }
}

fn is_complete(directory: &Path) -> bool {
    ["initdb", "postgres"]
        .iter()
        .all(|program| directory.join(program).is_file())
}

/// `/usr/lib/postgresql/<version>/bin`.
fn debian_directories() -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir("/usr/lib/postgresql") else {
        return Vec::new();
    };
    let mut versions: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse().ok()?,
                entry.path().join("bin"),
            ))
        })
        .collect();
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    versions.into_iter().map(|(_, directory)| directory).collect()
}
