//! The table at the end, and the differences.

use std::fmt::Write as _;
use std::time::Duration;

use super::trial::Finding;

/// Maximum number of differences of each database.
const SHOWN: usize = 50;

/// Renders the findings.
pub fn render(seed: u64, findings: &[Finding]) -> String {
    let mut text = format!(
        "\nseed {seed}\n\n{:<12}{:>7}{:>15}{:>13}{:>12}{:>9}{:>9}{:>15}{:>12}\n",
        "database",
        "kills",
        "with open call",
        "answers",
        "unanswered",
        "orders",
        "entries",
        "ready p50/max",
        "time",
    );
    for finding in findings {
        let (middle, longest) = spread(&finding.kills.starts);
        let ready = format!("{:.2}/{:.2} s", middle.as_secs_f32(), longest.as_secs_f32());
        // Writing to a String can't fail.
        let _ = writeln!(
            text,
            "{:<12}{:>7}{:>15}{:>13}{:>12}{:>9}{:>9}{:>15}{:>10} s",
            finding.name,
            finding.kills.all,
            finding.kills.while_pending,
            finding.answers,
            finding.unanswered,
            finding.orders,
            finding.entries,
            ready,
            finding.elapsed.as_secs(),
        );
    }
    for finding in findings {
        let count = finding.differences.len();
        let _ = match count {
            0 => writeln!(
                text,
                "\n{}: the PSPs' ledger, ours and what clients were told agree",
                finding.name
            ),
            _ => writeln!(text, "\n{}: {count} differences", finding.name),
        };
        for line in finding.differences.iter().take(SHOWN) {
            let _ = writeln!(text, "  {line}");
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// The median and the longest.
fn spread(durations: &[Duration]) -> (Duration, Duration) {
    let mut sorted = durations.to_vec();
    sorted.sort_unstable();
    let middle = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    (middle, sorted.last().copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::killer::Kills;

    #[test]
    fn differences_stand_below_the_table() {
        let finding = |differences: Vec<String>| Finding {
            name: "SQLite",
            kills: Kills {
                all: 200,
                while_pending: 90,
                starts: [3, 1, 2].map(Duration::from_secs).to_vec(),
            },
            answers: 1_000,
            unanswered: 30,
            orders: 100,
            entries: 250,
            elapsed: Duration::from_secs(60),
            differences,
        };
        let text = render(
            7,
            &[finding(Vec::new()), finding(vec!["a capture is gone".into()])],
        );
        assert!(text.contains("2.00/3.00 s"), "{text}");
        assert!(text.contains("SQLite: the PSPs' ledger"), "{text}");
        assert!(
            text.ends_with("SQLite: 1 differences\n  a capture is gone"),
            "{text}"
        );
    }
}
