//! The languages that have a client.

use crate::test::packages::{Requirement, find_program};

/// A language, by the name of its directory below tests/clients and target/clients.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Language {
    Typescript,
    Python,
    Rust,
    Go,
    Ruby,
    Php,
    Java,
    Kotlin,
}

impl Language {
    /// Name of its directories.
    pub fn name(self) -> &'static str {
        match self {
            Self::Typescript => "typescript",
            Self::Python => "python",
            Self::Rust => "rust",
            Self::Go => "go",
            Self::Ruby => "ruby",
            Self::Php => "php",
            Self::Java => "java",
            Self::Kotlin => "kotlin",
        }
    }

    /// Whether its client is run. Java's and Kotlin's are only generated: their build tools download most of an ecosystem before
    /// they compile a line.
    pub fn has_story(self) -> bool {
        !matches!(self, Self::Java | Self::Kotlin)
    }

    /// The Debian packages that its story needs, beside those of the generator.
    pub fn requirements(self) -> &'static [Requirement] {
        match self {
            Self::Go => &GO,
            Self::Ruby => &RUBY,
            Self::Php => &PHP,
            _ => &[],
        }
    }
}

const GO: [Requirement; 1] = [Requirement {
    what: "Go",
    package: "golang-go",
    is_met: || find_program("go").is_some(),
}];

const RUBY: [Requirement; 2] = [
    Requirement {
        what: "Ruby",
        package: "ruby",
        is_met: || find_program("ruby").is_some(),
    },
    Requirement {
        what: "Typhoeus for Ruby",
        package: "ruby-typhoeus",
        is_met: || runs("ruby", &["-e", "require 'typhoeus'"]),
    },
];

const PHP: [Requirement; 4] = [
    Requirement {
        what: "PHP",
        package: "php-cli",
        is_met: || find_program("php").is_some(),
    },
    Requirement {
        what: "cURL for PHP",
        package: "php-curl",
        is_met: || runs("php", &["-r", "exit(extension_loaded('curl') ? 0 : 1);"]),
    },
    Requirement {
        what: "multibyte strings for PHP",
        package: "php-mbstring",
        is_met: || runs("php", &["-r", "exit(extension_loaded('mbstring') ? 0 : 1);"]),
    },
    Requirement {
        what: "Guzzle for PHP",
        package: "php-guzzlehttp-guzzle",
        is_met: || runs("php", &["-r", "require 'GuzzleHttp/autoload.php';"]),
    },
];

fn runs(program: &str, arguments: &[&str]) -> bool {
    let output = std::process::Command::new(program).args(arguments).output();
    output.is_ok_and(|output| output.status.success())
}
