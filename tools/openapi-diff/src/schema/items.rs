//! The items of arrays.

use serde_json::{Value, json};

use super::kinds::{Kind, Kinds};
use super::proof::Proof;
use super::view::View;
use super::{At, Walk};

impl Walk<'_> {
    pub(super) fn items(&mut self, at: &At, old: &View, new: &View, common: &Kinds, proof: &mut Proof<'_>) {
        if !common.contains(&Kind::Array) {
            return;
        }
        let (before, after) = (first_items(old), first_items(new));
        if before.len() != after.len() {
            let what = format!(
                "{} had {} items with a meaning by place and has {}",
                at.name,
                before.len(),
                after.len()
            );
            self.changed(at, &what, proof);
            return;
        }
        for (index, (before, after)) in before.iter().zip(after).enumerate() {
            self.visit(
                &at.part(&index.to_string(), &format!("item {index} of")),
                before,
                after,
            );
        }
        let anything = json!(true);
        let before = old.keywords.get("items").unwrap_or(&anything);
        let after = new.keywords.get("items").unwrap_or(&anything);
        self.visit(&at.item(), before, after);
    }
}

fn first_items(view: &View) -> &[Value] {
    view.keywords
        .get("prefixItems")
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}
