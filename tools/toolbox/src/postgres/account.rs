//! The account that PostgreSQL runs as.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::{Context, Result};

/// An ordinary account.
pub(super) struct Account {
    pub uid: u32,
    pub gid: u32,
}

impl Account {
    /// `None` if this process is not root: its own account is sufficient. Else `postgres`, which Debian's package makes, or
    /// `nobody`.
    pub fn unprivileged() -> Result<Option<Self>> {
        if !nix::unistd::geteuid().is_root() {
            return Ok(None);
        }
        let accounts = fs::read_to_string("/etc/passwd").context("no list of accounts")?;
        let found = ["postgres", "nobody"]
            .iter()
            .find_map(|name| find(&accounts, name));
        found
            .context("root needs an account `postgres` or `nobody` to run PostgreSQL as")
            .map(Some)
    }

    /// Makes a command run as this account; the standard library drops the supplementary groups too.
    pub fn assume(&self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }
}

/// An account in the format of `passwd(5)`.
fn find(accounts: &str, name: &str) -> Option<Account> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next() != Some(name) {
            return None;
        }
        let (uid, gid) = (fields.nth(1)?, fields.next()?);
        Some(Account {
            uid: uid.parse().ok()?,
            gid: gid.parse().ok()?,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_found_by_their_whole_name() {
        let accounts = "postgres2:x:1:2::/:/bin/sh\npostgres:x:103:104:PostgreSQL,,,:/var/lib:/bin/bash\n";
        let found = find(accounts, "postgres").expect("it is listed");
        assert_eq!((found.uid, found.gid), (103, 104));
        assert!(find(accounts, "nobody").is_none());
    }
}
