//! Planted bugs are not in release builds.

use std::process::Command;

#[test]
fn the_server_is_built_without_planted_bugs() {
    let features_of = |package: &str, more: &[&str]| {
        let output = Command::new(env!("CARGO"))
            .args([
                "tree",
                "--package",
                package,
                "--edges",
                "normal,features",
                "--invert",
                "tillgate-payments",
                "--prefix",
                "none",
                "--offline",
            ])
            .args(more)
            .output()
            .expect("cargo runs");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(!features_of("tillgate-server", &[]).contains("planted-bugs"));
    // The simulator does not have them either by default, so that a build of the whole workspace has none.
    assert!(!features_of("tillgate-simulator", &[]).contains("planted-bugs"));
    // Checks that the feature's name is right.
    assert!(
        features_of("tillgate-simulator", &["--features", "planted-bugs"])
            .contains("tillgate-payments feature \"planted-bugs\"")
    );
}
