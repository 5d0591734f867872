//! A page as a flat sequence of blocks, in which a reader looks for known forms.

use pulldown_cmark::{Event, Options, Parser, Tag as Mark, TagEnd};

use super::html;
use super::tags::{Piece, Tag, split};

/// A block and the line where it starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    pub line: usize,
    pub kind: BlockKind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum BlockKind {
    /// A heading of a level from 1 to 6.
    Heading(u8, Text),
    Paragraph(Text),
    /// The header row first.
    Table(Vec<Row>),
    Code(String),
    Rule,
    Tag(Tag),
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row {
    pub line: usize,
    pub cells: Vec<Text>,
}

/// A run of text without its markup, and the parts that were marked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Text {
    pub plain: String,
    /// Text in code spans, bold or in place of quotes: parts that the writer emphasized.
    pub marked: Vec<String>,
}

impl Text {
    /// Plain text with nothing marked.
    #[cfg(test)]
    pub fn plain(text: &str) -> Self {
        Self {
            plain: text.to_owned(),
            marked: Vec::new(),
        }
    }

    pub fn trimmed(&self) -> &str {
        self.plain.trim()
    }
}

/// The blocks of a page.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    for piece in split(text) {
        match piece {
            Piece::Tag(tag) => blocks.push(Block {
                line: tag.line,
                kind: BlockKind::Tag(tag),
            }),
            Piece::Text(text, line) => markdown(&dedented(text), line, &mut blocks),
        }
    }
    blocks
}

/// The text without the indentation that all lines share: inside tags, text is often indented.
fn dedented(text: &str) -> String {
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let filled = text.lines().filter(|line| !line.trim().is_empty());
    let shared = filled.map(indent).min().unwrap_or(0);
    if shared == 0 {
        return text.to_owned();
    }
    text.split_inclusive('\n')
        .map(|line| line.get(shared.min(indent(line))..).unwrap_or(line))
        .collect()
}

/// Collects the blocks of a stretch of Markdown.
struct Collector<'a> {
    blocks: &'a mut Vec<Block>,
    text: Text,
    /// Start of the text of the open marked part.
    mark: Option<usize>,
    rows: Vec<Row>,
    code: Option<String>,
    html: Option<(usize, String)>,
}

fn markdown(text: &str, first_line: usize, blocks: &mut Vec<Block>) {
    let mut collector = Collector {
        blocks,
        text: Text::default(),
        mark: None,
        rows: Vec::new(),
        code: None,
        html: None,
    };
    let line_ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        let line = first_line + line_ends.partition_point(|end| *end < range.start);
        collector.event(event, line);
    }
    collector.flush(first_line);
}

impl Collector<'_> {
    fn push(&mut self, line: usize, kind: BlockKind) {
        self.blocks.push(Block { line, kind });
    }

    fn take(&mut self) -> Text {
        self.mark = None;
        std::mem::take(&mut self.text)
    }

    /// Ends blocks without an end of their own: the text of a tight list item.
    fn flush(&mut self, line: usize) {
        let text = self.take();
        if !text.trimmed().is_empty() {
            self.push(line, BlockKind::Paragraph(text));
        }
    }

    fn event(&mut self, event: Event<'_>, line: usize) {
        match event {
            Event::Start(mark) => self.start(&mark, line),
            Event::End(mark) => self.end(mark, line),
            Event::Text(text) => match (&mut self.code, &mut self.html) {
                (Some(code), _) => code.push_str(&text),
                (None, Some((_, html))) => html.push_str(&text),
                (None, None) => self.text.plain.push_str(&text),
            },
            Event::Code(code) => {
                self.text.plain.push_str(&code);
                self.text.marked.push(code.into_string());
            }
            Event::Html(text) => {
                if let Some((_, html)) = &mut self.html {
                    html.push_str(&text);
                }
            }
            Event::InlineHtml(text) if html::is_placeholder(&text) => self.text.plain.push_str(&text),
            Event::SoftBreak | Event::HardBreak => self.text.plain.push(' '),
            Event::Rule => self.push(line, BlockKind::Rule),
            _ => {}
        }
    }

    fn start(&mut self, mark: &Mark<'_>, line: usize) {
        match mark {
            Mark::Strong | Mark::Emphasis => {
                self.mark.get_or_insert(self.text.plain.len());
            }
            Mark::CodeBlock(_) => {
                self.flush(line);
                self.code = Some(String::new());
            }
            Mark::HtmlBlock => {
                self.flush(line);
                self.html = Some((line, String::new()));
            }
            Mark::Table(_) => self.rows.clear(),
            Mark::TableHead | Mark::TableRow => self.rows.push(Row {
                line,
                cells: Vec::new(),
            }),
            Mark::Heading { .. } | Mark::Paragraph | Mark::Item | Mark::List(_) => self.flush(line),
            _ => {}
        }
    }

    fn end(&mut self, mark: TagEnd, line: usize) {
        match mark {
            TagEnd::Strong | TagEnd::Emphasis => {
                if let Some(part) = self.mark.take().and_then(|start| self.text.plain.get(start..)) {
                    self.text.marked.push(part.to_owned());
                }
            }
            TagEnd::Heading(level) => {
                let text = self.take();
                self.push(line, BlockKind::Heading(level as u8, text));
            }
            TagEnd::Paragraph | TagEnd::Item => self.flush(line),
            TagEnd::TableCell => {
                let cell = self.take();
                if let Some(row) = self.rows.last_mut() {
                    row.cells.push(cell);
                }
            }
            TagEnd::Table => {
                let rows = std::mem::take(&mut self.rows);
                self.push(line, BlockKind::Table(rows));
            }
            TagEnd::CodeBlock => {
                if let Some(code) = self.code.take() {
                    self.push(line, BlockKind::Code(code));
                }
            }
            TagEnd::HtmlBlock => {
                if let Some((line, html)) = self.html.take() {
                    html::blocks(&html, line, self.blocks);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(usize, BlockKind)> {
        blocks(text)
            .into_iter()
            .map(|block| (block.line, block.kind))
            .collect()
    }

    #[test]
    fn markup_goes_and_what_it_marked_is_kept() {
        let found = kinds("\n**POST** https://<i></i>h<b>/a\\_b/:id</b> and `c`\n");
        let BlockKind::Paragraph(text) = &found[0].1 else {
            panic!("{found:?}")
        };
        assert_eq!(
            (found[0].0, text.plain.as_str()),
            (2, "POST https://h/a_b/:id and c")
        );
        assert_eq!(text.marked, ["POST", "c"]);
    }

    #[test]
    fn tables_keep_the_lines_of_their_rows() {
        let found = kinds("# T\n\n| A | B |\n|:--|--:|\n| a\\|b | `x|y` |\n");
        let BlockKind::Table(rows) = &found[1].1 else {
            panic!("{found:?}")
        };
        assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [3, 5]);
        assert_eq!(rows[1].cells[0].plain, "a|b");
    }

    #[test]
    fn indented_code_inside_tags_is_code() {
        let found = kinds("{% a %}\n      ```json\n      {}\n      ```\n{% /a %}");
        assert_eq!(found[1], (2, BlockKind::Code("{}\n".to_owned())));
    }
}
