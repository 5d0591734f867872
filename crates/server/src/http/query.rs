//! Query parameters. The API has only those of pages; any other is refused, so that a typing error can't pass for a filter that
//! matches everything.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use tillgate_model::{
    Dialect, Problem, ProblemList, Problems,
    document::Page,
    openapi::{Operation, OperationKind},
    problem::Kind,
};

const DEFAULT: Page = Page { number: 1, size: 10 };
const MAX_NUMBER: i64 = 1_000_000_000;

/// Names of a page's parameters, and its maximum size.
struct PageParameters {
    number: &'static str,
    size: &'static str,
    max_size: i64,
}

const COMMERCE_LAYER: PageParameters = PageParameters {
    number: "page[number]",
    size: "page[size]",
    max_size: 25,
};
const FOODETECTIVE: PageParameters = PageParameters {
    number: "page",
    size: "per_page",
    max_size: 500,
};

fn page_parameters(operation: &Operation) -> Option<&'static PageParameters> {
    if !operation.is_list() {
        return None;
    }
    match (operation.kind, operation.resource.dialect) {
        (OperationKind::Action(_), Dialect::Foodetective) => Some(&FOODETECTIVE),
        _ => Some(&COMMERCE_LAYER),
    }
}

/// Decoded pairs of a query string (WHATWG URL: form-urlencoded), in order.
///
/// # Errors
/// Percent-encoded bytes that are not UTF-8.
pub fn pairs(query: &str) -> Result<Vec<(String, String)>, Problem> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

fn decode(text: &str) -> Result<String, Problem> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced)
        .decode_utf8()
        .map(Cow::into_owned)
        .map_err(|_| Problem::new(Kind::InvalidParamValue, "A query parameter is not UTF-8.").parameter(text))
}

/// The page that a request asks for.
///
/// # Errors
/// Unknown, repeated or invalid parameters.
pub fn page(operation: &Operation, query: &str) -> Result<Page, Problems> {
    if query.is_empty() {
        return Ok(DEFAULT);
    }
    let parameters = page_parameters(operation);
    let (mut number, mut size) = (None, None);
    let mut problems = ProblemList::default();
    for (name, value) in pairs(query)? {
        let (slot, max) = match parameters {
            Some(known) if name == known.number => (&mut number, MAX_NUMBER),
            Some(known) if name == known.size => (&mut size, known.max_size),
            _ => {
                problems.push(|| unknown(&name, parameters));
                continue;
            }
        };
        if slot.is_some() {
            problems.push(|| {
                Problem::new(Kind::InvalidParamValue, "The parameter is given twice.").parameter(name)
            });
            continue;
        }
        match value.parse().ok().filter(|value| (1..=max).contains(value)) {
            Some(value) => *slot = Some(value),
            None => {
                problems.push(|| {
                    let message = format!("Must be an integer from 1 to {max}.");
                    Problem::new(Kind::InvalidParamValue, message).parameter(name)
                });
            }
        }
    }
    problems.into_result()?;
    Ok(Page {
        number: number.unwrap_or(DEFAULT.number),
        size: size.unwrap_or(DEFAULT.size),
    })
}

fn unknown(name: &str, parameters: Option<&PageParameters>) -> Problem {
    let message = match parameters {
        Some(known) => format!(
            "This endpoint has the parameters `{}` and `{}`.",
            known.number, known.size
        ),
        None => "This endpoint has no query parameters.".to_owned(),
    };
    Problem::new(Kind::ParamNotAllowed, message).parameter(name)
}

#[cfg(test)]
mod tests {
    use tillgate_model::{openapi::operations, problem::Source};

    use super::*;

    fn operation(id: &str) -> Operation {
        operations()
            .into_iter()
            .find(|operation| operation.id() == id)
            .expect("an operation")
    }

    fn read(id: &str, query: &str) -> Result<(i64, i64), Vec<(u16, Source)>> {
        page(&operation(id), query)
            .map(|page| (page.number, page.size))
            .map_err(|problems| {
                let source = |problem: &Problem| problem.source.clone().expect("a source");
                problems
                    .iter()
                    .map(|problem| (problem.kind.status(), source(problem)))
                    .collect()
            })
    }

    fn refused(names: &[&str]) -> Result<(i64, i64), Vec<(u16, Source)>> {
        Err(names
            .iter()
            .map(|name| (400, Source::Parameter((*name).to_owned())))
            .collect())
    }

    #[test]
    fn pages_of_the_first_dialect() {
        let orders = |query: &str| read("list_orders", query);
        assert_eq!(orders(""), Ok((1, 10)));
        assert_eq!(orders("page[size]=1"), Ok((1, 1)));
        assert_eq!(orders("page%5Bsize%5D=25&page%5Bnumber%5D=3&"), Ok((3, 25)));
        for value in ["0", "-1", "x", "", "26", "1.5", "99999999999999999999"] {
            assert_eq!(
                orders(&format!("page[size]={value}")),
                refused(&["page[size]"]),
                "{value}"
            );
        }
        assert_eq!(
            orders("page[number]=0&page[size]=0"),
            refused(&["page[number]", "page[size]"])
        );
        assert_eq!(orders("page[size]=1&page[size]=1"), refused(&["page[size]"]));
        for name in [
            "foo",
            "fooBar",
            "filter[_]",
            "page[a",
            "atomic:x",
            "page",
            "per_page",
            "include",
            "sort",
        ] {
            assert_eq!(orders(&format!("{name}=1")), refused(&[name]), "{name}");
        }
    }

    #[test]
    fn pages_of_the_second_dialect() {
        assert_eq!(read("list_payments", "page=2&per_page=5"), Ok((2, 5)));
        assert_eq!(read("list_payments", "per_page=501"), refused(&["per_page"]));
        assert_eq!(read("list_payments", "page[size]=5"), refused(&["page[size]"]));
    }

    #[test]
    fn what_is_no_list_has_no_parameters() {
        for id in [
            "create_order",
            "retrieve_order",
            "delete_order",
            "retrieve_order_market",
            "create_payment",
        ] {
            assert_eq!(read(id, "page[size]=1"), refused(&["page[size]"]), "{id}");
        }
        assert_eq!(read("retrieve_order_line_items", "page[size]=1"), Ok((1, 1)));
        assert_eq!(
            read("retrieve_order_line_items_relationship", "page[number]=2"),
            Ok((2, 10))
        );
    }

    #[test]
    fn decoding() {
        assert_eq!(
            pairs("a+b=c%20d&e").expect("UTF-8"),
            [("a b".into(), "c d".into()), ("e".into(), String::new())]
        );
        assert!(pairs("a=%ff").is_err());
    }
}
