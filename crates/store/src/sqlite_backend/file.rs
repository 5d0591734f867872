//! The files of a database, for their owner alone. SQLite gives its other files the mode of the database.

use std::{
    fs::{self, OpenOptions, Permissions},
    io,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use crate::StoreError;

const OWNER_ONLY: u32 = 0o600;

/// Makes an empty file with a private mode, whatever the umask, unless it exists.
pub fn create(path: &Path) -> Result<(), StoreError> {
    let created = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(OWNER_ONLY)
        .open(path);
    match created {
        Ok(file) => file
            .set_permissions(Permissions::from_mode(OWNER_ONLY))
            .map_err(|error| unusable(path, &error)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(unusable(path, &error)),
    }
}

/// Removes other users' rights to a database and its other files.
pub fn keep_private(path: &Path) -> Result<(), StoreError> {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let file = PathBuf::from(name);
        let mode = match fs::metadata(&file) {
            Ok(metadata) if metadata.is_file() => metadata.permissions().mode() & 0o777,
            // Opening something that is no file fails with its own message.
            Ok(_) => continue,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(unusable(&file, &error)),
        };
        if mode & 0o077 == 0 {
            continue;
        }
        fs::set_permissions(&file, Permissions::from_mode(OWNER_ONLY)).map_err(|error| {
            StoreError::Unavailable(format!(
                "others can use {0} (mode {mode:03o}), and its mode can't be changed: {error}; run chmod 600 {0}",
                file.display()
            ))
        })?;
        tracing::warn!(
            "others could use {} (mode {mode:03o}); it is its owner's alone now (mode 600)",
            file.display()
        );
    }
    Ok(())
}

fn unusable(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Unavailable(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite_backend::Writer;

    fn modes(directory: &Path) -> Vec<u32> {
        let entries = fs::read_dir(directory).expect("a directory");
        let modes = entries.map(|entry| {
            let metadata = entry.and_then(|entry| entry.metadata()).expect("a file");
            metadata.permissions().mode() & 0o777
        });
        modes.collect()
    }

    #[test]
    fn all_files_of_a_database_are_for_their_owner_alone() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("db");
        let writer = Writer::start(&path, true).expect("a database");
        assert_eq!(modes(directory.path()), [0o600; 3]);
        // Another program has opened the files' modes to all.
        for suffix in ["", "-wal", "-shm"] {
            let file = format!("{}{suffix}", path.display());
            fs::set_permissions(file, Permissions::from_mode(0o644)).expect("a mode");
        }
        let _other = Writer::start(&path, false).expect("the database");
        assert_eq!(modes(directory.path()), [0o600; 3]);
        drop(writer);
    }

    #[test]
    fn what_is_not_to_be_created_is_not() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("db");
        keep_private(&path).expect("nothing to do");
        assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 0);
    }
}
