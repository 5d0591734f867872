//! New files, and changes of existing files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

/// All new and changed files, by path from the root of the workspace.
#[derive(Default)]
pub struct Plan {
    files: BTreeMap<PathBuf, String>,
    edits: Vec<(PathBuf, Edit)>,
}

/// A change of a file.
pub enum Edit {
    /// Adds a line to those with the same beginning, in order.
    Sorted { begins: &'static str, line: String },
    /// Adds text before the first place with this text.
    Before { text: &'static str, new: String },
    /// Adds text after the first place with this text.
    After { text: &'static str, new: String },
    /// Adds text at the end.
    End(String),
}

impl Plan {
    /// Adds a new file.
    pub fn file(&mut self, path: impl Into<PathBuf>, text: String) {
        self.files.insert(path.into(), text);
    }

    /// Adds a change of an existing file.
    pub fn edit(&mut self, path: impl Into<PathBuf>, edit: Edit) {
        self.edits.push((path.into(), edit));
    }

    /// Adds `mod` and `pub use` of a module with all of its items.
    pub fn exported_module(&mut self, path: &str, module: &str) {
        self.module(path, "mod ", module);
        self.edit(
            path,
            Edit::Sorted {
                begins: "pub use ",
                line: format!("pub use {module}::*;"),
            },
        );
    }

    /// Adds `mod` of a module, as `mod ` or `pub mod `.
    pub fn module(&mut self, path: &str, begins: &'static str, module: &str) {
        let line = format!("{begins}{module};");
        self.edit(path, Edit::Sorted { begins, line });
    }

    /// Each new or changed file, with its text.
    ///
    /// # Errors
    /// A new file exists already; or a file to change doesn't exist, or lacks the expected text.
    pub fn render(&self, root: &Path) -> Result<BTreeMap<PathBuf, String>> {
        let mut rendered = BTreeMap::new();
        for (path, text) in &self.files {
            ensure!(!root.join(path).exists(), "{} exists already", path.display());
            rendered.insert(path.clone(), text.clone());
        }
        for (path, edit) in &self.edits {
            let name = || path.display().to_string();
            let before = match rendered.get(path) {
                Some(text) => text.clone(),
                None => fs::read_to_string(root.join(path)).with_context(name)?,
            };
            let after = edit
                .apply(&before)
                .with_context(|| format!("{}: the place for it is not found", name()))?;
            rendered.insert(path.clone(), after);
        }
        Ok(rendered)
    }
}

impl Edit {
    fn apply(&self, text: &str) -> Option<String> {
        let insert = |at: usize, new: &str| Some([&text[..at], new, &text[at..]].concat());
        match self {
            Self::Sorted { begins, line } => {
                let mut at = 0;
                let mut place = None;
                for known in text.split_inclusive('\n') {
                    let end = at + known.len();
                    if known.starts_with(begins) {
                        if known.trim_end() > line.as_str() {
                            return insert(at, &format!("{line}\n"));
                        }
                        place = Some(end);
                    }
                    at = end;
                }
                insert(place?, &format!("{line}\n"))
            }
            Self::Before { text: mark, new } => insert(text.find(mark)?, new),
            Self::After { text: mark, new } => insert(text.find(mark)? + mark.len(), new),
            Self::End(new) => Some(format!("{}\n{new}", text.trim_end())),
        }
    }
}

/// Writes a file, and the directories above it.
pub fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, text).with_context(|| path.display().to_string())
}
