//! The files of the page: Swagger UI's own, and those of the workbench.

use std::{borrow::Cow, sync::Arc};

use actix_web::{http::header::ContentEncoding, web::Bytes};
use utoipa_swagger_ui::Config;

const INDEX: &str = include_str!("../../../assets/swagger_ui/index.html");
const DEMO_SCRIPT: &str = include_str!("../../../assets/swagger_ui/demo.js");
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Name, type and content.
const OURS: &[(&str, &str, &str)] = &[
    (
        "workbench.js",
        SCRIPT,
        include_str!("../../../assets/swagger_ui/workbench.js"),
    ),
    (
        "search.js",
        SCRIPT,
        include_str!("../../../assets/swagger_ui/search.js"),
    ),
    (
        "buyer-links.js",
        SCRIPT,
        include_str!("../../../assets/swagger_ui/buyer-links.js"),
    ),
    (
        "workbench.css",
        "text/css; charset=utf-8",
        include_str!("../../../assets/swagger_ui/workbench.css"),
    ),
];

/// The files of Swagger UI that the page uses.
const VENDORED: &[&str] = &["swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"];

/// A file, as it is sent.
pub struct Asset {
    pub content_type: String,
    pub body: Bytes,
    pub encoding: Option<ContentEncoding>,
}

/// The file with a name; the page itself has none. The demo's file exists only in a demo.
pub fn find(name: &str, demo: bool) -> Option<Asset> {
    match name {
        "" | "index.html" => {
            let script = if demo {
                "<script src=\"./demo.js\" defer></script>\n"
            } else {
                ""
            };
            Some(text(
                "text/html; charset=utf-8",
                INDEX.replace("{{demo}}", script).into(),
            ))
        }
        "demo.js" => demo.then(|| text(SCRIPT, Bytes::from_static(DEMO_SCRIPT.as_bytes()))),
        _ => match OURS.iter().find(|(known, ..)| *known == name) {
            Some((_, content_type, content)) => {
                Some(text(content_type, Bytes::from_static(content.as_bytes())))
            }
            None => vendored(name),
        },
    }
}

fn text(content_type: &str, body: Bytes) -> Asset {
    Asset {
        content_type: content_type.to_owned(),
        body,
        encoding: None,
    }
}

fn vendored(name: &str) -> Option<Asset> {
    if !VENDORED.contains(&name) {
        return None;
    }
    let file = utoipa_swagger_ui::serve(name, Arc::new(Config::default())).ok()??;
    Some(Asset {
        content_type: file.content_type,
        body: match file.bytes {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => bytes.into(),
        },
        encoding: file.gzpipped.then_some(ContentEncoding::Gzip),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(demo: bool) -> String {
        let page = find("", demo).expect("the page");
        String::from_utf8(page.body.to_vec()).expect("text")
    }

    #[test]
    fn all_that_the_page_loads_is_here() {
        for demo in [false, true] {
            let page = page(demo);
            let files: Vec<&str> = page
                .split(['"'])
                .filter_map(|part| part.strip_prefix("./"))
                .collect();
            assert_eq!(files.len(), if demo { 8 } else { 7 }, "{files:?}");
            for file in files {
                assert!(
                    find(file, demo).is_some_and(|asset| !asset.body.is_empty()),
                    "{file}"
                );
            }
            assert!(!page.contains("{{"), "{page}");
        }
    }

    #[test]
    fn nothing_of_the_demo_is_outside_of_it() {
        assert!(!page(false).contains("demo"));
        assert!(find("demo.js", false).is_none());
    }
}
