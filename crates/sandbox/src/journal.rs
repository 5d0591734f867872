//! Persistence: an append-only file of JSON lines `{"table","id","value"}`, where a null value is a deletion.
//!
//! Changes of one request are buffered and written with one `write` before its answer leaves, so that they survive
//! the end of the process by any signal. There is no fsync: a power loss may lose the last requests.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ordered::Ordered;

const FILE_NAME: &str = "sandbox.jsonl";
const LOCK_NAME: &str = "sandbox.lock";

/// The rows of every table, as replayed at start.
pub(crate) type Replayed = BTreeMap<String, Ordered<Value>>;

#[derive(Serialize)]
struct Line<'a, T> {
    table: &'a str,
    id: &'a str,
    value: Option<&'a T>,
}

#[derive(Deserialize)]
struct OwnedLine {
    table: String,
    id: String,
    value: Value,
}

/// The target of changes; keeps nothing without a data directory.
#[derive(Default)]
pub(crate) struct Journal {
    sink: Option<Sink>,
}

struct Sink {
    file: File,
    /// Length of the file's complete lines, in bytes.
    length: u64,
    pending: Vec<u8>,
    /// Held while the journal is open: two processes on one directory would overwrite each other.
    _lock: File,
}

impl Journal {
    /// Replays and compacts the journal of `directory`, which is created if missing. The directory and its files are for their
    /// owner alone.
    ///
    /// # Errors
    /// The directory is in use by another sandbox, can't be read or written, or has a line of another program.
    pub(crate) fn open(directory: &Path) -> io::Result<(Self, Replayed)> {
        fs::create_dir_all(directory)?;
        fs::set_permissions(directory, fs::Permissions::from_mode(0o700))?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(directory.join(LOCK_NAME))?;
        lock.set_permissions(fs::Permissions::from_mode(0o600))?;
        lock.try_lock().map_err(|_| {
            io::Error::new(
                io::ErrorKind::AddrInUse,
                format!("{} is in use by another sandbox", directory.display()),
            )
        })?;
        let path = directory.join(FILE_NAME);
        let replayed = match File::open(&path) {
            Ok(file) => replay(BufReader::new(file))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Replayed::new(),
            Err(error) => return Err(error),
        };
        let mut file = compact(&path, &replayed)?;
        let length = file.seek(SeekFrom::End(0))?;
        Ok((
            Self {
                sink: Some(Sink {
                    file,
                    length,
                    pending: Vec::new(),
                    _lock: lock,
                }),
            },
            replayed,
        ))
    }

    /// The complete lines in `directory`.
    ///
    /// # Errors
    /// The file can't be read.
    pub(crate) fn contents(directory: &Path) -> io::Result<Vec<u8>> {
        fs::read(directory.join(FILE_NAME))
    }

    /// Releases the directory and writes `contents` to it, for the next [`Journal::open`].
    ///
    /// # Errors
    /// The file can't be written.
    pub(crate) fn leave(&mut self, directory: &Path, contents: &[u8]) -> io::Result<()> {
        self.sink = None;
        fs::write(directory.join(FILE_NAME), contents)
    }

    /// Records the new value of a row (`None` = deleted), for [`Journal::commit`].
    pub(crate) fn record<T: Serialize>(&mut self, table: &str, id: &str, value: Option<&T>) {
        let Some(sink) = &mut self.sink else { return };
        let start = sink.pending.len();
        if let Err(error) = serde_json::to_writer(&mut sink.pending, &Line { table, id, value }) {
            sink.pending.truncate(start);
            tracing::error!(table, id, %error, "a sandbox object can't be written as JSON");
            return;
        }
        sink.pending.push(b'\n');
    }

    /// Writes what was recorded. After an error the changes stay pending and go out with the next commit.
    pub(crate) fn commit(&mut self) -> io::Result<()> {
        let Some(sink) = &mut self.sink else { return Ok(()) };
        if sink.pending.is_empty() {
            return Ok(());
        }
        // A failed write may have left a part of a line: truncate to the last complete one.
        if sink.file.stream_position()? != sink.length {
            sink.file.set_len(sink.length)?;
            sink.file.seek(SeekFrom::Start(sink.length))?;
        }
        sink.file.write_all(&sink.pending)?;
        sink.length += sink.pending.len() as u64;
        sink.pending.clear();
        Ok(())
    }
}

fn replay(mut reader: impl BufRead) -> io::Result<Replayed> {
    let mut tables = Replayed::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        reader.read_until(b'\n', &mut line)?;
        // The process was killed while it wrote the last, incomplete line. Its answer never left.
        if line.pop() != Some(b'\n') {
            return Ok(tables);
        }
        let entry: OwnedLine = serde_json::from_slice(&line)?;
        let table = tables.entry(entry.table).or_default();
        if entry.value.is_null() {
            table.remove(&entry.id);
        } else {
            table.insert(&entry.id, entry.value);
        }
    }
}

fn compact(path: &Path, tables: &Replayed) -> io::Result<File> {
    let fresh = path.with_extension("jsonl.new");
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(true);
    // The journal has client secrets of test payments, so only its owner may read it.
    options.mode(0o600);
    let mut writer = BufWriter::new(options.open(&fresh)?);
    for (table, rows) in tables {
        for (id, value) in rows.iter() {
            serde_json::to_writer(
                &mut writer,
                &Line {
                    table,
                    id,
                    value: Some(value),
                },
            )?;
            writer.write_all(b"\n")?;
        }
    }
    let file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
    fs::rename(&fresh, path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_last_line_is_dropped_and_a_deletion_is_compacted_away() {
        let directory = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(directory.path()).unwrap();
        journal.record("t", "a", Some(&1));
        journal.record("t", "b", Some(&2));
        journal.record::<i32>("t", "a", None);
        journal.commit().unwrap();
        drop(journal);
        let path = directory.path().join(FILE_NAME);
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(br#"{"table":"t","id":"c","val"#).unwrap();
        drop(file);

        let (_journal, tables) = Journal::open(directory.path()).unwrap();
        assert_eq!(tables["t"].iter().collect::<Vec<_>>(), [("b", &Value::from(2))]);
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            "{\"table\":\"t\",\"id\":\"b\",\"value\":2}\n"
        );
    }

    #[test]
    fn a_directory_in_use_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let first = Journal::open(directory.path()).unwrap();
        assert_eq!(
            Journal::open(directory.path()).err().unwrap().kind(),
            io::ErrorKind::AddrInUse
        );
        drop(first);
        Journal::open(directory.path()).unwrap();
    }
}
