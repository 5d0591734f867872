//! Texts with and without card numbers.

mod corpus;

use serde_json::{Number, Value};

use super::*;

/// Test numbers that the networks and PSPs publish, of every network and length in use.
const CARDS: &[&str] = &[
    "4242424242424242",
    "4000056655665556",
    "4012888888881881",
    "4917610000000000003",
    "5555555555554444",
    "5200828282828210",
    "2223003122003222",
    "2720990000000007",
    "378282246310005",
    "341111111111111",
    "6011111111111117",
    "6011000990139424",
    "6445644564456445",
    "6500000000000002",
    "30569309025904",
    "36227206271667",
    "38520000023237",
    "3566002020360505",
    "3530111333300000",
    "6200000000000005",
    "6250941006528599",
    "6205500000000000004",
    "8171999927660000",
    "5018000000000009",
    "6759649826438453",
    "6799990100000000019",
    "6304000000000000",
    "2200000000000004",
    "4222222222222",
];

/// Numbers whose length no network issues any more. They count if they are written as on a card.
const RARE: &[&str] = &[
    "4539578763628",
    "501837465126",
    "676712345674",
    "56123456789018",
    "58931234567896",
    "39123456789010",
];

fn grouped(number: &str, size: usize, separator: &str) -> String {
    let characters: Vec<char> = number.chars().collect();
    let groups: Vec<String> = characters
        .chunks(size)
        .map(|group| group.iter().collect())
        .collect();
    groups.join(separator)
}

/// A number in the digits of the script with this zero.
fn in_script(number: &str, zero: u32) -> String {
    let digit =
        |character: char| char::from_u32(zero + character.to_digit(10).expect("a digit")).expect("a digit");
    number.chars().map(digit).collect()
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Ways to write a number.
fn spellings(number: &str) -> Vec<String> {
    let separators = [
        " ", "-", ".", "/", "_", "\\", "\t", "\n", "\r\n", "  ", " - ", " / ", "--", "\u{A0}", "\u{2009}",
        "\u{202F}", "\u{3000}", "\u{200B}", "\u{FEFF}", "\u{AD}", "\u{2010}", "\u{2013}", "\u{2014}",
        "\u{2212}", "\u{FF0D}", "·", "•", ":", ",", "|", "*", ", ", "+", "\0", "      ",
    ];
    let mut all = vec![number.to_owned()];
    for separator in separators {
        all.push(grouped(number, 4, separator));
        all.push(grouped(number, 1, separator));
    }
    for separator in [" ", "-", "\u{A0}", "_"] {
        for size in [2, 3, 5, 6, 8] {
            all.push(grouped(number, size, separator));
        }
        // As on cards of American Express and Diners Club, and one separator anywhere.
        all.push(format!(
            "{}{separator}{}{separator}{}",
            &number[..4],
            &number[4..10],
            &number[10..]
        ));
        for at in 1..number.len() {
            all.push(format!("{}{separator}{}", &number[..at], &number[at..]));
        }
    }
    for zero in [
        0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xFF10, 0x1D7CE, 0x1D7D8, 0x1D7F6, 0x1FBF0,
    ] {
        all.push(in_script(number, zero));
        all.push(grouped(&in_script(number, zero), 4, " "));
        all.push(format!("{}{}", &number[..8], in_script(&number[8..], zero)));
    }
    let keycaps: String = number
        .chars()
        .map(|digit| format!("{digit}\u{FE0F}\u{20E3}"))
        .collect();
    let grouped_by_four = grouped(number, 4, " ");
    all.extend([
        keycaps,
        percent(number),
        percent(&percent(number)),
        percent(&in_script(number, 0xFF10)),
        grouped(number, 4, "%20"),
        grouped(number, 4, "%2520"),
        grouped(number, 4, "&nbsp;"),
        grouped(number, 4, r"\t"),
        grouped(number, 4, r"\u{a0}"),
        grouped(number, 4, r"\u00a0"),
        number
            .chars()
            .map(|digit| format!("&#{};", u32::from(digit)))
            .collect(),
        number
            .chars()
            .map(|digit| format!(r"\u{:04x}", u32::from(digit)))
            .collect(),
        format!("card {number}"),
        format!("card{number}"),
        format!("abc{number}"),
        format!("{number}abc"),
        format!("tok_{number}"),
        format!("#{number}"),
        format!("+{number}"),
        format!("{number} 12/29 123"),
        format!("{grouped_by_four} 12/29 123"),
        format!("{grouped_by_four} 1229 123"),
        format!("{number}\n"),
        format!("No. 7: {grouped_by_four}, valid to 12/2029"),
        format!("2026-11-30 {grouped_by_four}"),
        format!("({number})"),
        format!("\"{number}\""),
        format!("{number}={}", "29121010000012300000"),
        format!("%B{number}^DOE/JANE^2912101000000000"),
        format!("{number}D29121010000012300"),
        format!("https://shop.example/return?card={}&x=1", percent(number)),
        format!("https://shop.example/{grouped_by_four}"),
        format!("Karte{grouped_by_four}bitte"),
        format!("{number}, {number}"),
    ]);
    all
}

#[test]
fn every_spelling_of_every_network_is_found_and_removed() {
    let mut tried = 0;
    for number in CARDS {
        let one_group = |text: &str| text.bytes().filter(u8::is_ascii_digit).count() <= number.len();
        for spelling in spellings(number) {
            // A few digits, a point and many digits are a decimal fraction, with as many digits as floats have.
            assert!(contains(&spelling), "{number} as {spelling:?}");
            let redacted = redact(&spelling);
            assert!(
                redacted.contains(REMOVED),
                "{number} as {spelling:?}: {redacted:?}"
            );
            assert!(!contains(&redacted), "{number} as {spelling:?}: {redacted:?}");
            if one_group(&spelling) && spelling.is_ascii() && !spelling.contains(['%', '&', '\\']) {
                assert!(
                    redacted.bytes().all(|byte| !byte.is_ascii_digit()),
                    "{spelling:?}: {redacted:?}"
                );
            }
            tried += 1;
        }
    }
    assert!(tried > 5_000, "{tried}");
}

#[test]
fn rare_lengths_are_found_as_they_are_written_on_a_card() {
    for number in RARE {
        assert!(luhn(&digits_of(number.parse().expect("a number"))), "{number}");
        for separator in [" ", "-", "."] {
            let spelling = grouped(number, 4, separator);
            assert!(contains(&spelling), "{spelling}");
        }
    }
}

#[test]
fn other_numbers_are_left_alone() {
    for text in [
        "",
        "4242424242424241",
        "42424242",
        "0000000000000000",
        // Times
        "1790000000000",
        "1790000000000000000",
        "2026-11-30 07:45:12.123456",
        "30.01.2026 07:45:12.123",
        "24.12.2026 - 31.12.2026",
        "23.01.2026-30.01.2026",
        // Phones, articles, banks
        "+49 1512 3456789",
        "+4915123456789",
        "4006381333931",
        "DE89 3704 0044 0532 0130 00",
        "GB82 WEST 1234 5698 7654 32",
        "FR76 3000 6000 0112 3456 7890 189",
        "AT611904300234573201",
        "NO9386011117947",
        // Fractions, lists, ids
        "0.4242424242424242",
        "12.42424242424242",
        "36, 38, 40, 42, 44, 46, 48, 50, 52",
        "36/37/38/39/40/41/42",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "gid://shopify/Order/4567890123456",
        "424242424242424242424242",
    ] {
        assert!(!contains(text), "{text}");
        assert_eq!(redact(text), text);
    }
}

#[test]
fn a_uuid_is_no_card_number_even_with_digits_only() {
    assert!(contains("42424242-4242-4242"));
    assert!(!contains("42424242-4242-4242-8242-424242424242"));
    assert!(!contains("urn:uuid:42424242-4242-4242-8242-424242424242"));
}

#[test]
fn json_numbers() {
    let number = |text: &str| match serde_json::from_str(text) {
        Ok(Value::Number(number)) => number,
        other => panic!("{text}: {other:?}"),
    };
    for text in [
        "4242424242424242",
        "-4242424242424242",
        "4242424242424242.0",
        "4242424242424242.5",
        "4.242424242424242e15",
        "4.242424242424242E+15",
        "42424242424242420e-1",
        "378282246310005",
        "378282246310005.0",
        "30569309025904.00",
        "6205500000000000004",
        "6205500000000000004.0",
        "6.205500000000000004e18",
        "6799990100000000019.0",
        "4917610000000000003e0",
    ] {
        assert!(is_card_number(&number(text)), "{text}");
    }
    for text in [
        "0",
        "1",
        "-1.5",
        "4242424242424241",
        "0.4242424242424242",
        "12.345678901234567",
        "1790000000000",
        "1790000000000.5",
        "1790000000000000000",
        "1e300",
        "4.2e1",
        "6.02214076e23",
    ] {
        assert!(!is_card_number(&number(text)), "{text}");
    }
    assert!(!is_card_number(&Number::from(0)));
}

#[test]
fn what_is_around_a_card_number_stays() {
    assert_eq!(
        redact("card 4242 4242 4242 4242, please"),
        "card [card number], please"
    );
    assert_eq!(redact("ä4242424242424242ß"), "ä[card number]ß");
    assert_eq!(
        redact("/api/orders/%34242424242424242?x=1"),
        "/api/orders/[card number]?x=1"
    );
    assert_eq!(
        redact("5555555555554444 or 378282246310005"),
        "[card number] or [card number]"
    );
    assert_eq!(redact("nothing 12 34"), "nothing 12 34");
}

#[test]
fn work_is_bounded() {
    // The worst texts: no card number, and many places where one could begin.
    let size = 256 * 1024;
    let texts = [
        "4 1 ".repeat(size / 4),
        "4242 4241 ".repeat(size / 10),
        "4".repeat(size),
        "4a".repeat(size / 2),
        "411111111111111a".repeat(size / 16),
        "%34".repeat(size / 3),
        "%25".repeat(size / 3),
        "\\u".repeat(size / 2),
    ];
    for text in texts {
        let _ = contains(&text);
    }
}
