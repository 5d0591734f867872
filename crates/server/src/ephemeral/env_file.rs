//! The file with a throw-away service's variables, which is there as long as the service answers.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{demo::Environment, failure::Failure};

/// A file that goes with its owner.
pub struct EnvFile(PathBuf);

impl EnvFile {
    /// Takes the name over. What an earlier service left there is removed: it would pass for this one's.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn at(path: PathBuf) -> Result<Self, Failure> {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                let text = format!("cannot replace {}: {error}", path.display());
                Err(Failure::Start(text))
            }
            _ => Ok(Self(path)),
        }
    }

    /// Writes the file at once and whole.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, environment: &Environment) -> Result<(), Failure> {
        environment.write_to(&self.0)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for EnvFile {
    fn drop(&mut self) {
        // It may be gone with its directory, or never have been written.
        let _ = fs::remove_file(&self.0);
    }
}
