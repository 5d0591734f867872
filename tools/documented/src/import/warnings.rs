//! The parts of a page that could not be read.

/// Warnings about one page.
#[derive(Default)]
pub struct Warnings(Vec<(usize, String)>);

impl Warnings {
    /// Adds a warning for `line` (counted from 1).
    pub fn add(&mut self, line: usize, message: impl Into<String>) {
        self.0.push((line, message.into()));
    }

    /// All warnings in the order of their lines, each once.
    pub fn sorted(mut self) -> Vec<(usize, String)> {
        self.0.sort();
        self.0.dedup();
        self.0
    }
}
