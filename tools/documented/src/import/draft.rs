//! An endpoint or an object under construction.

use super::reader::Read;
use super::table::Place;
use super::url::{self, Route};
use super::{json, tree};
use crate::model::{Endpoint, Example, JsonType, Member, Members, Object, Presence, Response};

/// The parts of an endpoint or object that were read so far.
pub struct Draft {
    route: Option<Route>,
    title: Option<String>,
    /// Whether the part's content has begun, behind its title.
    settled: bool,
    path: Members,
    query: Members,
    body: Members,
    fields: Members,
    media_types: Vec<String>,
    has_form: bool,
    accept: Option<String>,
    requests: Vec<Example>,
    responses: Vec<Response>,
}

impl Draft {
    pub fn new(route: Option<Route>) -> Self {
        let parameter = |name: &str| (name.to_owned(), required_member());
        let path = route
            .iter()
            .flat_map(|route| url::parameters(&route.path))
            .map(parameter)
            .collect();
        let mut draft = Self {
            route,
            title: None,
            settled: false,
            path,
            query: Members::new(),
            body: Members::new(),
            fields: Members::new(),
            media_types: Vec::new(),
            has_form: false,
            accept: None,
            requests: Vec::new(),
            responses: Vec::new(),
        };
        let names = draft
            .route
            .as_ref()
            .map(|route| route.query.clone())
            .unwrap_or_default();
        draft.query(&names);
        draft
    }

    pub fn route(&self) -> Option<&Route> {
        self.route.as_ref()
    }

    /// Marks the beginning of the content: later headings are no titles.
    pub fn settle(&mut self) {
        self.settled = true;
    }

    /// Takes the title from a tag.
    pub fn summary(&mut self, text: &str) {
        self.title = Some(text.to_owned());
        self.settled = true;
    }

    /// Takes the heading next to the content, if it is a title and not the name of a part.
    pub fn heading(&mut self, text: &str) {
        const PARTS: [&str; 24] = [
            "request",
            "response",
            "arguments",
            "parameters",
            "example",
            "examples",
            "fields",
            "attributes",
            "relationships",
            "body",
            "headers",
            "errors",
            "usage",
            "endpoint",
            "path parameters",
            "query parameters",
            "body parameters",
            "request body",
            "responses",
            "overview",
            "description",
            "object",
            "the object",
            "example response",
        ];
        let is_part = PARTS.contains(&text.to_lowercase().trim_end_matches(':'));
        if (self.title.is_none() || !self.settled)
            && !text.is_empty()
            && !is_part
            && url::stated(text).is_none()
        {
            self.title = Some(text.to_owned());
        }
    }

    /// Puts a member in its place; without one, its name and the method decide. Returns the contradiction to an earlier
    /// description, if any.
    pub fn place(&mut self, place: Option<Place>, path: &[String], member: Member) -> Option<String> {
        let place = place.unwrap_or_else(|| self.usual_place(path));
        let target = match place {
            Place::Header => return None,
            Place::Path => {
                let name = path.first()?;
                // A parameter of the path is always required; one that isn't in the path is in the query.
                if self.route.is_some() && !self.path.contains_key(name) {
                    &mut self.query
                } else {
                    let presence = Some(Presence::Required);
                    return tree::insert(&mut self.path, path, Member { presence, ..member });
                }
            }
            Place::Query => &mut self.query,
            Place::Body if self.sends_no_body() => &mut self.query,
            Place::Body => &mut self.body,
            Place::Fields => &mut self.fields,
        };
        tree::insert(target, path, member)
    }

    /// The parameter of the path that a page writes with spaces in its name.
    pub fn path_parameter(&self, shown: &str) -> Option<String> {
        let name = shown.split_whitespace().collect::<Vec<_>>().join("_");
        (shown.contains(char::is_whitespace) && self.path.contains_key(&name)).then_some(name)
    }

    fn usual_place(&self, path: &[String]) -> Place {
        match (&self.route, path) {
            (None, _) => Place::Fields,
            (Some(_), [name]) if self.path.contains_key(name) => Place::Path,
            (Some(_), _) if self.sends_no_body() => Place::Query,
            (Some(_), _) => Place::Body,
        }
    }

    fn sends_no_body(&self) -> bool {
        let method = self.route.as_ref().map(|route| route.method.as_str());
        matches!(method, Some("GET" | "HEAD" | "OPTIONS"))
    }

    /// Adds names of query parameters from a URL.
    pub fn query(&mut self, names: &[String]) {
        for name in names {
            self.query.entry(name.clone()).or_default();
        }
    }

    /// A media type in which the request is sent.
    pub fn media_type(&mut self, media_type: Option<String>) {
        if let Some(media_type) = media_type
            && !self.media_types.contains(&media_type)
        {
            self.media_types.push(media_type);
        }
    }

    /// Notes that the page's arguments are form data.
    pub fn form_data(&mut self) {
        self.has_form = true;
    }

    /// The media type in which an example asks for the answer.
    pub fn accept(&mut self, accept: Option<&str>) {
        if self.accept.is_none() {
            self.accept = accept.map(str::to_owned);
        }
    }

    /// The answer with that status, which is added if it is missing.
    pub fn response(&mut self, status: Option<u16>) -> &mut Response {
        let at = self
            .responses
            .iter()
            .position(|response| response.status == status);
        let at = at.unwrap_or_else(|| {
            self.responses.push(Response {
                status,
                ..Response::default()
            });
            self.responses.len() - 1
        });
        &mut self.responses[at]
    }

    pub fn request_example(&mut self, example: Example) {
        if !self.requests.contains(&example) {
            self.requests.push(example);
        }
    }

    pub fn response_example(&mut self, status: Option<u16>, example: Example) {
        let response = self.response(status);
        if !response.examples.contains(&example) {
            response.examples.push(example);
        }
    }

    /// Whether a JSON document without a label is the request's: the first one, of an endpoint with a body, without members that
    /// only an answer has.
    pub fn expects_request(&self, body: &str) -> bool {
        let takes_body = self
            .route
            .as_ref()
            .is_some_and(|route| matches!(route.method.as_str(), "POST" | "PATCH" | "PUT"));
        let is_answer = json::read(body).is_ok_and(|(example, _)| {
            let has = |pointer| example.value.pointer(pointer).is_some();
            has("/data/links") || has("/data/attributes/created_at") || has("/errors")
        });
        takes_body && self.requests.is_empty() && !is_answer
    }

    /// The endpoint and the object that the part documents.
    pub fn finish(mut self, page_title: &str) -> Read {
        let title = self.title.take().unwrap_or_else(|| page_title.to_owned());
        let endpoint = self.route.take().map(|route| self.endpoint(title.clone(), route));
        let fields = tree::without_data(std::mem::take(&mut self.fields));
        let object = (!fields.is_empty()).then(|| {
            let resource = fields
                .get("type")
                .and_then(|member| member.values.first()?.as_str());
            Object {
                resource: resource.map(str::to_owned),
                title,
                fields,
                // On an endpoint's page the examples are the endpoint's.
                examples: if endpoint.is_some() {
                    Vec::new()
                } else {
                    let answers = self.responses.drain(..).flat_map(|response| response.examples);
                    self.requests.drain(..).chain(answers).collect()
                },
            }
        });
        Read { endpoint, object }
    }

    fn endpoint(&mut self, title: String, route: Route) -> Endpoint {
        if self.has_form && !self.body.is_empty() {
            self.media_type(Some("multipart/form-data".to_owned()));
        }
        let accept = self.accept.take();
        for response in self
            .responses
            .iter_mut()
            .filter(|response| !response.examples.is_empty())
        {
            response.media_type = response.media_type.take().or_else(|| accept.clone());
        }
        self.responses.sort_by_key(|response| response.status);
        let body = std::mem::take(&mut self.body);
        let sends_data = self
            .requests
            .iter()
            .any(|example| example.value.get("data").is_some());
        let of_resource = ["attributes", "relationships"]
            .iter()
            .any(|name| body.contains_key(*name));
        let arguments = if !body.is_empty() && !body.contains_key("data") && (sends_data || of_resource) {
            tree::below_data(body)
        } else {
            body
        };
        Endpoint {
            title,
            method: route.method,
            path: route.path,
            path_parameters: std::mem::take(&mut self.path),
            query_parameters: std::mem::take(&mut self.query),
            request_media_types: std::mem::take(&mut self.media_types),
            arguments,
            request_examples: std::mem::take(&mut self.requests),
            responses: std::mem::take(&mut self.responses),
        }
    }
}

fn required_member() -> Member {
    Member {
        json_type: None::<JsonType>,
        presence: Some(Presence::Required),
        ..Member::default()
    }
}
