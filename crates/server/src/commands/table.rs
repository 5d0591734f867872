//! Tables for people that shell tools can parse too.

/// A table with a line of names. Columns are as wide as their contents. Characters that could move a terminal's cursor are left
/// out.
pub fn render<const N: usize>(names: &[&str; N], rows: &[[String; N]]) -> String {
    let rows: Vec<[String; N]> = rows
        .iter()
        .map(|row| row.each_ref().map(|cell| printable(cell)))
        .collect();
    let widths: [usize; N] = std::array::from_fn(|column| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([names[column].len()]).max().unwrap_or_default()
    });
    let line = |cells: [&str; N]| {
        let padded: Vec<String> = cells
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        padded.join("  ").trim_end().to_owned() + "\n"
    };
    let head = line(*names);
    rows.iter().fold(head, |table, row| {
        table + &line(row.each_ref().map(String::as_str))
    })
}

fn printable(cell: &str) -> String {
    cell.chars().filter(|letter| !letter.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let rows = [
            ["é".to_owned(), "b".to_owned()],
            ["long\u{1b}".to_owned(), String::new()],
        ];
        assert_eq!(render(&["A", "B"], &rows), "A     B\né     b\nlong\n");
    }
}
