//! The comparison as a section of a changelog in Markdown.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::change::{Class, Group, Side, group};
use super::comparison::Comparison;

/// The changes since `name`, breaking ones first, each class by the part of the traffic.
pub fn render(comparison: &Comparison, name: &str) -> String {
    let mut text = String::new();
    let (old, new) = (&comparison.old_version, &comparison.new_version);
    let versions = if old == new {
        new.clone()
    } else {
        format!("{old} to {new}")
    };
    // Writing to a string can't fail.
    let _ = writeln!(text, "## API {versions}, since {name}");
    let groups = group(&comparison.changes);
    if groups.is_empty() {
        let _ = writeln!(text, "\nNo change.");
    }
    let classes = [
        (Class::Breaking, "Breaking changes"),
        (Class::NonBreaking, "Other changes"),
        (Class::Annotation, "Texts"),
    ];
    for (class, title) in classes {
        let of_class: Vec<_> = groups.iter().filter(|group| group.class == class).collect();
        if !of_class.is_empty() {
            let _ = writeln!(text, "\n### {title}");
            section(&mut text, &of_class, &comparison.operations);
        }
    }
    text
}

fn section(text: &mut String, groups: &[&Group], all: &BTreeSet<String>) {
    let sides = [
        (Side::Operation, "Operations"),
        (Side::Request, "Requests"),
        (Side::Response, "Responses"),
    ];
    for (side, title) in sides {
        let mut of_side = groups.iter().filter(|group| group.side == side).peekable();
        if of_side.peek().is_some() {
            let _ = writeln!(text, "\n#### {title}\n");
        }
        for group in of_side {
            let _ = writeln!(text, "- {}", escaped(&group.line(all)));
        }
    }
}

/// Escapes Markdown's markup outside of code.
fn escaped(line: &str) -> String {
    let mut text = String::new();
    for (index, part) in line.split('`').enumerate() {
        if index > 0 {
            text.push('`');
        }
        for letter in part.chars() {
            if index % 2 == 0 && matches!(letter, '_' | '*' | '<' | '[') {
                text.push('\\');
            }
            text.push(letter);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::change::Change;
    use super::*;

    fn change(class: Class, side: Side, what: &str) -> Change {
        Change {
            class,
            side,
            location: String::new(),
            what: what.to_owned(),
            operation: "list_orders".to_owned(),
            status: None,
        }
    }

    #[test]
    fn breaking_changes_come_first() {
        let comparison = Comparison {
            old_version: "0.1.0".to_owned(),
            new_version: "0.2.0".to_owned(),
            operations: BTreeSet::new(),
            changes: vec![
                change(Class::NonBreaking, Side::Response, "now have `b_c`"),
                change(Class::Breaking, Side::Request, "no longer take `a`"),
            ],
        };
        let expected = "## API 0.1.0 to 0.2.0, since v1\n\
             \n### Breaking changes\n\n#### Requests\n\n- requests of list\\_orders no longer take `a`\n\
             \n### Other changes\n\n#### Responses\n\n- responses of list\\_orders now have `b_c`\n";
        assert_eq!(render(&comparison, "v1"), expected);
    }

    #[test]
    fn no_change_is_said() {
        let comparison = Comparison {
            old_version: "1".to_owned(),
            new_version: "1".to_owned(),
            operations: BTreeSet::new(),
            changes: Vec::new(),
        };
        assert_eq!(render(&comparison, "v1"), "## API 1, since v1\n\nNo change.\n");
    }
}
