//! Rows for the tests, by SQL.

use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection as _};

use crate::Database;

/// Runs SQL, with the moment that is `{time}` seconds after the beginning of 2030 in the database's own words.
pub async fn run(database: &Database, sql: &str) {
    match database.url.strip_prefix("sqlite://") {
        Some(path) => {
            let sql = with_times(sql, |seconds| {
                format!("datetime('2030-01-01', '+' || ({seconds}) || ' seconds')")
            });
            let mut connection = SqliteConnection::establish(path).expect("the file");
            connection
                .batch_execute("PRAGMA busy_timeout = 10000; PRAGMA synchronous = OFF;")
                .expect("settings");
            connection
                .batch_execute(&sql)
                .unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
        None => {
            let sql = with_times(sql, |seconds| {
                format!("(timestamp '2030-01-01' + ({seconds}) * interval '1 second')")
            });
            on_postgres(&database.url, &sql).await;
        }
    }
}

/// `@(…)` is a moment.
fn with_times(sql: &str, moment: impl Fn(&str) -> String) -> String {
    let mut text = String::new();
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once("@(") {
        let (seconds, after) = after.split_once(')').expect("a closed bracket");
        text.push_str(before);
        text.push_str(&moment(seconds));
        rest = after;
    }
    text.push_str(rest);
    text
}

pub async fn on_postgres(url: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls)
        .await
        .unwrap_or_else(|error| panic!("{url}: {error}"));
    let connection = tokio::spawn(connection);
    client
        .batch_execute(sql)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    drop(client);
    let _ = connection.await;
}

/// What every row begins with: columns, and values for the row `i`.
const COMMON: &str = "organization_id, test, id, created_at, updated_at, metadata";

/// An organization with a market, a gateway, three payment methods and a webhook.
pub async fn organization(database: &Database) {
    let organization = crate::scope().organization_id().to_string();
    let one = |prefix: &str| format!("'{organization}', TRUE, '{prefix}', @(0), @(0), '{{}}'");
    let sql = [
        format!("INSERT INTO organizations (id, name, created_at) VALUES ('{organization}', 'Org', @(0))"),
        format!(
            "INSERT INTO markets ({COMMON}, number, name, currency_code) VALUES ({}, 1, 'Shop', 'EUR')",
            one("m")
        ),
        format!(
            "INSERT INTO payment_gateways ({COMMON}, kind, name, force_payments, base_url, secret_key, credential_keys, \
             authorize_on_create, multicapture) VALUES ({}, 'stripe_gateways', 'Stripe', TRUE, '', '', '{{}}', FALSE, FALSE)",
            one("g")
        ),
        format!(
            "INSERT INTO payment_methods ({COMMON}, payment_source_type, currency_code, moto, require_capture, auto_place, auto_capture, \
             price_amount_cents, payment_gateway_id) VALUES {}",
            ["p1", "p2", "p3"]
                .map(|id| format!(
                    "({}, 'stripe_payments', 'EUR', FALSE, FALSE, FALSE, FALSE, 0, 'g')",
                    one(id)
                ))
                .join(", ")
        ),
        format!(
            "INSERT INTO webhooks ({COMMON}, topic, callback_url, circuit_state, circuit_failure_count, shared_secret) \
             VALUES ({}, 'orders.place', '', 'closed', 0, '')",
            one("w")
        ),
    ];
    run(database, &format!("{};", sql.join("; "))).await;
}

/// As many orders, each with a payment source, two transactions, a line item, a customer, a saved card and an event with its
/// delivery and callback.
pub async fn payments(database: &Database, payments: usize) {
    let organization = crate::scope().organization_id().to_string();
    let numbers = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {payments}) INSERT INTO"
    );
    let common = |prefix: &str| format!("'{organization}', TRUE, '{prefix}' || i, @(i), @(i), '{{}}'");
    let sql = [
        format!(
            "{numbers} customers ({COMMON}, email) SELECT {}, 'c' || i || '@example.com' FROM n",
            common("c")
        ),
        format!(
            "{numbers} orders ({COMMON}, number, status, payment_status, fulfillment_status, guest, language_code, currency_code, \
             subtotal_amount_cents, payment_method_amount_cents, market_id, customer_id, transactions_count) \
             SELECT {}, '' || i, 'placed', 'paid', 'unfulfilled', FALSE, 'en', 'EUR', i, 0, 'm', 'c' || (1 + i % 1000), 2 FROM n",
            common("o")
        ),
        format!(
            "{numbers} line_items ({COMMON}, name, quantity, currency_code, unit_amount_cents, order_id) \
             SELECT {}, 'Coat', 1, 'EUR', i, 'o' || i FROM n",
            common("l")
        ),
        format!(
            "{numbers} payment_sources ({COMMON}, kind, order_id, payment_gateway_id, state, amount_cents, currency_code, \
             automatic_capture, details) \
             SELECT {}, 'stripe_payments', 'o' || i, 'g', 'captured', i, 'EUR', FALSE, '{{}}' FROM n",
            common("s")
        ),
        format!(
            "{numbers} transactions ({COMMON}, kind, number, order_id, payment_source_type, payment_source_id, currency_code, \
             amount_cents, status, canceled) SELECT {}, 'authorizations', i || '/T/1', 'o' || i, 'stripe_payments', 's' || i, 'EUR', i, \
             'succeeded', FALSE FROM n",
            common("a")
        ),
        format!(
            "{numbers} transactions ({COMMON}, kind, number, order_id, payment_source_type, payment_source_id, parent_id, currency_code, \
             amount_cents, status, canceled) SELECT {}, 'captures', i || '/T/2', 'o' || i, 'stripe_payments', 's' || i, 'a' || i, 'EUR', i, \
             'succeeded', FALSE FROM n",
            common("t")
        ),
        format!(
            "{numbers} events ({COMMON}, name, resource_type, resource_id) SELECT {}, 'orders.place', 'orders', 'o' || i FROM n",
            common("e")
        ),
        format!(
            "{numbers} event_deliveries ({COMMON}, event_id, webhook_id, payload, attempts) \
             SELECT {}, 'e' || i, 'w', '', 1 FROM n",
            common("d")
        ),
        format!(
            "{numbers} event_callbacks ({COMMON}, event_id, webhook_id, delivery_id, callback_url) \
             SELECT {}, 'e' || i, 'w', 'd' || i, '' FROM n",
            common("b")
        ),
        format!(
            "{numbers} customer_payment_sources ({COMMON}, customer_id, payment_gateway_id, payment_method_id, payment_source_id, \
             token_hash, state, attempts) \
             SELECT {}, 'c' || (1 + i % 1000), 'g', 'p' || (1 + i % 3), 's' || i, 'h' || i, 'attached', 0 FROM n",
            common("k")
        ),
    ];
    // PostgreSQL checks references by reading a whole table until it knows that the table is large.
    run(
        database,
        &format!("BEGIN; {}; ANALYZE; COMMIT;", sql.join("; ANALYZE; ")),
    )
    .await;
}
