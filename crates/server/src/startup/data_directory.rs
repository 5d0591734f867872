//! The directory of everything that is kept outside of the database.

use std::{fs, io, os::unix::fs::DirBuilderExt, path::Path};

use crate::{config::Config, failure::Failure};

/// Makes the directory, for this user alone, unless it exists; and checks that files can be made in it.
///
/// # Errors
/// It cannot be made or written to.
pub fn create(config: &Config) -> Result<(), Failure> {
    let directory = &config.data_dir;
    let unusable = |error: io::Error| {
        Failure::Start(format!(
            "cannot write to the data directory {}: {error}",
            directory.display()
        ))
    };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(unusable)?;
    try_writing(directory).map_err(unusable)
}

fn try_writing(directory: &Path) -> io::Result<()> {
    let path = directory.join(format!(".write-test-{}", std::process::id()));
    fs::File::create(&path)?;
    fs::remove_file(path)
}
