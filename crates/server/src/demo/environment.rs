//! `demo.env`: the demo as environment variables, for shells and test suites.

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use secrecy::ExposeSecret;
use serde_json::Value;
use tillgate_model::Id;

use super::Demo;
use crate::failure::Failure;

const FILE: &str = "demo.env";
/// The last start's file has this name while the service starts: `demo.env` exists only while the service answers.
const PREVIOUS: &str = "demo.env.previous";

/// Variables by name.
#[derive(Default, PartialEq, Debug)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The variables of a demo.
    pub fn of(demo: &Demo, public_url: &str, sandbox_url: Option<&str>) -> Self {
        let customer = demo.customer.iter().flat_map(|customer| {
            [
                ("TILLGATE_CUSTOMER_ID", customer.id.as_str()),
                ("TILLGATE_CUSTOMER_EMAIL", customer.email.as_str()),
                ("TILLGATE_CUSTOMER_PASSWORD", customer.password.as_str()),
            ]
        });
        let variables = [
            ("TILLGATE_URL", public_url),
            ("TILLGATE_SANDBOX_URL", sandbox_url.unwrap_or_default()),
            ("TILLGATE_CLIENT_ID", &demo.credentials.client_id),
            (
                "TILLGATE_CLIENT_SECRET",
                demo.credentials.client_secret.expose_secret(),
            ),
            ("TILLGATE_SALES_CHANNEL_CLIENT_ID", &demo.sales_channel_client_id),
            ("TILLGATE_ORGANIZATION_ID", demo.organization_id.as_str()),
            ("TILLGATE_MARKET_ID", demo.market_id.as_str()),
            ("TILLGATE_STRIPE_ORDER_ID", demo.orders.stripe.as_str()),
            (
                "TILLGATE_CHECKOUT_COM_ORDER_ID",
                demo.orders.checkout_com.as_str(),
            ),
            ("TILLGATE_PAYMENTS_ORDER_ID", demo.orders.payments.as_str()),
        ];
        Self(
            variables
                .into_iter()
                .chain(customer)
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    /// The variables of the last start, whose file is renamed. Empty if there was no last start.
    ///
    /// # Errors
    /// The file exists and can't be read or renamed.
    pub fn take_previous(directory: &Path) -> Result<Self, Failure> {
        let (file, previous) = (directory.join(FILE), directory.join(PREVIOUS));
        let text = match fs::rename(&file, &previous) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => fs::read_to_string(&previous),
        };
        match text {
            Ok(text) => Ok(Self::parse(&text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Failure::Start(format!("cannot read {}: {error}", file.display()))),
        }
    }

    fn parse(text: &str) -> Self {
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        Self(
            pairs
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    /// Adds a variable.
    pub fn set(&mut self, name: String, value: String) {
        self.0.insert(name, value);
    }

    /// Replaces `${NAME}` in all strings of a document.
    ///
    /// # Errors
    /// An unknown name, with the JSON pointer to the string.
    pub fn expand(&self, document: &mut Value) -> Result<(), Unknown> {
        match document {
            Value::String(text) if text.contains("${") => {
                *text = self.expanded(text)?;
                Ok(())
            }
            Value::Array(items) => {
                let mut items = items.iter_mut().enumerate();
                items.try_for_each(|(index, item)| {
                    self.expand(item)
                        .map_err(|unknown| unknown.below(&index.to_string()))
                })
            }
            Value::Object(members) => {
                let mut members = members.iter_mut();
                members
                    .try_for_each(|(name, member)| self.expand(member).map_err(|unknown| unknown.below(name)))
            }
            _ => Ok(()),
        }
    }

    fn expanded(&self, text: &str) -> Result<String, Unknown> {
        let mut parts = text.split("${");
        let mut expanded = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').unwrap_or((part, ""));
            let value = self.0.get(name).filter(|_| part.contains('}'));
            expanded += value.ok_or_else(|| Unknown::new(name))?;
            expanded += rest;
        }
        Ok(expanded)
    }

    /// An id from the variables.
    pub fn id(&self, name: &str) -> Option<Id> {
        self.0.get(name)?.parse().ok()
    }

    /// Writes the file of a directory, in place of the last start's.
    ///
    /// # Errors
    /// It can't be written.
    pub fn write(&self, directory: &Path) -> Result<(), Failure> {
        let path = directory.join(FILE);
        self.write_to(&path)?;
        match fs::remove_file(directory.join(PREVIOUS)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(cannot_write(&path, &error)),
            _ => Ok(()),
        }
    }

    /// Writes a file atomically, for this user alone.
    ///
    /// # Errors
    /// It can't be written.
    pub fn write_to(&self, path: &Path) -> Result<(), Failure> {
        self.try_writing(path).map_err(|error| cannot_write(path, &error))
    }

    fn try_writing(&self, path: &Path) -> io::Result<()> {
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(format!(".{}.tmp", std::process::id()));
        let temporary = Path::new(&temporary);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(temporary)?;
        // Whatever the umask is.
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        for (name, value) in &self.0 {
            writeln!(file, "{name}={value}")?;
        }
        file.sync_all()?;
        fs::rename(temporary, path)
    }
}

/// A string with `${…}` of an unknown name.
#[derive(PartialEq, Debug)]
pub struct Unknown {
    /// JSON pointer to the string.
    pub at: String,
    /// The text in place of a name.
    pub name: String,
}

impl Unknown {
    fn new(name: &str) -> Self {
        const LONGEST: usize = 64;
        Self {
            at: String::new(),
            name: name.chars().take(LONGEST).collect(),
        }
    }

    fn below(mut self, member: &str) -> Self {
        let member = member.replace('~', "~0").replace('/', "~1");
        self.at.insert_str(0, &format!("/{member}"));
        self
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::Start(format!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_put_into_strings() {
        let mut document = serde_json::json!({"a": ["${A}/x", "$A", "${B}"], "b": {"c": "${A}${A}"}});
        let environment = Environment::parse("A=1\nB=${A}\n");
        environment.expand(&mut document).expect("known names");
        assert_eq!(
            document,
            serde_json::json!({"a": ["1/x", "$A", "${A}"], "b": {"c": "11"}})
        );
    }

    #[test]
    fn what_is_no_variable_is_told_with_its_place() {
        for (text, name) in [
            ("${NOPE} ${A}", "NOPE"),
            ("x ${a}", "a"),
            ("${}", ""),
            ("${A", "A"),
            ("${A }", "A "),
        ] {
            let mut document = serde_json::json!({"data": {"a/b": ["${A}", text]}});
            let unknown = Environment::parse("A=1\n").expand(&mut document);
            let expected = Unknown {
                at: "/data/a~1b/1".into(),
                name: name.into(),
            };
            assert_eq!(unknown, Err(expected), "{text}");
        }
    }

    #[test]
    fn a_start_takes_over_from_the_last_one() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path();
        assert_eq!(
            Environment::take_previous(path).expect("read"),
            Environment::default()
        );
        let written = Environment::parse("A=b=c\nTILLGATE_STRIPE_ORDER_ID=QWERtyUpBa\nX=\n");
        written.write(path).expect("written");
        assert_eq!(
            fs::metadata(path.join(FILE))
                .expect("a file")
                .permissions()
                .mode()
                & 0o777,
            0o600
        );
        // A start that fails keeps the file for the next one.
        for _ in 0..2 {
            let taken = Environment::take_previous(path).expect("read");
            assert_eq!(taken, written);
            assert_eq!(
                taken
                    .id("TILLGATE_STRIPE_ORDER_ID")
                    .map(|id| id.to_string())
                    .as_deref(),
                Some("QWERtyUpBa")
            );
            assert_eq!(taken.id("X"), None);
            assert!(!path.join(FILE).exists());
        }
        written.write(path).expect("written");
        assert_eq!(fs::read_dir(path).expect("a directory").count(), 1);
    }
}
