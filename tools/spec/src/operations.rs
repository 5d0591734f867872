//! operations.txt: the operations of the document, one line each.

use std::collections::BTreeMap;

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use openapi_document::{Operation, members, operations};

/// Columns: operation id, method, path, permission (`x-permission`, or `-`), success codes joined by commas.
type Row = [String; 5];

/// The text of operations.txt: one aligned line per operation, sorted by operation id.
///
/// # Errors
/// An operation without an id, with an id that another one has, or without a 2xx or 3xx answer.
pub fn render(document: &Value) -> anyhow::Result<String> {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for operation in operations(document) {
        let row = row(&operation)?;
        if let Some(other) = rows.insert(row[0].clone(), row) {
            bail!(
                "two operations have the id {} ({} {})",
                other[0],
                other[1],
                other[2]
            );
        }
    }
    let width = |column: usize| {
        rows.values()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: [usize; 5] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows.values() {
        let cells: Vec<_> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    Ok(text)
}

fn row(operation: &Operation<'_>) -> anyhow::Result<Row> {
    let method = operation.method.to_uppercase();
    let path = operation.path.to_owned();
    let id = operation.value["operationId"].as_str();
    let id = id
        .with_context(|| format!("{method} {path} has no operationId"))?
        .to_owned();
    let permission = operation.value["x-permission"].as_str().unwrap_or("-").to_owned();
    let mut codes: Vec<_> = members(&operation.value["responses"])
        .map(|(code, _)| code.as_str())
        .filter(|code| code.starts_with(['2', '3']))
        .collect();
    codes.sort_unstable();
    ensure!(!codes.is_empty(), "{method} {path} has no success answer");
    Ok([id, method, path, permission, codes.join(",")])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lines_are_sorted_and_aligned() {
        let document = json!({"paths": {
            "/api/orders/{id}": {
                "get": {"operationId": "retrieve_order", "x-permission": "orders:read",
                        "responses": {"404": {}, "200": {}}}
            },
            "/healthz": {"get": {"operationId": "health", "responses": {"200": {}, "204": {}}}}
        }});
        assert_eq!(
            render(&document).unwrap(),
            "health          GET  /healthz          -            200,204\n\
             retrieve_order  GET  /api/orders/{id}  orders:read  200\n"
        );
    }

    #[test]
    fn refuses_what_a_line_would_hide() {
        let twice = json!({"paths": {"/a": {
            "get": {"operationId": "x", "responses": {"200": {}}},
            "put": {"operationId": "x", "responses": {"200": {}}}
        }}});
        assert!(
            render(&twice)
                .unwrap_err()
                .to_string()
                .contains("two operations have the id x")
        );
        let unnamed = json!({"paths": {"/a": {"get": {"responses": {"200": {}}}}}});
        assert!(
            render(&unnamed)
                .unwrap_err()
                .to_string()
                .contains("GET /a has no operationId")
        );
        let hopeless = json!({"paths": {"/a": {"get": {"operationId": "x", "responses": {"404": {}}}}}});
        assert!(
            render(&hopeless)
                .unwrap_err()
                .to_string()
                .contains("no success answer")
        );
    }
}
