//! Reads one part of a page: its statements about an endpoint or an object.

use super::blocks::{Block, BlockKind, Row, Text};
use super::draft::Draft;
use super::items::Items;
use super::role::{Context, Role};
use super::samples::{Sample, sample};
use super::table::{self, Place, Table};
use super::tags::{Tag, TagKind};
use super::units::{self, Unit};
use super::warnings::Warnings;
use super::{json, status, url};
use crate::model::{Endpoint, Object};

/// Tags for layout, or with ordinary content.
const KNOWN: [&str; 46] = [
    "api-method-description",
    "api-method-headers",
    "api-method-request",
    "api-method-response",
    "api-method-response-example-description",
    "api-method-spec",
    "api-method-summary",
    "callout",
    "code",
    "codeBlock",
    "column",
    "columns",
    "content-ref",
    "else",
    "embed",
    "endpoint",
    "expandable",
    "figure",
    "file",
    "hint",
    "if",
    "include",
    "layoutTwoCol",
    "link",
    "methodCopy",
    "methodInfo",
    "page-ref",
    "partial",
    "prompt",
    "section",
    "step",
    "stepper",
    "swagger",
    "swagger-description",
    "tab",
    "table",
    "tabs",
    "td",
    "th",
    "thead",
    "tbody",
    "tr",
    "update",
    "updates",
    "quote",
    "api-method",
];

/// The result of a part of a page.
pub struct Read {
    pub endpoint: Option<Endpoint>,
    pub object: Option<Object>,
}

/// Reads `unit`; `title` is the page's.
pub fn read(unit: &Unit<'_>, title: &str, warnings: &mut Warnings) -> Read {
    let mut reader = Reader {
        draft: Draft::new(unit.route.clone()),
        context: Context::default(),
        items: Items::default(),
        section: None,
        warnings,
    };
    if let (Some(doubt), Some(block)) = (unit.doubt, unit.blocks.first()) {
        reader.warnings.add(block.line, doubt);
    }
    for block in unit.blocks {
        reader.block(block);
    }
    reader.items.close_all(&mut reader.draft, reader.warnings);
    reader.draft.finish(title)
}

struct Reader<'a> {
    draft: Draft,
    context: Context,
    items: Items,
    /// The place of the parameters in an older GitBook method block.
    section: Option<Place>,
    warnings: &'a mut Warnings,
}

impl Reader<'_> {
    fn block(&mut self, block: &Block) {
        match &block.kind {
            BlockKind::Heading(_, text) => {
                self.draft.heading(text.trimmed());
                self.context.heading(text);
                self.paragraph(text);
            }
            BlockKind::Paragraph(text) => {
                if !self.items.text(text) {
                    self.context.paragraph(text);
                    self.paragraph(text);
                }
            }
            BlockKind::Table(rows) => self.table(rows, block.line),
            BlockKind::Code(code) => self.code(code, block.line),
            BlockKind::Tag(tag) => self.tag(tag),
            BlockKind::Rule => {}
        }
    }

    /// Reads statuses where a text is about answers.
    fn paragraph(&mut self, text: &Text) {
        let found = status::statuses(text);
        if let Some(first) = found.first() {
            self.context.status = Some(*first);
        }
        for status in found {
            self.draft.response(Some(status));
        }
    }

    fn tag(&mut self, tag: &Tag) {
        if tag.kind != TagKind::Close
            && let Some(message) = units::unread_route(tag)
        {
            self.warnings.add(tag.line, message);
        }
        match (tag.name.as_str(), tag.kind) {
            ("list", TagKind::Close) => self.items.close_list(),
            ("list", _) => self.items.open_list(tag.get("title")),
            ("listitem" | "swagger-parameter" | "api-method-parameter", TagKind::Close) => {
                self.items.close(tag.line, &mut self.draft, self.warnings);
            }
            ("listitem" | "swagger-parameter" | "api-method-parameter", kind) => {
                self.draft.settle();
                self.items.open(tag, self.section, self.warnings);
                if kind == TagKind::Alone {
                    self.items.close(tag.line, &mut self.draft, self.warnings);
                }
            }
            ("tab", TagKind::Close) | ("codeBlock", TagKind::Close) => self.context.leave(&tag.name),
            ("tab" | "codeBlock", _) => {
                let label = tag.get("title").or_else(|| tag.get("label")).unwrap_or_default();
                self.context.enter(&tag.name, label);
                self.labelled_status(label);
            }
            ("swagger-response" | "api-method-response-example", TagKind::Close) => {
                self.context.leave(&tag.name)
            }
            ("swagger-response" | "api-method-response-example", _) => {
                self.context.enter(&tag.name, "Response");
                self.labelled_status(
                    tag.get("status")
                        .or_else(|| tag.get("httpCode"))
                        .unwrap_or_default(),
                );
            }
            ("openapi" | "openapi-operation", TagKind::Close) | ("", _) => {}
            ("openapi" | "openapi-operation", _) => {
                self.warnings.add(
                    tag.line,
                    "the endpoint is described in another file, which is not read",
                );
            }
            (name, kind) => self.other_tag(name, kind, tag),
        }
    }

    fn other_tag(&mut self, name: &str, kind: TagKind, tag: &Tag) {
        let parameters = name
            .strip_prefix("api-method-")
            .filter(|name| name.ends_with("-parameters"));
        if let Some(place) = parameters.and_then(|name| Place::named(&name.replace('-', " "))) {
            self.section = (kind != TagKind::Close).then_some(place);
        } else if name == "api-method-headers" {
            self.section = (kind != TagKind::Close).then_some(Place::Header);
        } else if let Some(summary) = tag.get("summary") {
            self.draft.summary(summary);
        } else if !KNOWN.contains(&name) && !name.starts_with('$') && units::of_tag(tag).is_none() {
            self.warnings.add(tag.line, format!("unknown tag {name:?}"));
        }
    }

    fn labelled_status(&mut self, label: &str) {
        if let Some(status) = status::leading(label) {
            self.context.status = Some(status);
            self.draft.response(Some(status));
        }
    }

    fn table(&mut self, rows: &[Row], line: usize) {
        self.draft.settle();
        let Some((header, rows)) = rows.split_first() else {
            return;
        };
        match table::table(header) {
            None => self
                .warnings
                .add(line, "a table without a column of names is not read"),
            Some(Table::Statuses(column)) => {
                for row in rows {
                    let cell = row.cells.get(column).map(Text::trimmed).unwrap_or_default();
                    if let Some(status) = status::leading(cell) {
                        self.draft.response(Some(status));
                    } else {
                        self.warnings.add(row.line, format!("no status in {cell:?}"));
                    }
                }
            }
            Some(Table::Members(columns)) => {
                let place = self.place_of_table(&columns);
                for row in rows {
                    let literal = matches!(place, Some(Place::Path | Place::Query | Place::Header));
                    if let Some(mut entry) = table::entry(row, &columns, literal, self.warnings) {
                        self.context.below_heading(&mut entry.name.path);
                        let place = entry.place.or(place);
                        if let Some(message) = self.draft.place(place, &entry.name.path, entry.member) {
                            self.warnings.add(row.line, message);
                        }
                    }
                }
            }
        }
    }

    /// The place that the table's header or the text before it names; `None` leaves it to the name.
    fn place_of_table(&self, columns: &table::Columns) -> Option<Place> {
        if self.draft.route().is_none() {
            return Some(Place::Fields);
        }
        let named = columns.named_place;
        if named.is_some_and(|place| place != Place::Fields) {
            return named;
        }
        let heading = self.context.place();
        match (named, heading) {
            (Some(Place::Fields), Some(Place::Fields)) => Some(Place::Fields),
            // "Field" also names arguments if the table has a column for "required".
            (Some(Place::Fields), other) if columns.has_presence() => other,
            (Some(Place::Fields), _) => Some(Place::Fields),
            (_, heading) => heading,
        }
    }

    fn code(&mut self, code: &str, line: usize) {
        self.draft.settle();
        // The block's line is that of its fence.
        let first = line + 1;
        match sample(code) {
            Sample::Empty => self.warnings.add(line, "an empty example"),
            Sample::Unknown => self
                .warnings
                .add(line, "a block of code that shows neither a request nor an answer"),
            Sample::Client { content_type } => self.draft.media_type(content_type),
            Sample::Route(route) => self.draft.query(&route.query),
            Sample::Curl(requests) => {
                for (offset, request) in requests {
                    match request {
                        Some(request) => self.request(&request, first + offset),
                        None => self
                            .warnings
                            .add(first + offset, "a command of cURL whose quotes don't match"),
                    }
                }
            }
            Sample::Http(request, offset) => self.request(&request, first + offset),
            Sample::Answer {
                status,
                media_type,
                body,
                line,
            } => {
                let status = status.or(self.context.status);
                let response = self.draft.response(status);
                response.media_type = media_type.or(response.media_type.take());
                self.answer(&body, first + line, status);
            }
            Sample::Json { body, line } => match self.context.role(self.draft.expects_request(&body)) {
                Role::Request => self.request_body(&body, first + line),
                Role::Response => self.answer(&body, first + line, self.context.status),
            },
        }
    }

    fn request(&mut self, request: &super::curl::Request, line: usize) {
        let Some(route) = units::of_request(request) else {
            self.warnings.add(line, "a request without a URL");
            return;
        };
        if let Some(documented) = self.draft.route() {
            if documented.method != route.method || !url::has_form(&route.path, &documented.path) {
                let message = format!(
                    "the example calls {} {}, the page documents {} {}",
                    route.method, route.path, documented.method, documented.path
                );
                self.warnings.add(line, message);
                return;
            }
            self.draft.query(&route.query);
        }
        self.draft.media_type(request.content_type.clone());
        self.draft.accept(request.accept.as_deref());
        if let Some(file) = &request.body_file {
            self.warnings
                .add(line, format!("the request's body is in the file {file:?}"));
        }
        if let Some(body) = request.body.as_deref().filter(|body| !body.trim().is_empty()) {
            self.request_body(body, line);
        }
    }

    fn request_body(&mut self, body: &str, line: usize) {
        if let Some(mut example) = self.json(body, line) {
            example.title = self.context.title();
            self.draft.request_example(example);
        }
    }

    fn answer(&mut self, body: &str, line: usize, status: Option<u16>) {
        if body.trim().is_empty() {
            return;
        }
        if let Some(mut example) = self.json(body, line) {
            example.title = self.context.title();
            self.draft.response_example(status, example);
        }
    }

    fn json(&mut self, text: &str, line: usize) -> Option<crate::model::Example> {
        match json::read(text) {
            Ok((example, mended)) => {
                if let Some(mended) = mended {
                    self.warnings
                        .add(line, format!("the example is mended: {mended}"));
                }
                Some(example)
            }
            Err((offset, problem)) => {
                self.warnings
                    .add(line + offset, format!("the example is no JSON: {problem}"));
                None
            }
        }
    }
}
