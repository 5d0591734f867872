//! The kinds of texts in requests, and their rules. The declaration of a resource assigns a kind to each attribute.

use std::borrow::Cow;

use fluent_uri::Uri;

/// The kind of a text attribute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Text {
    /// A line that people read or type, such as a name or a reference.
    Line,
    /// An e-mail address. It is stored in lower case: no two addresses differ in case alone.
    Email,
    /// A URL that people follow or that this service calls.
    Url,
    /// A key or an identifier of a payment gateway, which clients paste.
    Key,
}

/// The rule that a text breaks, and its message.
pub type Fault = (&'static str, &'static str);

impl Text {
    /// The text as it is stored.
    pub fn kept(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Line | Self::Url => text.into(),
            Self::Key => text.trim().into(),
            Self::Email => email(text).into(),
        }
    }

    /// The rule that a text breaks.
    pub fn fault(self, text: &str) -> Option<Fault> {
        match self {
            Self::Line => line_fault(text),
            // The schema checks the format.
            Self::Email => None,
            Self::Url => url_fault(text),
            Self::Key => key_fault(text),
        }
    }
}

/// An e-mail address as it is stored and searched.
pub fn email(text: &str) -> String {
    text.trim().to_lowercase()
}

fn line_fault(text: &str) -> Option<Fault> {
    if text.chars().any(is_control) {
        let message = "must not contain control characters, line breaks or characters that change the direction of text";
        return Some(("invalid", message));
    }
    (!text.is_empty() && text.chars().all(is_invisible)).then_some(("blank", "can't be blank"))
}

/// A name from the command line.
///
/// # Errors
/// It is blank, too long, or no single line of text.
pub fn name(text: &str) -> Result<String, &'static str> {
    if text.is_empty() {
        return Err("can't be blank");
    }
    if text.chars().count() > 255 {
        return Err("is too long (maximum is 255 characters)");
    }
    match line_fault(text) {
        Some((_, message)) => Err(message),
        None => Ok(text.to_owned()),
    }
}

/// Control characters, line and paragraph separators, and embeddings, overrides and isolates of direction. The marks of
/// direction (U+200E, U+200F) are part of ordinary names in scripts that are written from right to left.
fn is_control(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// White space, and characters without a width or ink.
fn is_invisible(letter: char) -> bool {
    letter.is_whitespace()
        || matches!(
            letter,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2065}'
                | '\u{206a}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
                | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}'
        )
}

fn key_fault(text: &str) -> Option<Fault> {
    let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    (!is_visible).then_some((
        "invalid",
        "must not contain blanks, control characters or letters outside of ASCII",
    ))
}

/// Schemes that a browser or an operating system handles itself, so that no application can own one. `http` and `https` are
/// judged separately.
const OF_NO_APPLICATION: &[&str] = &[
    "about",
    "android-app",
    "blob",
    "chrome",
    "chrome-extension",
    "cid",
    "data",
    "dict",
    "feed",
    "file",
    "filesystem",
    "ftp",
    "ftps",
    "git",
    "gopher",
    "intent",
    "itms-services",
    "jar",
    "javascript",
    "jdbc",
    "ldap",
    "ldaps",
    "livescript",
    "mailto",
    "mhtml",
    "mid",
    "mocha",
    "moz-extension",
    "nfs",
    "resource",
    "search-ms",
    "sftp",
    "shell",
    "smb",
    "sms",
    "ssh",
    "tel",
    "telnet",
    "vbscript",
    "view-source",
    "vnc",
    "ws",
    "wss",
];

/// URLs become links and redirects in shops: they are web pages, or lead into an application by its own scheme, such as
/// `com.example.shop:/return` or `shop://return`.
pub fn url_fault(text: &str) -> Option<Fault> {
    let message = "must be an http or https URL, or one of an application's own scheme, without credentials";
    let is_fit = Uri::parse(text).is_ok_and(|uri| {
        let scheme = uri.scheme().as_str().to_ascii_lowercase();
        let host = uri.authority().map(|authority| authority.host());
        let has_credentials = uri
            .authority()
            .is_some_and(|authority| authority.userinfo().is_some());
        let leads_somewhere = match scheme.as_str() {
            "http" | "https" => host.is_some_and(|host| !host.is_empty()) && has_usable_port(&uri),
            scheme => {
                let is_own = !OF_NO_APPLICATION.contains(&scheme) && !scheme.starts_with("ms-");
                is_own && (scheme.contains('.') || host.is_some())
            }
        };
        leads_somewhere && !has_credentials
    });
    (!is_fit).then_some(("invalid", message))
}

fn has_usable_port(uri: &Uri<&str>) -> bool {
    let port = uri.authority().and_then(|authority| authority.port());
    port.is_none_or(|port| port.as_str().is_empty() || port.as_str().parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_lead_to_pages_and_applications() {
        for url in [
            "https://shop.example",
            "HTTPS://SHOP.example/Return?order=1&lang=en#paid",
            "http://127.0.0.1:3000/return",
            "http://[::1]:3000/",
            "https://shop.example/a%20b/(c);d=e,f!g*h'i",
            "com.example.shop:/return",
            "com.example.shop://return?x=y",
            "shop://return",
            "x-shop+pay://checkout/done",
        ] {
            assert_eq!(url_fault(url), None, "{url}");
        }
        for url in [
            "",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "javascript://shop.example/%0aalert(1)",
            " javascript:alert(1)",
            "\u{1}javascript:alert(1)",
            "java\tscript:alert(1)",
            "java\nscript:alert(1)",
            "javascript\u{a0}:alert(1)",
            "data:text/html,x",
            "DATA:text/html;base64,PHNjcmlwdD4=",
            "vbscript:msgbox(1)",
            "file:///etc/passwd",
            "blob:https://shop.example/1",
            "about:blank",
            "view-source:https://shop.example",
            "filesystem:https://shop.example/temporary/a",
            "jar:https://shop.example/a!/b",
            "ws://shop.example",
            "intent://scan/#Intent;end",
            "ms-settings://x",
            "mailto:jo@example.com",
            "ftp://shop.example",
            "shop:return",
            "https:shop.example",
            "https:/shop.example",
            "https:///shop.example",
            "https://",
            "https://user@shop.example",
            "https://user:secret@shop.example",
            "https://@shop.example",
            "com.example.shop://user@return",
            "https://shop.example:99999/",
            "https:\\\\shop.example",
            "https://shop.example\\@evil.example",
            "https://shop.example/a b",
            "https://shop.example/\n",
            " https://shop.example",
            "//shop.example/return",
            "/return",
            "shop.example",
        ] {
            assert!(url_fault(url).is_some(), "{url:?}");
        }
    }

    #[test]
    fn lines_can_be_read() {
        for line in [
            "Coffee",
            "Café Ångström",
            "قهوة",
            "コーヒー",
            "שלום\u{200f} (a)",
            "👩‍🍳 stew",
            "",
            "a b",
        ] {
            assert_eq!(line_fault(line), None, "{line:?}");
        }
        for line in [
            "a\u{1b}[31mb",
            "a\nb",
            "a\tb",
            "\r",
            "a\u{7f}",
            "a\u{85}",
            "a\u{202e}b",
            "a\u{2066}b",
            "a\u{2028}b",
        ] {
            assert_eq!(
                line_fault(line).map(|(rule, _)| rule),
                Some("invalid"),
                "{line:?}"
            );
        }
        for line in [
            " ",
            "\u{a0}\u{3000}",
            "\u{200b}",
            "\u{feff}\u{2060}",
            "\u{3164}",
            "\u{2800} ",
            "\u{ad}",
        ] {
            assert_eq!(line_fault(line), Some(("blank", "can't be blank")), "{line:?}");
        }
        assert!(name(&"a".repeat(256)).is_err() && name("").is_err() && name("A shop").is_ok());
    }

    #[test]
    fn keys_and_addresses_are_kept_without_what_was_pasted_around_them() {
        assert_eq!(Text::Key.kept(" \tsk_test_1\r\n"), "sk_test_1");
        assert_eq!(Text::Email.kept(" Jo@Example.COM\n"), "jo@example.com");
        for key in ["sk test", "sk\u{0}", "sk\u{a0}x", "skä"] {
            assert!(Text::Key.fault(key).is_some(), "{key:?}");
        }
        assert_eq!(Text::Key.fault("sk_test_*#$="), None);
    }
}
