//! Programs that a suite needs, and their Debian packages.

use std::path::PathBuf;
use std::process::Command;

use super::session::Session;
use super::suite::Preparation;

/// A program or library that must be on the machine.
pub struct Requirement {
    /// Its name, for "… is missing".
    pub what: &'static str,
    /// The Debian package with it.
    pub package: &'static str,
    /// Whether it exists.
    pub is_met: fn() -> bool,
}

/// Checks the requirements. Missing ones are installed if that is possible and allowed.
pub fn require(session: &Session, requirements: &[Requirement]) -> Preparation {
    let missing: Vec<_> = requirements
        .iter()
        .filter(|requirement| !(requirement.is_met)())
        .collect();
    if missing.is_empty() {
        return Preparation::Ready;
    }
    let packages: Vec<_> = missing.iter().map(|requirement| requirement.package).collect();
    let mut why = format!(
        "{} is missing",
        missing.iter().map(|one| one.what).collect::<Vec<_>>().join(", ")
    );
    if session.install && nix::unistd::geteuid().is_root() && find_program("apt-get").is_some() {
        match install(session, &packages) {
            Ok(()) if missing.iter().all(|requirement| (requirement.is_met)()) => return Preparation::Ready,
            Ok(()) => why += ", and installing its package did not bring it",
            Err(error) => why += &format!(", and it can't be installed ({error:#})"),
        }
    }
    Preparation::Missing {
        why,
        add: format!("apt-get install {}", packages.join(" ")),
    }
}

fn install(session: &Session, packages: &[&str]) -> anyhow::Result<()> {
    let apt_get = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(["-q", "-y"])
            .args(arguments);
        session.run(&mut command)
    };
    apt_get(&["update"])?;
    apt_get(&[&["install", "--no-install-recommends"], packages].concat())
}

/// The first file of this name on `PATH`.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|file| file.is_file())
}
