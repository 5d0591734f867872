//! The guides in docs/guides: Markdown files, in the order of the numbers at the beginning of their names.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

/// A page of the documentation.
pub struct Guide {
    /// Name of its file in the site, without the ending.
    pub slug: String,
    /// Its first heading.
    pub title: String,
    /// Its first paragraph.
    pub summary: String,
    /// The whole page.
    pub html: String,
}

/// Reads the guides of a directory.
///
/// # Errors
/// One can't be read, has no heading, or no paragraph.
pub fn read(directory: &Path) -> Result<Vec<Guide>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).with_context(|| directory.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "md") {
            paths.push(path);
        }
    }
    paths.sort();
    let guides = paths.iter().map(|path| {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        guide(&name, &text).with_context(|| path.display().to_string())
    });
    guides.collect()
}

fn guide(name: &str, text: &str) -> Result<Guide> {
    let events: Vec<Event<'_>> = Parser::new_ext(text, Options::ENABLE_TABLES).collect();
    let (mut title, mut summary) = (None, None);
    let mut ready = Vec::with_capacity(events.len());
    for (index, event) in events.iter().enumerate() {
        let following = || plain_text(&events[index + 1..]);
        ready.push(match event {
            Event::Start(Tag::Heading {
                level,
                classes,
                attrs,
                ..
            }) => {
                let heading = following();
                let id = Some(anchor(&heading).into());
                title.get_or_insert(heading);
                Event::Start(Tag::Heading {
                    level: *level,
                    id,
                    classes: classes.clone(),
                    attrs: attrs.clone(),
                })
            }
            Event::Start(Tag::Paragraph) => {
                summary.get_or_insert_with(following);
                event.clone()
            }
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                title,
                id,
            }) => Event::Start(Tag::Link {
                link_type: *link_type,
                dest_url: in_site(dest_url).unwrap_or_else(|| dest_url.clone()),
                title: title.clone(),
                id: id.clone(),
            }),
            other => other.clone(),
        });
    }
    let mut rendered = String::new();
    html::push_html(&mut rendered, ready.into_iter());
    let slug = slug(name);
    ensure!(!slug.is_empty(), "the file has no name");
    Ok(Guide {
        slug: slug.to_owned(),
        title: title.context("there is no heading")?,
        summary: summary.context("there is no paragraph")?,
        html: rendered,
    })
}

/// The text up to the end of a heading or paragraph.
fn plain_text(events: &[Event<'_>]) -> String {
    let mut text = String::new();
    for event in events {
        match event {
            Event::Text(part) | Event::Code(part) => text.push_str(part),
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            Event::End(TagEnd::Heading(_) | TagEnd::Paragraph) => break,
            _ => {}
        }
    }
    text
}

/// `03-3d-secure` is `3d-secure` in the site.
fn slug(name: &str) -> &str {
    match name.split_once('-') {
        Some((number, rest)) if number.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => name,
    }
}

/// The link to another guide within the site.
fn in_site<'a>(url: &str) -> Option<CowStr<'a>> {
    let (file, anchor) = url
        .split_once('#')
        .map_or((url, None), |(file, anchor)| (file, Some(anchor)));
    let name = file.strip_suffix(".md").filter(|name| !name.contains('/'))?;
    let anchor = anchor.map(|anchor| format!("#{anchor}")).unwrap_or_default();
    Some(format!("{}.html{anchor}", slug(name)).into())
}

/// The fragment of a heading, as GitHub makes it.
pub(super) fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter_map(|letter| match letter {
        ' ' => Some('-'),
        letter if letter.is_alphanumeric() || "-_".contains(letter) => Some(letter.to_ascii_lowercase()),
        _ => None,
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guide_is_read() {
        let text = "# Pay *now*\n\nMoney `moves`\nhere.\n\n## What, then?\n\n[Next](02-errors.md#why) [Out](https://a.example/b.md)\n";
        assert_eq!((slug("03-3d-secure"), slug("pay")), ("3d-secure", "pay"));
        let guide = guide("01-pay-now", text).expect("a guide");
        assert_eq!(
            (&*guide.slug, &*guide.title, &*guide.summary),
            ("pay-now", "Pay now", "Money moves here.")
        );
        for part in [
            "<h2 id=\"what-then\">",
            "<a href=\"errors.html#why\">",
            "<a href=\"https://a.example/b.md\">",
        ] {
            assert!(guide.html.contains(part), "{part} in {}", guide.html);
        }
    }

    #[test]
    fn a_page_without_a_heading_is_none() {
        assert!(guide("01-x", "Only text.").is_err());
        assert!(guide("01-x", "# Only a heading").is_err());
    }
}
