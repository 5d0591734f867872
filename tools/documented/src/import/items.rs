//! Members written as tags: Markdoc's nested `list` and `listitem`, GitBook's parameters of method blocks.

use super::blocks::Text;
use super::draft::Draft;
use super::table::{Place, described, rest_of_name};
use super::tags::Tag;
use super::warnings::Warnings;
use super::{names, tree, types};
use crate::model::{Member, Presence};

/// The items and the lists that are open.
#[derive(Default)]
pub struct Items {
    open: Vec<Item>,
    lists: Vec<Option<String>>,
}

/// An item that is open.
struct Item {
    line: usize,
    name: String,
    member: Member,
    place: Option<Place>,
    /// The page calls it form data.
    is_form: bool,
    text: Text,
}

impl Items {
    pub fn open_list(&mut self, title: Option<&str>) {
        self.lists.push(title.map(str::to_owned));
    }

    pub fn close_list(&mut self) {
        self.lists.pop();
    }

    /// Adds text to the item that is open; false when none is.
    pub fn text(&mut self, text: &Text) -> bool {
        let Some(item) = self.open.last_mut() else {
            return false;
        };
        if !item.text.plain.is_empty() {
            item.text.plain.push_str(". ");
        }
        item.text.plain.push_str(text.trimmed());
        item.text.marked.extend(text.marked.iter().cloned());
        true
    }

    /// Opens the item of `tag`; `section` is the place that a tag around it names.
    pub fn open(&mut self, tag: &Tag, section: Option<Place>, warnings: &mut Warnings) {
        let mut member = Member::default();
        let mut place = tag.get("in").and_then(Place::named).or(section);
        let is_gitbook = tag.name != "listitem";
        let types_text = tag.get("validation").or(tag.get("type").filter(|_| is_gitbook));
        let is_method_block = tag.get("required");
        for part in types_text
            .unwrap_or_default()
            .split([',', ' '])
            .filter(|part| !part.is_empty())
        {
            if let Some(named) = place_word(part) {
                place = place.or(Some(named));
            } else if !types::set_type(part, &mut member) {
                warnings.add(tag.line, format!("unknown type {part:?}"));
            }
        }
        let presence = is_method_block.or(tag.get("type").filter(|_| !is_gitbook));
        match presence {
            Some(text) if types::set_presence(text, &mut member) => {}
            Some(text) => warnings.add(tag.line, format!("unknown presence {text:?}")),
            // In both formats the mark exists or the member is optional.
            None => member.presence = Some(Presence::Optional),
        }
        self.open.push(Item {
            line: tag.line,
            name: tag
                .get("title")
                .or_else(|| tag.get("name"))
                .unwrap_or_default()
                .to_owned(),
            member,
            place,
            is_form: types_text.is_some_and(|text| text.to_lowercase().contains("formdata")),
            text: Text::default(),
        });
    }

    /// Closes the last opened item and puts it in its place.
    pub fn close(&mut self, line: usize, draft: &mut Draft, warnings: &mut Warnings) {
        let Some(mut item) = self.open.pop() else {
            warnings.add(line, "an item is closed that is not open");
            return;
        };
        let from_text = item.name.is_empty();
        let shown = if from_text {
            item.text.plain.clone()
        } else {
            item.name
        };
        let literal = matches!(item.place, Some(Place::Path | Place::Query | Place::Header));
        let name = if let Some(name) = draft.path_parameter(&shown) {
            names::literal(&name)
        } else if literal {
            names::literal(&shown)
        } else {
            names::nested(&shown)
        };
        let Some(name) = name else {
            warnings.add(item.line, format!("no name of a member in {shown:?}"));
            return;
        };
        if item.is_form {
            draft.form_data();
        }
        rest_of_name(&name, &mut item.member, item.line, warnings);
        let last = name.path.last().map(String::as_str).unwrap_or_default();
        item.member.trigger |= last.starts_with('_');
        if !from_text && item.member.values.is_empty() {
            let presence = item.member.presence;
            described(last, &item.text, &mut item.member);
            item.member.presence = presence;
        }
        if name.path.len() + tree::depth(&item.member) > names::DEEPEST {
            warnings.add(
                item.line,
                format!("members are nested more than {} deep", names::DEEPEST),
            );
            return;
        }
        if let Some(parent) = self.open.last_mut() {
            let contradiction = tree::insert(&mut parent.member.members, &name.path, item.member);
            contradiction
                .into_iter()
                .for_each(|message| warnings.add(item.line, message));
            return;
        }
        let titled = self.lists.iter().flatten().find_map(|title| Place::named(title));
        let contradiction = draft.place(item.place.or(titled), &name.path, item.member);
        contradiction
            .into_iter()
            .for_each(|message| warnings.add(item.line, message));
    }

    /// Closes items that the page leaves open.
    pub fn close_all(&mut self, draft: &mut Draft, warnings: &mut Warnings) {
        while let Some(item) = self.open.last() {
            let line = item.line;
            warnings.add(line, "an item is not closed");
            self.close(line, draft, warnings);
        }
        self.lists.clear();
    }
}

/// A word beside the types that names the place.
fn place_word(word: &str) -> Option<Place> {
    match word.to_lowercase().as_str() {
        "path" => Some(Place::Path),
        "query" | "filter" => Some(Place::Query),
        "formdata" | "body" => Some(Place::Body),
        "header" => Some(Place::Header),
        _ => None,
    }
}
