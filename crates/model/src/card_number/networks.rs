//! The card numbers of each network: first digits, lengths, check digit.

/// How likely a number of a network's form is a card number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Use {
    /// Cards have such numbers.
    Common,
    /// No network issues such numbers any more, and many other numbers are as long.
    Rare,
}

/// Whether cards begin with the digit.
pub fn can_begin(digit: u8) -> bool {
    matches!(digit, 2..=6 | 8 | 9)
}

/// The network's form of card number that the digits have.
pub fn network(digits: &[u8]) -> Option<Use> {
    let first = |count: usize| {
        digits
            .iter()
            .take(count)
            .fold(0_u32, |sum, digit| sum * 10 + u32::from(*digit))
    };
    let length = digits.len();
    let common = match first(4) {
        // Visa
        4000..=4999 => matches!(length, 16 | 19),
        // Mastercard
        2221..=2720 | 5100..=5599 => length == 16,
        // Mir
        2200..=2204 => (16..=19).contains(&length),
        // American Express
        3400..=3499 | 3700..=3799 => length == 15,
        // Diners Club
        3000..=3059 | 3095 => length == 14,
        3600..=3699 | 3800..=3899 => length == 14 || (16..=19).contains(&length),
        3900..=3999 => length == 16,
        // JCB
        3528..=3589 => (16..=19).contains(&length),
        // Discover, UnionPay
        6011 | 6200..=6299 | 6440..=6599 | 8100..=8199 => (16..=19).contains(&length),
        // RuPay, Troy
        6000..=6099 | 8200..=8299 | 9792 => length == 16,
        // Maestro, Verve, Dankort, RuPay, Elo
        5000..=5099 | 5600..=5899 | 6300..=6399 | 6700..=6799 => matches!(length, 16 | 18 | 19),
        _ => false,
    };
    let rare = match first(4) {
        4000..=4999 => length == 13,
        3900..=3999 => matches!(length, 14 | 17..=19),
        5018 | 5020 | 5038 | 5600..=5899 | 6304 | 6390 | 6700..=6799 => matches!(length, 12..=15 | 17),
        _ => false,
    };
    match (common, rare) {
        (true, _) => Some(Use::Common),
        (false, true) => Some(Use::Rare),
        (false, false) => None,
    }
}

/// Whether the last digit is the check digit of the others.
pub fn luhn(digits: &[u8]) -> bool {
    let doubled = |digit: u8| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| u32::from(if place % 2 == 0 { *digit } else { doubled(*digit) }))
        .sum();
    sum.is_multiple_of(10)
}

/// The number of different digits in a number.
pub fn different_digits(digits: &[u8]) -> u32 {
    digits
        .iter()
        .fold(0_u16, |set, digit| set | 1 << digit)
        .count_ones()
}
