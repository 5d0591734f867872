//! Random schemas, and values to try them with.

use rand::RngExt as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

/// A schema of at most `depth` levels. Objects have the same members everywhere: added and removed members follow a convention,
/// not the sets of values.
pub fn schema(random: &mut StdRng, depth: usize) -> Value {
    if depth == 0 || random.random_bool(0.3) {
        return scalar(random);
    }
    let below = |random: &mut StdRng| schema(random, depth - 1);
    match random.random_range(0..9) {
        0 => json!({"anyOf": [below(random), below(random)]}),
        1 => json!({"oneOf": [below(random), below(random)]}),
        2 => json!({"allOf": [below(random), below(random)]}),
        3 => json!({"oneOf": [{"type": "null"}, below(random)]}),
        4 => json!({"type": "array", "items": below(random), "maxItems": random.random_range(0..3)}),
        5 => json!({"type": ["object", "string"], "properties": {"a": below(random), "b": scalar(random)}}),
        6 => json!({"not": below(random)}),
        7 => json!({"$ref": format!("#/components/schemas/D{}", random.random_range(1..3))}),
        _ => {
            let required = &["a", "b"][..random.random_range(0..3)];
            let properties = json!({"a": below(random), "b": below(random)});
            json!({"type": "object", "required": required, "properties": properties})
        }
    }
}

fn scalar(random: &mut StdRng) -> Value {
    match random.random_range(0..10) {
        0 => json!({"type": "integer", "minimum": random.random_range(0..3)}),
        1 => json!({"type": "number", "exclusiveMaximum": random.random_range(0..3)}),
        2 => json!({"type": "string", "maxLength": random.random_range(0..3)}),
        3 => json!({"type": ["string", "null"], "minLength": random.random_range(0..3)}),
        4 => {
            let all = [json!(""), json!("a"), json!("b"), json!(null), json!(1)];
            json!({"enum": all[..random.random_range(1..6)]})
        }
        5 => json!({"const": one_of(random, "a", "b")}),
        6 => json!({"type": ["integer", "boolean"]}),
        7 => json!({"type": "string", "pattern": one_of(random, "^a", "b$")}),
        8 => json!({"enum": [true, false, 2]}),
        _ => json!(random.random_bool(0.9)),
    }
}

fn one_of<'a>(random: &mut StdRng, one: &'a str, other: &'a str) -> &'a str {
    if random.random_bool(0.5) { one } else { other }
}

/// Values on both sides of every bound in the schemas.
pub fn instances() -> Vec<Value> {
    let plain = [
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(2),
        json!(3),
        json!(-1),
        json!(1.5),
        json!(0.5),
        json!(""),
        json!("a"),
        json!("b"),
        json!("ab"),
        json!("ba"),
        json!("abc"),
    ];
    let mut all: Vec<Value> = plain.to_vec();
    all.extend([json!([]), json!({})]);
    for one in &plain {
        all.push(json!([one]));
        all.push(json!({"a": one}));
        all.push(json!({"b": one}));
        for other in &plain {
            all.push(json!({"a": one, "b": other}));
        }
    }
    for one in ["a", "b", ""] {
        all.extend([
            json!([one, 1]),
            json!([one, null]),
            json!({"a": {"a": one, "b": 1}}),
            json!({"a": [one]}),
        ]);
        all.extend([
            json!({"a": {"b": one}, "b": {"a": 1}}),
            json!({"a": {"a": one}, "b": "a"}),
            json!([{"a": one}]),
        ]);
    }
    all
}
