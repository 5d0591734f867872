//! One request of the collection.

use serde_json::{Value, json};

use super::{id_variable, script};
use openapi_document::{JSON_API, Operation, members, resolve};

/// A request, as the document describes its operation.
pub struct Item<'a> {
    document: &'a Value,
    operation: Operation<'a>,
    /// Name in the collection.
    pub name: String,
    /// Body of the request.
    pub body: Option<Value>,
}

impl<'a> Item<'a> {
    /// The request with the document's first example.
    pub fn of(document: &'a Value, operation: Operation<'a>) -> Self {
        let body = example(document, &operation.value["requestBody"]["content"]);
        Self {
            document,
            operation,
            name: operation.value["summary"].as_str().unwrap_or_default().to_owned(),
            body: body.map(with_variables),
        }
    }

    /// Postman's form of the request.
    pub fn render(&self) -> Value {
        let request = self.request();
        let mut item = json!({"name": self.name, "request": request});
        let tests = self.tests();
        item["event"] = json!([script("test", &tests)]);
        item["response"] = self.answers(&request).into();
        item
    }

    fn request(&self) -> Value {
        let operation = self.operation.value;
        let media_types = &operation["requestBody"]["content"];
        let json_api = media_types.get(JSON_API).is_some() || self.operation.path.starts_with("/api/");
        let media_type = if json_api { JSON_API } else { "application/json" };
        let mut headers = vec![header("Accept", if json_api { JSON_API } else { "*/*" })];
        let mut request = json!({
            "method": self.operation.method.to_uppercase(),
            "url": self.url(),
            "description": operation["description"]
        });
        if let Some(body) = &self.body {
            headers.push(header("Content-Type", media_type));
            request["body"] =
                json!({"mode": "raw", "raw": format!("{body:#}"), "options": {"raw": {"language": "json"}}});
        }
        if json_api && self.operation.method == "post" {
            headers.push(header("Idempotency-Key", "{{$guid}}"));
        }
        if operation["security"] == json!([]) {
            request["auth"] = json!({"type": "noauth"});
        }
        request["header"] = headers.into();
        request
    }

    fn url(&self) -> Value {
        let path = self.operation.path.replace('{', ":").replace('}', "");
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        let parameters = self.operation.value["parameters"]
            .as_array()
            .into_iter()
            .flatten();
        let (mut query, mut variables) = (Vec::new(), Vec::new());
        for parameter in parameters.filter_map(|parameter| resolve(self.document, parameter).ok()) {
            let name = parameter["name"].as_str().unwrap_or_default();
            let mut entry = json!({"key": name, "description": parameter["description"]});
            match parameter["in"].as_str() {
                Some("path") => {
                    let value = match name {
                        "id" => format!("{{{{{}}}}}", id_variable(self.kind())),
                        _ => String::new(),
                    };
                    entry["value"] = value.into();
                    variables.push(entry);
                }
                Some("query") => {
                    entry["value"] = parameter["schema"]["default"].to_string().into();
                    entry["disabled"] = true.into();
                    query.push(entry);
                }
                _ => {}
            }
        }
        json!({
            "raw": format!("{{{{base_url}}}}{path}"),
            "host": ["{{base_url}}"],
            "path": segments,
            "query": query,
            "variable": variables
        })
    }

    /// Type of the resource that the path names.
    fn kind(&self) -> &'a str {
        let path = self.operation.path.trim_start_matches("/api/");
        let path = path.strip_prefix("v1/").unwrap_or(path);
        path.split('/').next().unwrap_or_default()
    }

    /// The checks of the answer, and the values that are kept from it.
    fn tests(&self) -> String {
        let statuses: Vec<u16> = members(&self.operation.value["responses"])
            .filter(|(status, _)| status.starts_with('2'))
            .filter_map(|(status, _)| status.parse().ok())
            .collect();
        let mut source = format!(
            "pm.test(\"it is answered with success\", () => pm.expect(pm.response.code).to.be.oneOf({}));\n",
            json!(statuses)
        );
        let answers_resources = self.operation.path.starts_with("/api/") && self.operation.method != "delete";
        if answers_resources {
            source.push_str(KEEP_ID);
        }
        source
    }

    fn answers(&self, request: &Value) -> Vec<Value> {
        let responses = members(&self.operation.value["responses"]);
        let successes = responses.filter(|(status, _)| status.starts_with('2'));
        let answers = successes.filter_map(|(status, response)| {
            let code: u16 = status.parse().ok()?;
            let response = resolve(self.document, response).ok()?;
            let body = example(self.document, &response["content"]);
            let text = match &body {
                Some(Value::String(text)) => text.clone(),
                Some(body) => format!("{body:#}"),
                None => String::new(),
            };
            Some(json!({
                "name": response["description"],
                "originalRequest": request,
                "code": code,
                "header": [],
                "body": text
            }))
        });
        answers.collect()
    }
}

/// The id of every resource in the document's examples.
const EXAMPLE_ID: &str = "QWERtyUpBa";

/// Later requests use the returned resources: `orders_id` is the id of the latest order.
const KEEP_ID: &str = "\
const answer = pm.response.code < 300 ? pm.response.json() : {};
const resource = [].concat(answer.data || [])[0];
if (resource) pm.collectionVariables.set(`${resource.type}_id`, resource.id);
";

fn header(name: &str, value: &str) -> Value {
    json!({"key": name, "value": value})
}

/// The first example of a content, that of JSON:API's media type if there is one.
fn example(document: &Value, content: &Value) -> Option<Value> {
    let body = content
        .get(JSON_API)
        .or_else(|| members(content).next().map(|(_, body)| body))?;
    if let Some(example) = body.get("example") {
        return Some(example.clone());
    }
    let (_, first) = members(&body["examples"]).next()?;
    resolve(document, first).ok().map(|first| first["value"].clone())
}

/// Replaces the ids of resources in examples with variables.
fn with_variables(mut body: Value) -> Value {
    if body.get("grant_type").is_some() {
        body["client_id"] = "{{client_id}}".into();
        body["client_secret"] = "{{client_secret}}".into();
    }
    name_variables(&mut body);
    body
}

fn name_variables(value: &mut Value) {
    match value {
        Value::Object(object) => {
            // Not only resources have types and ids.
            if object.get("id").is_some_and(|id| id == EXAMPLE_ID)
                && let Some(kind) = object.get("type").and_then(Value::as_str)
            {
                let variable = format!("{{{{{}}}}}", id_variable(kind));
                object.insert("id".to_owned(), variable.into());
            }
            object.values_mut().for_each(name_variables);
        }
        Value::Array(items) => items.iter_mut().for_each(name_variables),
        _ => {}
    }
}
