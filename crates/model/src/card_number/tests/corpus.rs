//! The rate of false positives: a million references of a fixed seed.

use std::fmt::Write;

use super::super::*;

const SEED: u64 = 0x7111_6A7E;
const REFERENCES: usize = 1_000_000;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[usize::try_from(self.below(choices.len() as u64)).expect("small")]
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count)
            .map(|_| char::from(b'0' + u8::try_from(self.below(10)).expect("a digit")))
            .collect()
    }

    fn text(&mut self, alphabet: &str, count: usize) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        (0..count)
            .map(|_| alphabet[usize::try_from(self.below(alphabet.len() as u64)).expect("small")])
            .collect()
    }

    fn uuid(&mut self) -> String {
        let hex = format!("{:016x}{:016x}", self.next(), self.next());
        format!(
            "{}-{}-4{}-{}{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[13..16],
            self.of(&["8", "9", "a", "b"]),
            &hex[17..20],
            &hex[20..]
        )
    }

    fn date(&mut self) -> (u64, u64, u64) {
        (2020 + self.below(10), 1 + self.below(12), 1 + self.below(28))
    }
}

const HEX: &str = "0123456789abcdef";
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn uuid(random: &mut Random) -> String {
    let uuid = random.uuid();
    match random.below(4) {
        0 => uuid.replace('-', ""),
        1 => uuid.to_uppercase(),
        2 => format!("order {uuid}"),
        _ => uuid,
    }
}

/// ISO 13616: two check digits over the account, the country's letters and `00`.
fn iban(random: &mut Random) -> String {
    let (country, letters, digits) = [
        ("DE", 0, 18),
        ("GB", 4, 14),
        ("FR", 0, 23),
        ("NL", 4, 10),
        ("BE", 0, 12),
        ("AT", 0, 16),
        ("ES", 0, 20),
        ("DK", 0, 14),
        ("FI", 0, 14),
        ("NO", 0, 11),
        ("CH", 0, 17),
        ("LT", 0, 16),
        ("EE", 0, 16),
        ("SI", 0, 15),
        ("IE", 4, 14),
        ("PL", 0, 24),
        ("SE", 0, 20),
        ("PT", 0, 21),
    ][usize::try_from(random.below(18)).expect("small")];
    let account = format!(
        "{}{}",
        random.text(&LETTERS[..26], letters),
        random.digits(digits)
    );
    let remainder = format!("{account}{country}00")
        .bytes()
        .fold(0_u64, |rest, byte| match byte {
            b'0'..=b'9' => (rest * 10 + u64::from(byte - b'0')) % 97,
            _ => (rest * 100 + u64::from(byte - b'A') + 10) % 97,
        });
    let iban = format!("{country}{:02}{account}", 98 - remainder);
    match random.below(3) {
        0 => super::grouped(&iban, 4, " "),
        1 => format!("IBAN {}", super::grouped(&iban, 4, " ")),
        _ => iban,
    }
}

fn phone(random: &mut Random) -> String {
    let (country, least) = [
        ("49", 10),
        ("1", 10),
        ("44", 10),
        ("33", 9),
        ("39", 10),
        ("34", 9),
        ("43", 10),
        ("41", 9),
        ("31", 9),
        ("32", 9),
        ("48", 9),
        ("46", 9),
        ("55", 11),
        ("52", 10),
        ("57", 10),
        ("81", 10),
        ("86", 11),
        ("91", 10),
        ("63", 10),
        ("61", 9),
        ("65", 8),
        ("60", 10),
        ("62", 11),
        ("58", 10),
    ][usize::try_from(random.below(24)).expect("small")];
    let length = least + usize::try_from(random.below(2)).expect("small");
    let national = format!("{}{}", 1 + random.below(9), random.digits(length - 1));
    let (area, rest) = national.split_at(3);
    match random.below(9) {
        0 => format!("+{country}{national}"),
        1 => format!("+{country} {area} {rest}"),
        2 => format!("00{country}{national}"),
        3 => format!("00{country} {area} {rest}"),
        4 => format!("+{country} (0) {area}/{rest}"),
        5 => format!("0{area}/{rest}"),
        6 => format!("({area}) {}-{}", &rest[..3], &rest[3..]),
        7 => format!("+{country}-{area}-{}-{}", &rest[..3], &rest[3..]),
        _ => format!("{country}{national}"),
    }
}

fn time(random: &mut Random) -> String {
    let seconds = 1_500_000_000 + random.below(500_000_000);
    let (year, month, day) = random.date();
    let (hour, minute, second) = (random.below(24), random.below(60), random.below(60));
    match random.below(10) {
        0 => format!("{seconds}{}", random.digits(3)),
        1 => format!("{seconds}{}", random.digits(6)),
        2 => format!("{seconds}{}", random.digits(9)),
        3 => format!("{seconds}.{}", random.digits(6)),
        4 => format!(
            "{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{}Z",
            random.digits(6)
        ),
        5 => format!(
            "{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{}",
            random.digits(6)
        ),
        6 => format!("{day:02}.{month:02}.{year} {hour:02}:{minute:02}:{second:02}"),
        7 => format!("{year}{month:02}{day:02}{hour:02}{minute:02}{second:02}"),
        8 => format!(
            "{day:02}.{month:02}.{year} - {:02}.{month:02}.{year}",
            1 + random.below(28)
        ),
        _ => format!("{month:02}/{day:02}/{year} {hour:02}:{minute:02}"),
    }
}

fn order(random: &mut Random) -> String {
    let (year, month, day) = random.date();
    match random.below(22) {
        // Ours: ids, numbers of orders, payments at the PSPs
        0 => random.text(LETTERS, 10),
        1 => random.below(100_000_000).to_string(),
        2 => format!("pi_3{}", random.text(&BASE64[..62], 23)),
        3 => format!("pay_{}", random.text("abcdefghijklmnopqrstuvwxyz234567", 26)),
        // Shopify, Magento, WooCommerce, Shopware
        4 => format!("#{}", random.below(1_000_000)),
        5 => format!("{}{}", 4 + random.below(3), random.digits(12)),
        6 => format!("gid://shopify/Order/{}{}", 4 + random.below(3), random.digits(12)),
        7 => format!(
            "gid://shopify/ProductVariant/{}{}",
            40 + random.below(12),
            random.digits(12)
        ),
        8 => format!("{:09}", 100_000_000 + random.below(900_000_000)),
        9 => format!("{}-1", 100_000_000 + random.below(900_000_000)),
        // Amazon, eBay, Etsy
        10 => {
            let prefix = random.of(&[
                "111", "112", "113", "114", "026", "202", "203", "204", "205", "206", "302", "303", "304",
                "305", "306", "402", "403", "404", "405", "406", "407", "408", "171", "249", "250", "503",
                "701", "702",
            ]);
            format!("{prefix}-{}-{}", random.digits(7), random.digits(7))
        }
        11 => format!("{}-{}-{}", random.digits(2), random.digits(5), random.digits(5)),
        12 => random.digits(10),
        // With dates and counters
        13 => format!("ORD-{year}{month:02}{day:02}-{:04}", random.below(10_000)),
        14 => format!("ORD-{year}-{:06}", random.below(1_000_000)),
        15 => format!("INV-{year}/{month:02}/{:05}", random.below(100_000)),
        16 => format!("{year}{month:02}{day:02}{:06}", random.below(1_000_000)),
        17 => format!("RE{year}{:05}", random.below(100_000)),
        // SAP, articles, tracking
        18 => format!("45{}-{:05}", random.digits(8), 10 * (1 + random.below(99))),
        19 => {
            let body = format!("4{}", random.digits(11));
            let sum: u32 = body
                .bytes()
                .enumerate()
                .map(|(at, digit)| u32::from(digit - b'0') * if at % 2 == 0 { 1 } else { 3 })
                .sum();
            format!("{body}{}", (10 - sum % 10) % 10)
        }
        20 => format!("1Z{}", random.text("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", 16)),
        _ => format!(
            "{}{}",
            random.of(&["SO", "PO-", "TX_", "cart-", "Bestellung "]),
            random.digits(9)
        ),
    }
}

fn token(random: &mut Random) -> String {
    match random.below(4) {
        0 => random.text(HEX, 64),
        1 => random.text(HEX, 40),
        2 => random.text(BASE64, 120),
        _ => format!("00-{}-{}-01", random.text(HEX, 32), random.text(HEX, 16)),
    }
}

#[test]
fn fewer_than_one_reference_in_ten_thousand_is_taken_for_a_card_number() {
    type Kind = (&'static str, fn(&mut Random) -> String);
    let kinds: [Kind; 6] = [
        ("UUIDs", uuid),
        ("IBANs", iban),
        ("phones", phone),
        ("times", time),
        ("orders", order),
        ("tokens", token),
    ];
    let mut random = Random(SEED);
    let mut report = String::new();
    let mut all = 0;
    for (name, make) in kinds {
        let count = REFERENCES / kinds.len();
        let taken: Vec<String> = (0..count)
            .map(|_| make(&mut random))
            .filter(|text| contains(text))
            .collect();
        all += taken.len();
        writeln!(
            report,
            "{name}: {} of {count}, such as {:?}",
            taken.len(),
            &taken[..taken.len().min(5)]
        )
        .expect("text");
        assert!(taken.len() * 10_000 < count, "{report}");
    }
    assert!(all * 10_000 < REFERENCES, "{report}");
    let decimals = (0..100_000).filter(|_| contains(&random.digits(16))).count();
    println!("{report}random decimals of 16 digits: {decimals} of 100000");
    // Four in ten begin like cards, and one in ten has the right check digit.
    assert!((1_000..4_500).contains(&decimals), "{decimals}");
}
