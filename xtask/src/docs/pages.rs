//! The pages of the site: the guides and the page that lists them, in one template.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::guides::Guide;
use super::{COLLECTION, write as write_file};

/// Writes all pages.
///
/// # Errors
/// The template can't be read, or a page can't be written.
pub fn write(template: &Path, guides: &[Guide], out: &Path) -> Result<()> {
    let template = fs::read_to_string(template).with_context(|| template.display().to_string())?;
    let page = |root: &str, current: Option<&Guide>, title: &str, content: &str| {
        template
            .replace("{{title}}", &escaped(title))
            .replace("{{navigation}}", &navigation(root, guides, current))
            .replace("{{root}}", root)
            .replace("{{content}}", content)
    };
    write_file(
        &out.join("index.html"),
        &page("", None, "Documentation", &overview(guides)),
    )?;
    for guide in guides {
        let path = out.join("guides").join(&guide.slug).with_extension("html");
        write_file(&path, &page("../", Some(guide), &guide.title, &guide.html))?;
    }
    Ok(())
}

fn navigation(root: &str, guides: &[Guide], current: Option<&Guide>) -> String {
    let mut list = String::new();
    for guide in guides {
        let is_current = current.is_some_and(|current| current.slug == guide.slug);
        let mark = if is_current { " aria-current=\"page\"" } else { "" };
        let (slug, title) = (&guide.slug, escaped(&guide.title));
        // Writing to a String can't fail.
        let _ = writeln!(
            list,
            "<li><a href=\"{root}guides/{slug}.html\"{mark}>{title}</a></li>"
        );
    }
    list
}

fn overview(guides: &[Guide]) -> String {
    let mut text =
        String::from("<h1>Tillgate</h1>\n<p>Payments for orders, through Stripe and Checkout.com.</p>\n");
    for guide in guides {
        let (slug, title, summary) = (&guide.slug, escaped(&guide.title), escaped(&guide.summary));
        let _ = writeln!(
            text,
            "<h2><a href=\"guides/{slug}.html\">{title}</a></h2>\n<p>{summary}</p>"
        );
    }
    let _ = writeln!(
        text,
        "<h2><a href=\"reference/index.html\">Reference</a></h2>\n<p>Every operation, with its parameters, answers and errors. \
         For tools: <a href=\"openapi.json\">the OpenAPI document</a> and <a href=\"{COLLECTION}\">a Postman collection</a>. \
         Set <code>base_url</code>, <code>client_id</code> and <code>client_secret</code> in its variables.</p>"
    );
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
