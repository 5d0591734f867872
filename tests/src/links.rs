//! The links of a JSON:API document.

use serde_json::Value;

/// All URLs in the `links` objects of a document, at any depth, in order.
pub fn links_of(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(document, &mut found);
    found
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    // Objects of the caller may have members of the same name.
                    _ if name == "metadata" || name == "options" => {}
                    Value::Object(links) if name == "links" => {
                        found.extend(links.values().filter_map(Value::as_str).map(str::to_owned));
                    }
                    other => collect(other, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}
