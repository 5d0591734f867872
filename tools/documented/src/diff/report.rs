//! The result of a comparison, for people and programs.

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use super::deviations::{self, Deviation};
use super::difference::{Difference, Severity};

/// The result of a comparison.
#[derive(Serialize)]
pub struct Report {
    /// The most severe differences first.
    pub differences: Vec<Row>,
    /// One line for each entry of a deviation that accepts nothing; each counts as an error.
    pub unused_deviations: Vec<String>,
    /// Numbers of unaccepted and accepted differences.
    pub counts: Counts,
}

/// A difference and whether it is accepted.
#[derive(Serialize)]
pub struct Row {
    severity: Severity,
    #[serde(flatten)]
    difference: Difference,
    /// The deviation that accepts it.
    deviation: Option<String>,
    reason: Option<String>,
}

#[derive(Serialize, Default)]
pub struct Counts {
    pub error: usize,
    pub warning: usize,
    pub info: usize,
    pub accepted: usize,
}

impl Report {
    /// Matches `differences` with `deviations`.
    pub fn new(differences: Vec<Difference>, deviations: &[Deviation]) -> Self {
        let unused_deviations = deviations::unused(&differences, deviations);
        let mut counts = Counts::default();
        let rows = differences.into_iter().map(|difference| {
            let deviation = deviations::accepting(&difference, deviations);
            let severity = difference.kind.severity();
            match (deviation, severity) {
                (Some(_), _) => counts.accepted += 1,
                (None, Severity::Error) => counts.error += 1,
                (None, Severity::Warning) => counts.warning += 1,
                (None, Severity::Info) => counts.info += 1,
            }
            Row {
                severity,
                difference,
                deviation: deviation.map(|deviation| deviation.id.clone()),
                reason: deviation.map(|deviation| deviation.reason.trim().to_owned()),
            }
        });
        let mut differences: Vec<Row> = rows.collect();
        differences.sort_by_key(|row| (row.deviation.is_some(), std::cmp::Reverse(row.severity)));
        Self {
            differences,
            unused_deviations,
            counts,
        }
    }

    /// Whether there is an unaccepted error.
    pub fn fails(&self) -> bool {
        self.counts.error > 0 || !self.unused_deviations.is_empty()
    }

    /// A table of the differences from severity `least` on, and a last line with all counts.
    pub fn table(&self, least: Severity) -> String {
        let mut table = Table::new();
        table
            .load_style(presets::ASCII_MARKDOWN)
            .set_content_arrangement(ContentArrangement::Disabled)
            .set_header([
                "Severity",
                "Endpoint",
                "Difference",
                "At",
                "Documentation",
                "Document",
            ]);
        let shown = self.differences.iter().filter(|row| row.severity >= least);
        let mut any = false;
        for row in shown {
            any = true;
            let severity = match &row.deviation {
                Some(deviation) => format!("accepted ({deviation})"),
                None => row.severity.to_string(),
            };
            let Difference {
                endpoint,
                kind,
                pointer,
                expected,
                found,
                ..
            } = &row.difference;
            table.add_row([
                &severity,
                endpoint,
                &kind.to_string(),
                pointer,
                expected,
                &shortened(found),
            ]);
        }
        let mut text = if any { format!("{table}\n") } else { String::new() };
        for line in &self.unused_deviations {
            text.push_str(&format!("error: {line}\n"));
        }
        let Counts {
            error,
            warning,
            info,
            accepted,
        } = self.counts;
        let error = error + self.unused_deviations.len();
        text + &format!("{error} error(s), {warning} warning(s), {info} note(s), {accepted} accepted")
    }
}

/// A validator's message repeats the whole value.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 100;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
