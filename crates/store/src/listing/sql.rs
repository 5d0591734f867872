//! The text of a statement with the values that are bound in it.

use diesel::{
    QueryResult,
    backend::Backend,
    query_builder::{AstPass, QueryFragment},
    serialize::ToSql,
    sql_types::{BigInt, Bool, HasSqlType, Text, Timestamp},
};
use tillgate_model::query::Value;

use crate::StoredTime;

/// A piece of a statement.
#[derive(Clone, PartialEq, Debug)]
enum Part {
    /// Text of this program.
    Text(String),
    /// A value of the caller.
    Bound(Bound),
}

#[derive(Clone, PartialEq, Debug)]
enum Bound {
    Text(String),
    Integer(i64),
    Boolean(bool),
    Time(StoredTime),
}

/// A statement, or a part of one.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Sql(Vec<Part>);

impl Sql {
    /// Text of this program, without anything of a caller in it.
    pub fn text(text: impl Into<String>) -> Self {
        let mut sql = Self::default();
        sql.push(text);
        sql
    }

    /// Adds text of this program.
    pub fn push(&mut self, text: impl Into<String>) -> &mut Self {
        let text = text.into();
        match self.0.last_mut() {
            Some(Part::Text(last)) => last.push_str(&text),
            _ => self.0.push(Part::Text(text)),
        }
        self
    }

    /// Adds a value.
    pub fn bind(&mut self, value: &Value) -> &mut Self {
        self.0.push(Part::Bound(match value {
            Value::Text(text) => Bound::Text(text.clone()),
            Value::Integer(number) => Bound::Integer(*number),
            Value::Boolean(value) => Bound::Boolean(*value),
            Value::Time(time) => Bound::Time((*time).into()),
            Value::Json(object) => {
                Bound::Text(serde_json::to_string(object).expect("a JSON object has string keys"))
            }
        }));
        self
    }

    /// Adds a text as a value.
    pub fn bind_text(&mut self, text: &str) -> &mut Self {
        self.0.push(Part::Bound(Bound::Text(text.to_owned())));
        self
    }

    /// Adds texts as values, with commas between.
    pub fn bind_texts<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) -> &mut Self {
        for (place, text) in texts.into_iter().enumerate() {
            if place > 0 {
                self.push(", ");
            }
            self.bind_text(text);
        }
        self
    }

    /// Adds another one.
    pub fn add(&mut self, other: Self) -> &mut Self {
        for part in other.0 {
            match part {
                Part::Text(text) => {
                    self.push(text);
                }
                bound => self.0.push(bound),
            }
        }
        self
    }

    /// What is the same for the same statement with the same values.
    pub fn key(&self) -> String {
        format!("{:?}", self.0)
    }

    /// In brackets, with a word between: `(a AND b)`. Without any, the word for nothing.
    pub fn joined(parts: Vec<Self>, word: &str, nothing: &str) -> Self {
        if parts.is_empty() {
            return Self::text(nothing);
        }
        let mut sql = Self::text("(");
        for (place, part) in parts.into_iter().enumerate() {
            if place > 0 {
                sql.push(word);
            }
            sql.add(part);
        }
        sql.push(")");
        sql
    }
}

impl<DB> QueryFragment<DB> for Sql
where
    DB: Backend + HasSqlType<Text> + HasSqlType<BigInt> + HasSqlType<Bool> + HasSqlType<Timestamp>,
    String: ToSql<Text, DB>,
    i64: ToSql<BigInt, DB>,
    bool: ToSql<Bool, DB>,
    StoredTime: ToSql<Timestamp, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_sql(text),
                Part::Bound(Bound::Text(text)) => out.push_bind_param::<Text, _>(text)?,
                Part::Bound(Bound::Integer(number)) => out.push_bind_param::<BigInt, _>(number)?,
                Part::Bound(Bound::Boolean(value)) => out.push_bind_param::<Bool, _>(value)?,
                Part::Bound(Bound::Time(time)) => out.push_bind_param::<Timestamp, _>(time)?,
            }
        }
        Ok(())
    }
}
