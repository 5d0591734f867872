//! The tags of Markdoc and of GitBook, `{% name key="value" %}`, which both write alike.

use indexmap::IndexMap;

use super::attributes;

/// A piece of a page: a tag, or the text between two tags.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece<'a> {
    Tag(Tag),
    /// Markdown, and the line where it starts.
    Text(&'a str, usize),
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tag {
    /// Without the slash, or the `end`, of a closing tag.
    pub name: String,
    pub kind: TagKind,
    /// Attributes in their order; those of an object value are joined with a dot: `request.method`.
    pub attributes: IndexMap<String, String>,
    pub line: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TagKind {
    #[default]
    Open,
    Close,
    /// `{% name /%}`
    Alone,
}

impl Tag {
    /// The attribute `name`, trimmed; `None` when it is absent or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.attributes.get(name)?.trim();
        (!value.is_empty()).then_some(value)
    }
}

/// Splits a page into tags and text. Fenced code and code spans are text, and so is a tag that doesn't end.
pub fn split(text: &str) -> Vec<Piece<'_>> {
    let starts: Vec<usize> = std::iter::once(0)
        .chain(text.match_indices('\n').map(|(at, _)| at + 1))
        .collect();
    let line_of = |offset: usize| starts.partition_point(|start| *start <= offset);
    let mut pieces = Vec::new();
    let mut fence = None;
    let (mut start, mut at) = (0, 0);
    while at < text.len() {
        let line_end = text[at..].find('\n').map_or(text.len(), |end| at + end + 1);
        if fenced(&text[at..line_end], &mut fence) {
            at = line_end;
            continue;
        }
        let Some((open, end, mut tag)) = tag_in(text, at, line_end) else {
            at = line_end;
            continue;
        };
        if start < open {
            pieces.push(Piece::Text(&text[start..open], line_of(start)));
        }
        tag.line = line_of(open);
        pieces.push(Piece::Tag(tag));
        (start, at) = (end, end);
    }
    if start < text.len() {
        pieces.push(Piece::Text(&text[start..], line_of(start)));
    }
    pieces
}

/// Whether `line` is part of fenced code; keeps `fence`, the mark and the length of the open one.
fn fenced(line: &str, fence: &mut Option<(u8, usize)>) -> bool {
    let line = line.trim();
    let mark = line.as_bytes().first().copied().unwrap_or_default();
    let length = line.bytes().take_while(|byte| *byte == mark).count();
    let is_fence = matches!(mark, b'`' | b'~') && length >= 3;
    match *fence {
        None if is_fence && !line[length..].contains('`') => {
            *fence = Some((mark, length));
            true
        }
        None => false,
        Some((open, least)) => {
            if is_fence && mark == open && length >= least && line.len() == length {
                *fence = None;
            }
            true
        }
    }
}

/// The first tag that begins in `text[from..to]`: its beginning, its end, and the tag.
fn tag_in(text: &str, from: usize, to: usize) -> Option<(usize, usize, Tag)> {
    let mut at = from;
    while let Some(open) = text[at..to].find("{%").map(|found| at + found) {
        let in_code_span = text[from..open].matches('`').count() % 2 == 1;
        let end = end_of_tag(text, open + 2);
        match end {
            Some(end) if !in_code_span => return Some((open, end + 2, parse(&text[open + 2..end]))),
            _ => at = open + 2,
        }
    }
    None
}

/// The place of a tag's `%}`: outside quotes if there is one within the tag's reach, else the first.
fn end_of_tag(text: &str, from: usize) -> Option<usize> {
    const LONGEST: usize = 4096;
    let bytes = &text.as_bytes()[from..text.len().min(from + LONGEST)];
    let mut quote = None;
    let mut plain = None;
    for (index, pair) in bytes.windows(2).enumerate() {
        match quote {
            Some(open) if pair[0] == open => quote = None,
            None if matches!(pair[0], b'"' | b'\'') => quote = Some(pair[0]),
            _ => {}
        }
        if pair == b"{%" && plain.is_some() {
            break;
        }
        if pair == b"%}" {
            if quote.is_none() {
                return Some(from + index);
            }
            plain = plain.or(Some(from + index));
        }
    }
    plain
}

fn parse(inside: &str) -> Tag {
    let inside = inside.trim();
    let (inside, kind) = match (inside.strip_prefix('/'), inside.strip_suffix('/')) {
        (Some(name), _) => (name, TagKind::Close),
        (None, Some(rest)) => (rest, TagKind::Alone),
        (None, None) => (inside, TagKind::Open),
    };
    let inside = inside.trim();
    let length = inside
        .find(|letter: char| letter.is_whitespace() || letter == '=')
        .unwrap_or(inside.len());
    // An annotation, `{% align="left" %}`, has attributes and no name.
    let length = if inside[length..].starts_with('=') {
        0
    } else {
        length
    };
    let (name, rest) = inside.split_at(length);
    let (name, kind) = match name.strip_prefix("end") {
        // GitBook closes `name` with `endname`.
        Some(element) if !element.is_empty() && rest.trim().is_empty() => (element, TagKind::Close),
        _ => (name, kind),
    };
    Tag {
        name: name.to_owned(),
        kind,
        attributes: attributes::parse(rest),
        line: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(text: &str) -> Vec<(String, TagKind, usize)> {
        let tags = split(text).into_iter().filter_map(|piece| match piece {
            Piece::Tag(tag) => Some((tag.name, tag.kind, tag.line)),
            Piece::Text(..) => None,
        });
        tags.collect()
    }

    #[test]
    fn both_formats_close_their_tags() {
        let found = tags("{% tabs %}\n{% tab title=\"a %} b\" %}x{% endtab %}\n{% /list %}{% item /%}");
        let found: Vec<_> = found
            .iter()
            .map(|(name, kind, line)| (name.as_str(), *kind, *line))
            .collect();
        assert_eq!(
            found,
            [
                ("tabs", TagKind::Open, 1),
                ("tab", TagKind::Open, 2),
                ("tab", TagKind::Close, 2),
                ("list", TagKind::Close, 3),
                ("item", TagKind::Alone, 3)
            ]
        );
    }

    #[test]
    fn code_holds_no_tags() {
        assert_eq!(
            tags("```\n{% a %}\n``` x\n{% b %}\n```\n{% c %} `{% d %}`").len(),
            1
        );
        assert_eq!(tags("~~~js\n```\n{% a %}\n~~~\n{% b %}")[0].0, "b");
    }

    #[test]
    fn a_tag_may_span_lines_and_may_not_end() {
        assert_eq!(
            tags("{% a\n  b=\"c\"\n%}\n{% d")[..],
            [("a".to_owned(), TagKind::Open, 1)]
        );
        let unbalanced = tags("{% a b=\"c %}\n{% d e=\"f\" %}");
        assert_eq!(unbalanced.len(), 2, "{unbalanced:?}");
    }
}
