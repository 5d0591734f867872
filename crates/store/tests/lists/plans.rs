//! How lists find their rows among 330 000: never by looking at all of a large table.

use tillgate_model::{
    ResourceMeta,
    openapi::OperationKind,
    query::{ListQuery, Position, Query},
    registry::RESOURCES,
    resource::ValueType,
};
use tillgate_store::{
    Db, StoreError, Tx,
    listing::{Cond, Flavor, Link, Plan, Selected, link, source},
    query,
};

use crate::{asked, databases, operation, rows, scope};

/// Rows of an order, a payment source and so on: 33 000 of each, and 330 000 in all.
const PAYMENTS: usize = 33_000;

const LARGE: [&str; 8] = [
    "customers",
    "customer_payment_sources",
    "orders",
    "line_items",
    "payment_sources",
    "transactions",
    "events",
    "event_callbacks",
];

/// A list, in words and as it is asked for.
struct Case {
    words: String,
    meta: &'static ResourceMeta,
    owner: Option<(&'static ResourceMeta, Link, String)>,
    query: ListQuery,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for meta in RESOURCES {
        let list = operation(&format!("list_{}", meta.kind));
        let mut add = |pairs: &[(&str, &str)]| {
            let pairs: Vec<(String, String)> = pairs
                .iter()
                .map(|(name, value)| ((*name).into(), (*value).into()))
                .collect();
            let Query { list: query, .. } = asked(&list, &pairs);
            cases.push(Case {
                words: format!("{} {pairs:?}", meta.kind),
                meta,
                owner: None,
                query,
            });
        };
        add(&[]);
        add(&[("sort", "created_at")]);
        add(&[("sort", "-created_at")]);
        add(&[("filter[q][created_at_gt]", "2030-01-01T05:00:00Z")]);
        add(&[("filter[q][id_in]", "x,y"), ("sort", "-created_at")]);
        add(&[("filter[q][reference_eq]", "x")]);
        let its_source = source(meta.kind);
        for attribute in meta.all_attributes().filter(|attribute| attribute.filter) {
            if its_source.index(attribute.name).is_some() && attribute.value_type == ValueType::Text {
                add(&[(&format!("filter[q][{}_eq]", attribute.name), "x")]);
            }
        }
        for relationship in meta
            .relationships
            .iter()
            .filter(|relationship| !relationship.computed)
        {
            match link(meta, relationship) {
                Some(Link::ToOne(column)) if its_source.index(column).is_some() => {
                    add(&[(&format!("filter[q][{}_id_eq]", relationship.name), "x")]);
                    add(&[
                        (&format!("filter[q][{}_id_in]", relationship.name), "x,y"),
                        ("sort", "-created_at"),
                    ]);
                    if let Some(target) = relationship.target() {
                        let of_target = source(target.kind);
                        for attribute in ["number", "email", "reference"] {
                            let is_filter = target
                                .attribute(attribute)
                                .is_some_and(|attribute| attribute.filter);
                            if is_filter && of_target.index(attribute).is_some() {
                                add(&[(&format!("filter[q][{}_{attribute}_eq]", relationship.name), "x")]);
                            }
                        }
                    }
                }
                Some(Link::ToMany(_)) => add(&[(&format!("filter[q][{}_id_eq]", relationship.name), "x")]),
                _ => {}
            }
        }
    }
    for meta in RESOURCES {
        for relationship in meta.relationships.iter().filter(|relationship| relationship.many) {
            let Some(stored) = link(meta, relationship) else {
                continue;
            };
            let related = operation(&format!("retrieve_{}_{}", meta.singular, relationship.name));
            assert!(matches!(related.kind, OperationKind::Related(_)));
            for sort in ["created_at", "-created_at"] {
                let Query { list: query, .. } = asked(&related, &[("sort".into(), sort.into())]);
                let owner = match source(meta.kind).table {
                    "orders" => "o7",
                    "transactions" => "a7",
                    "payment_gateways" => "g",
                    _ => "c7",
                };
                cases.push(Case {
                    words: format!("{}/{owner}/{} by {sort}", meta.kind, relationship.name),
                    meta: relationship.target().expect("a type"),
                    owner: Some((meta, stored, owner.into())),
                    query,
                });
            }
        }
    }
    cases
}

async fn explained(db: &Db, case: &Case) -> Option<Vec<String>> {
    let (scope, keys) = (scope(), case.query.keys());
    let owners = case.owner.iter().map(|(.., id)| id.clone()).collect::<Vec<_>>();
    let visible = |_: &'static str| Cond::Always;
    let plan = Plan {
        flavor: db.flavor(),
        scope: &scope,
        visible: &visible,
        source: source(case.meta.kind),
        selected: case.owner.as_ref().map(|(owner, link, _)| Selected {
            link: *link,
            owner: source(owner.kind),
            owners: &owners,
        }),
        also: None,
        conditions: &case.query.conditions,
        sort: &keys,
        position: &Position::Number(1),
        offset: 0,
        limit: 25,
    };
    if !plan.is_quick() {
        return None;
    }
    let details = db
        .read(async |tx: &mut Tx<'_>| match plan.flavor {
            Flavor::Sqlite => query!(tx, listing::explain_details(plan.explain_on_sqlite())),
            Flavor::Postgres => query!(tx, listing::explain(plan.explain_on_postgres())),
        })
        .await;
    Some(details.unwrap_or_else(|error: StoreError| panic!("{}: {error}", case.words)))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_list_looks_at_all_of_a_large_table() {
    let cases = cases();
    for database in databases().await {
        rows::organization(&database).await;
        rows::payments(&database, PAYMENTS).await;
        let (mut faults, mut slow) = (Vec::new(), Vec::new());
        for case in &cases {
            let Some(details) = explained(&database.db, case).await else {
                slow.push(case.words.clone());
                continue;
            };
            let is_scan = |line: &String| {
                LARGE.iter().any(|table| {
                    line.contains(&format!("Seq Scan on {table}"))
                        || line.trim_end() == format!("SCAN {table}")
                        || line.starts_with(&format!("SCAN {table} "))
                        || line.starts_with(&format!("SCAN {table}_"))
                })
            };
            if details.iter().any(is_scan) {
                faults.push(format!("{}\n  {}", case.words, details.join("\n  ")));
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
        // What one gateway or customer has may be most of the table: several of them are looked for in limited time.
        let is_of_many = |words: &String| {
            [
                "payment_gateway_id_in",
                "customer_id_in",
                "payment_method_id_in",
                "payment_method_reference_eq",
                "webhook_id_in",
                "customer_email_eq",
                "customer_reference_eq",
                "payment_gateway_reference_eq",
                "webhook_reference_eq",
            ]
            .iter()
            .any(|filter| words.contains(filter))
        };
        let others: Vec<_> = slow.iter().filter(|words| !is_of_many(words)).collect();
        assert!(others.is_empty(), "{others:#?}");
        assert!(cases.len() > 150, "{}", cases.len());
    }
}
