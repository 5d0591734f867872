//! The directories in which clients are made and tried, and their contents.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::language::Language;
use crate::test::session::Session;

/// Directory of all clients.
pub fn clients(session: &Session) -> PathBuf {
    session.target.join("clients")
}

/// Directory of a language's client.
pub fn client(session: &Session, language: Language) -> PathBuf {
    clients(session).join(language.name())
}

/// Directory in which the story of a language is built and run, as a project beside the client.
pub fn project(session: &Session, language: Language) -> PathBuf {
    session.target.join("clients-test").join(language.name())
}

/// Directory of a language's handwritten files.
pub fn source(session: &Session, language: Language) -> PathBuf {
    session.root.join("tests/clients").join(language.name())
}

/// An empty directory.
pub fn empty(directory: &Path) -> Result<()> {
    if directory.exists() {
        fs::remove_dir_all(directory)?;
    }
    fs::create_dir_all(directory).with_context(|| format!("{} can't be made", directory.display()))
}

/// Copies the contents of a directory over those of another one. An equal file is not written, so that compilers don't consider
/// it new.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("{} can't be read", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            write(&target, &fs::read(entry.path())?)?;
        }
    }
    Ok(())
}

/// Writes a file unless it has this content.
pub fn write(file: &Path, content: &[u8]) -> Result<()> {
    if fs::read(file).is_ok_and(|present| present == content) {
        return Ok(());
    }
    fs::write(file, content).with_context(|| format!("{} can't be written", file.display()))
}
