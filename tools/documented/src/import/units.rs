//! The parts of a page that each document one endpoint or one object.

use super::blocks::{Block, BlockKind};
use super::curl::Request;
use super::samples::{Sample, sample};
use super::tags::{Tag, TagKind};
use super::url::{self, Route};

/// A stretch of a page, and the route that it documents.
#[derive(Debug)]
pub struct Unit<'a> {
    pub blocks: &'a [Block],
    pub route: Option<Route>,
    /// The reason why the route is doubtful, if it is.
    pub doubt: Option<&'static str>,
}

/// Splits a page.
pub fn units(blocks: &[Block]) -> Vec<Unit<'_>> {
    let mut units = Vec::new();
    let mut start = 0;
    for cut in hard_cuts(blocks).into_iter().chain([blocks.len()]) {
        if cut > start {
            split(&blocks[start..cut], &mut units);
            start = cut;
        }
    }
    units
}

/// The places where tags start or end an endpoint.
fn hard_cuts(blocks: &[Block]) -> Vec<usize> {
    const ELEMENTS: [&str; 4] = ["section", "swagger", "api-method", "endpoint"];
    let mut cuts = Vec::new();
    for (index, block) in blocks.iter().enumerate() {
        if let BlockKind::Tag(tag) = &block.kind
            && ELEMENTS.contains(&tag.name.as_str())
        {
            cuts.push(if tag.kind == TagKind::Open {
                index
            } else {
                index + 1
            });
        }
    }
    cuts
}

/// Splits a stretch with several routes before each but the first.
fn split<'a>(blocks: &'a [Block], units: &mut Vec<Unit<'a>>) {
    let mut routes: Vec<(usize, Route)> = Vec::new();
    for (index, block) in blocks.iter().enumerate() {
        if let Some(route) = stated(block)
            && !routes.iter().any(|(_, known)| same(known, &route))
        {
            routes.push((index, route));
        }
    }
    if routes.is_empty() {
        let (route, doubt) = mentioned(blocks);
        units.push(Unit { blocks, route, doubt });
        return;
    }
    let mut start = 0;
    for (number, (at, route)) in routes.iter().enumerate() {
        let end = routes
            .get(number + 1)
            .map_or(blocks.len(), |(next, _)| at + 1 + cut(&blocks[at + 1..*next]));
        units.push(Unit {
            blocks: &blocks[start..end],
            route: Some(route.clone()),
            doubt: None,
        });
        start = end;
    }
}

/// The start of the second route's part: behind the last rule, else at the last heading of the highest level, else right before
/// the second route.
fn cut(between: &[Block]) -> usize {
    if let Some(rule) = between.iter().rposition(|block| block.kind == BlockKind::Rule) {
        return rule + 1;
    }
    let level = |block: &Block| match block.kind {
        BlockKind::Heading(level, _) => Some(level),
        _ => None,
    };
    let highest = between.iter().filter_map(level).min();
    highest
        .and_then(|highest| between.iter().rposition(|block| level(block) == Some(highest)))
        .unwrap_or(between.len())
}

/// Whether two routes are one: the second may have an id where the first has a parameter.
fn same(known: &Route, route: &Route) -> bool {
    known.method == route.method && url::has_form(&route.path, &known.path)
}

/// The route that a block states.
fn stated(block: &Block) -> Option<Route> {
    match &block.kind {
        BlockKind::Heading(_, text) => url::stated(&text.plain),
        BlockKind::Paragraph(text) => {
            const LEAD: usize = 3;
            let mut words = text.plain.split_whitespace();
            let leads = words.position(|word| url::method(word.trim_matches(['*', '`', ':'])).is_some());
            leads
                .filter(|at| *at <= LEAD)
                .and_then(|_| url::stated(&text.plain))
        }
        BlockKind::Tag(tag) if tag.kind != TagKind::Close => of_tag(tag),
        BlockKind::Code(code) => match sample(code) {
            Sample::Route(route) => Some(route),
            Sample::Http(request, _) => of_request(&request),
            _ => None,
        },
        _ => None,
    }
}

/// The route in a tag's attributes.
pub fn of_tag(tag: &Tag) -> Option<Route> {
    let (method, path) = method_and_path(tag);
    let base = any(tag, &["baseUrl", "host"]).unwrap_or_default();
    let method = method?;
    if path.contains("://") {
        return url::route(method, path);
    }
    let below = |base: &str| format!("{}/{}", base.trim_end_matches('/'), path.trim_start_matches('/'));
    // A base that is no URL, such as "baseURL", is replaced by one.
    url::route(method, &below(base)).or_else(|| url::route(method, &below("")).filter(|_| !path.is_empty()))
}

/// The reason why a tag's route is not read, if it names one.
pub fn unread_route(tag: &Tag) -> Option<String> {
    const ELEMENTS: [&str; 2] = ["swagger", "api-method"];
    let (method, path) = method_and_path(tag);
    let names_route = method.is_some() || tag.get("request.path").is_some();
    let is_route = names_route || (ELEMENTS.contains(&tag.name.as_str()) && !path.is_empty());
    (is_route && of_tag(tag).is_none()).then(|| {
        format!(
            "the endpoint of the tag {:?} is not read: method {:?}, path {path:?}",
            tag.name,
            method.unwrap_or_default()
        )
    })
}

/// The method and the path in a tag's attributes; some pages write the method before the path.
fn method_and_path(tag: &Tag) -> (Option<&str>, &str) {
    let method = any(tag, &["request.method", "method"]);
    let path = any(tag, &["request.path", "path", "url", "endpoint"]).unwrap_or_default();
    match path.split_once(char::is_whitespace) {
        Some((first, path)) if url::method(first).is_some() => (method.or(Some(first)), path.trim()),
        _ => (method, path),
    }
}

fn any<'a>(tag: &'a Tag, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| tag.get(name))
}

/// The route of a shown request.
pub fn of_request(request: &Request) -> Option<Route> {
    url::route(request.method.as_deref()?, request.url.as_deref()?)
}

/// The route that prose or an example names if no block states one.
fn mentioned(blocks: &[Block]) -> (Option<Route>, Option<&'static str>) {
    let describes_fields = blocks.iter().any(|block| match &block.kind {
        BlockKind::Table(rows) => rows
            .first()
            .and_then(|row| row.cells.first())
            .is_some_and(|cell| cell.plain.to_lowercase().contains("field")),
        _ => false,
    });
    if describes_fields {
        return (None, None);
    }
    let prose = blocks.iter().find_map(|block| match &block.kind {
        BlockKind::Paragraph(text) => url::mentioned(&text.plain),
        _ => None,
    });
    if prose.is_some() {
        return (prose, Some("the route is taken from a sentence"));
    }
    let shown = blocks.iter().find_map(|block| match &block.kind {
        BlockKind::Code(code) => match sample(code) {
            Sample::Curl(requests) => requests
                .iter()
                .find_map(|(_, request)| of_request(request.as_ref()?)),
            _ => None,
        },
        _ => None,
    });
    let doubt = shown
        .as_ref()
        .map(|_| "the route is taken from an example, ids and all");
    (shown, doubt)
}

#[cfg(test)]
mod tests {
    use super::super::blocks::blocks;
    use super::*;

    fn routes(text: &str) -> Vec<String> {
        let blocks = blocks(text);
        let routes = units(&blocks).into_iter().filter_map(|unit| unit.route);
        routes
            .map(|route| format!("{} {}", route.method, route.path))
            .collect()
    }

    #[test]
    fn several_endpoints_on_a_page() {
        let text = "# Orders\n## List\n**GET** https://h/api/orders\n### Example\nx\n## One\n**GET** https://h/api/orders/:id\n";
        assert_eq!(routes(text), ["GET /api/orders", "GET /api/orders/{id}"]);
        let blocks = blocks(text);
        let second = &units(&blocks)[1];
        assert!(matches!(&second.blocks[0].kind, BlockKind::Heading(2, title) if title.plain == "One"));
    }

    #[test]
    fn tags_state_routes() {
        let text = "{% swagger method=\"post\" path=\" \" baseUrl=\"/api/v1/b/:name\" %}\n{% endswagger %}\n\
                    {% section %}{% codeBlock request={method: \"GET\", path: \"/api/a\"} %}{% /codeBlock %}{% /section %}";
        assert_eq!(routes(text), ["POST /api/v1/b/{name}", "GET /api/a"]);
    }

    #[test]
    fn a_tag_with_method_and_path_is_an_endpoint_whatever_its_base_is() {
        for (tag, route) in [
            (
                "swagger method=\"put\" path=\"/v{version}/a\" baseUrl=\"baseURL\"",
                "PUT /v{version}/a",
            ),
            (
                "swagger method=\"get\" path=\"a/b\" baseUrl=\"the base\"",
                "GET /a/b",
            ),
            (
                "api-method method=\"post\" host=\"https://h.example\" path=\"/api/1/<Organization Slug>/register\"",
                "POST /api/1/{Organization_Slug}/register",
            ),
            (
                "codeBlock request={path: \"GET /api/v1/a/{id}\"}",
                "GET /api/v1/a/{id}",
            ),
            (
                "codeBlock request={method: \"GET\", path: \"GET /api/a\"}",
                "GET /api/a",
            ),
        ] {
            assert_eq!(routes(&format!("{{% {tag} %}}\n")), [route], "{tag}");
        }
    }

    #[test]
    fn an_endpoint_that_is_not_read_is_told() {
        let unread = |attributes: &str| {
            let blocks = blocks(&format!("{{% swagger {attributes} %}}\n"));
            let BlockKind::Tag(tag) = &blocks[0].kind else {
                panic!("a tag")
            };
            unread_route(tag)
        };
        assert_eq!(unread("method=\"get\" path=\"/a\" baseUrl=\"https://h\""), None);
        assert_eq!(unread("summary=\"x\""), None);
        for attributes in [
            "path=\"/a\"",
            "method=\"view\" path=\"/a\"",
            "method=\"get\" path=\"/a b\"",
        ] {
            assert!(unread(attributes).is_some(), "{attributes}");
        }
    }

    #[test]
    fn the_same_route_again_is_no_other_endpoint() {
        let text = "**GET** /api/a/:id\n\n```\nGET /api/a/x1 HTTP/1.1\n```\n";
        assert_eq!(routes(text), ["GET /api/a/{id}"]);
    }

    #[test]
    fn a_sentence_or_an_example_is_the_last_resort() {
        assert_eq!(
            routes("Send a `DELETE` request to the `/api/a/:id` endpoint."),
            ["DELETE /api/a/{id}"]
        );
        assert_eq!(routes("```\ncurl https://h/api/a/\n```"), ["GET /api/a"]);
        assert_eq!(routes("Nothing of the kind."), [""; 0]);
    }
}
