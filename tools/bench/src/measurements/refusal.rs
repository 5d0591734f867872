//! The cost of a refusal, beside a payment: the worst of many kinds of requests counts.

use anyhow::{Result, ensure};
use serde_json::{Map, Value, json};

use super::{Plan, median};
use crate::http::{Connection, Request};
use crate::load;
use crate::report::{Row, Target, Unit};
use crate::scene::Scene;

/// Maximum size of a body, in bytes.
const LARGEST: usize = 256 * 1024;
/// Number of JSON values that a body can have beside those around it.
const VALUES: usize = 16 * 1024 - 16;
/// Connections over which payments are created.
const CONNECTIONS: usize = 16;

/// A row for the processor time, and one for the size of the answer.
pub async fn measure(scene: &mut Scene<'_>, plan: &Plan) -> Result<Vec<Row>> {
    let api = &scene.installation.api;
    let mut good = Vec::new();
    for round in 0..=plan.rounds {
        scene.progress.step(format!(
            "refusal: good requests, round {round} of {}",
            plan.rounds
        ))?;
        let requests = api.stripe_payments(plan.steps).await?;
        scene.analyze().await?;
        let before = scene.processor_time()?;
        load::run(api.address, CONNECTIONS, 201, &requests).await?;
        let spent = scene.processor_time()? - before;
        // The first round warms up.
        if round > 0 {
            good.push(spent.as_secs_f64() * 1000.0 / requests.len() as f64);
        }
    }
    let (mut worst, mut largest) = (("", 0.0), ("", 0));
    for (kind, request) in requests(scene) {
        scene.progress.step(format!("refusal: {kind}"))?;
        let mut connection = Connection::open(api.address).await?;
        let before = scene.processor_time()?;
        for _ in 0..plan.refusals {
            let answer = connection.send(&request).await?;
            ensure!(
                (400..500).contains(&answer.status),
                "{kind}: answered {}",
                answer.status
            );
            if answer.body.len() > largest.1 {
                largest = (kind, answer.body.len());
            }
        }
        let spent = (scene.processor_time()? - before).as_secs_f64() * 1000.0 / plan.refusals as f64;
        if spent > worst.1 {
            worst = (kind, spent);
        }
    }
    Ok(vec![
        Row::new(
            format!("Refused request beside POST ({})", worst.0),
            Unit::ProcessorTime,
            Some(median(good)),
            worst.1,
        )
        .with_target(Some(Target::AtMost(20.0))),
        Row::new(
            format!("Largest answer to a refused request ({})", largest.0),
            Unit::Kibibytes,
            None,
            largest.1 as f64 / 1024.0,
        )
        .with_target(Some(Target::AtMost(64.0))),
    ])
}

fn requests(scene: &Scene<'_>) -> Vec<(&'static str, Request)> {
    let api = &scene.installation.api;
    let mut requests: Vec<(&'static str, Request)> = bodies()
        .into_iter()
        .map(|(kind, body)| (kind, api.post_body("/api/orders", &body)))
        .collect();
    let parameters = (0..6_000).map(|number| format!("a{number}&")).collect::<String>();
    requests.push(("query parameters", api.get(&format!("/api/orders?{parameters}"))));
    requests.push((
        "a form at the token endpoint",
        api.form("/oauth/token", &"a&".repeat(8 * 1024 - 1)),
    ));
    requests
}

/// Bodies with as many bytes or values as they can have, wrong in as many places as possible, and one with more.
fn bodies() -> Vec<(&'static str, String)> {
    let order = |attributes: Value| json!({"data": {"type": "orders", "attributes": attributes}}).to_string();
    let members = |count: usize, value: Value| {
        let members = (0..count).map(|number| (format!("k{number}"), value.clone()));
        Value::Object(members.collect::<Map<_, _>>())
    };
    let nested = |depth: usize| format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    let long = "x".repeat(LARGEST - 1000);
    vec![
        ("unknown members", order(members(VALUES, json!(1)))),
        (
            "members of metadata",
            order(json!({"colour": 1, "metadata": members(VALUES - 1, json!(1))})),
        ),
        (
            "objects",
            order(json!({"colour": 1, "metadata": members(VALUES / 2 - 1, json!({"a": 1}))})),
        ),
        (
            "card numbers",
            order(json!({"metadata": {"cards": vec!["4242424242424242"; LARGEST / 20]}})),
        ),
        (
            "a long text",
            order(json!({"colour": long, "language_code": long.len()})),
        ),
        (
            "digits",
            order(json!({"colour": 1, "metadata": {"a": "4242 ".repeat(LARGEST / 6)}})),
        ),
        (
            "a long list",
            order(json!({"customer_email": vec![1; VALUES - 1]})),
        ),
        (
            "too long a list",
            order(json!({"customer_email": vec![1; LARGEST / 2 - 100]})),
        ),
        (
            "empty lists",
            order(json!({"colour": 1, "metadata": {"a": vec![json!([]); VALUES - 2]}})),
        ),
        ("deep nesting", nested(LARGEST / 8)),
        (
            "one name many times",
            format!(
                r#"{{"data":{{"type":"orders","attributes":{{{}"colour":1}}}}}}"#,
                r#""colour":1,"#.repeat(VALUES - 1)
            ),
        ),
        (
            "an error at the end",
            format!("[{}", "1,".repeat(LARGEST / 2 - 2)),
        ),
    ]
}
