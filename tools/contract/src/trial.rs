//! The requests: each documented example, the links of its answer, and every list of the document.

use serde::Serialize;
use serde_json::{Value, json};

use super::deployment::{Deployment, Reply};
use super::expectation::{against_document, against_example, successes};
use super::orders::Orders;
use documented::{Endpoint, Page};
use openapi_document::{JSON_API, Operation, members, operations, resolve};

/// A request, and the differences of its answer from the expected one.
#[derive(Serialize, Debug)]
pub struct Trial {
    /// `POST /api/stripe_payments`
    pub endpoint: String,
    /// Origin of the request.
    pub sent: String,
    /// `None`: it could not be sent, or was not answered.
    pub status: Option<u16>,
    /// Statuses of a success.
    pub expected: String,
    pub differences: Vec<String>,
    /// The caller may not read it, and got the documented refusal: nothing more can be checked.
    pub forbidden: bool,
}

/// Some lists are not for all callers: the list of a logged-in customer's cards is forbidden to an application.
const FORBIDDEN: u16 = 403;

/// Sends all requests.
///
/// # Errors
/// A document whose references don't resolve or whose schemas don't compile.
pub fn all(
    deployment: &Deployment,
    document: &Value,
    pages: &[Page],
    orders: &mut Orders,
) -> anyhow::Result<Vec<Trial>> {
    let trials = &mut Trials {
        deployment,
        document,
        done: Vec::new(),
    };
    for endpoint in pages.iter().flat_map(|page| &page.endpoints) {
        trials.examples(endpoint, orders)?;
    }
    for list in operations(document).into_iter().filter(is_list) {
        trials.read(list.path, "the list", true)?;
    }
    Ok(std::mem::take(&mut trials.done))
}

struct Trials<'a> {
    deployment: &'a Deployment,
    document: &'a Value,
    done: Vec<Trial>,
}

impl Trials<'_> {
    /// Each example of an endpoint, in each JSON media type that its page sends.
    fn examples(&mut self, endpoint: &Endpoint, orders: &mut Orders) -> anyhow::Result<()> {
        let Some(operation) = find(self.document, &endpoint.method, &endpoint.path) else {
            let difference = "the document has no such endpoint".to_owned();
            self.add(&endpoint.name(), "nothing", None, String::new(), vec![difference]);
            return Ok(());
        };
        let (bodies, from) = bodies(self.document, endpoint, operation.value);
        let is_json = |media_type: &&String| media_type.ends_with("json");
        let mut media_types: Vec<&str> = endpoint
            .request_media_types
            .iter()
            .filter(is_json)
            .map(String::as_str)
            .collect();
        if media_types.is_empty() {
            media_types.push(JSON_API);
        }
        let kind = endpoint.path.rsplit('/').next().unwrap_or_default();
        for body in &bodies {
            for media_type in &media_types {
                let mut body = body.clone();
                let sent = format!("{from}, {media_type}");
                if names_order(&mut body) {
                    match orders.next(kind, self.deployment) {
                        Ok(order) => put_order(&mut body, &order),
                        Err(error) => {
                            let expected = successes(operation.value);
                            self.add(
                                &endpoint.name(),
                                &sent,
                                None,
                                expected,
                                vec![format!("{error:#}")],
                            );
                            continue;
                        }
                    }
                }
                self.example(endpoint, operation, &sent, media_type, &body)?;
            }
        }
        Ok(())
    }

    fn example(
        &mut self,
        endpoint: &Endpoint,
        operation: Operation<'_>,
        sent: &str,
        media_type: &str,
        body: &Value,
    ) -> anyhow::Result<()> {
        let body = (!body.is_null()).then_some(body);
        let reply = match self
            .deployment
            .send(&endpoint.method, &endpoint.path, media_type, body)
        {
            Ok(reply) => reply,
            Err(error) => {
                let expected = successes(operation.value);
                self.add(&endpoint.name(), sent, None, expected, vec![format!("{error:#}")]);
                return Ok(());
            }
        };
        let mut differences = self.judge(operation.value, &reply)?;
        let documented = endpoint
            .responses
            .iter()
            .filter(|answer| answer.status == Some(reply.status));
        for example in documented.flat_map(|answer| &answer.examples) {
            differences.extend(against_example(
                example,
                reply.body.as_ref().unwrap_or(&Value::Null),
            ));
        }
        let expected = successes(operation.value);
        self.add(&endpoint.name(), sent, Some(reply.status), expected, differences);
        let links = reply.body.iter().flat_map(links).collect::<Vec<_>>();
        for path in links.iter().filter_map(|link| self.deployment.path_of(link)) {
            self.read(path, "a link of the answer", false)?;
        }
        Ok(())
    }

    /// Sends a GET of this path.
    fn read(&mut self, path: &str, sent: &str, may_be_forbidden: bool) -> anyhow::Result<()> {
        let endpoint = format!("GET {path}");
        let Some(operation) = find(self.document, "GET", path) else {
            let difference = "the document has no such endpoint".to_owned();
            self.add(&endpoint, sent, None, String::new(), vec![difference]);
            return Ok(());
        };
        let expected = successes(operation.value);
        match self.deployment.send("GET", path, JSON_API, None) {
            Ok(reply) => {
                let mut differences = against_document(self.document, operation.value, &reply)?;
                let forbidden = may_be_forbidden && reply.status == FORBIDDEN && differences.is_empty();
                if !forbidden {
                    differences = self.judge(operation.value, &reply)?;
                }
                self.add(&endpoint, sent, Some(reply.status), expected, differences);
                if let Some(trial) = self.done.last_mut() {
                    trial.forbidden = forbidden;
                }
            }
            Err(error) => self.add(&endpoint, sent, None, expected, vec![format!("{error:#}")]),
        }
        Ok(())
    }

    /// Judges an answer: it must be a success, as the document says.
    fn judge(&self, operation: &Value, reply: &Reply) -> anyhow::Result<Vec<String>> {
        let mut differences = against_document(self.document, operation, reply)?;
        if !(200..300).contains(&reply.status) {
            differences.insert(0, reply.detail());
        }
        Ok(differences)
    }

    fn add(
        &mut self,
        endpoint: &str,
        sent: &str,
        status: Option<u16>,
        expected: String,
        differences: Vec<String>,
    ) {
        self.done.push(Trial {
            endpoint: endpoint.to_owned(),
            sent: sent.to_owned(),
            status,
            expected,
            differences,
            forbidden: false,
        });
    }
}

/// The bodies of a page's examples; without a readable one, the document's.
fn bodies(document: &Value, endpoint: &Endpoint, operation: &Value) -> (Vec<Value>, &'static str) {
    let published: Vec<Value> = endpoint
        .request_examples
        .iter()
        .filter(|example| example.elided.is_empty())
        .map(|example| example.value.clone())
        .collect();
    if !published.is_empty() {
        return (published, "documented example");
    }
    let content = resolve(document, &operation["requestBody"])
        .ok()
        .and_then(|body| members(&body["content"]).next());
    let example = content.map(|(_, content)| {
        let scenario = members(&content["examples"]).next();
        scenario
            .map_or(&content["example"], |(_, scenario)| &scenario["value"])
            .clone()
    });
    (vec![example.unwrap_or_default()], "example of the document")
}

/// The links of the resource in an answer.
fn links(body: &Value) -> Vec<String> {
    let own = body.pointer("/data/links/self");
    let related = members(&body["data"]["relationships"])
        .flat_map(|(_, relationship)| members(&relationship["links"]).map(|(_, link)| link));
    let all = own.into_iter().chain(related);
    all.filter_map(|link| link.as_str().map(str::to_owned)).collect()
}

fn is_list(operation: &Operation<'_>) -> bool {
    operation.method == "get" && operation.path.starts_with("/api/") && !operation.path.contains('{')
}

/// The operation of a request; a literal path precedes one with parameters.
fn find<'a>(document: &'a Value, method: &str, path: &str) -> Option<Operation<'a>> {
    let fits = |template: &str| {
        let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
        template.len() == path.len()
            && template
                .iter()
                .zip(&path)
                .all(|(expected, actual)| expected.starts_with('{') || expected == actual)
    };
    operations(document)
        .into_iter()
        .filter(|operation| operation.method.eq_ignore_ascii_case(method) && fits(operation.path))
        .min_by_key(|operation| operation.path.matches('{').count())
}

/// The identifier of an order in a request: `{"type": "orders", "id": …}`.
fn order_of(body: &mut Value) -> Option<&mut Value> {
    let order = body.pointer_mut("/data/relationships/order")?;
    let linkage = if order.get("data").is_some() {
        order.get_mut("data")?
    } else {
        order
    };
    linkage.get_mut("id")
}

fn names_order(body: &mut Value) -> bool {
    order_of(body).is_some()
}

fn put_order(body: &mut Value, order: &str) {
    if let Some(id) = order_of(body) {
        *id = json!(order);
    }
}
