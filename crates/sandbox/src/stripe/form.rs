//! Form bodies and query strings with bracketed names, as Stripe's libraries send them.

use super::error::ApiError;
use crate::web;

const MAX_PAIRS: usize = 1000;
const MAX_DEPTH: usize = 6;

/// A parsed value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// `name=value`
    Text(String),
    /// `name[]=value`, in order.
    List(Vec<String>),
    /// `name[key]=…`; indexed arrays (`name[0]=…`) arrive like this too.
    Map(Fields),
}

/// Named values in order of first appearance.
pub(super) type Fields = Vec<(String, Node)>;

/// Parses an `application/x-www-form-urlencoded` text; brackets may be raw or percent-encoded. A repeated scalar
/// keeps its last value.
pub(super) fn parse(text: &str) -> Result<Fields, ApiError> {
    let pairs = web::form_pairs(text)
        .ok_or_else(|| ApiError::invalid("Invalid UTF-8 in the request's parameters."))?;
    if pairs.len() > MAX_PAIRS {
        return Err(ApiError::invalid("Too many parameters."));
    }
    let mut fields = Fields::new();
    for (name, value) in pairs {
        let malformed = || ApiError::invalid(format!("Malformed parameter name: {name}")).with_param(&name);
        let path = segments(&name).ok_or_else(malformed)?;
        insert(&mut fields, &path, value).ok_or_else(malformed)?;
    }
    Ok(fields)
}

/// `a[b][c]` as `["a", "b", "c"]`.
fn segments(name: &str) -> Option<Vec<&str>> {
    let (first, mut rest) = name.split_at(name.find('[').unwrap_or(name.len()));
    let mut path = vec![first];
    while !rest.is_empty() {
        let (inner, after) = rest.strip_prefix('[')?.split_once(']')?;
        path.push(inner);
        rest = after;
    }
    (!first.is_empty() && path.len() <= MAX_DEPTH).then_some(path)
}

/// `None` if one name is used with two shapes, such as `a=1&a[b]=2`.
fn insert(fields: &mut Fields, path: &[&str], value: String) -> Option<()> {
    let (name, rest) = path.split_first()?;
    let index = fields
        .iter()
        .position(|(known, _)| known == name)
        .unwrap_or_else(|| {
            let node = match rest {
                [] => Node::Text(String::new()),
                [""] => Node::List(Vec::new()),
                _ => Node::Map(Vec::new()),
            };
            fields.push(((*name).to_owned(), node));
            fields.len() - 1
        });
    match (&mut fields[index].1, rest) {
        (Node::Text(text), []) => *text = value,
        (Node::List(list), [""]) => list.push(value),
        (Node::Map(inner), [key, ..]) if !key.is_empty() => insert(inner, rest, value)?,
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_raw_or_encoded_nest_and_arrays_come_plain_or_indexed() {
        let fields = parse("a=1+2&m%5Bk%5D=v&m[l]=&t[]=card&t[]=link&i[0]=x").unwrap();
        let text = |value: &str| Node::Text(value.to_owned());
        assert_eq!(
            fields,
            [
                ("a".to_owned(), text("1 2")),
                (
                    "m".to_owned(),
                    Node::Map(vec![("k".to_owned(), text("v")), ("l".to_owned(), text(""))])
                ),
                (
                    "t".to_owned(),
                    Node::List(vec!["card".to_owned(), "link".to_owned()])
                ),
                ("i".to_owned(), Node::Map(vec![("0".to_owned(), text("x"))])),
            ]
        );
    }

    #[test]
    fn malformed_names_are_refused() {
        for text in [
            "a[b=1",
            "a]b[=1",
            "[a]=1",
            "=1",
            "a=1&a[b]=2",
            "a[]=1&a[b]=2",
            "a[][b]=1",
            "a=%FF",
            "a[b][c][d][e][f][g]=1",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
