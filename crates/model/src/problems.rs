//! The problems of a request. All are reported at once, up to a number and a size that do not depend on the request.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::{Dialect, Problem, problem::Source, request::Place};

/// Maximum number of errors in an answer. Further ones are counted.
pub const MAX_ERRORS: usize = 50;

/// Maximum size of all errors of an answer, in bytes. Errors that no longer fit are counted.
const MAX_BYTES: usize = 15 * 1024;

/// Maximum size of a message as JSON, in bytes. The service's own texts are shorter.
const MAX_MESSAGE: usize = 2048;
/// Maximum size of a pointer, a name or a fact as JSON, in bytes.
const MAX_TEXT: usize = 512;
/// Maximum size of the caller's own text in a message as JSON, in bytes.
const MAX_EXCERPT: usize = 100;

/// A list of problems during validation. It keeps those that can be reported, and counts the others.
#[derive(Debug, Default)]
pub struct ProblemList {
    kept: Vec<Problem>,
    more: u64,
}

impl ProblemList {
    /// Adds a problem. The closure does not run if the problem can't be reported.
    pub fn push(&mut self, problem: impl FnOnce() -> Problem) {
        if self.kept.len() < MAX_ERRORS {
            self.kept.push(bounded(problem()));
        } else {
            self.more += 1;
        }
    }

    /// Adds the problems of a result.
    pub fn add(&mut self, judged: Result<(), impl Into<Problems>>) {
        if let Err(problems) = judged {
            let problems = problems.into();
            problems
                .kept
                .into_iter()
                .for_each(|problem| self.push(|| problem));
            self.more += problems.more;
        }
    }

    /// Whether there is no problem.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Whether the next problems are only counted.
    pub fn is_full(&self) -> bool {
        self.kept.len() >= MAX_ERRORS
    }

    /// Replaces each problem with another one.
    #[must_use]
    pub fn map(self, other: impl FnMut(Problem) -> Problem) -> Self {
        Self {
            kept: self.kept.into_iter().map(other).map(bounded).collect(),
            more: self.more,
        }
    }

    /// Whether another problem at the place of `problem` is reported already.
    pub fn is_told_at(&self, problem: &Problem) -> bool {
        self.kept.iter().any(|told| told.source == problem.source)
    }

    /// The problems as an error, if there are any.
    ///
    /// # Errors
    /// There are some.
    pub fn into_result(self) -> Result<(), Problems> {
        if self.is_empty() { Ok(()) } else { Err(self.into()) }
    }
}

/// The problems of a refused request: at least one, at most [`MAX_ERRORS`], each of bounded size.
#[derive(Clone, Debug)]
pub struct Problems {
    kept: Vec<Problem>,
    more: u64,
    /// Seconds after which the client should try again.
    pub retry_after: Option<u64>,
}

impl Problems {
    /// The problems that are reported.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.kept.iter()
    }

    /// The number of all problems, including those that are not reported.
    pub fn count(&self) -> u64 {
        self.kept.len() as u64 + self.more
    }

    /// HTTP status of the answer: that of all problems, or 400 if they differ.
    pub fn status(&self) -> u16 {
        let mut statuses = self.kept.iter().map(|problem| problem.kind.status());
        let first = statuses.next().unwrap_or(500);
        if statuses.all(|status| status == first) {
            first
        } else {
            400
        }
    }

    /// The error document.
    pub fn render(&self, dialect: Dialect) -> Value {
        let mut errors: Vec<Value> = Vec::new();
        let mut bytes = 0;
        for problem in &self.kept {
            let error = problem.render(dialect);
            bytes += error.to_string().len();
            if bytes > MAX_BYTES && !errors.is_empty() {
                break;
            }
            errors.push(error);
        }
        let more = self.count() - errors.len() as u64;
        let mut document = json!({"errors": errors});
        if more > 0 {
            document["meta"] = json!({"more_errors": more});
        }
        document
    }

    /// Makes every pointer lead to a sent member (JSON:API 1.1, error objects), in the spelling of the request. Pointers into a
    /// body that is not JSON stay as they are.
    pub fn pointing_into(mut self, body: &[u8]) -> Self {
        let mut candidates: Vec<Vec<String>> = Vec::new();
        let pointers = self.kept.iter().filter_map(|problem| match &problem.source {
            Some(Source::Pointer(pointer)) => Some(spellings(pointer)),
            _ => None,
        });
        candidates.extend(pointers);
        let places = Place::find(body, candidates.iter().flatten().map(String::as_str));
        if !places.has("") {
            return self;
        }
        for problem in &mut self.kept {
            if let Some(Source::Pointer(pointer)) = &mut problem.source {
                let sent = spellings(pointer).into_iter().find(|spelled| places.has(spelled));
                *pointer = sent.unwrap_or_default();
            }
        }
        self
    }

    /// Sets the seconds after which the client should try again.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

/// The pointer itself, the same place in the forms that the Foodetective dialect accepts (names with dashes, linkage of an order
/// without `data`), and so on for each member around it, up to the whole body.
fn spellings(pointer: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut rest = Some(pointer);
    while let Some(pointer) = rest {
        let dashed = match pointer.strip_prefix("/data/attributes/") {
            Some(name) => format!("/data/attributes/{}", name.replace('_', "-")),
            None => pointer.replacen("/order/data", "/order", 1),
        };
        all.extend([pointer.to_owned(), dashed]);
        rest = pointer.rsplit_once('/').map(|(around, _)| around);
    }
    all
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self {
            kept: vec![bounded(problem)],
            more: 0,
            retry_after: None,
        }
    }
}

impl From<ProblemList> for Problems {
    fn from(list: ProblemList) -> Self {
        Self {
            kept: list.kept,
            more: list.more,
            retry_after: None,
        }
    }
}

/// The beginning of a caller's text, short enough to be repeated to them.
pub fn excerpt(text: &str) -> Cow<'_, str> {
    cut(text, MAX_EXCERPT)
}

/// A problem whose texts are of bounded size, wherever they come from.
fn bounded(mut problem: Problem) -> Problem {
    if let Cow::Owned(message) = cut(&problem.message, MAX_MESSAGE) {
        problem.message = Cow::Owned(message);
    }
    match &mut problem.source {
        // A part of a name would lead nowhere, but the member around it was sent.
        Some(Source::Pointer(pointer)) => {
            while matches!(cut(pointer, MAX_TEXT), Cow::Owned(_)) {
                pointer.truncate(pointer.rfind('/').unwrap_or_default());
            }
        }
        Some(Source::Parameter(name)) => shorten(name, MAX_EXCERPT),
        Some(Source::Header(_)) | None => {}
    }
    if let Some(field) = &mut problem.field {
        shorten(field, MAX_EXCERPT);
    }
    if let Some(code) = &mut problem.code {
        shorten(code, MAX_EXCERPT);
    }
    for fact in problem.meta.values_mut() {
        match fact {
            Value::String(text) => shorten(text, MAX_TEXT),
            Value::Array(_) | Value::Object(_) => {
                let text = fact.to_string();
                if text.len() > MAX_TEXT {
                    *fact = cut(&text, MAX_TEXT).into();
                }
            }
            _ => {}
        }
    }
    problem
}

fn shorten(text: &mut String, bytes: usize) {
    if let Cow::Owned(cut) = cut(text, bytes) {
        *text = cut;
    }
}

/// The text if it takes at most so many bytes as JSON, or else its beginning.
fn cut(text: &str, bytes: usize) -> Cow<'_, str> {
    let mut length = 0;
    for (place, letter) in text.char_indices() {
        length += match letter {
            '"' | '\\' => 2,
            '\0'..='\x1f' => 6,
            _ => letter.len_utf8(),
        };
        if length > bytes {
            return Cow::Owned(format!("{}…", &text[..place]));
        }
    }
    Cow::Borrowed(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Kind;

    fn many(problem: &Problem, count: usize) -> Problems {
        let mut list = ProblemList::default();
        (0..count).for_each(|_| list.push(|| problem.clone()));
        list.into()
    }

    #[test]
    fn pointers_lead_to_what_was_sent() {
        let body = json!({"data": {
            "attributes": {"stripe-token": "x", "a/b": {"c": 1}},
            "relationships": {"order": {"type": "order", "id": "x"}, "market": {"data": {}}}
        }});
        let body = body.to_string().into_bytes();
        for (pointer, expected) in [
            ("", ""),
            ("/data/attributes/stripe_token", "/data/attributes/stripe-token"),
            ("/data/attributes/a~1b/c", "/data/attributes/a~1b/c"),
            ("/data/attributes/a~1b/d", "/data/attributes/a~1b"),
            ("/data/attributes/quantity", "/data/attributes"),
            (
                "/data/relationships/order/data/id",
                "/data/relationships/order/id",
            ),
            (
                "/data/relationships/market/data/id",
                "/data/relationships/market/data",
            ),
            ("/data/relationships/customer", "/data/relationships"),
            ("/errors/0", ""),
        ] {
            let problems = Problems::from(Problem::not_found().at(pointer)).pointing_into(&body);
            assert_eq!(
                problems.kept[0].source,
                Some(Source::Pointer(expected.into())),
                "{pointer}"
            );
        }
    }

    #[test]
    fn what_cannot_be_told_is_counted_and_not_made() {
        let mut list = ProblemList::default();
        let mut made = 0;
        for _ in 0..75_000 {
            list.push(|| {
                made += 1;
                Problem::not_found()
            });
        }
        assert_eq!(made, MAX_ERRORS);
        let problems = Problems::from(list);
        assert_eq!(problems.count(), 75_000);
        let document = problems.render(Dialect::CommerceLayer);
        assert_eq!(document["errors"].as_array().map(Vec::len), Some(MAX_ERRORS));
        assert_eq!(document["meta"]["more_errors"], 74_950);
    }

    #[test]
    fn few_problems_have_no_count() {
        let problems = many(&Problem::not_found(), MAX_ERRORS);
        let document = problems.render(Dialect::CommerceLayer);
        assert_eq!(document["errors"].as_array().map(Vec::len), Some(MAX_ERRORS));
        assert_eq!(document.get("meta"), None);
    }

    /// Every text of a problem, each longer than a body can be, in letters that JSON escapes.
    #[test]
    fn the_size_of_an_answer_does_not_depend_on_what_was_sent() {
        for letter in ["x", "\0", "\"", "é", "😀", "~"] {
            let long = letter.repeat(300_000);
            let pointer = format!("/data/attributes/{long}");
            for problem in [
                Problem::invalid(pointer.clone(), "invalid", long.clone()),
                Problem::new(Kind::ParamNotAllowed, long.clone()).parameter(long.clone()),
                Problem::new(Kind::Declined, long.clone())
                    .field(long.clone())
                    .meta("text", long.clone())
                    .meta("list", json!([long, long])),
            ] {
                let count = 1_000;
                let problems = many(&problem, count);
                for dialect in [Dialect::CommerceLayer, Dialect::Foodetective] {
                    let document = problems.render(dialect);
                    let size = document.to_string().len();
                    assert!(size <= 16 * 1024, "{size} bytes");
                    let told = document["errors"].as_array().map_or(0, Vec::len);
                    assert!(told >= 1);
                    assert_eq!(document["meta"]["more_errors"], count - told);
                }
            }
        }
    }

    #[test]
    fn a_pointer_that_is_too_long_leads_to_what_is_around_it() {
        let long = "x".repeat(MAX_TEXT);
        let problem = bounded(Problem::not_found().at(format!("/data/attributes/{long}/a/b")));
        assert_eq!(problem.source, Some(Source::Pointer("/data/attributes".into())));
        let problem = bounded(Problem::not_found().at(format!("/{long}")));
        assert_eq!(problem.source, Some(Source::Pointer(String::new())));
    }
}
