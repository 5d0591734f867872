//! The checklists of CONTRIBUTING.md name exactly the files that the commands write.

use std::collections::BTreeSet;
use std::fs;

use super::{Name, provider, resource};
use crate::root;

/// The paths in the list "`cargo xtask new …` writes" of a section, with the name in its place.
fn checklist(heading: &str, command: &str, name: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("CONTRIBUTING.md")).expect("the file");
    let section = text
        .split("\n## ")
        .find(|section| section.starts_with(heading))
        .unwrap_or_else(|| panic!("no section {heading}"));
    let start = format!("`cargo xtask new {command}` writes these files");
    let list = section
        .split_once(&start)
        .unwrap_or_else(|| panic!("{heading}: no list after {start:?}"))
        .1;
    let items = list
        .lines()
        .skip_while(|line| !line.starts_with("- "))
        .take_while(|line| !line.is_empty());
    let paths = items.flat_map(|line| line.split('`').skip(1).step_by(2));
    let paths = paths.filter(|code| code.starts_with("crates/"));
    paths
        .map(|path| path.trim_end_matches('/').replace("NAME", name))
        .collect()
}

/// A folder of the checklist stands for the files in it.
fn compare(checklist: &BTreeSet<String>, written: &BTreeSet<String>) {
    let covers = |listed: &str, path: &str| path == listed || path.starts_with(&format!("{listed}/"));
    let unlisted: Vec<_> = written
        .iter()
        .filter(|path| !checklist.iter().any(|listed| covers(listed, path)))
        .collect();
    let unwritten: Vec<_> = checklist
        .iter()
        .filter(|listed| !written.iter().any(|path| covers(listed, path)))
        .collect();
    assert!(
        unlisted.is_empty() && unwritten.is_empty(),
        "written and not in CONTRIBUTING.md: {unlisted:?}; listed and not written: {unwritten:?}"
    );
}

fn names(plan: &super::plan::Plan) -> BTreeSet<String> {
    let files = plan.render(root()).expect("every place is found");
    files.keys().map(|path| path.display().to_string()).collect()
}

#[test]
fn a_resource_is_written_where_the_checklist_says() {
    let name = Name::new("gift_card").expect("a name");
    let written = names(&resource::plan(root(), &name).expect("a plan"));
    let number = written
        .iter()
        .find_map(|path| {
            path.strip_prefix("crates/store/migrations/sqlite/")?
                .split_once('_')
        })
        .map(|(number, _)| number.to_owned())
        .expect("a migration");
    let listed: BTreeSet<String> = checklist("Add a plain resource", "resource NAME", "gift_card")
        .into_iter()
        .map(|path| {
            path.replace("NUMBER", &number)
                .replace("_gift_card/", "_gift_cards/")
        })
        .collect();
    assert_eq!(listed.len(), written.len(), "{listed:?} {written:?}");
    compare(&listed, &written);
}

#[test]
fn a_provider_is_written_where_the_checklist_says() {
    let name = Name::new("example_pay").expect("a name");
    for (heading, like, command) in [
        ("Add a PSP", "checkout_com", "provider NAME"),
        (
            "Add a payment source without a PSP",
            "manual",
            "provider NAME --like manual",
        ),
    ] {
        let written = names(&provider::plan(root(), &name, like).expect("a plan"));
        compare(&checklist(heading, command, "example_pay"), &written);
        let texts = provider::plan(root(), &name, like)
            .expect("a plan")
            .render(root())
            .expect("every place is found");
        let list = &texts[std::path::Path::new("crates/payments/src/providers/list.rs")];
        assert!(
            list.contains(
                "example_pay: ExamplePayGateways ExamplePayGateway, ExamplePayPayments ExamplePayPayment;"
            ),
            "{list}"
        );
    }
}

#[test]
fn names_are_in_snake_case() {
    let name = Name::new("gift_card").expect("a name");
    assert_eq!(
        (name.pascal.as_str(), name.plural.as_str(), name.title.as_str()),
        ("GiftCard", "gift_cards", "Gift card")
    );
    assert_eq!(Name::new("category").expect("a name").plural, "categories");
    assert_eq!(Name::new("tax").expect("a name").plural, "taxes");
    for wrong in ["", "GiftCard", "gift-card", "_a", "a_", "1a", "a__b"] {
        assert!(Name::new(wrong).is_err(), "{wrong}");
    }
}
