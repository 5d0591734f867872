//! The changes between two documents, from the clients' point of view.

use std::collections::{BTreeMap, BTreeSet};

use strum::{Display, EnumString};

/// The effect of a change on a client that was written for the earlier document. The worst comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Display)]
pub enum Class {
    /// The client can fail, or misread a value.
    #[strum(to_string = "breaking")]
    Breaking,
    /// The client continues to work.
    #[strum(to_string = "non-breaking")]
    NonBreaking,
    /// Only texts for people differ.
    #[strum(to_string = "annotation")]
    Annotation,
}

/// The part of an operation's traffic that changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Display, EnumString)]
#[strum(serialize_all = "lowercase")]
pub enum Side {
    /// The operation itself: its existence, name or security.
    Operation,
    /// Requests of a client.
    Request,
    /// Answers to a client.
    Response,
}

impl Side {
    /// The subject of a sentence about the operations named in `operations`.
    fn subject(self, operations: &str) -> String {
        match self {
            Self::Operation => operations.to_owned(),
            Self::Request => format!("requests of {operations}"),
            Self::Response => format!("responses of {operations}"),
        }
    }
}

/// One change at one place of one operation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Effect on clients.
    pub class: Class,
    /// Part of the traffic.
    pub side: Side,
    /// Place in that part: `body /data/attributes/amount`, `query parameter page[size]`; empty for all of it.
    pub location: String,
    /// The predicate of the sentence: "no longer guarantee `client_secret`".
    pub what: String,
    /// The operation's id in the earlier document, else in the later one, else its method and path.
    pub operation: String,
    /// The status of the response that it concerns.
    pub status: Option<String>,
}

impl Change {
    /// "responses of `create_order` no longer guarantee `id`".
    #[cfg(test)]
    pub fn sentence(&self) -> String {
        format!("{} {}", self.side.subject(&self.operation), self.what)
    }
}

/// One change that several operations or responses have: usually a change of a shared component.
#[derive(Debug, PartialEq, Eq)]
pub struct Group {
    /// As in [`Change`].
    pub class: Class,
    /// As in [`Change`].
    pub side: Side,
    /// As in [`Change`].
    pub location: String,
    /// As in [`Change`].
    pub what: String,
    /// The operations that it concerns.
    pub operations: BTreeSet<String>,
    /// The statuses of the responses that it concerns.
    pub statuses: BTreeSet<String>,
}

impl Group {
    /// One sentence and the place. `all` are the operations of both documents: if the change concerns nearly all of many, the
    /// others are listed.
    pub fn line(&self, all: &BTreeSet<String>) -> String {
        const MANY: usize = 10;
        let list = |names: &mut dyn Iterator<Item = &String>| names.cloned().collect::<Vec<_>>().join(", ");
        let others = all.difference(&self.operations).count();
        let known = self.operations.is_subset(all);
        let operations = match (known && self.operations.len() > MANY, others) {
            (true, 0) => "all operations".to_owned(),
            (true, 1..=MANY) => format!(
                "all operations but {}",
                list(&mut all.difference(&self.operations))
            ),
            _ => list(&mut self.operations.iter()),
        };
        let mut line = format!("{} {}", self.side.subject(&operations), self.what);
        let statuses = self.statuses.iter().cloned().collect::<Vec<_>>().join(", ");
        let place = [self.location.as_str(), statuses.as_str()];
        let place: Vec<_> = place.into_iter().filter(|part| !part.is_empty()).collect();
        if !place.is_empty() {
            line += &format!(" ({})", place.join("; "));
        }
        line
    }
}

/// Puts equal changes of several operations together: breaking ones first, then by side and place.
pub fn group(changes: &[Change]) -> Vec<Group> {
    let mut groups: BTreeMap<_, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    for change in changes {
        let key = (change.class, change.side, &change.location, &change.what);
        let (operations, statuses) = groups.entry(key).or_default();
        operations.insert(change.operation.clone());
        statuses.extend(change.status.clone());
    }
    let groups = groups.into_iter();
    groups
        .map(|((class, side, location, what), (operations, statuses))| Group {
            class,
            side,
            location: location.clone(),
            what: what.clone(),
            operations,
            statuses,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(operation: &str, status: &str) -> Change {
        Change {
            class: Class::Breaking,
            side: Side::Response,
            location: "body /id".to_owned(),
            what: "no longer guarantee `id`".to_owned(),
            operation: operation.to_owned(),
            status: Some(status.to_owned()),
        }
    }

    #[test]
    fn equal_changes_are_one_line() {
        let groups = group(&[change("b", "201"), change("a", "200"), change("a", "201")]);
        assert_eq!(groups.len(), 1);
        let all = ["a", "b", "c"].map(str::to_owned).into();
        assert_eq!(
            groups[0].line(&all),
            "responses of a, b no longer guarantee `id` (body /id; 200, 201)"
        );
        assert_eq!(
            change("a", "200").sentence(),
            "responses of a no longer guarantee `id`"
        );
    }

    #[test]
    fn of_nearly_all_operations_the_others_are_listed() {
        let names: Vec<_> = (10..22).map(|number| format!("o{number}")).collect();
        let changes: Vec<_> = names.iter().map(|operation| change(operation, "200")).collect();
        let line = |names: &[String]| group(&changes)[0].line(&names.iter().cloned().collect());
        assert!(line(&names).starts_with("responses of all operations no longer"));
        let more = [&names[..], &["p".to_owned(), "q".to_owned()]].concat();
        assert!(line(&more).starts_with("responses of all operations but p, q no longer"));
        // An operation that the other document lacks does not belong to "all".
        assert!(line(&names[1..]).starts_with("responses of o10, o11, "));
    }
}
