//! The role of an example, by the text around it.

use super::blocks::Text;
use super::table::Place;

/// The role of an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Request,
    Response,
}

/// The tags, the heading and the paragraph around or before an example.
#[derive(Default)]
pub struct Context {
    labels: Vec<(String, String)>,
    heading: String,
    paragraph: String,
    /// The last named status.
    pub status: Option<u16>,
}

impl Context {
    pub fn heading(&mut self, text: &Text) {
        text.trimmed().clone_into(&mut self.heading);
        self.paragraph.clear();
    }

    pub fn paragraph(&mut self, text: &Text) {
        text.trimmed().clone_into(&mut self.paragraph);
    }

    /// Enters a tag with a label, such as a tab.
    pub fn enter(&mut self, tag: &str, label: &str) {
        self.labels.push((tag.to_owned(), label.to_owned()));
        self.paragraph.clear();
        self.status = None;
    }

    /// Leaves the innermost tag of that name; one that isn't open is left already.
    pub fn leave(&mut self, tag: &str) {
        if let Some(at) = self.labels.iter().rposition(|(open, _)| open == tag) {
            self.labels.truncate(at);
        }
    }

    /// The role of a JSON document here; without a label, `expects_request` decides.
    pub fn role(&self, expects_request: bool) -> Role {
        let labels = self.labels.iter().rev().map(|(_, label)| label);
        labels
            .chain([&self.paragraph, &self.heading])
            .find_map(|text| role_in(text))
            .unwrap_or(if expects_request {
                Role::Request
            } else {
                Role::Response
            })
    }

    /// The place of a table's members by its heading.
    pub fn place(&self) -> Option<Place> {
        let labels = self.labels.iter().rev().map(|(_, label)| label);
        labels.chain([&self.heading]).find_map(|text| Place::named(text))
    }

    /// Puts bare names under a heading "Attributes" or "Relationships" below the member of that name.
    pub fn below_heading(&self, path: &mut Vec<String>) {
        let heading = self.heading.to_lowercase();
        let member = ["attributes", "relationships"]
            .into_iter()
            .find(|name| heading == *name);
        let of_resource = [
            "type",
            "id",
            "attributes",
            "relationships",
            "links",
            "meta",
            "data",
        ];
        if let (Some(member), [name]) = (member, path.as_slice())
            && !of_resource.contains(&name.as_str())
        {
            path.insert(0, member.to_owned());
        }
    }

    /// The distinctive part of an example's label.
    pub fn title(&self) -> String {
        let plain = [
            "request",
            "response",
            "example",
            "json",
            "curl",
            "shell",
            "bash",
            "request object",
            "body",
        ];
        let label = self
            .labels
            .last()
            .map(|(_, label)| label.trim())
            .unwrap_or_default();
        if plain.contains(&label.to_lowercase().as_str()) {
            String::new()
        } else {
            label.to_owned()
        }
    }
}

fn role_in(text: &str) -> Option<Role> {
    let text = text.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let status = super::status::leading(&text).is_some();
    if status || has(&["response", "respond", "return", "result", "output", "answer"]) {
        Some(Role::Response)
    } else {
        has(&["request", "body", "payload", "send", "curl"]).then_some(Role::Request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_decides() {
        let mut context = Context::default();
        assert_eq!(context.role(true), Role::Request);
        context.heading(&Text::plain("Response"));
        assert_eq!(context.role(true), Role::Response);
        context.paragraph(&Text::plain("Send this:"));
        assert_eq!(context.role(false), Role::Request);
        context.enter("tab", "200: OK");
        assert_eq!(context.role(true), Role::Response);
        context.leave("tab");
        context.leave("tab");
        assert_eq!(context.role(true), Role::Response);
    }

    #[test]
    fn bare_names_below_a_heading_are_its_members() {
        let mut context = Context::default();
        context.heading(&Text::plain("Attributes"));
        let mut path = vec!["token".to_owned()];
        context.below_heading(&mut path);
        assert_eq!(path, ["attributes", "token"]);
        let mut path = vec!["id".to_owned()];
        context.below_heading(&mut path);
        assert_eq!(path, ["id"]);
    }
}
