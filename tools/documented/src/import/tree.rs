//! Members of members.

use crate::model::{JsonType, Member, Members};

/// Puts `member` at `path`; an existing one keeps what the new one leaves open. If both disagree, the first counts, and the
/// contradiction is returned.
pub fn insert(members: &mut Members, path: &[String], member: Member) -> Option<String> {
    let (name, inside) = path.split_first()?;
    if inside.is_empty() {
        let before = members.shift_remove(name).unwrap_or_default();
        let contradiction = contradiction(name, &before, &member);
        let merged = if contradiction.is_some() {
            merged(member, before)
        } else {
            merged(before, member)
        };
        members.insert(name.clone(), merged);
        return contradiction;
    }
    let parent = members.entry(name.clone()).or_insert_with(Member::container);
    insert(&mut parent.members, inside, member)
}

/// The contradiction between a member's second description and its first.
fn contradiction(name: &str, first: &Member, second: &Member) -> Option<String> {
    fn told<T: ToString>(what: &Option<T>) -> Option<String> {
        what.as_ref().map(ToString::to_string)
    }
    // A member that only holds others is no description.
    let is_container = !first.members.is_empty() && first.presence.is_none();
    let types = (told(&first.json_type), told(&second.json_type));
    let presences = (told(&first.presence), told(&second.presence));
    let different = |pair: (Option<String>, Option<String>)| match pair {
        (Some(first), Some(second)) if first != second => Some((first, second)),
        _ => None,
    };
    let of_type = different(types).filter(|_| !is_container);
    let (first, second) = of_type.or_else(|| different(presences))?;
    Some(format!(
        "{name} is described twice, as {first} and as {second}: the first counts"
    ))
}

/// `member`, completed from `before`.
fn merged(before: Member, mut member: Member) -> Member {
    member.json_type = member.json_type.or(before.json_type);
    member.presence = member.presence.or(before.presence);
    member.default = member.default.or(before.default);
    if !before.members.is_empty() {
        let mut members = before.members;
        for (name, inside) in std::mem::take(&mut member.members) {
            insert(&mut members, std::slice::from_ref(&name), inside);
        }
        member.members = members;
    }
    member
}

/// How many levels of members a member has, itself included.
pub fn depth(member: &Member) -> usize {
    1 + member.members.values().map(depth).max().unwrap_or(0)
}

/// The members below `data`, which JSON:API documents have and tables often leave out.
pub fn below_data(members: Members) -> Members {
    let data = Member {
        json_type: Some(JsonType::Object),
        members,
        ..Member::default()
    };
    Members::from([("data".to_owned(), data)])
}

/// The members of `data` if there are no others.
pub fn without_data(mut members: Members) -> Members {
    match (members.len(), members.get_mut("data")) {
        (1, Some(data)) if !data.members.is_empty() => std::mem::take(&mut data.members),
        _ => members,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Presence;

    fn member(json_type: Option<JsonType>, presence: Option<Presence>) -> Member {
        Member {
            json_type,
            presence,
            ..Member::default()
        }
    }

    #[test]
    fn of_two_descriptions_the_first_counts_and_the_difference_is_told() {
        let mut members = Members::new();
        let at = ["terms".to_owned()];
        let first = member(Some(JsonType::Boolean), Some(Presence::Required));
        assert_eq!(insert(&mut members, &at, first.clone()), None);
        assert_eq!(insert(&mut members, &at, first.clone()), None);
        let second = member(Some(JsonType::String), None);
        assert_eq!(
            insert(&mut members, &at, second).as_deref(),
            Some("terms is described twice, as boolean and as string: the first counts")
        );
        assert!(insert(&mut members, &at, member(None, Some(Presence::Optional))).is_some());
        assert_eq!(members["terms"], first);
    }

    #[test]
    fn a_later_description_fills_what_the_first_leaves_open() {
        let mut members = Members::new();
        let inside = ["a".to_owned(), "b".to_owned()];
        assert_eq!(insert(&mut members, &inside, member(None, None)), None);
        // `a` was a container so far, whose type the page had not named.
        let described = member(Some(JsonType::Array), Some(Presence::Optional));
        assert_eq!(insert(&mut members, &inside[..1], described), None);
        assert_eq!(members["a"].json_type, Some(JsonType::Array));
        assert!(members["a"].members.contains_key("b"));
    }
}
