//! Finds card numbers in text, however they are written: with separators, with digits of any script, percent-encoded, within
//! other text. The service refuses them in requests and removes them from its log.
//!
//! A card number is a run of 12 to 19 digits that begins like the cards of a network, has a length that the network uses, and
//! ends with the right check digit (ISO/IEC 7812). One in ten of all numbers has the right check digit, so the rest of this
//! module excludes other numbers: ids, UUIDs, IBANs, phone numbers, dates, decimal fractions. Lengths that no network issues any
//! more (Visa's 13 digits, Maestro's 12 to 15) are those of phone numbers, article numbers (EAN) and the ids of shop systems.
//! They count only if they are written as on a card, or have as few different digits as test cards.

mod characters;
mod exclusions;
mod networks;
#[cfg(test)]
mod tests;

use std::{borrow::Cow, ops::Range};

use serde_json::{Number, Value};

use self::characters::{Class, Reader};
use self::networks::{Use, luhn, network};

/// The replacement of a card number that was removed.
pub const REMOVED: &str = "[card number]";

const SHORTEST: usize = 12;
const LONGEST: usize = 19;
/// Maximum number of separators between two digits.
const MAX_GAP: usize = 8;

/// Whether the text has a card number.
pub fn contains(text: &str) -> bool {
    is_worth_a_look(text.as_bytes())
        && readings(text).any(|reader| {
            let mut search = Search::new(text, true);
            search.run(reader);
            !search.found.is_empty()
        })
}

/// The text without its card numbers.
pub fn redact(text: &str) -> Cow<'_, str> {
    if !is_worth_a_look(text.as_bytes()) {
        return Cow::Borrowed(text);
    }
    let mut found: Vec<Range<usize>> = readings(text)
        .flat_map(|reader| {
            let mut search = Search::new(text, false);
            search.run(reader);
            search.found
        })
        .collect();
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    found.sort_by_key(|range| range.start);
    let (mut redacted, mut end) = (String::with_capacity(text.len()), 0);
    for range in found {
        if range.start >= end {
            redacted.push_str(&text[end..range.start]);
            redacted.push_str(REMOVED);
        }
        end = end.max(range.end);
    }
    redacted.push_str(&text[end..]);
    Cow::Owned(redacted)
}

/// Removes card numbers from all strings of a JSON value.
pub fn redact_json(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(redacted) = redact(text) {
                *text = redacted;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact_json),
        Value::Object(members) => members.values_mut().for_each(redact_json),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether a JSON number is a card number. Digits after its decimal point don't count.
pub fn is_card_number(number: &Number) -> bool {
    /// From here on, neighbouring integers are the same float.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Some(integer) = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs)) {
        return is_integer_card_number(integer);
    }
    let float = number.as_f64().unwrap_or_default().abs().trunc();
    if !(1e11..1e19).contains(&float) {
        return false;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // It is within range.
    let integer = float as u64;
    if float < EXACT {
        // A number with a fraction or an exponent may be off by one in the last place.
        return (integer - 1..=integer + 1).any(is_integer_card_number);
    }
    // Reading the number has lost its last digits, and the check digit with them.
    network(&digits_of(integer)) == Some(Use::Common)
}

fn is_integer_card_number(integer: u64) -> bool {
    integer >= 100_000_000_000 && contains(&integer.to_string())
}

fn digits_of(integer: u64) -> Vec<u8> {
    integer.to_string().bytes().map(|byte| byte - b'0').collect()
}

/// Most texts have too few digits; this reads each byte once.
fn is_worth_a_look(text: &[u8]) -> bool {
    let digits = |bytes: &[u8]| -> usize {
        bytes
            .iter()
            .map(|byte| usize::from(byte.is_ascii_digit() || *byte >= 0xC0))
            .sum()
    };
    text.len() >= SHORTEST && digits(text) >= SHORTEST
}

/// The text as it is, and with its escapes decoded if it has any.
fn readings(text: &str) -> impl Iterator<Item = Reader<'_>> {
    let decoded = characters::has_escapes(text).then(|| Reader::decoding(text));
    [Some(Reader::new(text)), decoded].into_iter().flatten()
}

/// Digits without a separator between them.
struct Group {
    /// Index of its first digit.
    first: usize,
    digits: usize,
    /// Separators between this group and the one before.
    gap: Gap,
    /// Whether a number can begin here: the characters before it in the word are no letters, or only letters.
    begins: bool,
    /// Whether a number can end here: the characters after it in the word are no letters, or only letters.
    ends: bool,
    /// Whether a plus precedes it, as in a phone number.
    plus: bool,
}

/// Separators between two groups. Common separators of card numbers may be mixed; all others must be the same.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Gap {
    /// The first uncommon separator.
    uncommon: Option<char>,
    /// Whether it is one dot, as in a decimal fraction.
    dot: bool,
    length: usize,
}

impl Gap {
    fn goes_with(self, other: Self) -> bool {
        match (self.uncommon, other.uncommon) {
            (None, None) => true,
            (one, another) => one == another && self.length == other.length,
        }
    }
}

/// Reads a text once, and keeps digits as long as they can belong to one number.
struct Search<'a> {
    text: &'a str,
    only_first: bool,
    digits: Vec<u8>,
    places: Vec<Range<usize>>,
    groups: Vec<Group>,
    found: Vec<Range<usize>>,
}

impl<'a> Search<'a> {
    fn new(text: &'a str, only_first: bool) -> Self {
        Self {
            text,
            only_first,
            digits: Vec::new(),
            places: Vec::new(),
            groups: Vec::new(),
            found: Vec::new(),
        }
    }

    fn run(&mut self, mut reader: Reader<'_>) {
        let mut gap = Gap::default();
        // State of the word that is being read: whether it has letters, and whether it has digits before the last of them.
        let (mut letters, mut digits_before_letters, mut in_group, mut plus) = (false, false, false, false);
        while let Some((character, place)) = reader.next() {
            match characters::class(character) {
                Class::Digit(digit) => {
                    if !in_group {
                        self.groups.push(Group {
                            first: self.digits.len(),
                            digits: 0,
                            gap: std::mem::take(&mut gap),
                            begins: !letters || !digits_before_letters,
                            ends: true,
                            plus,
                        });
                        in_group = true;
                    }
                    if let Some(group) = self.groups.last_mut() {
                        group.digits += 1;
                    }
                    self.digits.push(digit);
                    self.places.push(place);
                }
                Class::Letter => {
                    if in_group {
                        let ends = !has_more_digits(character, reader.clone());
                        if let Some(group) = self.groups.last_mut() {
                            group.ends = ends;
                        }
                        digits_before_letters = true;
                    }
                    letters = true;
                    in_group = false;
                    plus = false;
                    gap = Gap::default();
                    self.end_of_run();
                }
                Class::Invisible => {}
                Class::Separator { common } => {
                    if in_group || letters {
                        (letters, digits_before_letters, in_group) = (false, false, false);
                        gap = Gap::default();
                    }
                    plus = character == '+' || (plus && matches!(character, ' ' | '('));
                    gap.dot = character == '.' && gap.length == 0;
                    gap.length += 1;
                    if !common && gap.uncommon.is_none() {
                        gap.uncommon = Some(character);
                    }
                    if gap.length > MAX_GAP {
                        self.end_of_run();
                    }
                }
            }
            if self.only_first && !self.found.is_empty() {
                return;
            }
        }
        self.end_of_run();
    }

    /// Looks for card numbers in the digits since the last letter.
    fn end_of_run(&mut self) {
        if self.digits.len() >= SHORTEST {
            let mut first = 0;
            while first < self.groups.len() {
                match self.longest_from(first) {
                    Some(last) => {
                        let (from, to) = (self.groups[first].first, self.end_of(last) - 1);
                        self.found.push(self.places[from].start..self.places[to].end);
                        if self.only_first {
                            break;
                        }
                        first = last + 1;
                    }
                    None => first += 1,
                }
            }
        }
        self.digits.clear();
        self.places.clear();
        self.groups.clear();
    }

    fn end_of(&self, group: usize) -> usize {
        self.groups[group].first + self.groups[group].digits
    }

    /// The last group of the longest card number that begins with this group.
    fn longest_from(&self, first: usize) -> Option<usize> {
        let start = self.groups[first].first;
        if !self.groups[first].begins || !networks::can_begin(self.digits[start]) {
            return None;
        }
        let mut longest = None;
        for last in first..self.groups.len() {
            if last > first + 1 && !self.groups[first + 1].gap.goes_with(self.groups[last].gap) {
                break;
            }
            let end = self.end_of(last);
            if end - start > LONGEST {
                break;
            }
            if end - start >= SHORTEST && self.groups[last].ends && self.is_card_number(first, last) {
                longest = Some(last);
            }
        }
        longest
    }

    fn is_card_number(&self, first: usize, last: usize) -> bool {
        let (start, end) = (self.groups[first].first, self.end_of(last));
        let digits = &self.digits[start..end];
        let Some(network) = network(digits) else {
            return false;
        };
        if !luhn(digits) {
            return false;
        }
        let groups: Vec<(&[u8], Gap)> = self.groups[first..=last]
            .iter()
            .map(|group| (&self.digits[group.first..group.first + group.digits], group.gap))
            .collect();
        if network == Use::Rare {
            let few_digits = networks::different_digits(digits) <= 3;
            let is_printed = exclusions::is_grouped_as_on_a_card(&groups) && !self.groups[first].plus;
            if !few_digits && !is_printed {
                return false;
            }
        }
        let before = first.checked_sub(1).map(|before| self.groups[before].digits);
        if exclusions::is_in_order_number(&groups, before) {
            return false;
        }
        let place = self.places[start].start..self.places[end - 1].end;
        !exclusions::is_decimal_fraction(&groups, before)
            && !exclusions::is_list_or_date(&groups)
            && !exclusions::is_in_uuid(self.text, &place)
            && !exclusions::is_in_iban(self.text, &place)
    }
}

/// Whether the word continues with digits, like ids and hexadecimal numbers. In the data of a magnetic stripe a D ends the card
/// number, and the date of expiry and at least three digits follow.
fn has_more_digits(letter: char, rest: Reader<'_>) -> bool {
    const MAX_WORD: usize = 40;
    let (mut letters, mut digits) = (1, 0);
    for (character, _) in rest.take(MAX_WORD) {
        match characters::class(character) {
            Class::Digit(_) => digits += 1,
            Class::Letter => letters += 1,
            Class::Invisible => {}
            Class::Separator { .. } => break,
        }
    }
    let is_stripe = matches!(letter, 'D' | 'd') && letters == 1 && digits >= 7;
    digits > 0 && !is_stripe
}
