//! The result, for people and for programs.

use comfy_table::{ContentArrangement, Table, presets};

use super::trial::Trial;

/// Form of the result.
#[derive(Clone, Copy, Default, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

/// All trials.
pub fn render(trials: &[Trial], format: Format) -> serde_json::Result<String> {
    match format {
        Format::Json => serde_json::to_string_pretty(trials),
        Format::Table => Ok(table(trials)),
    }
}

fn table(trials: &[Trial]) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(["Endpoint", "Sent", "Status", "Document says", "Differences"]);
    for trial in trials {
        table.add_row([
            trial.endpoint.clone(),
            trial.sent.clone(),
            trial
                .status
                .map_or_else(|| "none".to_owned(), |status| status.to_string()),
            trial.expected.clone(),
            if trial.forbidden {
                "(not for this caller)".to_owned()
            } else {
                trial.differences.join("\n")
            },
        ]);
    }
    let count = |is: fn(&Trial) -> bool| trials.iter().filter(|trial| is(trial)).count();
    format!(
        "{table}\n{} requests, {} answered otherwise, {} not for this caller",
        trials.len(),
        count(|trial| !trial.differences.is_empty()),
        count(|trial| trial.forbidden)
    )
}
