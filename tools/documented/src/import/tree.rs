//! Members of members.

use crate::model::{JsonType, Member, Members};

/// Puts `member` at `path`; what stands there already keeps what the new one doesn't say.
pub fn insert(members: &mut Members, path: &[String], member: Member) {
    let Some((name, inside)) = path.split_first() else {
        return;
    };
    if inside.is_empty() {
        let before = members.shift_remove(name).unwrap_or_default();
        members.insert(name.clone(), merged(before, member));
        return;
    }
    let parent = members.entry(name.clone()).or_insert_with(Member::container);
    insert(&mut parent.members, inside, member);
}

fn merged(before: Member, mut member: Member) -> Member {
    member.json_type = member.json_type.or(before.json_type);
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

/// The members of `data` when that is all there is.
pub fn without_data(mut members: Members) -> Members {
    match (members.len(), members.get_mut("data")) {
        (1, Some(data)) if !data.members.is_empty() => std::mem::take(&mut data.members),
        _ => members,
    }
}
