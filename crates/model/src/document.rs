//! Rendering JSON:API documents.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Value, json};

use crate::{
    Dialect, Id, Identifier, Record, Resource, ResourceMeta,
    query::{Cursor, ListQuery, MAX_OFFSET, Position},
};

/// The context that a document is rendered in: base URL, organization, mode.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Start of all links: scheme, host and path prefix, without a slash at the end.
    pub base_url: &'a str,
    /// Organization of the data.
    pub organization_id: &'a Id,
    /// Whether it is in test mode.
    pub test: bool,
}

impl Frame<'_> {
    /// Link to a resource.
    pub fn link(&self, meta: &ResourceMeta, id: &Id) -> String {
        format!("{}{}/{}/{id}", self.base_url, meta.dialect.prefix(), meta.kind)
    }

    /// Link to a collection, without parameters.
    pub fn collection_link(&self, meta: &ResourceMeta) -> String {
        format!("{}{}", self.base_url, meta.list_path())
    }

    fn mode(&self) -> &'static str {
        if self.test { "test" } else { "live" }
    }
}

/// What a document shows of a resource beside what it always does, and what it leaves out.
#[derive(Clone, Copy, Default, Debug)]
pub struct Shown<'a> {
    /// Attributes and relationships that are shown, in the spelling of queries; all if there is nothing.
    pub fields: Option<&'a BTreeSet<String>>,
    /// Where relationships point whose resources are included.
    pub linkage: Option<&'a BTreeMap<&'static str, Related>>,
}

impl Shown<'_> {
    fn has(self, name: &str) -> bool {
        self.fields
            .is_none_or(|fields| fields.contains(name) || fields.contains(&name.replace('-', "_")))
    }
}

/// Where a relationship points.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(untagged)]
pub enum Related {
    /// To one, or to none.
    One(Option<Identifier>),
    /// To several.
    Many(Vec<Identifier>),
}

/// A resource object: `id`, `type`, `links`, `attributes`, `relationships`, `meta`.
struct ResourceObject<'a, R: Resource> {
    record: &'a Record<R>,
    frame: Frame<'a>,
    shown: Shown<'a>,
}

impl<R: Resource> Serialize for ResourceObject<'_, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let link = self.frame.link(R::META, &self.record.id);
        let attributes = R::attributes(self.record);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.record.id)?;
        map.serialize_entry("type", R::META.kind)?;
        map.serialize_entry("links", &SelfLink { this: &link })?;
        match self.shown.fields {
            None => map.serialize_entry("attributes", &attributes)?,
            Some(_) => {
                let mut some = serde_json::to_value(&attributes).map_err(serde::ser::Error::custom)?;
                if let Value::Object(some) = &mut some {
                    some.retain(|name, _| self.shown.has(name));
                }
                map.serialize_entry("attributes", &some)?;
            }
        }
        map.serialize_entry(
            "relationships",
            &Relationships {
                meta: R::META,
                link: &link,
                shown: self.shown,
            },
        )?;
        map.serialize_entry(
            "meta",
            &Meta {
                mode: self.frame.mode(),
                organization_id: self.frame.organization_id,
            },
        )?;
        map.end()
    }
}

#[derive(Serialize)]
struct SelfLink<'a> {
    #[serde(rename = "self")]
    this: &'a str,
}

#[derive(Serialize)]
struct Meta<'a> {
    mode: &'static str,
    organization_id: &'a Id,
}

struct Relationships<'a> {
    meta: &'static ResourceMeta,
    link: &'a str,
    shown: Shown<'a>,
}

impl Serialize for Relationships<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Relationship<'a> {
            links: RelationshipLinks,
            #[serde(skip_serializing_if = "Option::is_none")]
            data: Option<&'a Related>,
        }
        #[derive(Serialize)]
        struct RelationshipLinks {
            #[serde(rename = "self")]
            this: String,
            related: String,
        }
        let mut map = serializer.serialize_map(None)?;
        for relationship in self.meta.relationships {
            let name = relationship.name;
            if !self.shown.has(name) {
                continue;
            }
            let data = self.shown.linkage.and_then(|linkage| linkage.get(name));
            let links = RelationshipLinks {
                this: format!("{}/relationships/{name}", self.link),
                related: format!("{}/{name}", self.link),
            };
            map.serialize_entry(name, &Relationship { links, data })?;
        }
        map.end()
    }
}

/// The object of a resource.
pub fn object<R: Resource>(record: &Record<R>, frame: Frame<'_>, shown: Shown<'_>) -> Vec<u8> {
    to_bytes(&ResourceObject { record, frame, shown })
}

/// The document of one resource.
pub fn one<R: Resource>(record: &Record<R>, frame: Frame<'_>) -> Vec<u8> {
    let links = json!({"self": frame.link(R::META, &record.id)});
    let object = object(record, frame, Shown::default());
    write(&Data::One(object), None, None, &links)
}

/// The data of a document, written already.
pub enum Data {
    /// A resource.
    One(Vec<u8>),
    /// Resources.
    Many(Vec<Vec<u8>>),
    /// No resource.
    Nothing,
}

/// Puts a document together.
pub fn write(data: &Data, included: Option<&[Vec<u8>]>, meta: Option<&Value>, links: &Value) -> Vec<u8> {
    let mut bytes = b"{\"data\":".to_vec();
    match data {
        Data::One(object) => bytes.extend_from_slice(object),
        Data::Many(objects) => write_list(&mut bytes, objects),
        Data::Nothing => bytes.extend_from_slice(b"null"),
    }
    if let Some(included) = included {
        bytes.extend_from_slice(b",\"included\":");
        write_list(&mut bytes, included);
    }
    if let Some(meta) = meta {
        bytes.extend_from_slice(b",\"meta\":");
        bytes.extend_from_slice(meta.to_string().as_bytes());
    }
    bytes.extend_from_slice(b",\"links\":");
    bytes.extend_from_slice(links.to_string().as_bytes());
    bytes.extend_from_slice(VERSION);
    bytes.push(b'}');
    bytes
}

const VERSION: &[u8] = b",\"jsonapi\":{\"version\":\"1.1\"}";

fn write_list(bytes: &mut Vec<u8>, objects: &[Vec<u8>]) {
    bytes.push(b'[');
    for (place, object) in objects.iter().enumerate() {
        if place > 0 {
            bytes.push(b',');
        }
        bytes.extend_from_slice(object);
    }
    bytes.push(b']');
}

/// A page of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Page {
    /// Number of the page, from 1.
    pub number: i64,
    /// Items on a page.
    pub size: i64,
}

impl Page {
    /// Number of items before the page.
    pub fn offset(self) -> i64 {
        (self.number - 1).saturating_mul(self.size)
    }

    /// The page of all items, for lists that are short enough to be read whole, and the number of all items.
    pub fn cut<T>(self, items: Vec<T>) -> (Vec<T>, i64) {
        let total = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let skip = usize::try_from(self.offset()).unwrap_or(usize::MAX);
        let take = usize::try_from(self.size).unwrap_or_default();
        (items.into_iter().skip(skip).take(take).collect(), total)
    }

    /// Number of pages, at least one.
    pub fn count(self, records: i64) -> i64 {
        ((records + self.size - 1) / self.size).max(1)
    }
}

/// A page of a list, beside its items.
#[derive(Clone, Copy, Debug)]
pub struct PartOfList<'a> {
    /// Where the list is.
    pub url: &'a str,
    /// Which page was asked for.
    pub query: &'a ListQuery,
    /// Parameters that stay the same from page to page, encoded, each with `&` before it.
    pub kept: &'a str,
    /// All parameters as they were sent, encoded.
    pub text: &'a str,
    /// How many items there are in all.
    pub total: i64,
    /// There may be more or less.
    pub is_estimate: bool,
    /// There are more items in the direction that the page was read in.
    pub has_more: bool,
    /// The first and the last item of the page.
    pub ends: Option<(&'a Cursor, &'a Cursor)>,
}

/// Where a list begins, in the words of cursors.
const BEGINNING: &str = "page%5Bafter%5D=&";

impl PartOfList<'_> {
    /// Counts of the list.
    pub fn meta(&self, dialect: Dialect) -> Value {
        let [records, pages, estimate] = match dialect {
            Dialect::CommerceLayer => ["record_count", "page_count", "record_count_is_estimate"],
            Dialect::Foodetective => ["total-count", "total-pages", "total-count-is-estimate"],
        };
        let mut meta = json!({records: self.total, pages: self.page(1).count(self.total)});
        if self.is_estimate {
            meta[estimate] = true.into();
        }
        meta
    }

    fn page(&self, number: i64) -> Page {
        Page {
            number,
            size: self.query.size,
        }
    }

    fn link(&self, place: &str) -> Value {
        let size = self.query.size;
        format!("{}?{place}page%5Bsize%5D={size}{}", self.url, self.kept).into()
    }

    fn numbered(&self, dialect: Dialect, number: i64) -> Value {
        match dialect {
            Dialect::CommerceLayer => self.link(&format!("page%5Bnumber%5D={number}&")),
            Dialect::Foodetective => format!(
                "{}?page={number}&per_page={}{}",
                self.url, self.query.size, self.kept
            )
            .into(),
        }
    }

    /// Links to this page and to others.
    pub fn links(&self, dialect: Dialect) -> Value {
        let this = match self.text {
            "" => self.url.to_owned(),
            text => format!("{}?{text}", self.url),
        };
        let mut links = json!({"self": this});
        let after = || {
            self.ends.map_or(Value::Null, |(_, last)| {
                self.link(&format!("page%5Bafter%5D={}&", last.write()))
            })
        };
        let before = || {
            let cursor = |(first, _): (&Cursor, &Cursor)| format!("page%5Bbefore%5D={}&", first.write());
            self.ends.map_or(Value::Null, |ends| self.link(&cursor(ends)))
        };
        let if_more = |link: &dyn Fn() -> Value| if self.has_more { link() } else { Value::Null };
        match &self.query.position {
            Position::Number(number) => {
                let pages = self.page(1).count(self.total);
                let reaches = |number: i64| self.page(number).offset() <= MAX_OFFSET;
                links["first"] = self.numbered(dialect, 1);
                if *number > 1 {
                    links["prev"] = self.numbered(dialect, (*number - 1).min(pages));
                }
                if self.has_more && reaches(number + 1) {
                    links["next"] = self.numbered(dialect, number + 1);
                } else if self.has_more && dialect == Dialect::CommerceLayer {
                    links["next"] = after();
                }
                if !self.is_estimate && reaches(pages) {
                    links["last"] = self.numbered(dialect, pages);
                }
            }
            // The profile of pages with cursors has both links always.
            Position::First => {
                links["first"] = self.link(BEGINNING);
                links["prev"] = Value::Null;
                links["next"] = if_more(&after);
            }
            Position::After(_) => {
                links["first"] = self.link(BEGINNING);
                links["prev"] = before();
                links["next"] = if_more(&after);
            }
            Position::Before(_) => {
                links["first"] = self.link(BEGINNING);
                links["prev"] = if_more(&before);
                links["next"] = after();
            }
        }
        links
    }
}

/// The document of a related resource that is not there, whether or not it was to include others.
pub fn nothing(url: &str, includes: bool) -> Vec<u8> {
    write(
        &Data::Nothing,
        includes.then_some(&[]),
        None,
        &json!({"self": url}),
    )
}

/// The document of a relationship itself; of a to-many one, a page of it.
pub fn linkage(data: &Related, owner: &str, name: &str, part: Option<&PartOfList<'_>>) -> Vec<u8> {
    let mut links = json!({"self": format!("{owner}/relationships/{name}")});
    if let Some(Value::Object(pages)) = part.map(|part| part.links(Dialect::CommerceLayer)) {
        links = Value::Object(pages);
    }
    links["related"] = format!("{owner}/{name}").into();
    let meta = part.map(|part| part.meta(Dialect::CommerceLayer));
    write(&Data::One(to_bytes(data)), None, meta.as_ref(), &links)
}

fn to_bytes<T: Serialize>(document: &T) -> Vec<u8> {
    serde_json::to_vec(document).expect("documents have string keys and no failing serializers")
}
