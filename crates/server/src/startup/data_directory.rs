//! The directory of all files outside of the database.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::Path,
};

use crate::{config::Config, failure::Failure};

const OWNER_ONLY: u32 = 0o700;

/// Makes the directory for this user alone, unless it exists, and checks that it is writable. Warns if other users can read it.
///
/// # Errors
/// It can't be made or written to.
pub fn create(config: &Config) -> Result<(), Failure> {
    let directory = &config.data_dir;
    let unusable = |error: io::Error| {
        Failure::Start(format!(
            "cannot write to the data directory {}: {error}",
            directory.display()
        ))
    };
    if directory.is_dir() {
        let mode = fs::metadata(directory).map_err(unusable)?.permissions().mode() & 0o777;
        if mode & !OWNER_ONLY != 0 {
            tracing::warn!(
                "others can look into the data directory {0} (mode {mode:03o}); run chmod 700 {0}",
                directory.display()
            );
        }
    } else {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(OWNER_ONLY)
            .create(directory)
            .and_then(|()| fs::set_permissions(directory, fs::Permissions::from_mode(OWNER_ONLY)))
            .map_err(unusable)?;
    }
    try_writing(directory).map_err(unusable)
}

fn try_writing(directory: &Path) -> io::Result<()> {
    let path = directory.join(format!(".write-test-{}", std::process::id()));
    fs::File::create(&path)?;
    fs::remove_file(path)
}
