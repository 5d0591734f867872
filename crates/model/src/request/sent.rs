//! Which places of a body were sent. The body is read only along the way to them: a refused one can be large, and is not kept.

use std::{collections::BTreeMap, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::pointer;

/// A value that a body may have, and those within it that one asks for.
#[derive(Default)]
pub struct Place {
    is_sent: bool,
    inner: BTreeMap<String, Place>,
}

impl Place {
    /// The places of JSON pointers, and those on the way to them, in a body. A body that is not JSON has none.
    pub fn find<'a>(body: &[u8], pointers: impl Iterator<Item = &'a str>) -> Self {
        let mut root = Self::default();
        for pointer in pointers {
            let mut place = &mut root;
            for token in pointer::tokens(pointer) {
                place = place.inner.entry(token).or_default();
            }
        }
        match root.deserialize(&mut serde_json::Deserializer::from_slice(body)) {
            Ok(()) => root,
            Err(_) => Self::default(),
        }
    }

    /// Whether the body has this place.
    pub fn has(&self, pointer: &str) -> bool {
        let mut place = Some(self);
        for token in pointer::tokens(pointer) {
            place = place.and_then(|place| place.inner.get(&token));
        }
        place.is_some_and(|place| place.is_sent)
    }
}

impl<'de> DeserializeSeed<'de> for &mut Place {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.is_sent = true;
        if self.inner.is_empty() {
            return deserializer.deserialize_ignored_any(IgnoredAny).map(|_| ());
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Place {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        for index in 0_usize.. {
            let is_there = match self.inner.get_mut(&index.to_string()) {
                Some(place) => items.next_element_seed(place)?.is_some(),
                None => items.next_element::<IgnoredAny>()?.is_some(),
            };
            if !is_there {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<String>()? {
            match self.inner.get_mut(&name) {
                Some(place) => members.next_value_seed(place)?,
                None => members.next_value::<IgnoredAny>().map(|_| ())?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_in_objects_and_lists() {
        let body = br#"{"a/b": [1, {"c": null}], "d": {}, "e": [[]]}"#;
        let pointers = ["", "/a~1b/1/c", "/a~1b/2", "/d/x", "/e/0", "/e/0/0", "/f"];
        let places = Place::find(body, pointers.into_iter());
        let found = pointers.map(|pointer| places.has(pointer));
        assert_eq!(found, [true, true, false, false, true, false, false]);
        assert!(places.has("/a~1b/1") && places.has("/d"));
        // Nobody asked for it.
        assert!(!places.has("/a~1b/0"));
    }

    #[test]
    fn a_body_that_is_not_json_has_no_place() {
        for body in ["", "{", r#"{"a" 1}"#] {
            assert!(!Place::find(body.as_bytes(), [""].into_iter()).has(""), "{body}");
        }
    }
}
