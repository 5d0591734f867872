//! The file with an ephemeral service's variables, which exists as long as the service answers.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{demo::Environment, failure::Failure};

/// A file that its owner deletes when dropped.
pub struct EnvFile(PathBuf);

impl EnvFile {
    /// Reserves the name. A file of an earlier service is removed: it would pass for this one's.
    ///
    /// # Errors
    /// It can't be removed.
    pub fn at(path: PathBuf) -> Result<Self, Failure> {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                let text = format!("cannot replace {}: {error}", path.display());
                Err(Failure::Start(text))
            }
            _ => Ok(Self(path)),
        }
    }

    /// Writes the file atomically.
    ///
    /// # Errors
    /// It can't be written.
    pub fn write(&self, environment: &Environment) -> Result<(), Failure> {
        environment.write_to(&self.0)
    }

    /// Path of the file.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for EnvFile {
    fn drop(&mut self) {
        // It may be gone with its directory, or was never written.
        let _ = fs::remove_file(&self.0);
    }
}
