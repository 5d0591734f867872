//! Cards without their numbers. A number is read once and never stored.

use chrono::{DateTime, Datelike, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::Refusal;
use super::behaviour::Behaviour;
use super::fields::Fields;
use super::{ids, test_cards};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Card {
    pub scheme: String,
    pub bin: String,
    pub last4: String,
    pub expiry_month: u32,
    pub expiry_year: i32,
    pub name: Option<String>,
    pub behaviour: Behaviour,
}

/// Last month in which test tokens' cards are valid.
const TEST_EXPIRY: (u32, i32) = (12, 2099);

impl Card {
    /// Reads a card source or a token request: `number expiry_month expiry_year cvv? name?`.
    pub fn of_fields(fields: &Fields, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let number = fields.text("number", "card_number_invalid")?.unwrap_or_default();
        let scheme = scheme_of(number).ok_or_else(|| Refusal::invalid("card_number_invalid"))?;
        let (month, year) = read_expiry(fields)?;
        let month = month.ok_or_else(|| Refusal::invalid("card_expiry_month_required"))?;
        let year = year.ok_or_else(|| Refusal::invalid("card_expiry_year_required"))?;
        check_expiry((month, year), now)?;
        if let Some(cvv) = fields.text("cvv", "cvv_invalid")? {
            let digits = cvv.bytes().all(|byte| byte.is_ascii_digit());
            if !digits || cvv.len() != if scheme == AMEX { 4 } else { 3 } {
                return Err(Refusal::invalid("cvv_invalid"));
            }
        }
        let name = fields.text_up_to("name", 255, "card_holder_name_invalid")?;
        let behaviour = test_cards::behaviour_of(number);
        Ok(Self {
            name,
            ..Self::new(number, scheme, (month, year), behaviour)
        })
    }

    /// Changes the given fields: `expiry_month expiry_year name`.
    pub fn update(&mut self, fields: &Fields, now: DateTime<Utc>) -> Result<(), Refusal> {
        let (month, year) = read_expiry(fields)?;
        let expiry = (
            month.unwrap_or(self.expiry_month),
            year.unwrap_or(self.expiry_year),
        );
        if month.is_some() || year.is_some() {
            check_expiry(expiry, now)?;
        }
        (self.expiry_month, self.expiry_year) = expiry;
        if let Some(name) = fields.text_up_to("name", 255, "card_holder_name_invalid")? {
            self.name = Some(name);
        }
        Ok(())
    }

    /// A test token's card.
    pub fn of_test_number(number: &str, behaviour: Behaviour) -> Self {
        Self::new(number, scheme_of(number).unwrap_or(VISA), TEST_EXPIRY, behaviour)
    }

    fn new(number: &str, scheme: &str, expiry: (u32, i32), behaviour: Behaviour) -> Self {
        Self {
            scheme: scheme.to_owned(),
            bin: number[..6].to_owned(),
            last4: number[number.len() - 4..].to_owned(),
            expiry_month: expiry.0,
            expiry_year: expiry.1,
            name: None,
            behaviour,
        }
    }

    /// Identifies a card: each card has one fingerprint. It is made from rendered members, so that it can't be turned back into a
    /// number.
    pub fn fingerprint(&self) -> String {
        // FNV-1a, 128 bits.
        let seen = self.bin.bytes().chain(self.last4.bytes());
        let hash = seen.fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
            (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
        });
        ids::base32(hash)
    }

    /// The common members of tokens, instruments and payment sources.
    pub fn render(&self) -> Value {
        let (product_id, product_type) = product_of(&self.scheme);
        let mut rendered = json!({
            "expiry_month": self.expiry_month,
            "expiry_year": self.expiry_year,
            "scheme": self.scheme,
            "last4": self.last4,
            "bin": self.bin,
            "card_type": "CREDIT",
            "card_category": "CONSUMER",
            "issuer_country": "GB",
            "product_id": product_id,
            "product_type": product_type,
        });
        if let Some(name) = &self.name {
            rendered["name"] = json!(name);
        }
        rendered
    }
}

fn read_expiry(fields: &Fields) -> Result<(Option<u32>, Option<i32>), Refusal> {
    let month = fields.unsigned("expiry_month", "card_expiry_month_invalid")?;
    let year = fields.unsigned("expiry_year", "card_expiry_year_invalid")?;
    if month.is_some_and(|month| !(1..=12).contains(&month)) {
        return Err(Refusal::invalid("card_expiry_month_invalid"));
    }
    if year.is_some_and(|year| !(1000..=9999).contains(&year)) {
        return Err(Refusal::invalid("card_expiry_year_invalid"));
    }
    // The values are in range, so no conversion fails.
    Ok((
        month.and_then(|month| month.try_into().ok()),
        year.and_then(|year| year.try_into().ok()),
    ))
}

fn check_expiry((month, year): (u32, i32), now: DateTime<Utc>) -> Result<(), Refusal> {
    let expired = (year, month) < (now.year(), now.month());
    if expired {
        Err(Refusal::invalid("card_expired"))
    } else {
        Ok(())
    }
}

const VISA: &str = "Visa";
const AMEX: &str = "American Express";

/// The scheme of a well-formed card number; `None` for anything else.
fn scheme_of(number: &str) -> Option<&'static str> {
    let well_formed = (12..=19).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    if !well_formed || !passes_luhn(number) {
        return None;
    }
    let starts = |digits: usize| number[..digits].parse::<u32>().unwrap_or_default();
    if starts(1) == 4 {
        Some(VISA)
    } else if matches!(starts(2), 51..=55) || matches!(starts(4), 2221..=2720) {
        Some("Mastercard")
    } else if matches!(starts(2), 34 | 37) {
        Some(AMEX)
    } else if starts(4) == 6011 || matches!(starts(3), 644..=659) {
        Some("Discover")
    } else if matches!(starts(2), 36 | 38 | 39) || matches!(starts(3), 300..=305) {
        Some("Diners Club International")
    } else if matches!(starts(4), 3528..=3589) {
        Some("JCB")
    } else {
        None
    }
}

fn passes_luhn(number: &str) -> bool {
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0') * if place % 2 == 1 { 2 } else { 1 };
            if digit > 9 { digit - 9 } else { digit }
        })
        .sum();
    sum.is_multiple_of(10)
}

fn product_of(scheme: &str) -> (&'static str, &'static str) {
    match scheme {
        VISA => ("A", "Visa Traditional"),
        "Mastercard" => ("MCC", "Mastercard Credit"),
        AMEX => ("AX", "American Express Credit"),
        "Discover" => ("D", "Discover Credit"),
        "JCB" => ("J", "JCB Standard"),
        _ => ("DC", "Diners Club"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_are_told_by_the_number() {
        for (number, scheme) in [
            ("4242424242424242", Some("Visa")),
            ("5436031030606378", Some("Mastercard")),
            ("345678901234564", Some("American Express")),
            ("6011111111111117", Some("Discover")),
            ("3056930009020004", Some("Diners Club International")),
            ("3566002020360505", Some("JCB")),
            ("4242424242424241", None),
            ("9999999999999995", None),
            ("42", None),
            ("4242 4242 4242 4242", None),
            ("４２４２424242424242", None),
        ] {
            assert_eq!(scheme_of(number), scheme, "{number}");
        }
    }
}
