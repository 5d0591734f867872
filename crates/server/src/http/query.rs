//! The query string of a request, decoded.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use tillgate_model::{Problem, Problems, openapi::Operation, problem::Kind, query, resource::Buyer};

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

/// What a caller asks an operation for.
///
/// # Errors
/// Parameters that the operation does not have, that come twice or whose value cannot be used.
pub fn read(operation: &Operation, buyer: Option<Buyer>, query: &str) -> Result<query::Query, Problems> {
    if query.is_empty() {
        return Ok(query::Query::default());
    }
    query::read(operation, buyer, &pairs(query)?)
}

#[cfg(test)]
mod tests {
    use tillgate_model::{openapi::operations, problem::Source, query::Position};

    use super::*;

    fn operation(id: &str) -> Operation {
        operations()
            .into_iter()
            .find(|operation| operation.id() == id)
            .expect("an operation")
    }

    fn page(id: &str, query: &str) -> Result<(i64, i64), Vec<(u16, Source)>> {
        read(&operation(id), None, query)
            .map(|query| match query.list.position {
                Position::Number(number) => (number, query.list.size),
                position => panic!("{position:?}"),
            })
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
        let orders = |query: &str| page("list_orders", query);
        assert_eq!(orders(""), Ok((1, 10)));
        assert_eq!(orders("page[size]=1"), Ok((1, 1)));
        assert_eq!(orders("page%5Bsize%5D=25&page%5Bnumber%5D=3&"), Ok((3, 25)));
        assert_eq!(orders("page[size]=25&page[number]=401"), Ok((401, 25)));
        for value in ["0", "-1", "x", "", "26", "1.5", "99999999999999999999"] {
            assert_eq!(
                orders(&format!("page[size]={value}")),
                refused(&["page[size]"]),
                "{value}"
            );
        }
        assert_eq!(
            orders("page[number]=0&page[size]=0"),
            refused(&["page[size]", "page[number]"])
        );
        for too_deep in [
            "page[size]=25&page[number]=402",
            "page[number]=1002",
            "page[number]=10002",
        ] {
            assert_eq!(orders(too_deep), refused(&["page[number]"]), "{too_deep}");
        }
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
            "page[after]",
            "fields[x]",
        ] {
            assert_eq!(orders(&format!("{name}=1")), refused(&[name]), "{name}");
        }
    }

    #[test]
    fn pages_of_the_second_dialect() {
        assert_eq!(page("list_payments", "page=2&per_page=5"), Ok((2, 5)));
        assert_eq!(page("list_payments", "per_page=501"), refused(&["per_page"]));
        assert_eq!(page("list_payments", "page[size]=5"), refused(&["page[size]"]));
        assert_eq!(page("list_payments", "page[after]=5"), refused(&["page[after]"]));
        assert_eq!(
            page("list_payments", "sort=-created_at&include=order"),
            Ok((1, 10))
        );
    }

    #[test]
    fn what_is_no_list_has_no_pages() {
        for id in [
            "create_order",
            "retrieve_order",
            "delete_order",
            "retrieve_order_market",
            "create_payment",
        ] {
            for name in ["page[size]", "sort", "filter[q][id_eq]"] {
                assert_eq!(page(id, &format!("{name}=1")), refused(&[name]), "{id}");
            }
        }
        assert_eq!(page("retrieve_order_line_items", "page[size]=1"), Ok((1, 1)));
        assert_eq!(
            page("retrieve_order_line_items_relationship", "page[number]=2"),
            Ok((2, 10))
        );
        assert_eq!(
            page("retrieve_order_line_items_relationship", "include=order"),
            refused(&["include"])
        );
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        assert_eq!(
            page(
                "list_orders",
                "include=x&sort=y&filter[q][z_eq]=1&fields[orders]=w&foo=1&page[size]=0"
            ),
            refused(&[
                "include",
                "fields[orders]",
                "foo",
                "filter[q][z_eq]",
                "sort",
                "page[size]"
            ])
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
