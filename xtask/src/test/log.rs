//! The output of a suite's commands: kept in a file, and shown from it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

/// Maximum number of failed assertions that are repeated at the end of a run.
const FAILURES: usize = 20;
/// Number of last lines that are repeated.
const LAST_LINES: usize = 8;
/// Maximum length of a repeated line.
const LINE_WIDTH: usize = 400;

/// The file of one suite.
#[derive(Default)]
pub struct Log(PathBuf);

impl Log {
    /// An empty file for a suite.
    pub fn new(directory: &Path, suite: &str) -> Self {
        let path = directory.join(format!("{suite}.log"));
        // An absent log equals an empty one; any other problem shows when the log is opened.
        let _ = fs::remove_file(&path);
        Self(path)
    }

    /// Appends a command's output. Returns the place where it begins.
    pub fn attach(&self, command: &mut Command) -> Result<Tail> {
        fs::create_dir_all(self.0.parent().context("a suite has begun")?)?;
        let log = File::options().create(true).append(true).open(&self.0)?;
        command.stdout(log.try_clone()?).stderr(log);
        command.stdin(Stdio::null());
        let mut rest = File::open(&self.0)?;
        io::Seek::seek(&mut rest, io::SeekFrom::End(0))?;
        Ok(Tail(rest))
    }

    /// The whole log.
    pub fn read(&self) -> String {
        let text = fs::read(&self.0).unwrap_or_default();
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Names of the failed tests, as `cargo test` lists them.
    pub fn failed_tests(&self) -> Vec<String> {
        failed_tests(&self.read())
    }

    /// The lines that show what failed.
    pub fn excerpt(&self) -> Vec<String> {
        excerpt(&self.read())
    }
}

/// A command's output that was not shown yet.
pub struct Tail(File);

impl Tail {
    /// Shows it. Continues even if nobody reads it.
    pub fn show(&mut self) {
        let _ = io::copy(&mut self.0, &mut io::stdout());
    }
}

fn excerpt(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let is_failure = |line: &&str| line.contains("panicked at ");
    let mut kept: Vec<usize> = (0..lines.len())
        .filter(|&index| is_failure(&lines[index]))
        .take(FAILURES)
        .flat_map(|index| index..lines.len().min(index + 4))
        .collect();
    kept.extend(lines.len().saturating_sub(LAST_LINES)..lines.len());
    kept.sort_unstable();
    kept.dedup();
    let cut = |index: usize| lines[index].chars().take(LINE_WIDTH).collect();
    kept.into_iter().map(cut).collect()
}

fn failed_tests(text: &str) -> Vec<String> {
    let mut names: Vec<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"))
        .map(str::to_owned)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::{excerpt, failed_tests};

    #[test]
    fn failed_tests_are_those_that_cargo_lists() {
        let log = "test a::b ... ok\ntest a::c ... FAILED\ntest d::e ... ignored\ntest a::c ... FAILED\n";
        assert_eq!(failed_tests(log), ["a::c"]);
        assert!(failed_tests("test a::b ... ok\n").is_empty());
    }

    #[test]
    fn the_excerpt_has_each_failed_assertion_and_the_last_lines() {
        let noise = "noise\n\n".repeat(50);
        let log = format!(
            "first\n{noise}thread 'a' panicked at x.rs:1:1:\nleft is 1\nright is 2\n{noise}error: it failed\n"
        );
        let lines = excerpt(&log);
        assert_eq!(
            lines[..4],
            [
                "thread 'a' panicked at x.rs:1:1:",
                "left is 1",
                "right is 2",
                "noise"
            ]
        );
        assert_eq!(lines.last().map(String::as_str), Some("error: it failed"));
        assert_eq!(lines.len(), 4 + 8);
        assert!(excerpt("").is_empty());
    }
}
