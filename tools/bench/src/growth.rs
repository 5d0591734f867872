//! How lists take longer with the number of payments in an organization: with a thousand, and with many.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result};

use super::http::Connection;
use super::progress::Progress;
use super::scene::{Database, Scene};
use super::statistics::percentile;
use tillgate_toolbox::postgres::Cluster;

/// Payments of the small organization.
const FEW: u32 = 1000;
/// Requests of each kind.
const ROUNDS: usize = 200;

/// What is asked for. `ORDER`, `GATEWAY` and `CUSTOMER` stand for ids of the organization.
const LISTS: &[&str] = &[
    "/api/orders/ORDER",
    "/api/orders",
    "/api/orders?sort=-created_at",
    "/api/orders?sort=-created_at&page[size]=25&include=customer,market",
    "/api/orders?filter[q][number_eq]=7",
    "/api/orders?filter[q][customer_id_eq]=CUSTOMER",
    "/api/orders/ORDER/authorizations",
    "/api/orders/ORDER/line_items",
    "/api/stripe_payments",
    "/api/stripe_payments?sort=-created_at&page[size]=25&include=order,payment_gateway",
    "/api/stripe_payments?filter[q][order_id_eq]=ORDER&include=order",
    "/api/stripe_payments?filter[q][order_number_eq]=7",
    "/api/stripe_gateways/GATEWAY/stripe_payments",
    "/api/checkout_com_payments",
    "/api/authorizations",
    "/api/captures?page[number]=400&page[size]=25",
    "/api/refunds",
    "/api/transactions?sort=-created_at",
    "/api/customers/CUSTOMER/orders",
    "/api/v1/payments?sort=-created_at&per_page=50",
];

/// Measures on each database, and answers the table.
pub fn measure(
    programs: &Path,
    databases: Vec<Database>,
    payments: u32,
    progress: &Progress,
    runtime: &tokio::runtime::Runtime,
) -> Result<String> {
    let mut table = String::new();
    for database in databases {
        let cluster = match &database {
            Database::Sqlite => None,
            Database::Postgres(programs) => Some(Cluster::start(programs)?),
        };
        let url = cluster.as_ref().map(Cluster::url);
        let tillgate = programs.join("tillgate");
        let measured = runtime.block_on(async {
            let scene = Scene::set(programs, &tillgate, url, progress).await?;
            fill(&scene, 1, FEW).await?;
            let few = all(&scene).await?;
            fill(&scene, FEW + 1, payments).await?;
            let many = all(&scene).await?;
            scene.end().await?;
            Ok::<_, anyhow::Error>((few, many))
        });
        let (few, many) = measured.with_context(|| database.name())?;
        let _ = writeln!(
            table,
            "{}: milliseconds at one connection, median and 99th percentile\n{:>18} {:>18}",
            database.name(),
            format!("{FEW} payments"),
            format!("{payments} payments")
        );
        for ((list, few), many) in LISTS.iter().zip(few).zip(many) {
            let _ = writeln!(
                table,
                "{:>9.2}{:>9.2} {:>9.2}{:>9.2}  {list}",
                few[0], few[1], many[0], many[1]
            );
        }
    }
    Ok(table)
}

async fn all(scene: &Scene<'_>) -> Result<Vec<[f64; 2]>> {
    let mut connection = Connection::open(scene.installation.api.address).await?;
    let mut measured = Vec::new();
    let ids = [("ORDER", "aaoa", 7), ("CUSTOMER", "aaca", 7)];
    let gateways = connection
        .send(&scene.installation.api.get("/api/stripe_gateways"))
        .await?
        .document()?;
    let gateway = gateways["data"][0]["id"]
        .as_str()
        .context("a gateway")?
        .to_owned();
    for list in LISTS {
        let path = ids.iter().fold(
            list.replace("GATEWAY", &gateway),
            |path, (name, prefix, number)| path.replace(name, &id(prefix, *number)),
        );
        let request = scene.installation.api.get(&path);
        let mut times = Vec::new();
        // The first one may count a long list, which is remembered.
        for _ in 0..=ROUNDS {
            let begin = Instant::now();
            connection
                .send(&request)
                .await?
                .expect(200)
                .with_context(|| path.clone())?;
            times.push(begin.elapsed().as_secs_f64() * 1000.0);
        }
        times.remove(0);
        measured.push([percentile(times.clone(), 0.5), percentile(times, 0.99)]);
    }
    Ok(measured)
}

/// Six letters that count, after four that say what.
fn id(prefix: &str, number: u32) -> String {
    let digit =
        |place: u32| char::from(b'a' + u8::try_from(number / 26_u32.pow(place) % 26).unwrap_or_default());
    let digits: String = (0..6).rev().map(digit).collect();
    format!("{prefix}{digits}")
}

const COMMON: &str = "organization_id, test, id, created_at, updated_at, metadata";

/// Adds the payments with these numbers, each with its order, two transactions and a line item.
async fn fill(scene: &Scene<'_>, from: u32, to: u32) -> Result<()> {
    let sql = |letter: &str, moment: &str| {
        let id = |prefix: &str, number: &str| {
            let digits: Vec<String> = (0..6)
                .rev()
                .map(|place| format!("{letter}(97 + {number} / {} % 26)", 26_u32.pow(place)))
                .collect();
            format!("'{prefix}' || {}", digits.join(" || "))
        };
        let with = format!(
            "WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to}), \
             g AS (SELECT organization_id, test, id FROM payment_gateways WHERE kind = 'stripe_gateways' LIMIT 1), \
             m AS (SELECT id FROM markets LIMIT 1) INSERT INTO"
        );
        let common = |prefix: &str| {
            format!(
                "g.organization_id, g.test, {}, {moment}, {moment}, '{{}}'",
                id(prefix, "i")
            )
        };
        let (order, source) = (id("aaoa", "i"), id("aasa", "i"));
        [
            // A thousand customers for all orders.
            format!(
                "{with} customers ({COMMON}, email) SELECT {}, 'c' || i || '@growth.example' FROM n, g WHERE i <= {FEW}",
                common("aaca")
            ),
            format!(
                "{with} orders ({COMMON}, number, status, payment_status, fulfillment_status, guest, language_code, currency_code, \
                 subtotal_amount_cents, payment_method_amount_cents, market_id, customer_id, transactions_count) \
                 SELECT {}, '' || i, 'placed', 'paid', 'unfulfilled', FALSE, 'en', 'EUR', i, 0, m.id, {}, 2 FROM n, g, m",
                common("aaoa"),
                id("aaca", &format!("(1 + i % {FEW})"))
            ),
            format!(
                "{with} line_items ({COMMON}, name, quantity, currency_code, unit_amount_cents, order_id) \
                 SELECT {}, 'Coat', 1, 'EUR', i, {order} FROM n, g",
                common("aala")
            ),
            format!(
                "{with} payment_sources ({COMMON}, kind, order_id, payment_gateway_id, state, amount_cents, currency_code, \
                 automatic_capture, details) \
                 SELECT {}, 'stripe_payments', {order}, g.id, 'captured', i, 'EUR', FALSE, '{{}}' FROM n, g",
                common("aasa")
            ),
            transactions(&with, &common("aata"), "authorizations", 1, &order, &source, "NULL"),
            transactions(&with, &common("aaua"), "captures", 2, &order, &source, &id("aata", "i")),
        ]
        .join("; ")
    };
    let sqlite = sql("char", "datetime('2030-01-01', '+' || i || ' seconds')");
    let postgres = sql("chr", "timestamp '2030-01-01' + i * interval '1 second'");
    let sqlite = format!("PRAGMA busy_timeout = 60000; BEGIN IMMEDIATE; {sqlite}; COMMIT;");
    scene
        .run_sql(&sqlite, &format!("BEGIN; {postgres}; COMMIT;"))
        .await?;
    scene.run_sql("SELECT 1", "VACUUM ANALYZE").await
}

fn transactions(
    with: &str,
    common: &str,
    kind: &str,
    number: u32,
    order: &str,
    source: &str,
    parent: &str,
) -> String {
    format!(
        "{with} transactions ({COMMON}, kind, number, order_id, payment_source_type, payment_source_id, parent_id, currency_code, \
         amount_cents, status, canceled) SELECT {common}, '{kind}', i || '/T/{number}', {order}, 'stripe_payments', {source}, {parent}, \
         'EUR', i, 'succeeded', FALSE FROM n, g"
    )
}
