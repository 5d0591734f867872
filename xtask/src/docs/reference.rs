//! The reference: the document in Redoc, which is beside it.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{copy, write as write_file};

/// Redoc shows its makers' logo, which it would fetch from their server.
const LOGO: &str = "https://cdn.redoc.ly/redoc/logo-mini.svg";
const NOTHING: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E";

const PAGE: &str = "<!doctype html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>Tillgate: reference</title>
<link rel=\"icon\" href=\"data:,\">
<link rel=\"stylesheet\" href=\"../assets/style.css\">
</head>
<body class=\"reference\">
<header><a href=\"../index.html\">Tillgate</a> <a href=\"../openapi.json\" download>OpenAPI document</a></header>
<div id=\"reference\"></div>
<script src=\"../assets/redoc.standalone.js\"></script>
<script src=\"document.js\"></script>
<script src=\"start.js\"></script>
</body>
</html>
";

/// Without `fetch`, which pages from a disk may not use.
const START: &str = "\
const options = { hideDownloadButtons: true, showExtensions: [\"x-error-codes\", \"x-permission\"] };
Redoc.init(tillgateDocument, options, document.getElementById(\"reference\"));
";

/// Writes the page, the document and Redoc.
///
/// # Errors
/// Redoc is not among the packages, or a file can't be written.
pub fn write(document: &Value, packages: &Path, out: &Path) -> Result<()> {
    let bundles = packages.join("redoc/bundles");
    let script = bundles.join("redoc.standalone.js");
    let script = fs::read_to_string(&script).with_context(|| script.display().to_string())?;
    write_file(
        &out.join("assets/redoc.standalone.js"),
        &script.replace(LOGO, NOTHING),
    )?;
    copy(
        &bundles.join("redoc.standalone.js.LICENSE.txt"),
        &out.join("assets/redoc.standalone.js.LICENSE.txt"),
    )?;
    copy(
        &packages.join("redoc/LICENSE"),
        &out.join("assets/redoc.LICENSE.txt"),
    )?;
    write_file(&out.join("reference/index.html"), PAGE)?;
    write_file(&out.join("reference/start.js"), START)?;
    write_file(
        &out.join("reference/document.js"),
        &format!("const tillgateDocument = {document};\n"),
    )
}
