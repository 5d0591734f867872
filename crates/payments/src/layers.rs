//! Tests over the source: rules at the bottom, entry points at the top, and the differences between providers in their folders.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The modules of the crate. Each imports only modules that are listed before it, so there are no cycles.
const LAYERS: &[&str] = &[
    "planted",
    "network",
    "ports",
    "call",
    "cipher",
    "failure",
    "passwords",
    "context",
    "background",
    "stored",
    "request",
    "idempotency",
    "seen",
    "kept",
    "listing",
    "handler",
    "precondition",
    "plain",
    "accounts",
    "revocations",
    "logins",
    "administration",
    "outbox",
    "payment",
    "providers",
    "wallet",
    "engine",
    "resources",
    "handlers",
    "merchant_events",
    "provider_events",
    "stuck",
    "purge",
    "include",
    "documents",
    "unchanged",
    "service",
];

/// The places that may name a provider: its folder and its line in the list.
const OF_PROVIDERS: &[&str] = &[
    "providers/stripe",
    "providers/checkout_com",
    "providers/manual",
    "providers/list.rs",
    "providers/mod.rs",
    "providers/registry.rs",
];

/// Beginnings of providers' names, in identifiers and in stored words.
const NAMES: &[&str] = &[
    "stripe",
    "Stripe",
    "STRIPE",
    "checkout_com",
    "CheckoutCom",
    "CHECKOUT_COM",
    "Checkout.com",
    "wire_transfer",
    "WireTransfer",
    "manual_gateway",
    "ManualGateway",
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The files of the crate by their paths below `src`, without comments, unit tests, and files of tests.
fn files() -> BTreeMap<String, String> {
    fn walk(folder: &Path, files: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let is_test = ["tests", "tests.rs", "test_support", "layers.rs", "lib.rs"]
                .iter()
                .any(|name| path.ends_with(name));
            if is_test {
                continue;
            }
            if path.is_dir() {
                walk(&path, files);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            let code: Vec<&str> = text
                .lines()
                .map(|line| line.split("//").next().unwrap_or_default())
                .collect();
            let name = path.strip_prefix(source()).unwrap();
            files.insert(name.to_str().unwrap().replace('\\', "/"), code.join("\n"));
        }
    }
    let mut files = BTreeMap::new();
    walk(&source(), &mut files);
    assert!(files.len() > 100, "{}", files.len());
    files
}

/// The top module of a file.
fn module(file: &str) -> &str {
    let name = file.split('/').next().unwrap_or(file);
    name.strip_suffix(".rs").unwrap_or(name)
}

/// The top modules that code names by `crate::`, in imports and elsewhere.
fn imported(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with('$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        if let Some(tree) = rest.strip_prefix('{') {
            let (mut depth, mut name) = (1, String::new());
            for letter in tree.chars() {
                match letter {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
                match (depth, letter) {
                    (1, letter) if letter.is_alphanumeric() || letter == '_' => name.push(letter),
                    (1, ',' | ':') => {
                        found.insert(std::mem::take(&mut name));
                    }
                    (1, _) => {}
                    _ => name.clear(),
                }
            }
            found.insert(name);
        } else {
            let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
            found.insert(rest[..end.unwrap_or(rest.len())].to_owned());
        }
    }
    found.retain(|name| LAYERS.contains(&name.as_str()));
    found
}

#[test]
fn trees_of_imports_are_read() {
    let code = "use crate::{\n    call::{Answer, wallet},\n    engine::{self, sync},\n    stored,\n};\ncrate::cipher::x";
    let read: Vec<String> = imported(code).into_iter().collect();
    assert_eq!(read, ["call", "cipher", "engine", "stored"]);
}

#[test]
fn no_module_imports_one_that_stands_above_it() {
    let files = files();
    let modules: BTreeSet<&str> = files.keys().map(|file| module(file)).collect();
    let listed: BTreeSet<&str> = LAYERS.iter().copied().collect();
    assert_eq!(modules, listed, "every module has its place in LAYERS");
    let place = |name: &str| LAYERS.iter().position(|layer| *layer == name);
    let mut upward = Vec::new();
    for (file, code) in &files {
        let own = module(file);
        for name in imported(code) {
            if name != own && place(&name) > place(own) {
                upward.push(format!("{file} imports {name}"));
            }
        }
    }
    assert!(upward.is_empty(), "{upward:#?}");
}

#[test]
fn only_providers_know_their_names() {
    let mut named = Vec::new();
    for (file, code) in files() {
        if OF_PROVIDERS.iter().any(|place| file.starts_with(place)) {
            continue;
        }
        for (number, line) in code.lines().enumerate() {
            if NAMES.iter().any(|name| line.contains(name)) {
                named.push(format!("{file}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(named.is_empty(), "{named:#?}");
}
