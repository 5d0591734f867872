//! Numbers that have the form of a card number, but another meaning.

use std::ops::Range;

use super::Gap;

/// Whether the groups are printed like this on cards: four digits, and then groups of three to six.
pub fn is_grouped_as_on_a_card(groups: &[(&[u8], Gap)]) -> bool {
    let sizes: Vec<usize> = groups.iter().map(|(digits, _)| digits.len()).collect();
    let is_one_by_one = sizes.len() > 1 && sizes.iter().all(|size| *size == 1);
    let is_printed = match sizes.as_slice() {
        [4, middle @ .., _last] => !middle.is_empty() && middle.iter().all(|size| (3..=6).contains(size)),
        _ => false,
    };
    is_one_by_one || is_printed
}

/// Whether it is the end of an order number of Amazon: 3, 7 and 7 digits. `before` is the size of the group before the first one.
pub fn is_in_order_number(groups: &[(&[u8], Gap)], before: Option<usize>) -> bool {
    match groups {
        [(second, gap), (third, last_gap)] => {
            before == Some(3) && second.len() == 7 && third.len() == 7 && gap == last_gap
        }
        _ => false,
    }
}

/// Whether it is digits before and after a decimal point. `before` is the size of the group before the first one.
pub fn is_decimal_fraction(groups: &[(&[u8], Gap)], before: Option<usize>) -> bool {
    match groups {
        [(_, gap)] => gap.dot && gap.length == 1 && before.is_some_and(|size| size < 4),
        [(whole, _), (_, gap)] => gap.dot && gap.length == 1 && whole.len() < 4,
        _ => false,
    }
}

/// Whether it is several numbers: something like `36, 38, 40`, or with a date among them.
pub fn is_list_or_date(groups: &[(&[u8], Gap)]) -> bool {
    let is_uncommon = groups
        .get(1)
        .is_some_and(|(_, gap)| gap.uncommon.is_some() && (groups.len() > 2 || gap.length > 1));
    if is_uncommon && !is_grouped_as_on_a_card(groups) {
        return true;
    }
    let numbers: Vec<u64> = groups.iter().map(|(digits, _)| number(digits)).collect();
    let is_rising = groups.len() >= 4
        && groups.iter().all(|(digits, _)| (2..=3).contains(&digits.len()))
        && numbers.is_sorted_by(|one, other| one < other);
    let is_year = |at: usize| groups[at].0.len() == 4 && (1900..2100).contains(&numbers[at]);
    let is_day = |at: usize| groups[at].0.len() <= 2 && (1..=31).contains(&numbers[at]);
    let has_date = (2..numbers.len()).any(|last| {
        let first = last - 2;
        is_day(last - 1) && ((is_year(first) && is_day(last)) || (is_day(first) && is_year(last)))
    });
    is_rising || has_date
}

fn number(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |sum, digit| sum * 10 + u64::from(*digit))
}

/// Whether the place is within a UUID.
pub fn is_in_uuid(text: &str, place: &Range<usize>) -> bool {
    const LENGTH: usize = 36;
    let bytes = text.as_bytes();
    let fits = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b'-';
    let before = bytes[..place.start]
        .iter()
        .rev()
        .take(LENGTH)
        .take_while(|byte| fits(byte))
        .count();
    let start = place.start - before;
    let length = bytes[start..]
        .iter()
        .take(LENGTH + 1)
        .take_while(|byte| fits(byte))
        .count();
    let is_dash = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    length == LENGTH
        && bytes[start..start + LENGTH]
            .iter()
            .enumerate()
            .all(|(at, byte)| (*byte == b'-') == is_dash(at))
}

/// Countries whose bank accounts have an IBAN, with its length.
const IBANS: &[(&str, usize)] = &[
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BI", 27),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DJ", 27),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FK", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HN", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MN", 20),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NI", 28),
    ("NL", 18),
    ("NO", 15),
    ("OM", 23),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("RU", 33),
    ("SA", 24),
    ("SC", 31),
    ("SD", 18),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("SO", 23),
    ("ST", 25),
    ("SV", 28),
    ("TL", 23),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("VG", 24),
    ("XK", 20),
    ("YE", 30),
];

/// Whether the place is within an IBAN with the right check digits (ISO 13616), written with or without groups.
pub fn is_in_iban(text: &str, place: &Range<usize>) -> bool {
    // An IBAN has up to 34 letters and digits, and a separator after each fourth.
    const REACH: usize = 44;
    let bytes = text.as_bytes();
    let lowest = place.start.saturating_sub(REACH);
    (lowest..=place.start).rev().any(|start| {
        let starts_a_word = start == 0 || !bytes[start - 1].is_ascii_alphanumeric();
        let has_form = |at: usize, is: fn(&u8) -> bool| bytes.get(start + at).is_some_and(is);
        starts_a_word
            && (0..2).all(|at| has_form(at, u8::is_ascii_alphabetic))
            && (2..4).all(|at| has_form(at, u8::is_ascii_digit))
            && iban_from(bytes, start).is_some_and(|end| end >= place.end)
    })
}

/// The end of the IBAN that begins at `start`.
fn iban_from(bytes: &[u8], start: usize) -> Option<usize> {
    let country = str::from_utf8(&bytes[start..start + 2])
        .ok()?
        .to_ascii_uppercase();
    let (_, length) = IBANS.iter().find(|(known, _)| *known == country)?;
    let (mut iban, mut end) = (Vec::with_capacity(*length), start);
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        match byte {
            b' ' | b'-' | b'.' | b'+' => {}
            byte if byte.is_ascii_alphanumeric() => {
                iban.push(byte.to_ascii_uppercase());
                end = at + 1;
            }
            _ => break,
        }
        if iban.len() == *length {
            break;
        }
    }
    if iban.len() < *length || bytes.get(end).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    iban.rotate_left(4);
    let remainder = iban.iter().fold(0_u32, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        _ => (rest * 100 + u32::from(byte - b'A') + 10) % 97,
    });
    (remainder == 1).then_some(end)
}
