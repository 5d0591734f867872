//! The requests that show a service's routes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use openapi_document::{members, operations, resolve};

/// An id in the API's form that no record has.
const NO_SUCH_ID: &str = "zzzzzzzzzz";

/// The verbs that must answer 405 where they aren't declared. HEAD and OPTIONS have rules of their own.
const VERBS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// The expected result of a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// A handler: any answer but 405 and "no such route".
    Handler,
    /// 405, with exactly these methods in Allow.
    NotAllowed(BTreeSet<String>),
    /// 404 for a missing route.
    NoRoute,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    pub method: String,
    /// The path with its parameters filled in.
    pub path: String,
    /// The media type of the body `{}`, when one is sent.
    pub content_type: Option<String>,
    pub expected: Expected,
}

/// Requests for each declared operation, for each method that a declared path lacks, and for undeclared paths near the declared
/// ones. Ids don't exist and bodies are empty objects, so that nothing is stored.
///
/// # Errors
/// A reference in the document that doesn't resolve.
pub fn probes(document: &Value) -> anyhow::Result<Vec<Probe>> {
    let mut probes = Vec::new();
    let mut declared: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for operation in operations(document) {
        let item = &document["paths"][operation.path];
        let path = filled(document, operation.path, &[item, operation.value])?;
        let method = operation.method.to_uppercase();
        declared.entry(path.clone()).or_default().insert(method.clone());
        let content_type = content_type(document, operation.value)?;
        probes.push(Probe {
            method,
            path,
            content_type,
            expected: Expected::Handler,
        });
    }
    for (path, methods) in &declared {
        for verb in VERBS.iter().filter(|verb| !methods.contains(**verb)) {
            let expected = Expected::NotAllowed(methods.clone());
            probes.push(Probe {
                method: (*verb).to_owned(),
                path: path.clone(),
                content_type: None,
                expected,
            });
        }
    }
    let templates: Vec<Vec<&str>> = members(&document["paths"])
        .map(|(path, _)| segments(path))
        .collect();
    for path in undeclared(&templates) {
        let expected = Expected::NoRoute;
        probes.push(Probe {
            method: "GET".to_owned(),
            path,
            content_type: None,
            expected,
        });
    }
    Ok(probes)
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/').skip(1).collect()
}

fn is_parameter(segment: &str) -> bool {
    segment.contains('{')
}

/// `path` with each parameter replaced: by the first value that its schema lists, else by an id that doesn't exist.
fn filled(document: &Value, path: &str, holders: &[&Value]) -> anyhow::Result<String> {
    let mut filled = path.to_owned();
    for parameter in holders
        .iter()
        .filter_map(|holder| holder["parameters"].as_array())
        .flatten()
    {
        let parameter = resolve(document, parameter)?;
        if let ("path", Some(name)) = (
            parameter["in"].as_str().unwrap_or_default(),
            parameter["name"].as_str(),
        ) {
            let schema = resolve(document, &parameter["schema"])?;
            let listed = schema
                .get("const")
                .or_else(|| schema["enum"].get(0))
                .and_then(Value::as_str);
            filled = filled.replace(&format!("{{{name}}}"), listed.unwrap_or(NO_SUCH_ID));
        }
    }
    anyhow::ensure!(
        !is_parameter(&filled),
        "{path} has a parameter that isn't declared"
    );
    Ok(filled)
}

fn content_type(document: &Value, operation: &Value) -> anyhow::Result<Option<String>> {
    let Some(body) = operation.get("requestBody") else {
        return Ok(None);
    };
    let content = &resolve(document, body)?["content"];
    Ok(members(content).map(|(media_type, _)| media_type.clone()).next())
}

/// Paths that no template matches, made from the declared ones: with an additional segment, with fewer segments, with a changed
/// segment, and with a segment that other paths have in the same place.
fn undeclared(templates: &[Vec<&str>]) -> BTreeSet<String> {
    let mut literals: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    for template in templates {
        for (place, segment) in template
            .iter()
            .enumerate()
            .filter(|(_, segment)| !is_parameter(segment))
        {
            literals.entry(place).or_default().insert(segment);
        }
    }
    let mut found = BTreeSet::new();
    for template in templates {
        let path: Vec<String> = template
            .iter()
            .map(|segment| {
                if is_parameter(segment) {
                    NO_SUCH_ID.to_owned()
                } else {
                    (*segment).to_owned()
                }
            })
            .collect();
        found.insert([path.as_slice(), &[NO_SUCH_ID.to_owned()]].concat());
        found.extend((1..path.len()).map(|length| path[..length].to_vec()));
        for (place, segment) in template
            .iter()
            .enumerate()
            .filter(|(_, segment)| !is_parameter(segment))
        {
            let others = literals[&place].iter().map(|other| (*other).to_owned());
            for other in others.chain([format!("{segment}x")]) {
                let mut changed = path.clone();
                changed[place] = other;
                found.insert(changed);
            }
        }
    }
    found.retain(|path| !templates.iter().any(|template| matches(template, path)));
    found
        .into_iter()
        .map(|path| format!("/{}", path.join("/")))
        .collect()
}

fn matches(template: &[&str], path: &[String]) -> bool {
    template.len() == path.len()
        && template
            .iter()
            .zip(path)
            .all(|(expected, segment)| is_parameter(expected) || expected == segment)
}
