//! A provider, as a copy of another one. The copy speaks the other's protocol until it is rewritten.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::Name;
use super::plan::{Edit, Plan};

/// The decisions that are left to the developer.
pub const REST: &str = "\
- the protocol: each file that was made is a copy, and says what the other PSP does
- the columns of the gateway, with a migration for each database
- the sandbox, the server, the demo and the tests
- cargo fmt --all, cargo xtask spec
- CONTRIBUTING.md, \"Add a PSP\" and \"Add a payment source without a PSP\", have the rest";

/// The spellings and the parts of a provider.
struct Like {
    snake: &'static str,
    pascal: &'static str,
    upper: &'static str,
    title: &'static str,
    /// Its payment source, in snake case and as a type.
    source: (&'static str, &'static str),
    /// The parents of its folders.
    folders: &'static [&'static str],
}

const PROVIDERS: &str = "crates/payments/src/providers";
const GATEWAYS: &str = "crates/gateways/src";
const MODEL: &str = "crates/model/src/resources";

const CHECKOUT_COM: Like = Like {
    snake: "checkout_com",
    pascal: "CheckoutCom",
    upper: "CHECKOUT_COM",
    title: "Checkout.com",
    source: ("checkout_com_payment", "CheckoutComPayment"),
    folders: &[PROVIDERS, GATEWAYS],
};

const MANUAL: Like = Like {
    snake: "manual",
    pascal: "Manual",
    upper: "MANUAL",
    title: "Manual",
    source: ("wire_transfer", "WireTransfer"),
    folders: &[PROVIDERS],
};

/// All new and changed files.
///
/// # Errors
/// A file of the other provider can't be read.
pub fn plan(root: &Path, name: &Name, like: &str) -> Result<Plan> {
    let like = if like == MANUAL.snake {
        MANUAL
    } else {
        CHECKOUT_COM
    };
    let mut plan = Plan::default();
    let (snake, pascal) = (&name.snake, &name.pascal);
    let renamed = |text: &str| renamed(text, name, &like);
    for folder in like.folders {
        let from = Path::new(folder).join(like.snake);
        for file in files(root, &from)? {
            let text = read(&root.join(&from).join(&file))?;
            // The file of the source may have its name.
            let to = renamed(&file.to_string_lossy());
            plan.file(Path::new(folder).join(snake).join(to), renamed(&text));
        }
    }
    let gateway = format!("{}_gateway", like.snake);
    for resource in [gateway.as_str(), like.source.0] {
        let text = read(&root.join(MODEL).join(format!("{resource}.rs")))?;
        let module = renamed(resource);
        plan.file(format!("{MODEL}/{module}.rs"), renamed(&text));
        plan.exported_module(&format!("{MODEL}/mod.rs"), &module);
    }
    plan.edit(
        "crates/model/src/registry.rs",
        Edit::Before {
            text: " Authorization ",
            new: format!(" {pascal}Gateway {pascal}Payment"),
        },
    );
    plan.edit(
        format!("{MODEL}/payment_gateway.rs"),
        Edit::Before {
            text: "        /// No PSP: money moves outside",
            new: format!("        /// {}.\n        {pascal}Gateways,\n", name.title),
        },
    );
    plan.edit(
        format!("{MODEL}/payment_gateway.rs"),
        Edit::Before {
            text: ", \"manual_gateways\")",
            new: format!(", \"{snake}_gateways\""),
        },
    );
    plan.edit(
        format!("{MODEL}/payment_method.rs"),
        Edit::Before {
            text: "        /// Money that moves outside",
            new: format!("        /// {}.\n        {pascal}Payments,\n", name.title),
        },
    );
    plan.edit(
        format!("{MODEL}/stripe_payment.rs"),
        Edit::After {
            text: "use super::{CheckoutComPayment,",
            new: format!(" {pascal}Payment,"),
        },
    );
    plan.edit(
        format!("{MODEL}/stripe_payment.rs"),
        Edit::Before {
            text: "        WireTransfer::TYPES[0],\n",
            new: format!("        {pascal}Payment::TYPES[0],\n"),
        },
    );
    if like.folders.contains(&GATEWAYS) {
        plan.module(&format!("{GATEWAYS}/lib.rs"), "pub mod ", snake);
    }
    plan.module(&format!("{PROVIDERS}/mod.rs"), "mod ", snake);
    plan.edit(
        format!("{PROVIDERS}/registry.rs"),
        Edit::After {
            text: "use crate::providers::{checkout_com,",
            new: format!(" {snake},"),
        },
    );
    plan.edit(
        format!("{PROVIDERS}/list.rs"),
        Edit::Before {
            text: "            manual:",
            new: format!(
                "            {snake}: {pascal}Gateways {pascal}Gateway, {pascal}Payments {pascal}Payment;\n"
            ),
        },
    );
    let layers = "crates/payments/src/layers.rs";
    plan.edit(
        layers,
        Edit::Before {
            text: "    \"providers/manual\",\n",
            new: format!("    \"providers/{snake}\",\n"),
        },
    );
    plan.edit(
        layers,
        Edit::Before {
            text: "    \"wire_transfer\",\n",
            new: format!("    \"{snake}\",\n    \"{pascal}\",\n"),
        },
    );
    Ok(plan)
}

/// Text of the other provider, with the name of the new one.
fn renamed(text: &str, name: &Name, like: &Like) -> String {
    let payment = (
        format!("{}_payment", name.snake),
        format!("{}Payment", name.pascal),
    );
    text.replace(like.source.0, &payment.0)
        .replace(like.source.1, &payment.1)
        .replace(like.snake, &name.snake)
        .replace(like.pascal, &name.pascal)
        .replace(like.upper, &name.snake.to_uppercase())
        .replace(like.title, &name.title)
}

/// All files below a directory, by path from there.
fn files(root: &Path, directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting = vec![PathBuf::new()];
    while let Some(inside) = waiting.pop() {
        let place = root.join(directory).join(&inside);
        for entry in fs::read_dir(&place).with_context(|| place.display().to_string())? {
            let entry = entry?;
            let path = inside.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                waiting.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| path.display().to_string())
}
