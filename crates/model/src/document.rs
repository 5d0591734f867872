//! Rendering JSON:API documents.

use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};
use serde_json::{Value, json};

use crate::{Dialect, Id, Identifier, Record, Resource, ResourceMeta};

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

/// A resource object: `id`, `type`, `links`, `attributes`, `relationships`, `meta`.
pub struct ResourceObject<'a, R: Resource> {
    /// The record.
    pub record: &'a Record<R>,
    /// The context.
    pub frame: Frame<'a>,
}

impl<R: Resource> Serialize for ResourceObject<'_, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let link = self.frame.link(R::META, &self.record.id);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.record.id)?;
        map.serialize_entry("type", R::META.kind)?;
        map.serialize_entry("links", &SelfLink { this: &link })?;
        map.serialize_entry("attributes", &R::attributes(self.record))?;
        map.serialize_entry(
            "relationships",
            &Relationships {
                meta: R::META,
                link: &link,
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
}

impl Serialize for Relationships<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Relationship {
            links: RelationshipLinks,
        }
        #[derive(Serialize)]
        struct RelationshipLinks {
            #[serde(rename = "self")]
            this: String,
            related: String,
        }
        let mut map = serializer.serialize_map(Some(self.meta.relationships.len()))?;
        for relationship in self.meta.relationships {
            let name = relationship.name;
            let links = RelationshipLinks {
                this: format!("{}/relationships/{name}", self.link),
                related: format!("{}/{name}", self.link),
            };
            map.serialize_entry(name, &Relationship { links })?;
        }
        map.end()
    }
}

/// The document of one resource.
pub fn one<R: Resource>(record: &Record<R>, frame: Frame<'_>) -> Vec<u8> {
    #[derive(Serialize)]
    struct Document<T> {
        data: T,
    }
    to_bytes(&Document {
        data: ResourceObject { record, frame },
    })
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

/// The document of a page of a list; `url` is the list's.
pub fn list<R: Resource>(
    records: &[Record<R>],
    total: i64,
    page: Page,
    url: &str,
    frame: Frame<'_>,
) -> Vec<u8> {
    struct Objects<'a, R> {
        records: &'a [Record<R>],
        frame: Frame<'a>,
    }
    impl<R: Resource> Serialize for Objects<'_, R> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut items = serializer.serialize_seq(Some(self.records.len()))?;
            for record in self.records {
                items.serialize_element(&ResourceObject {
                    record,
                    frame: self.frame,
                })?;
            }
            items.end()
        }
    }
    #[derive(Serialize)]
    struct Document<T> {
        data: T,
        meta: Value,
        links: Value,
    }
    let (meta, links) = around(R::META.dialect, total, page, url);
    to_bytes(&Document {
        data: Objects { records, frame },
        meta,
        links,
    })
}

/// Counts and links of a list.
fn around(dialect: Dialect, total: i64, page: Page, url: &str) -> (Value, Value) {
    let pages = page.count(total);
    let link = |number: i64| match dialect {
        Dialect::CommerceLayer => format!("{url}?page%5Bnumber%5D={number}&page%5Bsize%5D={}", page.size),
        Dialect::Foodetective => format!("{url}?page={number}&per_page={}", page.size),
    };
    let mut links = json!({"first": link(1)});
    if page.number > 1 {
        links["prev"] = link((page.number - 1).min(pages)).into();
    }
    if page.number < pages {
        links["next"] = link(page.number + 1).into();
    }
    links["last"] = link(pages).into();
    let meta = match dialect {
        Dialect::CommerceLayer => json!({"record_count": total, "page_count": pages}),
        Dialect::Foodetective => json!({"total-count": total, "total-pages": pages}),
    };
    (meta, links)
}

/// The document of a missing related resource.
pub fn nothing() -> Vec<u8> {
    b"{\"data\":null}".to_vec()
}

/// The document of a relationship itself.
pub fn linkage(data: &Linkage<'_>, owner: &str, name: &str) -> Vec<u8> {
    #[derive(Serialize)]
    struct Document<'a, T> {
        data: T,
        links: Value,
        #[serde(skip_serializing_if = "Option::is_none")]
        meta: Option<&'a Value>,
    }
    let links =
        json!({"self": format!("{owner}/relationships/{name}"), "related": format!("{owner}/{name}")});
    match data {
        Linkage::One(identifier) => to_bytes(&Document {
            data: identifier,
            links,
            meta: None,
        }),
        Linkage::Many {
            identifiers,
            total,
            page,
        } => {
            let url = format!("{owner}/relationships/{name}");
            let (meta, pages) = around(Dialect::CommerceLayer, *total, *page, &url);
            let mut all = links;
            if let (Value::Object(all), Value::Object(pages)) = (&mut all, pages) {
                all.extend(pages);
            }
            to_bytes(&Document {
                data: identifiers,
                links: all,
                meta: Some(&meta),
            })
        }
    }
}

/// The targets of a relationship.
pub enum Linkage<'a> {
    /// The target of a to-one relationship.
    One(Option<&'a Identifier>),
    /// A page of the targets of a to-many relationship.
    Many {
        /// The targets on the page.
        identifiers: &'a [Identifier],
        /// Number of all targets.
        total: i64,
        /// The page.
        page: Page,
    },
}

fn to_bytes<T: Serialize>(document: &T) -> Vec<u8> {
    serde_json::to_vec(document).expect("documents have string keys and no failing serializers")
}
