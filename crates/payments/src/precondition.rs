//! Preconditions of changes: `If-Match` (RFC 9110 section 13.1.1).

use std::hash::BuildHasher;

use foldhash::quality::FixedState;
use tillgate_model::{Id, Problem, Record, document, problem::Kind};
use tillgate_store::Tx;

use crate::{failure::Failure, handler::Kept, request::Request};

/// The strong entity tag of a document. It is made of letters, so that it never looks like a number.
pub fn entity_tag(document: &[u8]) -> String {
    let hash = FixedState::with_seed(0).hash_one(document);
    let letters =
        (0..16).map(|place| char::from(b'a' + u8::try_from(hash >> (4 * place) & 15).unwrap_or_default()));
    format!("\"{}\"", letters.collect::<String>())
}

impl Request {
    /// Refuses a change if the caller has not seen the record's present state. The record must be locked, so that it keeps that
    /// state.
    pub fn require_match<R: Kept>(&self, record: &Record<R>) -> Result<(), Failure> {
        match &self.if_match {
            Some(tags) => require(tags, document::one(record, self.frame()).as_ref()),
            None => Ok(()),
        }
    }

    /// Refuses a change unless the record with this id matches the condition. Nothing is read without a condition.
    pub async fn require_match_of<R: Kept>(&self, tx: &mut Tx<'_>, id: &Id) -> Result<(), Failure> {
        if self.if_match.is_none() {
            return Ok(());
        }
        let record = R::get(tx, self, id).await?.ok_or_else(Problem::not_found)?;
        self.require_match(&record)
    }
}

/// Refuses a change unless one of the tags is the document's.
pub fn require(tags: &[String], document: &[u8]) -> Result<(), Failure> {
    let current = entity_tag(document);
    if tags.contains(&current) {
        return Ok(());
    }
    let message = "The resource has changed: its entity tag differs from If-Match. \
                   Retrieve it again, and send the ETag of that answer.";
    Err(Problem::new(Kind::PreconditionFailed, message)
        .header("If-Match")
        .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_document_has_another_tag() {
        let tags = [
            entity_tag(b""),
            entity_tag(b"{}"),
            entity_tag(b"{ }"),
            entity_tag(b"{}\0"),
        ];
        for (place, tag) in tags.iter().enumerate() {
            assert!(
                tag.len() == 18 && tag.bytes().all(|byte| byte == b'"' || byte.is_ascii_lowercase()),
                "{tag}"
            );
            assert!(!tags[..place].contains(tag), "{tag}");
        }
        assert_eq!(entity_tag(b"{}"), entity_tag(b"{}"));
    }
}
