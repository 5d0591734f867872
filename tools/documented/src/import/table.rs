//! Tables of arguments, parameters, fields and statuses.

use super::blocks::{Row, Text};
use super::names::{self, Name};
use super::types;
use super::warnings::Warnings;
use crate::model::{JsonType, Member, Presence};

/// The place of members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Path,
    Query,
    /// Header fields, which the neutral form leaves out: they are the same for all endpoints.
    Header,
    Body,
    /// Members of a resource object.
    Fields,
}

impl Place {
    /// The place that a header cell, a heading or an attribute names.
    pub fn named(text: &str) -> Option<Self> {
        let text = text.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if has(&["path", "url param"]) {
            Some(Self::Path)
        } else if has(&["query", "filter"]) {
            Some(Self::Query)
        } else if has(&["header"]) {
            Some(Self::Header)
        } else if has(&[
            "body",
            "argument",
            "formdata",
            "form data",
            "form-data",
            "payload",
        ]) {
            Some(Self::Body)
        } else if has(&["field", "response", "return", "object"]) {
            Some(Self::Fields)
        } else {
            None
        }
    }
}

/// The kind of a table.
#[derive(Debug, PartialEq)]
pub enum Table {
    Members(Columns),
    /// The column of the statuses.
    Statuses(usize),
}

/// The columns of a table.
#[derive(Debug, Default, PartialEq)]
pub struct Columns {
    name: usize,
    json_type: Option<usize>,
    presence: Option<usize>,
    /// Whether the column says if a member is optional, not if it is required.
    inverted: bool,
    description: Option<usize>,
    default: Option<usize>,
    values: Option<usize>,
    place: Option<usize>,
    /// The place that the name's header cell names.
    pub named_place: Option<Place>,
}

impl Columns {
    /// Whether the table has a column for required members.
    pub fn has_presence(&self) -> bool {
        self.presence.is_some()
    }
}

/// Recognizes a table by its header row.
pub fn table(header: &Row) -> Option<Table> {
    let cells: Vec<String> = header
        .cells
        .iter()
        .map(|cell| cell.trimmed().to_lowercase())
        .collect();
    let find = |words: &[&str]| {
        cells
            .iter()
            .position(|cell| words.iter().any(|word| cell.contains(word)))
    };
    let exact = |words: &[&str]| cells.iter().position(|cell| words.contains(&cell.as_str()));
    if let Some(column) = exact(&[
        "status",
        "status code",
        "http status",
        "http status code",
        "http code",
        "code",
    ]) && find(&["parameter", "field", "argument", "attribute", "name"]).is_none()
    {
        return Some(Table::Statuses(column));
    }
    let name = find(&[
        "parameter",
        "argument",
        "field",
        "attribute",
        "property",
        "member",
        "name",
    ])
    .or_else(|| exact(&["key", "relationship", "header", "param", "body", "query", "path"]))?;
    let other = |column: Option<usize>| column.filter(|column| *column != name);
    let inverted = other(exact(&["optional", "optional?"]));
    Some(Table::Members(Columns {
        name,
        json_type: other(find(&["type", "format"])),
        presence: other(find(&["required", "mandatory", "presence"])).or(inverted),
        inverted: inverted.is_some(),
        description: other(find(&["description", "detail", "note", "meaning", "comment"])),
        default: other(find(&["default"])),
        values: other(find(&["values", "enum", "options"])),
        place: other(exact(&["in", "location", "sent in"])),
        named_place: Place::named(&cells[name]),
    }))
}

/// A row of a table of members.
pub struct Entry {
    pub name: Name,
    pub member: Member,
    pub place: Option<Place>,
}

/// Reads a row; `literal` takes names literally.
pub fn entry(row: &Row, columns: &Columns, literal: bool, warnings: &mut Warnings) -> Option<Entry> {
    let cell = |column: Option<usize>| column.and_then(|column| row.cells.get(column));
    let filled = |column| cell(column).filter(|text| !text.trimmed().is_empty());
    if row.cells.iter().all(|cell| cell.trimmed().is_empty()) {
        return None;
    }
    let shown = cell(Some(columns.name)).map(Text::trimmed).unwrap_or_default();
    let read = if literal { names::literal } else { names::nested };
    let Some(name) = read(shown) else {
        warnings.add(row.line, format!("no name of a member in {shown:?}"));
        return None;
    };
    let mut member = Member::default();
    if let Some(text) = filled(columns.json_type)
        && !types::set_type(text.trimmed(), &mut member)
    {
        warnings.add(row.line, format!("unknown type {:?} of {shown}", text.trimmed()));
    }
    if let Some(text) = filled(columns.presence)
        && !types::set_presence(text.trimmed(), &mut member)
    {
        warnings.add(
            row.line,
            format!("unknown presence {:?} of {shown}", text.trimmed()),
        );
    }
    if columns.inverted {
        member.presence = member.presence.map(inverted);
    }
    rest_of_name(&name, &mut member, row.line, warnings);
    let last = name.path.last().map(String::as_str).unwrap_or_default();
    if last.starts_with('_') {
        member.trigger = true;
    }
    if let Some(text) = filled(columns.default) {
        types::set_presence(&format!("default is {}", text.trimmed()), &mut member);
    }
    if member.values.is_empty()
        && let Some(text) = filled(columns.description)
    {
        described(last, text, &mut member);
    }
    if let Some(text) = filled(columns.values) {
        let all = Text {
            plain: format!("one of {}", text.plain),
            marked: text.marked.clone(),
        };
        described(last, &all, &mut member);
    }
    let place = filled(columns.place).and_then(|text| Place::named(text.trimmed()));
    Some(Entry { name, member, place })
}

/// Takes values and presence from a description.
pub fn described(name: &str, text: &Text, member: &mut Member) {
    if matches!(member.json_type, None | Some(JsonType::String)) {
        member.values = types::values(name, text);
    }
    let start = text.trimmed().to_lowercase();
    let speaks = ["required", "optional", "**required"]
        .iter()
        .any(|word| start.starts_with(word));
    if member.presence.is_none() && speaks {
        let sentence = text.trimmed().split(['.', ',', ';']).next().unwrap_or_default();
        types::set_presence(sentence, member);
    }
}

/// The text after a name says whether it is required; `[]` makes it an array.
pub fn rest_of_name(name: &Name, member: &mut Member, line: usize, warnings: &mut Warnings) {
    if name.is_array {
        member.items = member
            .items
            .or(member.json_type.filter(|known| *known != JsonType::Array));
        member.json_type = Some(JsonType::Array);
    }
    let rest = name.rest.trim();
    if rest.is_empty() {
        return;
    }
    if rest.starts_with('*') {
        member.presence = Some(Presence::Required);
    } else if rest == "?" {
        member.presence = Some(Presence::Optional);
    } else if !types::set_presence(rest, member)
        && (member.json_type.is_some() || !types::set_type(rest, member))
    {
        warnings.add(
            line,
            format!("{rest:?} behind the name {} is not read", name.path.join(".")),
        );
    }
}

fn inverted(presence: Presence) -> Presence {
    match presence {
        Presence::Required => Presence::Optional,
        Presence::Optional => Presence::Required,
        Presence::Conditional => Presence::Conditional,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Row {
        Row {
            line: 7,
            cells: cells.iter().map(|cell| Text::plain(cell)).collect(),
        }
    }

    fn read(header: &[&str], cells: &[&str]) -> (Option<Entry>, Vec<(usize, String)>) {
        let Some(Table::Members(columns)) = table(&row(header)) else {
            panic!("{header:?}")
        };
        let mut warnings = Warnings::default();
        let entry = entry(&row(cells), &columns, false, &mut warnings);
        (entry, warnings.sorted())
    }

    #[test]
    fn columns_come_in_any_order_and_may_be_missing() {
        let (found, _) = read(
            &["Required", "Type", "Name"],
            &["Optional", "`integer`", "attributes.amount"],
        );
        let found = found.unwrap();
        assert_eq!(found.name.path, ["attributes", "amount"]);
        assert_eq!(
            (found.member.json_type, found.member.presence),
            (Some(JsonType::Integer), Some(Presence::Optional))
        );
        let (found, _) = read(&["Field", "Description"], &["type", ""]);
        assert_eq!(found.unwrap().member, Member::default());
        let (found, _) = read(&["Argument", "Optional"], &["a", "no"]);
        assert_eq!(found.unwrap().member.presence, Some(Presence::Required));
    }

    #[test]
    fn a_mark_behind_the_name_is_a_flag() {
        let (found, _) = read(&["Name", "Type"], &["tags[]*", "string"]);
        let member = found.unwrap().member;
        assert_eq!(member.presence, Some(Presence::Required));
        let (found, warnings) = read(&["Name", "Type"], &["a (since 2019)", "string"]);
        assert!(found.is_some());
        assert_eq!(warnings[0].0, 7);
    }

    #[test]
    fn what_is_not_understood_is_a_warning() {
        let (_, warnings) = read(&["Name", "Type", "Required"], &["a", "blob9", "perhaps"]);
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        assert_eq!(table(&row(&["Left", "Right"])), None);
        assert_eq!(table(&row(&["Code", "Meaning"])), Some(Table::Statuses(0)));
    }
}
