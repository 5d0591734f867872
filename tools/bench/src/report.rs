//! The table.

use std::fmt::Write as _;

/// The target of a measurement.
#[derive(Clone, Copy)]
pub enum Target {
    AtLeast(f64),
    AtMost(f64),
}

impl Target {
    fn is_met_by(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::AtMost(bound) => value <= bound,
        }
    }
}

/// The unit of a row's numbers, and the comparison of service and floor.
#[derive(Clone, Copy)]
pub enum Unit {
    /// Requests per second; the result is the service's share of the floor's.
    Rate,
    /// Number per second, whatever the floor's is.
    Throughput,
    /// Milliseconds; the result is the service's addition to the floor's, if there is one.
    Milliseconds,
    /// MiB; there is no floor.
    Mebibytes,
    /// KiB; there is no floor.
    Kibibytes,
    /// Milliseconds of a processor; the result is the factor to the floor's.
    ProcessorTime,
}

impl Unit {
    fn quantity(self, value: f64) -> String {
        match self {
            Self::Rate | Self::Throughput => format!("{value:.0}/s"),
            Self::Milliseconds => format!("{value:.1} ms"),
            Self::Mebibytes => format!("{value:.1} MiB"),
            Self::Kibibytes => format!("{value:.1} KiB"),
            Self::ProcessorTime => format!("{value:.2} ms"),
        }
    }

    fn result(self, value: f64) -> String {
        match self {
            Self::Rate | Self::ProcessorTime => format!("{value:.2} ×"),
            _ => self.quantity(value),
        }
    }
}

/// A line of the table.
pub struct Row {
    pub what: String,
    pub unit: Unit,
    pub floor: Option<f64>,
    pub service: f64,
    pub target: Option<Target>,
    database: &'static str,
}

impl Row {
    /// A line without a target.
    pub fn new(what: impl Into<String>, unit: Unit, floor: Option<f64>, service: f64) -> Self {
        Self {
            what: what.into(),
            unit,
            floor,
            service,
            target: None,
            database: "",
        }
    }

    /// Sets the target, if there is one.
    pub fn with_target(self, target: Option<Target>) -> Self {
        Self { target, ..self }
    }

    /// Sets the database.
    pub fn on(self, database: &'static str) -> Self {
        Self { database, ..self }
    }

    /// Whether there is a target that isn't reached.
    pub fn is_missed(&self) -> bool {
        self.target.is_some_and(|target| !target.is_met_by(self.result()))
    }

    fn result(&self) -> f64 {
        match (self.unit, self.floor) {
            (Unit::Rate | Unit::ProcessorTime, Some(floor)) => self.service / floor,
            (Unit::Milliseconds, Some(floor)) => self.service - floor,
            _ => self.service,
        }
    }

    fn cells(&self) -> [String; 7] {
        let target = self.target.map(|target| match target {
            Target::AtLeast(bound) => match self.unit {
                Unit::Rate => format!("≥ {bound} ×"),
                unit => format!("≥ {}", unit.quantity(bound)),
            },
            Target::AtMost(bound) => match self.unit {
                Unit::ProcessorTime => format!("≤ {bound} ×"),
                unit => format!("≤ {}", unit.quantity(bound)),
            },
        });
        let verdict = match self.target {
            None => "",
            Some(_) if self.is_missed() => "MISSED",
            Some(_) => "met",
        };
        [
            self.database.to_owned(),
            self.what.clone(),
            self.floor
                .map(|floor| self.unit.quantity(floor))
                .unwrap_or_default(),
            self.unit.quantity(self.service),
            self.unit.result(self.result()),
            target.unwrap_or_default(),
            verdict.to_owned(),
        ]
    }
}

const HEADER: [&str; 7] = [
    "Database",
    "Measurement",
    "Floor",
    "Tillgate",
    "Result",
    "Target",
    "",
];

/// The heading and the table, in columns or in Markdown.
pub fn render(heading: &str, rows: &[Row], markdown: bool) -> String {
    let table: Vec<[String; 7]> = std::iter::once(HEADER.map(str::to_owned))
        .chain(rows.iter().map(Row::cells))
        .collect();
    let width = |column: usize| {
        table
            .iter()
            .map(|cells| cells[column].chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: [usize; 7] = std::array::from_fn(width);
    let mut text = format!("{heading}\n\n");
    for (index, cells) in table.iter().enumerate() {
        let padded: Vec<String> = cells
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        // Writing to a string doesn't fail.
        let _ = if markdown {
            writeln!(text, "| {} |", padded.join(" | "))
        } else {
            writeln!(text, "{}", padded.join("  ").trim_end())
        };
        if index == 0 && markdown {
            let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
            let _ = writeln!(text, "|-{}-|", rules.join("-|-"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_met_at_its_bound_and_missed_beyond_it() {
        let rate =
            |service| Row::new("", Unit::Rate, Some(200.0), service).with_target(Some(Target::AtLeast(0.5)));
        assert!(!rate(100.0).is_missed() && rate(99.0).is_missed());
        let added = |service| {
            Row::new("", Unit::Milliseconds, Some(50.0), service).with_target(Some(Target::AtMost(3.0)))
        };
        assert!(!added(53.0).is_missed() && added(53.1).is_missed());
        let memory = |size| Row::new("", Unit::Mebibytes, None, size).with_target(Some(Target::AtMost(96.0)));
        assert!(!memory(96.0).is_missed() && memory(96.1).is_missed());
        let throughput =
            |rate| Row::new("", Unit::Throughput, None, rate).with_target(Some(Target::AtLeast(1000.0)));
        assert!(!throughput(1000.0).is_missed() && throughput(999.0).is_missed());
        assert_eq!(throughput(1000.0).cells()[4..6], ["1000/s", "≥ 1000/s"]);
        assert!(!Row::new("", Unit::Rate, Some(200.0), 1.0).is_missed());
    }

    #[test]
    fn markdown_has_a_rule_below_its_header() {
        let row = Row::new("GET", Unit::Rate, Some(2000.0), 1000.0)
            .with_target(Some(Target::AtLeast(0.6)))
            .on("SQLite");
        let text = render("today", &[row], true);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 5);
        assert!(lines[3].chars().all(|character| "|-".contains(character)));
        assert_eq!(
            lines[4].split('|').map(str::trim).collect::<Vec<_>>(),
            [
                "",
                "SQLite",
                "GET",
                "2000/s",
                "1000/s",
                "0.50 ×",
                "≥ 0.6 ×",
                "MISSED",
                ""
            ]
        );
    }
}
