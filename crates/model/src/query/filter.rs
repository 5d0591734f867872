//! Filters: `filter[q][ATTRIBUTES_PREDICATE]` and `filter[KEY]`.

use super::{
    Condition, Field, MAX_CONDITIONS, MAX_JOINS, MAX_VALUES, Operand, Operator, PREDICATES, Predicate, Step,
    Test, Value,
    predicate::{FROM, IN, JSON_CONTAIN, TO},
};
use crate::{
    Dialect, Problem, ProblemList, ResourceMeta,
    problem::Kind,
    resource::{Buyer, ID, ValueType},
};

/// Between alternatives of a name.
const OR: &str = "_or_";

/// Reads the filters of a request, as far as they are well-formed, and tells what is wrong with the others.
pub struct Filters<'a> {
    /// The type of the list.
    pub meta: &'static ResourceMeta,
    /// Who asks; what they may not read can't be asked about.
    pub buyer: Option<Buyer>,
    /// What is wrong.
    pub problems: &'a mut ProblemList,
    /// What was read.
    pub conditions: Vec<Condition>,
}

/// The second name of an attribute in `filter[KEY]`: `ids` everywhere, and `states` in the second dialect.
pub fn plural(attribute: &str, dialect: Dialect) -> Option<String> {
    let has_one = attribute == ID.name || dialect == Dialect::Foodetective && attribute == "state";
    has_one.then(|| format!("{attribute}s"))
}

impl Filters<'_> {
    /// Reads a parameter whose name begins with `filter`.
    pub fn read(&mut self, parameter: &str, value: &str) {
        if self.conditions.iter().any(|known| known.parameter == parameter) {
            self.refuse(
                Kind::InvalidFilterValue,
                parameter,
                "The parameter is given twice.".into(),
            );
            return;
        }
        let judged = match keys(parameter).as_deref() {
            Some(["q", key]) => self.with_predicate(key),
            Some([key]) => self.of_key(key),
            _ => Err("Filters are written `filter[q][attribute_predicate]` or `filter[attribute]`.".into()),
        };
        let (operands, predicate) = match judged {
            Ok(found) => found,
            Err(message) => return self.refuse(Kind::FilterNotAllowed, parameter, message),
        };
        match test(&operands, predicate, value) {
            Ok(test) => self.conditions.push(Condition {
                parameter: parameter.to_owned(),
                operands,
                test,
            }),
            Err(message) => self.refuse(Kind::InvalidFilterValue, parameter, message),
        }
    }

    /// The conditions, if they are within the bounds.
    pub fn finish(self) -> Vec<Condition> {
        let operands = || self.conditions.iter().flat_map(|condition| &condition.operands);
        let values: usize = self
            .conditions
            .iter()
            .map(|condition| condition.test.values.len())
            .sum();
        let joins: usize = operands().map(|operand| operand.path.len()).sum();
        for (count, most, of) in [
            (operands().count(), MAX_CONDITIONS, "conditions"),
            (values, MAX_VALUES, "values"),
            (joins, MAX_JOINS, "relationships that they go through"),
        ] {
            if count > most {
                let message = format!("The filters have {count} {of}; at most {most} are allowed.");
                self.problems
                    .push(|| Problem::new(Kind::FilterNotAllowed, message).parameter("filter"));
            }
        }
        self.conditions
    }

    fn refuse(&mut self, kind: Kind, parameter: &str, message: String) {
        self.problems
            .push(|| Problem::new(kind, message).parameter(parameter));
    }

    /// `name_or_code_cont`: the longest predicate that leaves names which there are.
    fn with_predicate(&self, key: &str) -> Result<(Vec<Operand>, Predicate), String> {
        let mut fitting: Vec<(&str, Predicate)> = PREDICATES
            .iter()
            .filter_map(|predicate| {
                let names = key.strip_suffix(predicate.name)?.strip_suffix('_')?;
                Some((names, *predicate))
            })
            .collect();
        fitting.sort_by_key(|(names, _)| names.len());
        let mut unknown = None;
        for (names, predicate) in fitting {
            match self.operands(names) {
                Ok(operands) => return Ok((of_one_type(operands, predicate)?, predicate)),
                Err(name) => unknown = unknown.or(Some(name)),
            }
        }
        Err(match unknown {
            Some(name) => self.unknown(&name),
            None => {
                let names: Vec<&str> = PREDICATES.iter().map(|predicate| predicate.name).collect();
                format!(
                    "The name must end with one of the predicates {}.",
                    names.join(", ")
                )
            }
        })
    }

    /// `status`, `ids`, `placed_at_from`; in the second dialect `states` and `from_created_at`.
    fn of_key(&self, key: &str) -> Result<(Vec<Operand>, Predicate), String> {
        let key = &self.meta.dialect.declared(key);
        let bound = match self.meta.dialect {
            Dialect::CommerceLayer => {
                let from = key.strip_suffix("_from").map(|name| (name, FROM));
                from.or_else(|| key.strip_suffix("_to").map(|name| (name, TO)))
            }
            Dialect::Foodetective => {
                let from = key.strip_prefix("from_").map(|name| (name, FROM));
                from.or_else(|| key.strip_prefix("to_").map(|name| (name, TO)))
            }
        };
        if let Some((name, predicate)) = bound
            && let Some(operand) = self.operand(self.meta, name, &mut Vec::new())
            && value_type(&operand) == ValueType::Time
        {
            return Ok((vec![operand], predicate));
        }
        let singular = key
            .strip_suffix('s')
            .filter(|name| plural(name, self.meta.dialect).is_some());
        let operand = [Some(key.as_str()), singular]
            .into_iter()
            .flatten()
            .find_map(|name| self.operand(self.meta, name, &mut Vec::new()));
        let operand = operand.ok_or_else(|| self.unknown(key))?;
        let predicate = match value_type(&operand) {
            ValueType::Json => JSON_CONTAIN,
            // A text may have a comma in it only in a filter with a predicate.
            _ => IN,
        };
        Ok((vec![operand], predicate))
    }

    /// The operands of names with `_or_` between, or the name that is not known.
    fn operands(&self, names: &str) -> Result<Vec<Operand>, String> {
        let names = self.meta.dialect.declared(names);
        if let Some(whole) = self.operand(self.meta, &names, &mut Vec::new()) {
            return Ok(vec![whole]);
        }
        names
            .split(OR)
            .map(|name| {
                self.operand(self.meta, name, &mut Vec::new())
                    .ok_or_else(|| name.to_owned())
            })
            .collect()
    }

    fn operand(&self, meta: &'static ResourceMeta, name: &str, path: &mut Vec<Step>) -> Option<Operand> {
        if let Some(attribute) = meta.attribute(name).filter(|attribute| attribute.filter) {
            return Some(Operand {
                path: path.clone(),
                field: Field::Attribute(attribute),
            });
        }
        let relationships = meta
            .relationships
            .iter()
            .filter(|relationship| !relationship.computed);
        for relationship in relationships {
            let Some(rest) = name
                .strip_prefix(relationship.name)
                .and_then(|rest| rest.strip_prefix('_'))
            else {
                continue;
            };
            if rest == ID.name && !relationship.many {
                return Some(Operand {
                    path: path.clone(),
                    field: Field::RelatedId(relationship),
                });
            }
            let Some(target) = relationship
                .target()
                .filter(|target| target.is_readable(self.buyer) && path.len() < MAX_JOINS)
            else {
                continue;
            };
            path.push(Step {
                owner: meta.kind,
                relationship,
            });
            let found = self.operand(target, rest, path);
            path.pop();
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn unknown(&self, name: &str) -> String {
        let attributes = [ID]
            .into_iter()
            .chain(self.meta.all_attributes())
            .filter(|attribute| attribute.filter)
            .map(|attribute| attribute.name.to_owned());
        let related = self
            .meta
            .relationships
            .iter()
            .filter(|relationship| !relationship.computed)
            .filter(|relationship| {
                !relationship.many
                    || relationship
                        .target()
                        .is_some_and(|target| target.is_readable(self.buyer))
            })
            .map(|relationship| format!("{}_id", relationship.name));
        let names: Vec<String> = attributes.chain(related).collect();
        let name: String = name.chars().take(60).collect();
        format!(
            "`{}` can't be filtered by `{name}`. There are {}; a relationship's name leads to the attributes of its resource.",
            self.meta.kind,
            names.join(", ")
        )
    }
}

/// `filter[q][a]` has the keys `q` and `a`.
fn keys(parameter: &str) -> Option<Vec<&str>> {
    let inner = parameter.strip_prefix("filter[")?.strip_suffix(']')?;
    let keys: Vec<&str> = inner.split("][").collect();
    let is_name = |key: &&str| !key.is_empty() && !key.contains(['[', ']']);
    keys.iter().all(is_name).then_some(keys)
}

fn value_type(operand: &Operand) -> ValueType {
    match operand.field {
        Field::Attribute(attribute) => attribute.value_type,
        Field::RelatedId(_) => ValueType::Text,
    }
}

fn of_one_type(operands: Vec<Operand>, predicate: Predicate) -> Result<Vec<Operand>, String> {
    let types: Vec<ValueType> = operands.iter().map(value_type).collect();
    if types.windows(2).any(|pair| pair[0] != pair[1]) {
        return Err("Attributes with `_or_` between must have one type.".into());
    }
    if types.iter().all(|value_type| predicate.is_for(*value_type)) {
        return Ok(operands);
    }
    let fitting = PREDICATES
        .iter()
        .filter(|known| types.iter().all(|value_type| known.is_for(*value_type)));
    let names: Vec<&str> = fitting.map(|known| known.name).collect();
    Err(format!(
        "The predicate `{}` is not for this attribute. There are {}.",
        predicate.name,
        names.join(", ")
    ))
}

fn test(operands: &[Operand], predicate: Predicate, text: &str) -> Result<Test, String> {
    let attribute = operands.first().map_or(ValueType::Text, value_type);
    let texts: Vec<&str> = match (predicate.takes_list(), text) {
        (true, "") => Vec::new(),
        (true, list) => list.split(',').collect(),
        (false, one) => vec![one],
    };
    let values = texts
        .into_iter()
        .map(|text| Value::read(text, predicate.value_type(attribute)))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|wanted| match predicate.takes_list() {
            true => format!("Each value must be {wanted}; they have commas between."),
            false => format!("Must be {wanted}."),
        })?;
    let is_true = |value: &Value| *value == Value::Boolean(true);
    if matches!(predicate.operator, Operator::Is(_)) && !values.iter().all(is_true) {
        return Err("Must be `true`.".into());
    }
    let ends_in_escape = |value: &Value| match value {
        Value::Text(text) => (text.len() - text.trim_end_matches('\\').len()) % 2 == 1,
        _ => false,
    };
    if predicate.operator == Operator::Matches && values.iter().any(ends_in_escape) {
        return Err("A pattern can't end with a backslash that stands for nothing.".into());
    }
    Ok(Test { predicate, values })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;

    fn read(
        kind: &str,
        buyer: Option<Buyer>,
        filters: &[(&str, &str)],
    ) -> Result<Vec<Condition>, Vec<String>> {
        let mut problems = ProblemList::default();
        let mut all = Filters {
            meta: registry::resource(kind).expect("a type"),
            buyer,
            problems: &mut problems,
            conditions: Vec::new(),
        };
        for (name, value) in filters {
            all.read(name, value);
        }
        let conditions = all.finish();
        match problems.into_result() {
            Ok(()) => Ok(conditions),
            Err(problems) => Err(problems
                .iter()
                .map(|problem| problem.message.to_string())
                .collect()),
        }
    }

    fn one(kind: &str, name: &str, value: &str) -> (Vec<(usize, String)>, &'static str, usize) {
        let conditions = read(kind, None, &[(name, value)]).unwrap_or_else(|told| panic!("{name}: {told:?}"));
        let [condition] = conditions.as_slice() else {
            panic!("{name}: {conditions:?}")
        };
        let operands = condition.operands.iter().map(|operand| {
            let field = match operand.field {
                Field::Attribute(attribute) => attribute.name.to_owned(),
                Field::RelatedId(relationship) => format!("id of {}", relationship.name),
            };
            (operand.path.len(), field)
        });
        (
            operands.collect(),
            condition.test.predicate.name,
            condition.test.values.len(),
        )
    }

    #[test]
    fn names_are_attributes_paths_and_alternatives_with_a_predicate() {
        for (kind, name, value, operands, predicate, values) in [
            (
                "orders",
                "filter[q][status_eq]",
                "placed",
                &[(0, "status")][..],
                "eq",
                1,
            ),
            (
                "orders",
                "filter[q][status_not_in]",
                "a,b",
                &[(0, "status")],
                "not_in",
                2,
            ),
            (
                "orders",
                "filter[q][status_in_or_null]",
                "",
                &[(0, "status")],
                "in_or_null",
                0,
            ),
            (
                "orders",
                "filter[q][customer_email_cont]",
                "x",
                &[(0, "customer_email")],
                "cont",
                1,
            ),
            (
                "orders",
                "filter[q][market_code_eq]",
                "x",
                &[(1, "code")],
                "eq",
                1,
            ),
            (
                "orders",
                "filter[q][market_id_eq]",
                "x",
                &[(0, "id of market")],
                "eq",
                1,
            ),
            (
                "orders",
                "filter[q][line_items_sku_code_eq]",
                "x",
                &[(1, "sku_code")],
                "eq",
                1,
            ),
            (
                "orders",
                "filter[q][captures_id_in]",
                "x,y",
                &[(1, "id")],
                "in",
                2,
            ),
            (
                "captures",
                "filter[q][order_market_name_start]",
                "x",
                &[(2, "name")],
                "start",
                1,
            ),
            (
                "markets",
                "filter[q][name_or_code_cont_any]",
                "x,y",
                &[(0, "name"), (0, "code")],
                "cont_any",
                2,
            ),
            (
                "orders",
                "filter[q][number_or_market_code_eq]",
                "x",
                &[(0, "number"), (1, "code")],
                "eq",
                1,
            ),
            ("orders", "filter[q][guest_true]", "1", &[(0, "guest")], "true", 1),
            (
                "orders",
                "filter[q][placed_at_null]",
                "false",
                &[(0, "placed_at")],
                "null",
                1,
            ),
            (
                "orders",
                "filter[q][metadata_jcont]",
                "{\"a\":1}",
                &[(0, "metadata")],
                "jcont",
                1,
            ),
            (
                "orders",
                "filter[placed_at_from]",
                "2030-01-01",
                &[(0, "placed_at")],
                "gteq",
                1,
            ),
            ("orders", "filter[ids]", "x,y", &[(0, "id")], "in", 2),
            ("orders", "filter[status]", "placed", &[(0, "status")], "in", 1),
            (
                "orders",
                "filter[market_id]",
                "x",
                &[(0, "id of market")],
                "in",
                1,
            ),
            (
                "payments",
                "filter[states]",
                "finished,failed",
                &[(0, "state")],
                "in",
                2,
            ),
            (
                "payments",
                "filter[to_created_at]",
                "2030-01-01",
                &[(0, "created_at")],
                "lteq",
                1,
            ),
        ] {
            let operands: Vec<(usize, String)> = operands
                .iter()
                .map(|(joins, field)| (*joins, (*field).to_owned()))
                .collect();
            assert_eq!(one(kind, name, value), (operands, predicate, values), "{name}");
        }
    }

    #[test]
    fn what_is_not_there_is_told_with_what_there_is() {
        for (kind, name, value, told) in [
            (
                "orders",
                "filter[q][colour_eq]",
                "x",
                "There are id, number, status",
            ),
            (
                "orders",
                "filter[q][status]",
                "x",
                "must end with one of the predicates eq,",
            ),
            (
                "orders",
                "filter[q][customer_ip_eq]",
                "x",
                "can't be filtered by `customer_ip`",
            ),
            ("orders", "filter[colour]", "x", "There are id"),
            (
                "orders",
                "filter[q][payment_source_order_id_eq]",
                "x",
                "can't be filtered",
            ),
            (
                "orders",
                "filter[q][available_payment_methods_name_eq]",
                "x",
                "can't be filtered",
            ),
            (
                "orders",
                "filter[q][subtotal_amount_cents_cont]",
                "1",
                "is not for this attribute",
            ),
            (
                "orders",
                "filter[q][subtotal_amount_cents_eq]",
                "x",
                "whole number",
            ),
            (
                "orders",
                "filter[q][subtotal_amount_cents_or_number_eq]",
                "1",
                "must have one type",
            ),
            ("orders", "filter[q][guest_true]", "false", "Must be `true`"),
            ("orders", "filter[q][number_matches]", "a\\", "backslash"),
            ("orders", "filter", "x", "Filters are written"),
            ("orders", "filter[q]", "x", "There are id"),
            ("orders", "filter[q][]", "x", "Filters are written"),
            ("orders", "filter[q][a][b]", "x", "Filters are written"),
            ("orders", "filter[_]", "x", "There are id"),
        ] {
            let messages = read(kind, None, &[(name, value)]).expect_err(name);
            assert!(messages[0].contains(told), "{name}: {messages:?}");
        }
    }

    #[test]
    fn a_buyer_asks_about_nothing_that_they_may_not_read() {
        let guest = Some(Buyer::Guest);
        assert!(read("orders", guest, &[("filter[q][captures_id_eq]", "x")]).is_err());
        assert!(read("orders", guest, &[("filter[q][customer_email_eq]", "x")]).is_ok());
        assert!(
            read(
                "orders",
                guest,
                &[("filter[q][customer_created_at_gt]", "2030-01-01")]
            )
            .is_err()
        );
        assert!(
            read(
                "orders",
                None,
                &[("filter[q][customer_created_at_gt]", "2030-01-01")]
            )
            .is_ok()
        );
    }

    #[test]
    fn there_are_bounds() {
        let many = ["x"; 101].join(",");
        let names: Vec<String> = PREDICATES[..21]
            .iter()
            .map(|predicate| format!("filter[q][number_{}]", predicate.name))
            .collect();
        let conditions: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "true")).collect();
        let joins: Vec<(&str, &str)> = vec![
            ("filter[q][order_market_code_eq]", "x"),
            ("filter[q][order_market_name_eq]", "x"),
        ];
        for (kind, filters) in [
            ("orders", vec![("filter[q][number_in]", many.as_str())]),
            ("orders", conditions),
            ("captures", joins),
        ] {
            let messages = read(kind, None, &filters).expect_err("too many");
            assert!(messages[0].contains("at most"), "{messages:?}");
        }
    }
}
