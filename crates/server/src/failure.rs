//! The reason why the program ends unsuccessfully: one line of text, and an exit code.

use std::process::ExitCode;

use tillgate_model::Problems;

/// A reason to end.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command line or a setting is wrong. Exit code 2.
    #[error("{0}")]
    Usage(String),
    /// The work is done, and its result needs an operator. Exit code 1.
    #[error("{0}")]
    Attention(String),
    /// The environment does not allow the work. Exit code 1.
    #[error("{0}")]
    Start(String),
}

impl Failure {
    /// The exit code for the shell.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Attention(_) | Self::Start(_) => ExitCode::from(1),
        }
    }
}

/// The domain refused a command: its problems in a line.
impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        let texts: Vec<String> = problems
            .iter()
            .map(|problem| match &problem.field {
                Some(field) if field != "base" => format!("{field} {}", problem.message),
                _ => problem.message.to_string(),
            })
            .collect();
        Self::Start(texts.join("; "))
    }
}
