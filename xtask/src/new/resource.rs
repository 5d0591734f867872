//! A plain resource.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::Name;
use super::plan::{Edit, Plan};

/// The decisions that are left to the developer.
pub const REST: &str = "\
- the attributes: in the declaration, the row, the mapping and both migrations
- cargo fmt --all
- cargo xtask spec
- TILLGATE_WRITE_MATRIX=1 cargo xtask test --suite e2e-sqlite access_matrix
- CONTRIBUTING.md, \"Add a plain resource\", has the rest";

const MODEL: &str = "crates/model/src/resources";
const PAYMENTS: &str = "crates/payments/src/resources";
const MIGRATIONS: &str = "crates/store/migrations";

/// All new and changed files.
///
/// # Errors
/// The migrations can't be listed.
pub fn plan(root: &Path, name: &Name) -> Result<Plan> {
    let Name {
        snake,
        pascal,
        title,
        plural,
    } = name;
    let mut plan = Plan::default();
    plan.file(format!("{MODEL}/{snake}.rs"), declaration(name));
    plan.exported_module(&format!("{MODEL}/mod.rs"), snake);
    plan.edit(
        "crates/model/src/registry.rs",
        Edit::Before {
            text: " }\n    };\n}",
            new: format!(" {pascal}"),
        },
    );
    plan.edit(
        "crates/model/src/openapi/examples.rs",
        Edit::After {
            text: "fn create_members(kind: &str) -> (Value, Value) {\n    match kind {\n",
            new: format!("        \"{plural}\" => (json!({{\"name\": \"{title}\"}}), Value::Null),\n"),
        },
    );
    plan.file(format!("{PAYMENTS}/{snake}.rs"), mapping(name));
    plan.module(&format!("{PAYMENTS}/mod.rs"), "mod ", snake);
    plan.edit(
        "crates/payments/src/handlers/mod.rs",
        Edit::After {
            text: "plain!(Market",
            new: format!(" {pascal}"),
        },
    );
    plan.edit(
        "crates/store/src/rows/commerce.rs",
        Edit::End(format!(
            "\nrows! {{\n    /// {title}.\n    {plural} => {pascal}Row, filter {pascal}Filter {{}} {{\n        name: Text => \
             String,\n    }}\n}}\n"
        )),
    );
    plan.edit(
        "crates/store/src/queries/resources.rs",
        Edit::End(format!(
            "table_queries!({plural}, {pascal}Row, {pascal}Filter {{}});\n"
        )),
    );
    let number = next_migration(root)?;
    for database in ["sqlite", "postgres"] {
        plan.file(
            format!("{MIGRATIONS}/{database}/{number:014}_{plural}/up.sql"),
            table(plural),
        );
    }
    Ok(plan)
}

fn next_migration(root: &Path) -> Result<u64> {
    let mut last = 0;
    let directory = root.join(MIGRATIONS).join("sqlite");
    for entry in fs::read_dir(&directory).with_context(|| directory.display().to_string())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let number = name.split('_').next().and_then(|number| number.parse().ok());
        last = last.max(number.unwrap_or_default());
    }
    Ok(last + 1)
}

fn declaration(name: &Name) -> String {
    let Name {
        snake,
        pascal,
        title,
        plural,
    } = name;
    format!(
        r#"use tillgate_model_derive::resource;

/// {title}.
#[resource(
    type = "{plural}",
    singular = "{snake}",
    tag = "Commerce",
    actions(list, retrieve, create, update, delete)
)]
pub struct {pascal} {{
    /// Name.
    #[attribute(read, create, update, filter, sort)]
    #[validate(length(min = 1, max = 255))]
    pub name: String,
}}
"#
    )
}

fn mapping(name: &Name) -> String {
    let Name { pascal, plural, .. } = name;
    format!(
        r"use tillgate_model::{{
    Record,
    resources::{{Create{pascal}Attributes, {pascal}, Update{pascal}Attributes}},
}};
use tillgate_store::{{{pascal}Row, StoreError, Tx}};

use crate::{{
    call::ApplicationKind,
    failure::Failure,
    plain::{{Plain, edited_in, kept_in}},
    request::Request,
    stored,
}};

fn visible(request: &Request, _: &{pascal}Row) -> bool {{
    request.caller.kind == ApplicationKind::Integration
}}

fn record(_: &Request, row: &{pascal}Row) -> Result<Record<{pascal}>, StoreError> {{
    Ok(stored::record!(
        row,
        {pascal} {{
            name: row.name.clone(),
        }}
    ))
}}

fn row(request: &Request, record: &Record<{pascal}>) -> {pascal}Row {{
    stored::row!({pascal}Row, request.scope(), record, {{
        name: record.name.clone(),
    }})
}}

kept_in!({pascal}: {plural}, {pascal}Row);

impl Plain for {pascal} {{
    edited_in!({plural});

    async fn before_create(
        _: &mut Tx<'_>,
        _: &Request,
        _: &mut Record<Self>,
        _: &Create{pascal}Attributes,
    ) -> Result<(), Failure> {{
        Ok(())
    }}

    async fn before_update(
        _: &mut Tx<'_>,
        _: &Request,
        _: &Record<Self>,
        _: &mut Record<Self>,
        _: &Update{pascal}Attributes,
    ) -> Result<(), Failure> {{
        Ok(())
    }}
}}
"
    )
}

fn table(plural: &str) -> String {
    format!(
        "CREATE TABLE {plural} (
  organization_id TEXT NOT NULL,
  test BOOLEAN NOT NULL,
  id TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  reference TEXT,
  reference_origin TEXT,
  metadata TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (organization_id, test, id),
  FOREIGN KEY (organization_id) REFERENCES organizations (id)
);
CREATE INDEX {plural}_created ON {plural} (organization_id, test, created_at, id);
"
    )
}
