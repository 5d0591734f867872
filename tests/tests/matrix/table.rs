//! The matrix as text for people: operations with the same answers share a block, and statuses with the same answers share a
//! line.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Owner and status of an order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Situation {
    /// Index into the owners.
    pub owner: usize,
    /// Index into the statuses.
    pub status: usize,
}

/// The callers' answers, in the order of the columns.
pub type Cells = Vec<String>;

/// An operation's answers. One that is not about an order has a single row, without a situation.
pub type Rows = BTreeMap<Option<Situation>, Cells>;

/// The texts of the table.
pub struct Words<'a> {
    /// Text above the table.
    pub preface: &'a str,
    /// Names of the callers.
    pub callers: &'a [&'a str],
    /// Names of the owners.
    pub owners: &'a [&'a str],
    /// Names of the statuses.
    pub statuses: &'a [&'a str],
}

/// The text of the matrix: sections by kind, with the operations of each.
pub fn render(words: &Words<'_>, sections: &BTreeMap<String, BTreeMap<String, Rows>>) -> String {
    let mut text = words.preface.to_owned();
    for (kind, operations) in sections {
        let _ = write!(text, "\n## {kind}\n");
        let mut blocks: Vec<(Vec<String>, Vec<&str>)> = Vec::new();
        for (operation, rows) in operations {
            let lines = lines(words, rows);
            match blocks.iter_mut().find(|(known, _)| *known == lines) {
                Some((_, names)) => names.push(operation),
                None => blocks.push((lines, vec![operation])),
            }
        }
        for (lines, names) in blocks {
            text.push('\n');
            for name in names {
                let _ = writeln!(text, "{name}");
            }
            for line in lines {
                let _ = writeln!(text, "{}", line.trim_end());
            }
        }
    }
    text
}

/// The lines of one operation, with a head.
fn lines(words: &Words<'_>, rows: &Rows) -> Vec<String> {
    let mut groups: Vec<(&Cells, Vec<Situation>)> = Vec::new();
    for (situation, cells) in rows {
        let situations = situation.iter().copied();
        match groups.iter_mut().find(|(known, _)| *known == cells) {
            Some((_, known)) => known.extend(situations),
            None => groups.push((cells, situations.collect())),
        }
    }
    let all = |owner: usize| -> Vec<usize> {
        let of_owner = rows.keys().flatten().filter(|situation| situation.owner == owner);
        of_owner.map(|situation| situation.status).collect()
    };
    let mut labelled: Vec<(String, &Cells)> = Vec::new();
    for (cells, situations) in groups {
        let of = |owner: usize| -> Vec<usize> {
            let of_owner = situations.iter().filter(|situation| situation.owner == owner);
            of_owner.map(|situation| situation.status).collect()
        };
        let label = |whose: &str, statuses: &[usize], is_all: bool| {
            let names: Vec<&str> = statuses.iter().map(|status| words.statuses[*status]).collect();
            let names = if is_all {
                "any status".to_owned()
            } else {
                names.join(" ")
            };
            format!("{whose}: {names}")
        };
        let same = (1..words.owners.len()).all(|owner| of(owner) == of(0));
        if situations.is_empty() {
            labelled.push((String::new(), cells));
        } else if same {
            labelled.push((label("anybody's", &of(0), of(0) == all(0)), cells));
        } else {
            for (owner, name) in words.owners.iter().enumerate() {
                let statuses = of(owner);
                if !statuses.is_empty() {
                    labelled.push((label(name, &statuses, statuses == all(owner)), cells));
                }
            }
        }
    }
    let widths: Vec<usize> = (0..words.callers.len())
        .map(|column| {
            let cells = rows.values().map(|cells| cells[column].len());
            cells
                .chain([words.callers[column].len()])
                .max()
                .unwrap_or_default()
        })
        .collect();
    let line = |cells: &[&str], label: &str| {
        let mut line = String::from("  ");
        for (cell, width) in cells.iter().zip(&widths) {
            let _ = write!(line, "{cell:<width$}  ");
        }
        line + label
    };
    let mut lines = vec![line(words.callers, "")];
    for (label, cells) in labelled {
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        lines.push(line(&cells, &label));
    }
    lines
}

/// The differences between two texts, line by line with the lines around; the longest common part is left out.
pub fn difference(expected: &str, found: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    // Lengths of the longest common subsequences of the ends.
    let mut common = vec![vec![0_u16; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] = if old[i] == new[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut told) = (0, 0, String::new());
    let mut heading = "";
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            if !old[i].starts_with(' ') && !old[i].is_empty() {
                heading = old[i];
            }
            (i, j) = (i + 1, j + 1);
            continue;
        }
        if !heading.is_empty() {
            let _ = writeln!(told, "  {heading}");
            heading = "";
        }
        if j >= new.len() || (i < old.len() && common[i + 1][j] >= common[i][j + 1]) {
            let _ = writeln!(told, "- {}", old[i]);
            i += 1;
        } else {
            let _ = writeln!(told, "+ {}", new[j]);
            j += 1;
        }
    }
    told
}
