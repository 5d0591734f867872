//! The HTML of pages: tables, and placeholders that look like elements.

use scraper::{ElementRef, Html, Selector};

use super::blocks::{Block, BlockKind, Row, Text};

/// Whether an inline element is a placeholder in a path, `<id>`, and not markup.
pub fn is_placeholder(element: &str) -> bool {
    const MARKUP: [&str; 28] = [
        "a", "abbr", "b", "big", "br", "code", "del", "div", "em", "font", "hr", "i", "img", "ins", "kbd",
        "mark", "p", "pre", "s", "small", "span", "strike", "strong", "sub", "sup", "td", "tt", "u",
    ];
    let name = element.trim_matches(['<', '>']);
    let is_name = !name.is_empty()
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-'));
    is_name && !MARKUP.contains(&name.to_ascii_lowercase().as_str())
}

/// Adds the tables and, when there is none, the text of a block of HTML.
pub fn blocks(html: &str, line: usize, blocks: &mut Vec<Block>) {
    let fragment = Html::parse_fragment(html);
    let tables = select(fragment.root_element(), "table");
    if tables.is_empty() {
        for element in select(fragment.root_element(), "h1, h2, h3, h4, h5, h6, p, summary, pre") {
            let text = text(element);
            let kind = match element.value().name() {
                "pre" => BlockKind::Code(element.text().collect()),
                "p" | "summary" => BlockKind::Paragraph(text),
                name => BlockKind::Heading(name.as_bytes()[1] - b'0', text),
            };
            blocks.push(Block { line, kind });
        }
        return;
    }
    for table in tables {
        // The parser gives no positions: every row has the line of its block.
        let rows = select(table, "tr").into_iter().map(|row| Row {
            line,
            cells: select(row, "th, td").into_iter().map(text).collect(),
        });
        blocks.push(Block {
            line,
            kind: BlockKind::Table(rows.collect()),
        });
    }
}

fn select<'a>(element: ElementRef<'a>, selector: &str) -> Vec<ElementRef<'a>> {
    Selector::parse(selector).map_or_else(|_| Vec::new(), |selector| element.select(&selector).collect())
}

fn text(element: ElementRef<'_>) -> Text {
    let plain: String = element.text().collect();
    let marked = select(element, "b, strong, code, em, i")
        .into_iter()
        .map(|part| part.text().collect::<String>())
        .filter(|part| !part.trim().is_empty());
    Text {
        marked: marked.collect(),
        plain: plain.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_told_from_markup() {
        assert!(is_placeholder("<id>"));
        assert!(is_placeholder("<order_id>"));
        for markup in ["<b>", "</b>", "<i>", "<br/>", "<a href=\"x\">", "<>"] {
            assert!(!is_placeholder(markup), "{markup}");
        }
    }

    #[test]
    fn a_table_becomes_rows() {
        let mut found = Vec::new();
        blocks(
            "<table><thead><tr><th width=\"1\">Name</th></tr></thead><tbody><tr><td>a.<b>b</b><mark>*</mark></td></tr></tbody></table>",
            4,
            &mut found,
        );
        let BlockKind::Table(rows) = &found[0].kind else {
            panic!("{found:?}")
        };
        assert_eq!(rows[1].cells[0].plain, "a.b*");
        assert_eq!(rows[1].cells[0].marked, ["b"]);
    }
}
