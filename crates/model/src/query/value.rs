//! Values of filters and cursors, by the type of the attribute.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde_json::{Map, Value as Json};

use crate::{Timestamp, resource::ValueType};

/// A value that an attribute is compared with.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// True or false.
    Boolean(bool),
    /// A moment.
    Time(Timestamp),
    /// A JSON object.
    Json(Map<String, Json>),
}

impl Value {
    /// Reads a value as a query has it. The error says what is wanted.
    pub fn read(text: &str, value_type: ValueType) -> Result<Self, &'static str> {
        match value_type {
            ValueType::Text if text.contains('\0') => Err("a text without U+0000"),
            ValueType::Text => Ok(Self::Text(text.to_owned())),
            ValueType::Integer => text
                .parse()
                .map(Self::Integer)
                .map_err(|_| "a whole number of 64 bits"),
            ValueType::Boolean => boolean(text).map(Self::Boolean).ok_or("`true` or `false`"),
            ValueType::Time => time(text)
                .map(|time| Self::Time(time.into()))
                .ok_or("a time such as `2030-01-31T12:00:00.000Z`, or a date"),
            ValueType::Json => match serde_json::from_str(text) {
                Ok(Json::Object(object)) if !text.contains("\\u0000") => Ok(Self::Json(object)),
                _ => Err("a JSON object"),
            },
        }
    }

    /// The value of an attribute as a document shows it; none for null and for what no list is sorted by.
    pub fn of_json(value: &Json, value_type: ValueType) -> Option<Self> {
        match (value_type, value) {
            (ValueType::Text, Json::String(text)) => Some(Self::Text(text.clone())),
            (ValueType::Time, Json::String(text)) => Self::read(text, value_type).ok(),
            (ValueType::Integer, value) => value.as_i64().map(Self::Integer),
            (ValueType::Boolean, Json::Bool(value)) => Some(Self::Boolean(*value)),
            _ => None,
        }
    }
}

/// The words that clients send for it.
pub fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// A moment with its zone, or a date or a moment in UTC. A plus sign that was not encoded has become a space.
fn time(text: &str) -> Option<DateTime<Utc>> {
    let with_zone = match text.rsplit_once(' ') {
        Some((moment, zone)) if moment.contains(':') && zone.contains(':') => format!("{moment}+{zone}"),
        _ => text.to_owned(),
    };
    if let Ok(moment) = DateTime::parse_from_rfc3339(&with_zone) {
        return in_bounds(moment.to_utc());
    }
    let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"];
    let moment = formats
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .or_else(|| {
            NaiveDate::parse_from_str(text, "%Y-%m-%d")
                .ok()?
                .and_hms_opt(0, 0, 0)
        })?;
    in_bounds(moment.and_utc())
}

/// Both databases order years of four digits as they come.
fn in_bounds(moment: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let first = NaiveDate::from_ymd_opt(1, 1, 1)?.and_hms_opt(0, 0, 0)?.and_utc();
    let end = NaiveDate::from_ymd_opt(10_000, 1, 1)?
        .and_hms_opt(0, 0, 0)?
        .and_utc();
    (first..end).contains(&moment).then_some(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        match Value::read(text, ValueType::Time) {
            Ok(Value::Time(time)) => Some(serde_json::to_value(time).ok()?.as_str()?.to_owned()),
            _ => None,
        }
    }

    #[test]
    fn times_have_zones_or_are_in_utc() {
        for (text, utc) in [
            ("2030-01-31T12:00:00.5Z", "2030-01-31T12:00:00.500Z"),
            ("2030-01-31T12:00:00+02:00", "2030-01-31T10:00:00.000Z"),
            ("2030-01-31T12:00:00 02:00", "2030-01-31T10:00:00.000Z"),
            ("2030-01-31T12:00:00-02:00", "2030-01-31T14:00:00.000Z"),
            ("2030-01-31 12:00:00", "2030-01-31T12:00:00.000Z"),
            ("2030-01-31T12:00:00", "2030-01-31T12:00:00.000Z"),
            ("2030-01-31", "2030-01-31T00:00:00.000Z"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(utc), "{text}");
        }
        for text in [
            "",
            "x",
            "12:00",
            "2030-02-30",
            "2030-01-31T25:00:00Z",
            "99999-01-01T00:00:00Z",
            "0000-01-01",
            "0001-01-01T00:00:00+02:00",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
    }

    #[test]
    fn values_are_read_by_their_type() {
        let read = |text, value_type| Value::read(text, value_type).ok();
        assert_eq!(read("-5", ValueType::Integer), Some(Value::Integer(-5)));
        assert_eq!(read("9223372036854775808", ValueType::Integer), None);
        assert_eq!(read("1.5", ValueType::Integer), None);
        assert_eq!(read("1", ValueType::Boolean), Some(Value::Boolean(true)));
        assert_eq!(read("yes", ValueType::Boolean), None);
        assert_eq!(read("", ValueType::Text), Some(Value::Text(String::new())));
        assert_eq!(read("a\0", ValueType::Text), None);
        assert_eq!(read("[1]", ValueType::Json), None);
        assert!(read(r#"{"a":1}"#, ValueType::Json).is_some());
    }
}
