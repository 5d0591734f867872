//! The role of a character in a number, and the reading of escaped characters.

use std::ops::Range;

/// The role of a character in a number.
pub enum Class {
    /// A digit of any script.
    Digit(u8),
    /// A character without a width, which separates nothing.
    Invisible,
    /// Any other character that is no letter.
    Separator {
        /// Whether it is common between the digits of a card number.
        common: bool,
    },
    /// A letter.
    Letter,
}

/// The zeros of all scripts whose other digits follow it (Unicode's decimal numbers).
const ZEROS: &[u32] = &[
    0x30, 0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50,
    0xED0, 0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40,
    0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30, 0x10D40,
    0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x116D0, 0x116DA,
    0x11730, 0x118E0, 0x11950, 0x11BF0, 0x11C50, 0x11D50, 0x11DA0, 0x11F50, 0x16130, 0x16A60, 0x16AC0,
    0x16B50, 0x16D70, 0x1CCF0, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E4F0,
    0x1E5F1, 0x1E950, 0x1FBF0,
];

/// The role of a character.
pub fn class(character: char) -> Class {
    match character {
        '0'..='9' => Class::Digit(character as u8 - b'0'),
        'a'..='z' | 'A'..='Z' => Class::Letter,
        '-' | '.' | '/' | '_' | '\\' => Class::Separator { common: true },
        _ if character.is_ascii() => Class::Separator {
            common: character.is_ascii_whitespace() || character.is_ascii_control(),
        },
        _ => beyond_ascii(character),
    }
}

fn beyond_ascii(character: char) -> Class {
    match character {
        // Soft hyphen, zero-width characters, marks of direction, variation selectors, combining marks, tags.
        '\u{AD}'
        | '\u{34F}'
        | '\u{61C}'
        | '\u{115F}'..='\u{1160}'
        | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}'
        | '\u{FFF9}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E0FFF}'
        | '\u{300}'..='\u{36F}'
        | '\u{1AB0}'..='\u{1AFF}'
        | '\u{1DC0}'..='\u{1DFF}'
        | '\u{20D0}'..='\u{20FF}'
        | '\u{FE20}'..='\u{FE2F}' => return Class::Invisible,
        // Superscripts, subscripts, digits in circles.
        '²' | '³' => return digit(character, '²', 2),
        '¹' => return Class::Digit(1),
        '⁰' | '⁴'..='⁹' => return digit(character, '⁰', 0),
        '₀'..='₉' => return digit(character, '₀', 0),
        '①'..='⑨' => return digit(character, '①', 1),
        '⓪' | '⓿' => return Class::Digit(0),
        '❶'..='❾' => return digit(character, '❶', 1),
        _ => {}
    }
    let code = u32::from(character);
    let following = ZEROS.partition_point(|zero| *zero <= code);
    if let Some(zero) = following.checked_sub(1).map(|last| ZEROS[last])
        && let Ok(value @ 0..=9) = u8::try_from(code - zero)
    {
        return Class::Digit(value);
    }
    if character.is_alphanumeric() {
        return Class::Letter;
    }
    let is_dash = matches!(
        character,
        '\u{58A}' | '\u{5BE}' | '\u{1400}' | '\u{1806}' | '\u{2010}'
            ..='\u{2015}'
                | '\u{2043}'
                | '\u{2212}'
                | '\u{23AF}'
                | '\u{2500}'
                | '\u{2E17}'
                | '\u{2E1A}'
                | '\u{2E3A}'
                | '\u{2E3B}'
                | '\u{2E40}'
                | '\u{2E5D}'
                | '\u{301C}'
                | '\u{3030}'
                | '\u{30A0}'
                | '\u{FE31}'
                | '\u{FE32}'
                | '\u{FE58}'
                | '\u{FE63}'
                | '\u{FF0D}'
                | '\u{10EAD}'
    );
    let is_dot_or_slash = matches!(
        character,
        '·' | '•'
            | '․'
            | '‧'
            | '∙'
            | '⋅'
            | '・'
            | '．'
            | '。'
            | '／'
            | '⁄'
            | '∕'
            | '＿'
            | '‿'
            | '￣'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{FFA0}'
    );
    Class::Separator {
        common: character.is_whitespace() || character.is_control() || is_dash || is_dot_or_slash,
    }
}

fn digit(character: char, first: char, value: u8) -> Class {
    u8::try_from(u32::from(character) - u32::from(first))
        .map_or(Class::Letter, |after| Class::Digit(after + value))
}

/// Whether the text has an escape that a [`Reader`] decodes.
pub fn has_escapes(text: &str) -> bool {
    text.bytes().any(|byte| matches!(byte, b'%' | b'\\' | b'&'))
}

/// The characters of a text, each with its place. The reader can decode percent-encoding, also double encoding, the escapes of
/// JSON and of Rust's `Debug`, and those of HTML.
#[derive(Clone)]
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    decodes: bool,
}

impl<'a> Reader<'a> {
    /// Reads the text as it is.
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            decodes: false,
        }
    }

    /// Reads the text with its escapes decoded.
    pub fn decoding(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            decodes: true,
        }
    }

    fn escaped(&self, first: char) -> Option<(char, usize)> {
        let rest = &self.text[self.at..];
        let (character, length) = match first {
            '%' => percent_encoded(rest.as_bytes())?,
            '\\' => after_backslash(rest)?,
            '&' => html_reference(rest)?,
            _ => return None,
        };
        Some((character, length))
    }
}

impl Iterator for Reader<'_> {
    type Item = (char, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        let first = self.text[self.at..].chars().next()?;
        let escaped = if self.decodes { self.escaped(first) } else { None };
        let (character, length) = escaped.unwrap_or((first, first.len_utf8()));
        let start = self.at;
        self.at += length;
        Some((character, start..self.at))
    }
}

/// One byte, and the length of its notation. `%2534` and `%25%33%34` are `%34` encoded once more.
fn byte_at(text: &[u8], times: u8) -> Option<(u8, usize)> {
    let first = *text.first()?;
    let (mut byte, mut length) = (first, 1);
    let mut left = times;
    while byte == b'%' && left > 0 {
        left -= 1;
        let Some((decoded, end)) = hex_pair(text, length, left) else {
            break;
        };
        (byte, length) = (decoded, end);
    }
    Some((byte, length))
}

fn hex_pair(text: &[u8], start: usize, times: u8) -> Option<(u8, usize)> {
    let (mut value, mut at) = (0, start);
    for _ in 0..2 {
        let (digit, length) = byte_at(text.get(at..)?, times)?;
        value = value * 16 + u8::try_from(char::from(digit).to_digit(16)?).ok()?;
        at += length;
    }
    Some((value, at))
}

/// One percent-encoded byte, perhaps encoded more than once.
fn percent_byte(text: &[u8]) -> Option<(u8, usize)> {
    const MOST_TIMES: u8 = 3;
    byte_at(text, MOST_TIMES).filter(|(_, length)| *length > 1)
}

fn percent_encoded(text: &[u8]) -> Option<(char, usize)> {
    let (first, mut at) = percent_byte(text)?;
    let length = match first {
        0..0x80 => 1,
        0xC0..0xE0 => 2,
        0xE0..0xF0 => 3,
        0xF0..0xF8 => 4,
        _ => return None,
    };
    let mut bytes = vec![first];
    while bytes.len() < length {
        let (byte, more) = percent_byte(text.get(at..)?)?;
        bytes.push(byte);
        at += more;
    }
    Some((str::from_utf8(&bytes).ok()?.chars().next()?, at))
}

fn after_backslash(text: &str) -> Option<(char, usize)> {
    match text.as_bytes().get(1)? {
        b't' | b'n' | b'r' | b'f' | b'0' => Some((' ', 2)),
        b'u' if text.as_bytes().get(2) == Some(&b'{') => {
            let end = 3 + text
                .as_bytes()
                .iter()
                .skip(3)
                .take(7)
                .position(|byte| *byte == b'}')?;
            let code = u32::from_str_radix(text.get(3..end)?, 16).ok()?;
            Some((char::from_u32(code)?, end + 1))
        }
        b'u' => {
            let unit = |at: usize| u16::from_str_radix(text.get(at..at + 4)?, 16).ok();
            let first = unit(2)?;
            if let Some(character) = char::from_u32(u32::from(first)) {
                return Some((character, 6));
            }
            let second = text
                .get(6..8)
                .filter(|start| *start == "\\u")
                .and_then(|_| unit(8))?;
            let character = char::decode_utf16([first, second]).next()?.ok()?;
            Some((character, 12))
        }
        _ => None,
    }
}

fn html_reference(text: &str) -> Option<(char, usize)> {
    const LONGEST: usize = 10;
    let end = text.bytes().take(LONGEST).position(|byte| byte == b';')?;
    let name = text.get(1..end)?;
    let code = match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        },
        None if matches!(name, "nbsp" | "ensp" | "emsp" | "thinsp" | "shy") => 0xA0,
        None => return None,
    };
    Some((char::from_u32(code)?, end + 1))
}
