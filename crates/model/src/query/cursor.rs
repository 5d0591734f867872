//! Where a page ends, so that the next one begins there however many come before it.

use serde_json::{Value as Json, json};

use super::Value;
use crate::{Id, resource::ValueType};

/// Letters of a cursor at most.
const MAX_LENGTH: usize = 8192;

/// An item of a sorted list: the values of its keys, and its id. Clients get it as hexadecimal digits and send it back.
#[derive(Clone, PartialEq, Debug)]
pub struct Cursor {
    /// The order that the list had, as in the parameter `sort`.
    pub order: String,
    /// Values of the keys of the order.
    pub values: Vec<Option<Value>>,
    /// The item's id.
    pub id: Id,
}

impl Cursor {
    /// The form of the text, as a regular expression.
    pub const PATTERN: &str = "^([0-9A-Fa-f]{2})*$";

    /// As clients get it.
    pub fn write(&self) -> String {
        let values: Vec<Json> = self.values.iter().map(Option::as_ref).map(json_of).collect();
        let text = json!([self.order, values, self.id]).to_string();
        text.bytes().map(|byte| format!("{byte:02x}")).collect()
    }

    /// As clients send it back, for a list with the order.
    pub fn read(text: &str, order: &str, types: &[ValueType]) -> Option<Self> {
        if text.len() > MAX_LENGTH || !text.len().is_multiple_of(2) || !text.is_ascii() {
            return None;
        }
        let bytes: Option<Vec<u8>> = (0..text.len())
            .step_by(2)
            .map(|place| u8::from_str_radix(&text[place..place + 2], 16).ok())
            .collect();
        let (its_order, values, id): (String, Vec<Json>, String) = serde_json::from_slice(&bytes?).ok()?;
        if its_order != order || values.len() != types.len() {
            return None;
        }
        let values: Option<Vec<Option<Value>>> = values
            .iter()
            .zip(types)
            .map(|(json, value_type)| match json {
                Json::Null => Some(None),
                json => readable(json, *value_type).map(Some),
            })
            .collect();
        Some(Self {
            order: its_order,
            values: values?,
            id: id.parse().ok()?,
        })
    }
}

fn readable(json: &Json, value_type: ValueType) -> Option<Value> {
    let value = Value::of_json(json, value_type)?;
    match &value {
        Value::Text(text) if text.contains('\0') => None,
        _ => Some(value),
    }
}

fn json_of(value: Option<&Value>) -> Json {
    match value {
        None | Some(Value::Json(_)) => Json::Null,
        Some(Value::Text(text)) => text.as_str().into(),
        Some(Value::Integer(number)) => (*number).into(),
        Some(Value::Boolean(value)) => (*value).into(),
        Some(Value::Time(time)) => json!(time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was_and_only_to_the_same_order() {
        let types = [
            ValueType::Text,
            ValueType::Integer,
            ValueType::Time,
            ValueType::Boolean,
        ];
        let time = Value::read("2030-01-31T12:00:00.123Z", ValueType::Time);
        let cursor = Cursor {
            order: "a,-b,c,d".into(),
            values: vec![
                Some(Value::Text("ä'%".into())),
                Some(Value::Integer(-1)),
                time.ok(),
                None,
            ],
            id: Id::from_letters([1; 10]),
        };
        let text = cursor.write();
        assert_eq!(Cursor::read(&text, "a,-b,c,d", &types), Some(cursor));
        assert_eq!(Cursor::read(&text, "a", &types), None);
        assert_eq!(Cursor::read(&text, "a,-b,c,d", &types[1..]), None);
        for text in ["", "0", "zz", "5b", "ä", &text[..8]] {
            assert_eq!(Cursor::read(text, "a,-b,c,d", &types), None, "{text}");
        }
    }
}
