//! `documented import`: turns published pages into neutral files.

mod attributes;
mod blocks;
mod command;
mod curl;
mod draft;
mod elision;
mod html;
mod items;
mod json;
mod names;
mod reader;
mod role;
mod samples;
mod source;
mod status;
mod table;
mod tags;
mod tree;
mod types;
mod units;
mod url;
mod warnings;

#[cfg(test)]
mod fixture_tests;
#[cfg(test)]
mod robustness_tests;

pub use command::{Args, run};

use self::blocks::BlockKind;
use self::warnings::Warnings;
use super::files::digest;
use super::model::Page;

/// A page after reading.
pub struct Imported {
    pub page: Page,
    /// The parts that could not be read, by line.
    pub warnings: Vec<(usize, String)>,
}

/// Reads a page; `name` is its file name.
pub fn import(name: &str, bytes: &[u8]) -> Imported {
    let mut warnings = Warnings::default();
    let mut page = Page {
        page: name.to_owned(),
        sha256: digest(bytes),
        ..Page::default()
    };
    if bytes.len() > source::LARGEST {
        warnings.add(1, format!("the page is larger than {} bytes", source::LARGEST));
        return Imported {
            page,
            warnings: warnings.sorted(),
        };
    }
    let source = source::source(bytes, &mut warnings);
    let blocks = blocks::blocks(&source.text);
    let heading = blocks.iter().find_map(|block| match &block.kind {
        BlockKind::Heading(1, text) => Some(text.trimmed().to_owned()),
        _ => None,
    });
    page.title = source
        .front
        .title
        .or(heading)
        .or(source.front.description)
        .unwrap_or_default();
    for unit in units::units(&blocks) {
        let read = reader::read(&unit, &page.title, &mut warnings);
        page.endpoints.extend(read.endpoint);
        page.objects.extend(read.object);
    }
    Imported {
        page,
        warnings: warnings.sorted(),
    }
}
