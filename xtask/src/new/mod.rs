//! `cargo xtask new`: writes the first version of a resource or a provider, with all parts of the checklists in CONTRIBUTING.md.

mod plan;
mod provider;
mod resource;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use anyhow::{Result, ensure};
use tillgate_toolbox::say;

use crate::root;

/// The kinds of new parts.
#[derive(clap::Subcommand)]
pub enum Task {
    /// A plain resource: a table with create, read, update and delete.
    Resource {
        /// The singular in snake case, such as `gift_card`.
        name: String,
    },
    /// A payment service provider (PSP), as a copy of one that exists.
    Provider {
        /// The name in snake case, such as `example_pay`.
        name: String,
        /// The provider to copy: `checkout_com`, which has a PSP, or `manual`, a payment source without one.
        #[arg(long, default_value = "checkout_com", value_parser = ["checkout_com", "manual"])]
        like: String,
    },
}

/// Writes the files, and lists the remaining work.
///
/// # Errors
/// A name that is taken or malformed, or a file that lacks the text where the name belongs.
pub fn run(task: &Task) -> Result<ExitCode> {
    let (plan, rest) = match task {
        Task::Resource { name } => (resource::plan(root(), &Name::new(name)?)?, resource::REST),
        Task::Provider { name, like } => (provider::plan(root(), &Name::new(name)?, like)?, provider::REST),
    };
    let files = plan.render(root())?;
    for (path, text) in &files {
        plan::write(&root().join(path), text)?;
        say::result(&path.display().to_string());
    }
    say::result(&format!("\nWhat is left to do:\n{rest}"));
    Ok(ExitCode::SUCCESS)
}

/// The spellings of a name.
pub struct Name {
    /// `gift_card`
    pub snake: String,
    /// `GiftCard`
    pub pascal: String,
    /// `Gift card`
    pub title: String,
    /// `gift_cards`
    pub plural: String,
}

impl Name {
    /// All spellings of a name in snake case.
    ///
    /// # Errors
    /// Another form.
    pub fn new(snake: &str) -> Result<Self> {
        let is_word = |word: &str| {
            word.starts_with(|letter: char| letter.is_ascii_lowercase())
                && word
                    .chars()
                    .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
        };
        ensure!(
            snake.split('_').all(is_word),
            "{snake:?} is not in snake case, such as gift_card"
        );
        let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
        let title = snake.replace('_', " ");
        let plural = match snake.strip_suffix('y') {
            Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
            _ if snake.ends_with(['s', 'x']) => format!("{snake}es"),
            _ => format!("{snake}s"),
        };
        Ok(Self {
            pascal: snake.split('_').map(capital).collect(),
            title: capital(&title),
            snake: snake.to_owned(),
            plural,
        })
    }
}
