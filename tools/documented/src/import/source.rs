//! A page's text, prepared for reading: encoding, line ends and front matter.

use serde::Deserialize;

use super::warnings::Warnings;

/// The largest page that is read, in bytes.
pub const LARGEST: usize = 4 << 20;

/// A page's text without byte order mark and carriage returns. The front matter's lines are empty, so that
/// line numbers stay those of the file.
#[derive(Default)]
pub struct Source {
    pub text: String,
    pub front: FrontMatter,
}

/// The members of the YAML at the page's top that are read.
#[derive(Deserialize, Default)]
pub struct FrontMatter {
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
}

/// Makes the source of a page's bytes.
pub fn source(bytes: &[u8], warnings: &mut Warnings) -> Source {
    let text = String::from_utf8_lossy(bytes);
    if let Some(at) = text.find('\u{fffd}') {
        let line = text[..at].matches('\n').count() + 1;
        warnings.add(line, "the page is not UTF-8 here");
    }
    let text = text.trim_start_matches('\u{feff}');
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut source = split_front_matter(text, warnings);
    if let Some(title) = &source.front.title {
        let title = title.replace('\n', " ");
        source.text = source.text.replace("{% $markdoc.frontmatter.title %}", &title);
    }
    source
}

fn split_front_matter(text: String, warnings: &mut Warnings) -> Source {
    let mut lines = text.split_inclusive('\n');
    let starts = lines.next().is_some_and(|line| line.trim_end() == "---");
    let end = lines.position(|line| matches!(line.trim_end(), "---" | "..."));
    let (true, Some(length)) = (starts, end) else {
        return Source {
            text,
            front: FrontMatter::default(),
        };
    };
    let yaml: String = text.split_inclusive('\n').skip(1).take(length).collect();
    let front = serde_yaml_ng::from_str(&yaml).unwrap_or_else(|error| {
        if !yaml.trim().is_empty() {
            warnings.add(1, format!("the front matter is not read: {error}"));
        }
        FrontMatter::default()
    });
    let body: String = text.split_inclusive('\n').skip(length + 2).collect();
    Source {
        text: "\n".repeat(length + 2) + &body,
        front,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (Source, Vec<(usize, String)>) {
        let mut warnings = Warnings::default();
        let source = source(bytes, &mut warnings);
        (source, warnings.sorted())
    }

    #[test]
    fn byte_order_mark_and_carriage_returns_go_and_lines_stay() {
        let (source, warnings) = read(b"\xef\xbb\xbf---\r\ntitle: T\r\ndescription: D\r\n---\r\n# H\r\n");
        assert_eq!(source.text, "\n\n\n\n# H\n");
        assert_eq!(source.front.title.as_deref(), Some("T"));
        assert_eq!(source.front.description.as_deref(), Some("D"));
        assert_eq!(warnings, []);
    }

    #[test]
    fn a_rule_at_the_top_is_no_front_matter() {
        assert_eq!(read(b"---\n# H\n").0.text, "---\n# H\n");
    }

    #[test]
    fn what_is_no_utf8_is_named_with_its_line() {
        let (_, warnings) = read(b"a\nb \xff\n");
        assert_eq!(warnings, [(2, "the page is not UTF-8 here".to_owned())]);
    }
}
