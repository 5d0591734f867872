//! The table at the end.

use std::fmt::Write as _;
use std::time::Duration;

/// The result of a suite.
pub enum Outcome {
    /// All of it passed.
    Passed,
    /// All of it passed, but these tests only when they ran a second time, alone.
    Flaky(Vec<String>),
    /// A part of it failed; with the lines of its log that show it.
    Failed { why: String, excerpt: Vec<String> },
    /// It could not run.
    NotRun { why: String, add: String },
}

impl Outcome {
    /// It could not run, for a fixed reason.
    pub fn not_run(why: &str, add: &str) -> Self {
        Self::NotRun {
            why: why.to_owned(),
            add: add.to_owned(),
        }
    }

    /// One word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Flaky(_) => "flaky",
            Self::Failed { .. } => "FAILED",
            Self::NotRun { .. } => "did not run",
        }
    }
}

/// The suites of a run, in order.
#[derive(Default)]
pub struct Report(Vec<(&'static str, Outcome, Duration)>);

impl Report {
    /// Adds a suite.
    pub fn add_timed(&mut self, suite: &'static str, outcome: Outcome, time: Duration) {
        self.0.push((suite, outcome, time));
    }

    /// Adds a suite that took no time.
    pub fn add(&mut self, suite: &'static str, outcome: Outcome) {
        self.add_timed(suite, outcome, Duration::ZERO);
    }

    /// Whether the run is a success. With `strict`, a suite that did not run is a failure.
    pub fn passed(&self, strict: bool) -> bool {
        self.0.iter().all(|(_, outcome, _)| match outcome {
            Outcome::Passed | Outcome::Flaky(_) => true,
            Outcome::Failed { .. } => false,
            Outcome::NotRun { .. } => !strict,
        })
    }

    /// The table, and below it the failures, the suites that did not run, and the commands that enable them.
    pub fn render(&self) -> String {
        let mut text = String::from("\nsuite           result       time\n");
        for (suite, outcome, time) in &self.0 {
            // Writing to a String can't fail.
            let _ = writeln!(
                text,
                "{suite:<16}{:<13}{:.1} s",
                outcome.word(),
                time.as_secs_f32()
            );
        }
        let mut heading = Some("\nfailed:\n");
        for (suite, outcome, _) in &self.0 {
            if let Outcome::Failed { why, excerpt } = outcome {
                text.push_str(heading.take().unwrap_or_default());
                let _ = writeln!(text, "  {suite}: {why}");
                excerpt.iter().for_each(|line| {
                    let _ = writeln!(text, "    | {line}");
                });
            }
        }
        let mut heading = Some(
            "\nfailed beside other tests, passed alone; each is a fault of a test or a race in the service:\n",
        );
        for (suite, outcome, _) in &self.0 {
            if let Outcome::Flaky(tests) = outcome {
                text.push_str(heading.take().unwrap_or_default());
                let _ = writeln!(text, "  {suite}: {}", tests.join(", "));
            }
        }
        let mut heading = Some("\ndid not run:\n");
        for (suite, outcome, _) in &self.0 {
            if let Outcome::NotRun { why, add } = outcome {
                text.push_str(heading.take().unwrap_or_default());
                let _ = writeln!(text, "  {suite}: {why}\n    to add it: {add}");
            }
        }
        text.truncate(text.trim_end().len());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(outcomes: Vec<Outcome>) -> Report {
        Report(
            outcomes
                .into_iter()
                .map(|outcome| ("unit", outcome, Duration::from_millis(1234)))
                .collect(),
        )
    }

    #[test]
    fn a_suite_that_did_not_run_is_listed_and_fails_a_strict_run() {
        let report = report(vec![
            Outcome::Passed,
            Outcome::not_run("no initdb", "apt-get install postgresql"),
        ]);
        assert!(report.passed(false));
        assert!(!report.passed(true));
        let text = report.render();
        assert!(text.contains("unit            passed       1.2 s"), "{text}");
        assert!(
            text.ends_with("did not run:\n  unit: no initdb\n    to add it: apt-get install postgresql"),
            "{text}"
        );
    }

    #[test]
    fn a_flaky_suite_is_listed_and_passes() {
        let report = report(vec![Outcome::Flaky(vec!["orders::a".into(), "orders::b".into()])]);
        assert!(report.passed(true));
        let text = report.render();
        assert!(text.contains("unit            flaky        1.2 s"), "{text}");
        assert!(text.ends_with("  unit: orders::a, orders::b"), "{text}");
    }

    #[test]
    fn a_failed_suite_fails_every_run() {
        let failed = Outcome::Failed {
            why: "cargo ended with exit status: 101".into(),
            excerpt: vec!["left is 1".into()],
        };
        let failed = report(vec![Outcome::Passed, failed]);
        assert!(!failed.passed(false));
        let text = failed.render();
        assert!(
            text.ends_with("failed:\n  unit: cargo ended with exit status: 101\n    | left is 1"),
            "{text}"
        );
        assert!(report(vec![Outcome::Passed]).passed(true));
        assert!(!report(vec![Outcome::Passed]).render().contains("did not run"));
    }
}
