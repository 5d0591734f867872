//! `demo.env`, which a service writes when its demo is ready.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// The variables of `demo.env`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demo(BTreeMap<String, String>);

impl Demo {
    /// Name of the file in a data directory. The service writes it last and atomically: once the file exists, the service
    /// answers.
    pub const FILE: &str = "demo.env";

    /// Reads the file of a data directory.
    ///
    /// # Errors
    /// It can't be read.
    pub fn read(data: &Path) -> Result<Self> {
        let file = data.join(Self::FILE);
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        Ok(Self::parse(&text))
    }

    /// Reads lines of `NAME=value`. Values may be quoted, and `#` starts a comment line.
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        let pairs = lines.filter_map(|line| line.strip_prefix("export ").unwrap_or(line).split_once('='));
        Self(
            pairs
                .map(|(name, value)| (name.to_owned(), value.trim_matches(['\'', '"']).to_owned()))
                .collect(),
        )
    }

    /// The value of a variable.
    ///
    /// # Errors
    /// There is no such variable.
    pub fn get(&self, name: &str) -> Result<&str> {
        let value = self.0.get(name).map(String::as_str);
        value.with_context(|| format!("{name} is not in demo.env"))
    }

    /// All variables.
    pub fn variables(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_variables_with_and_without_quotes() {
        let read = Demo::parse("# demo\nTILLGATE_URL=http://127.0.0.1:1\nexport A='b=c'\n\nD=\"e\"\n");
        let expected = [("TILLGATE_URL", "http://127.0.0.1:1"), ("A", "b=c"), ("D", "e")];
        assert_eq!(
            read.0,
            expected
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into()
        );
        assert!(read.get("B").is_err());
    }
}
