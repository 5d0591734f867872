//! The master key: from the environment, or from a file that the first start makes.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use tillgate_payments::Entropy;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// 256 bits.
pub type MasterKey = Zeroizing<[u8; 32]>;

/// The environment variable that holds the key.
pub const VARIABLE: &str = "TILLGATE_MASTER_KEY";
/// A longer file is no key.
const MAX_BYTES: u64 = 256;

/// The key from the environment, else from the file, which is made if it is missing.
///
/// # Errors
/// A malformed key, a file that others can read, or one that can't be read or made.
pub fn load(file: &Path, entropy: &dyn Entropy) -> Result<MasterKey, Failure> {
    match std::env::var(VARIABLE) {
        Ok(text) => parse(&Zeroizing::new(text)).ok_or_else(|| Failure::Usage(format!("{VARIABLE}: {FORM}"))),
        Err(std::env::VarError::NotUnicode(_)) => Err(Failure::Usage(format!("{VARIABLE}: {FORM}"))),
        Err(std::env::VarError::NotPresent) => from_file(file, entropy),
    }
}

/// Whether the environment or the file has a key, valid or not.
pub fn is_given(file: &Path) -> bool {
    std::env::var_os(VARIABLE).is_some() || file.symlink_metadata().is_ok()
}

/// A key that is not stored.
pub fn make(entropy: &dyn Entropy) -> MasterKey {
    let mut key = Zeroizing::new([0; 32]);
    entropy.fill(&mut *key);
    key
}

const FORM: &str = "a master key is 64 hexadecimal digits, or 32 bytes in base64";

fn parse(text: &str) -> Option<MasterKey> {
    let text = text.trim();
    let bytes = Zeroizing::new(if text.len() == 64 {
        hex::decode(text).ok()?
    } else {
        STANDARD.decode(text).ok()?
    });
    let key: [u8; 32] = bytes.as_slice().try_into().ok()?;
    Some(Zeroizing::new(key))
}

fn from_file(path: &Path, entropy: &dyn Entropy) -> Result<MasterKey, Failure> {
    let unusable = |what: &dyn std::fmt::Display| {
        Failure::Start(format!(
            "cannot use the master key file {}: {what}",
            path.display()
        ))
    };
    for _ in 0..2 {
        match open(path) {
            Ok(file) => return read(file).map_err(|what| unusable(&what)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unusable(&error)),
        }
        match create(path, entropy) {
            Ok(()) => {}
            // Another process was faster: its key counts.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(unusable(&error)),
        }
    }
    Err(unusable(&"it is gone as soon as it is made"))
}

/// A symbolic link is not followed: it could lead to a file of another user's choice.
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC)
        .open(path)
}

fn read(file: File) -> Result<MasterKey, String> {
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is not a file".into());
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(format!(
            "others can read it (mode {:03o}); make it 0600",
            metadata.mode() & 0o777
        ));
    }
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_BYTES)
        .read_to_string(&mut text)
        .map_err(|error| error.to_string())?;
    parse(&text).ok_or_else(|| FORM.to_owned())
}

/// Makes the file atomically: a link to a complete one, which fails if the name exists.
fn create(path: &Path, entropy: &dyn Entropy) -> io::Result<()> {
    let key = make(entropy);
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let written = write_new(&temporary, &Zeroizing::new(format!("{}\n", hex::encode(*key))));
    let linked = written.and_then(|()| fs::hard_link(&temporary, path));
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => linked?,
    }
    // The name is on disk only when its directory is synced.
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    // Whatever the umask is.
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::world::SystemEntropy;

    fn load_file(path: &Path) -> Result<MasterKey, String> {
        from_file(path, &SystemEntropy).map_err(|failure| failure.to_string())
    }

    #[test]
    fn the_first_start_makes_a_key_and_later_ones_read_it() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("master.key");
        let made = load_file(&path).expect("made");
        assert_eq!(fs::metadata(&path).expect("a file").mode() & 0o777, 0o600);
        assert_eq!(load_file(&path).expect("read"), made);
        assert_ne!(
            load_file(&directory.path().join("other.key")).expect("made"),
            made
        );
        assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 2);
    }

    #[test]
    fn a_file_of_others_a_link_or_no_key_is_refused() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("master.key");
        load_file(&path).expect("made");
        let link = directory.path().join("link");
        symlink(&path, &link).expect("a link");
        assert!(load_file(&link).is_err());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("a mode");
        assert!(load_file(&path).expect_err("refused").contains("mode 640"));
        let text = directory.path().join("text");
        write_new(&text, "hello").expect("written");
        assert!(load_file(&text).expect_err("refused").contains(FORM));
        assert!(load_file(directory.path()).is_err());
    }

    #[test]
    fn both_forms_of_a_key() {
        let key = [0x5a; 32];
        assert_eq!(parse(&hex::encode(key)).as_deref(), Some(&key));
        assert_eq!(
            parse(&format!("{}\n", STANDARD.encode(key))).as_deref(),
            Some(&key)
        );
        for text in [
            "",
            "5a",
            &"5a".repeat(31),
            &"zz".repeat(32),
            &STANDARD.encode([0; 31]),
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
