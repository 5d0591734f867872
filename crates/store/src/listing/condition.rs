//! Conditions as SQL: those of a request's filters, and those that say what a caller may see.

use tillgate_model::{
    query::{Condition, Field, Operand, Operator, Quantifier, Step, Test, Value},
    registry,
    resource::ValueType,
};

use super::{
    driver::{self, Driver},
    source::{Link, Source, link, source},
    sql::Sql,
    statement::{Flavor, Plan},
};

/// What rows a caller may see, or a list has beside what a request asks for.
#[derive(Clone, PartialEq, Debug)]
pub enum Cond {
    /// All.
    Always,
    /// None.
    Never,
    /// The column has the value.
    Is(&'static str, Value),
    /// The column has the text.
    Text(&'static str, String),
    /// The column has one of the words.
    In(&'static str, Vec<&'static str>),
    /// The column is null.
    IsNull(&'static str),
    /// All of them hold.
    All(Vec<Cond>),
    /// One of them holds.
    Any(Vec<Cond>),
    /// The column has the id of a resource of that type for which the condition holds.
    Refers {
        /// The column.
        column: &'static str,
        /// The type.
        to: &'static str,
        /// What holds for the resource.
        where_it: Box<Cond>,
    },
}

/// Where a condition stands.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// For whom, on which database.
    pub plan: &'a Plan<'a>,
    /// Rows of which type.
    pub source: Source,
    /// By which name.
    pub alias: &'a str,
    /// What finds them; SQLite is kept from finding them by anything else.
    pub driver: Driver,
}

impl Place<'_> {
    /// A column or an attribute.
    pub fn expression(&self, name: &str) -> String {
        let expression = self.source.expression(name, self.alias);
        if self.plan.flavor == Flavor::Sqlite && !self.driver.is_found_by(name) {
            return format!("+{expression}");
        }
        expression
    }

    /// Whose rows, of which type, and seen by whom: on every table that a filter or a list names.
    pub fn scope(&self) -> Sql {
        let mut sql = self.tenant();
        match (self.plan.visible)(self.source.kind) {
            Cond::Always => {}
            visible => {
                sql.push(" AND ");
                sql.add(self.cond(&visible, 0));
            }
        }
        sql
    }

    /// Whose rows, and of which type.
    fn tenant(&self) -> Sql {
        let (alias, scope) = (self.alias, self.plan.scope);
        let mut sql = Sql::text(format!("{alias}.organization_id = "));
        sql.bind_text(scope.organization_id().as_str());
        sql.push(format!(" AND {alias}.test = "));
        sql.bind(&Value::Boolean(scope.test()));
        if let Some(kind) = self.source.stored_kind {
            sql.push(format!(" AND {} = '{kind}'", self.expression("kind")));
        }
        if self.plan.flavor == Flavor::Sqlite && !self.plan.is_quick() {
            sql.push(format!(" AND tillgate_in_time({alias}.id)"));
        }
        sql
    }

    /// What a caller may see.
    pub fn cond(&self, cond: &Cond, depth: usize) -> Sql {
        let each = |conds: &[Cond]| conds.iter().map(|cond| self.cond(cond, depth)).collect();
        match cond {
            Cond::Always => Sql::text("1 = 1"),
            Cond::Never => Sql::text("1 = 0"),
            Cond::Is(column, value) => {
                let mut sql = Sql::text(format!("{} = ", self.expression(column)));
                sql.bind(value);
                sql
            }
            Cond::Text(column, text) => {
                let mut sql = Sql::text(format!("{} = ", self.expression(column)));
                sql.bind_text(text);
                sql
            }
            Cond::In(column, words) => {
                let mut sql = Sql::text(format!("{} IN (", self.expression(column)));
                sql.bind_texts(words.iter().copied());
                sql.push(")");
                sql
            }
            Cond::IsNull(column) => Sql::text(format!("{} IS NULL", self.expression(column))),
            Cond::All(conds) => Sql::joined(each(conds), " AND ", "1 = 1"),
            Cond::Any(conds) => Sql::joined(each(conds), " OR ", "1 = 0"),
            Cond::Refers { column, to, where_it } => {
                let alias = format!("{}_v{depth}", self.alias);
                let target = Place {
                    source: source(to),
                    alias: &alias,
                    driver: Driver::Unknown,
                    ..*self
                };
                let mut inner = target.tenant();
                inner.push(" AND ");
                inner.add(target.cond(where_it, depth + 1));
                self.within(column, "id", &target, inner)
            }
        }
    }

    /// A condition of a filter.
    pub fn condition(&self, condition: &Condition) -> Sql {
        let operands = condition.operands.iter();
        let parts = operands.map(|operand| self.operand(&operand.path, operand, &condition.test));
        Sql::joined(parts.collect(), " OR ", "1 = 0")
    }

    fn operand(&self, path: &[Step], operand: &Operand, test: &Test) -> Sql {
        let Some((step, rest)) = path.split_first() else {
            return self.field(operand.field, test);
        };
        let owner = registry::resource(step.owner);
        let target = step.relationship.target();
        let stored = owner.and_then(|owner| link(owner, step.relationship));
        // The model lets through only relationships that are stored, to types that there are.
        let (Some(stored), Some(target)) = (stored, target) else {
            return Sql::text("1 = 0");
        };
        let alias = format!("{}_{}", self.alias, path.len());
        let target = Place {
            source: source(target.kind),
            alias: &alias,
            driver: driver::of_operand(source(target.kind), rest, operand.field, test),
            ..*self
        };
        let mut inner = target.scope();
        inner.push(" AND ");
        inner.add(target.operand(rest, operand, test));
        match stored {
            Link::ToOne(column) => self.within(column, "id", &target, inner),
            Link::ToMany(column) => self.within("id", column, &target, inner),
            Link::Same { of_related, of_owner } => self.within(of_owner, of_related, &target, inner),
            Link::OfMarket => Sql::text("1 = 0"),
        }
    }

    /// `column IN (SELECT column_of_target FROM target WHERE …)`
    fn within(&self, column: &str, column_of_target: &str, target: &Place<'_>, inner: Sql) -> Sql {
        let mut sql = Sql::text(format!(
            "{} IN (SELECT {}.{column_of_target} FROM {} AS {} WHERE ",
            self.expression(column),
            target.alias,
            target.source.table,
            target.alias
        ));
        sql.add(inner);
        sql.push(")");
        sql
    }

    fn field(&self, field: Field, test: &Test) -> Sql {
        match field {
            Field::Attribute(attribute) => self.test(attribute.name, attribute.value_type, test),
            Field::RelatedId(relationship) => {
                let owner = registry::resource(self.source.kind);
                match owner.and_then(|owner| link(owner, relationship)) {
                    Some(Link::ToOne(column)) => self.test(column, ValueType::Text, test),
                    _ => Sql::text("1 = 0"),
                }
            }
        }
    }

    /// Whether a column fits, as [`Predicate`](tillgate_model::query::Predicate) says it.
    fn test(&self, name: &str, value_type: ValueType, test: &Test) -> Sql {
        let expression = self.expression(name);
        let predicate = test.predicate;
        let one = |value: &Value| {
            let sql = self.compare(&expression, value_type, predicate.operator, value);
            match predicate.negated && !matches!(predicate.operator, Operator::Null | Operator::Blank) {
                true => {
                    let mut not = Sql::text("NOT ");
                    not.add(sql);
                    not
                }
                false => sql,
            }
        };
        // Presence is asked for with true or false, and turned round by the predicate's name.
        if matches!(predicate.operator, Operator::Null | Operator::Blank) {
            let wanted = test.values.first() != Some(&Value::Boolean(predicate.negated));
            return self.absent(&expression, value_type, predicate.operator, wanted);
        }
        let is_plain_list = predicate.operator == Operator::Equal && test.values.len() > 1;
        let sql = match predicate.quantifier {
            Quantifier::Any if is_plain_list && !predicate.negated => {
                list(&expression, " IN (", &test.values)
            }
            Quantifier::All if is_plain_list && predicate.negated => {
                list(&expression, " NOT IN (", &test.values)
            }
            Quantifier::Any => Sql::joined(test.values.iter().map(one).collect(), " OR ", "1 = 0"),
            Quantifier::One | Quantifier::All => {
                let nothing = format!("{expression} IS NOT NULL");
                Sql::joined(test.values.iter().map(one).collect(), " AND ", &nothing)
            }
        };
        if predicate.or_null {
            let null = Sql::text(format!("{expression} IS NULL"));
            return Sql::joined(vec![sql, null], " OR ", "1 = 0");
        }
        sql
    }

    fn absent(&self, expression: &str, value_type: ValueType, operator: Operator, wanted: bool) -> Sql {
        let empty = match (operator, value_type) {
            (Operator::Blank, ValueType::Text) => Some("''"),
            (Operator::Blank, ValueType::Json) => Some("'{}'"),
            _ => None,
        };
        Sql::text(match (empty, wanted) {
            (None, true) => format!("{expression} IS NULL"),
            (None, false) => format!("{expression} IS NOT NULL"),
            (Some(empty), true) => format!("({expression} IS NULL OR {expression} = {empty})"),
            (Some(empty), false) => format!("({expression} IS NOT NULL AND {expression} <> {empty})"),
        })
    }

    fn compare(&self, expression: &str, value_type: ValueType, operator: Operator, value: &Value) -> Sql {
        let ordered = self.plan.flavor.ordered(expression, value_type);
        let compared = |left: &str, sign: &str| {
            let mut sql = Sql::text(format!("({left} {sign} "));
            sql.bind(value);
            sql.push(")");
            sql
        };
        match operator {
            Operator::Equal => compared(expression, "="),
            Operator::Less => compared(&ordered, "<"),
            Operator::LessOrEqual => compared(&ordered, "<="),
            Operator::Greater => compared(&ordered, ">"),
            Operator::GreaterOrEqual => compared(&ordered, ">="),
            Operator::Is(wanted) => Sql::text(format!(
                "({expression} = {})",
                if wanted { "TRUE" } else { "FALSE" }
            )),
            Operator::Matches => self.like(expression, value, |text| text.to_owned()),
            Operator::Start => self.like(expression, value, |text| format!("{}%", literal(text))),
            Operator::End => self.like(expression, value, |text| format!("%{}", literal(text))),
            Operator::Contain => self.like(expression, value, |text| format!("%{}%", literal(text))),
            Operator::JsonContain => {
                let mut sql = Sql::text(match self.plan.flavor {
                    Flavor::Sqlite => format!("tillgate_json_contains({expression}, "),
                    Flavor::Postgres => format!("(CAST({expression} AS jsonb) @> CAST("),
                });
                sql.bind(value);
                sql.push(match self.plan.flavor {
                    Flavor::Sqlite => ")",
                    Flavor::Postgres => " AS jsonb))",
                });
                sql
            }
            // They are told apart before.
            Operator::Null | Operator::Blank => Sql::text("1 = 0"),
        }
    }

    /// Both databases take the same patterns; both sides are in lower case as far as they are in ASCII.
    fn like(&self, expression: &str, value: &Value, pattern: impl Fn(&str) -> String) -> Sql {
        let Value::Text(text) = value else {
            return Sql::text("1 = 0");
        };
        let lower = match self.plan.flavor {
            Flavor::Sqlite => format!("lower({expression})"),
            Flavor::Postgres => format!("lower({expression} COLLATE \"C\")"),
        };
        let mut sql = Sql::text(format!("({lower} LIKE "));
        sql.bind_text(&pattern(text).to_ascii_lowercase());
        sql.push(" ESCAPE '\\')");
        sql
    }
}

fn list(expression: &str, word: &str, values: &[Value]) -> Sql {
    let mut sql = Sql::text(format!("{expression}{word}"));
    for (place, value) in values.iter().enumerate() {
        if place > 0 {
            sql.push(", ");
        }
        sql.bind(value);
    }
    sql.push(")");
    sql
}

/// A text as a part of a pattern that stands for itself.
fn literal(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}
