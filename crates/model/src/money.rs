//! Money: a whole number of minor units and their currency.
//!
//! Amounts are integers everywhere. A fractional number appears in one place only, [`Money::to_major`], because the API shows
//! each amount also as a `_float`; nothing reads such a number back.

use std::{borrow::Cow, cmp::Ordering, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A currency of ISO 4217 for payments: neither a fund code (`CLF`) nor a precious metal or a placeholder (`XAU`, `XXX`), which
/// have no minor unit.
///
/// ```
/// use tillgate_model::money::Currency;
/// let yen: Currency = "JPY".parse()?;
/// assert_eq!((yen.to_string().as_str(), yen.exponent()), ("JPY", 0));
/// assert!("jpy".parse::<Currency>().is_err());
/// # Ok::<(), tillgate_model::money::UnknownCurrency>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The euro.
    pub const EUR: Self = Self(iso_currency::Currency::EUR);
    /// The United States dollar.
    pub const USD: Self = Self(iso_currency::Currency::USD);
    /// The pound sterling.
    pub const GBP: Self = Self(iso_currency::Currency::GBP);
    /// The Japanese yen, which has no minor unit.
    pub const JPY: Self = Self(iso_currency::Currency::JPY);

    /// The three upper-case letters.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Number of decimal digits of the minor unit: 2 for EUR, 0 for JPY, 3 for BHD (ISO 4217).
    pub fn exponent(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }

    /// The notation of amounts in this currency: symbol, thousands separator, decimal separator.
    fn notation(self) -> (String, char, char) {
        let (thousands, decimal) = match self.code() {
            "ARS" | "BRL" | "CLP" | "COP" | "DKK" | "EUR" | "IDR" | "ISK" | "MKD" | "PYG" | "RON" | "RSD"
            | "TRY" | "UYU" | "VND" => ('.', ','),
            "BGN" | "CZK" | "HUF" | "NOK" | "PLN" | "SEK" | "UAH" => (' ', ','),
            "CHF" => ('\'', '.'),
            _ => (',', '.'),
        };
        let symbol = match self.code() {
            "CHF" => "CHF".to_owned(),
            _ => self.0.symbol().symbol,
        };
        (symbol, thousands, decimal)
    }
}

/// The text is not the code of a currency for payments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownCurrency;

impl fmt::Display for UnknownCurrency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an ISO 4217 currency code, which has three upper-case letters")
    }
}

impl std::error::Error for UnknownCurrency {}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(code: &str) -> Result<Self, UnknownCurrency> {
        iso_currency::Currency::from_code(code)
            .filter(|currency| currency.exponent().is_some() && !currency.is_fund() && !currency.is_special())
            .map(Self)
            .ok_or(UnknownCurrency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Self) -> Ordering {
        self.code().cmp(other.code())
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

impl JsonSchema for Currency {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Currency".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[A-Z]{3}$",
            "description": "The international three-letter currency code (ISO 4217), in upper case.",
            "example": "EUR",
        })
    }
}

/// An amount of money. `amount_cents` counts minor units of the currency, whatever their name: cents of EUR,
/// yen of JPY, thousandths of BHD. It may be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// The amount, in minor units of the currency.
    pub amount_cents: i64,
    /// The currency.
    pub currency: Currency,
}

/// The error of a sum or difference that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoneyError {
    /// The amounts are in these two different currencies.
    CurrencyMismatch(Currency, Currency),
    /// The result doesn't fit 64 bits.
    Overflow,
}

impl fmt::Display for MoneyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CurrencyMismatch(left, right) => {
                write!(f, "amounts in {left} and {right} can't be combined")
            }
            Self::Overflow => f.write_str("the amount is out of range"),
        }
    }
}

impl std::error::Error for MoneyError {}

impl Money {
    /// An amount in minor units of the currency.
    pub const fn new(amount_cents: i64, currency: Currency) -> Self {
        Self {
            amount_cents,
            currency,
        }
    }

    /// Zero, in the currency.
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// The amount in major units, only for rendering the `_float` attributes.
    ///
    /// Safe there: both operands are whole numbers which a double holds exactly (below 2^53 minor units), and the
    /// quotient is the double nearest to the decimal fraction, which prints as that fraction. It is never read back.
    ///
    /// ```
    /// use tillgate_model::money::{Currency, Money};
    /// assert_eq!(Money::new(15_410, Currency::EUR).to_major().to_string(), "154.1");
    /// ```
    pub fn to_major(&self) -> f64 {
        self.amount_cents as f64 / f64::from(10_u32.pow(self.currency.exponent()))
    }

    /// The amount in the currency's usual notation.
    ///
    /// ```
    /// use tillgate_model::money::{Currency, Money};
    /// assert_eq!(Money::new(123_450, Currency::EUR).formatted(), "€1.234,50");
    /// assert_eq!(Money::new(-10_000, Currency::EUR).formatted(), "-€100,00");
    /// ```
    pub fn formatted(&self) -> String {
        let (symbol, thousands, decimal) = self.currency.notation();
        let unit = 10_u64.pow(self.currency.exponent());
        let minor = self.amount_cents.unsigned_abs();
        let sign = if self.amount_cents < 0 { "-" } else { "" };
        let whole = grouped(minor / unit, thousands);
        match self.currency.exponent() as usize {
            0 => format!("{sign}{symbol}{whole}"),
            digits => format!("{sign}{symbol}{whole}{decimal}{:0digits$}", minor % unit),
        }
    }

    /// The sum of two amounts in one currency.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_add)
    }

    /// The difference of two amounts in one currency.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_sub)
    }

    fn combine(self, other: Self, operation: fn(i64, i64) -> Option<i64>) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch(self.currency, other.currency));
        }
        let amount_cents = operation(self.amount_cents, other.amount_cents).ok_or(MoneyError::Overflow)?;
        Ok(Self::new(amount_cents, self.currency))
    }
}

/// The digits of a whole number in groups of three.
fn grouped(number: u64, separator: char) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(amount_cents: i64, code: &str) -> Money {
        Money::new(amount_cents, code.parse().unwrap())
    }

    #[test]
    fn amounts_are_written_as_the_currency_is() {
        for (amount, code, expected) in [
            (15400, "EUR", "€154,00"),
            (-10000, "EUR", "-€100,00"),
            (123450, "EUR", "€1.234,50"),
            (100_000_005, "EUR", "€1.000.000,05"),
            (5, "EUR", "€0,05"),
            (-5, "EUR", "-€0,05"),
            (0, "EUR", "€0,00"),
            (1000, "USD", "$10.00"),
            (123450, "USD", "$1,234.50"),
            (99999, "GBP", "£999.99"),
            (1234, "JPY", "¥1,234"),
            (0, "JPY", "¥0"),
            (123450, "CHF", "CHF1'234.50"),
            (123450, "SEK", "kr1 234,50"),
            (i64::MIN, "JPY", "-¥9,223,372,036,854,775,808"),
        ] {
            assert_eq!(money(amount, code).formatted(), expected, "{amount} {code}");
        }
        assert!(money(1_500, "BHD").formatted().ends_with("1.500"));
    }

    #[test]
    fn major_units_follow_the_exponent() {
        assert_eq!(money(15410, "EUR").to_major().to_string(), "154.1");
        assert_eq!(money(-1, "EUR").to_major().to_string(), "-0.01");
        assert_eq!(money(500, "JPY").to_major().to_string(), "500");
        assert_eq!(money(1_001, "BHD").to_major().to_string(), "1.001");
    }

    #[test]
    fn arithmetic_refuses_other_currencies_and_overflow() {
        let euro = money(10, "EUR");
        assert_eq!(euro.checked_add(money(5, "EUR")), Ok(money(15, "EUR")));
        assert_eq!(euro.checked_sub(money(15, "EUR")), Ok(money(-5, "EUR")));
        let mismatch = MoneyError::CurrencyMismatch(Currency::EUR, Currency::USD);
        assert_eq!(euro.checked_add(money(5, "USD")), Err(mismatch));
        assert_eq!(
            euro.checked_add(money(i64::MAX, "EUR")),
            Err(MoneyError::Overflow)
        );
        assert_eq!(
            money(-2, "EUR").checked_sub(money(i64::MAX, "EUR")),
            Err(MoneyError::Overflow)
        );
    }

    #[test]
    fn only_upper_case_codes_of_spendable_currencies_parse() {
        for refused in ["", "eur", "EURO", "ZZZ", "XXX", "XAU", "CLF", "€"] {
            assert_eq!(refused.parse::<Currency>(), Err(UnknownCurrency), "{refused}");
        }
        assert_eq!("BHD".parse::<Currency>().unwrap().exponent(), 3);
    }

    #[test]
    fn json_is_the_code() {
        assert_eq!(
            serde_json::to_string(&money(1, "EUR")).unwrap(),
            r#"{"amount_cents":1,"currency":"EUR"}"#
        );
        assert_eq!(
            serde_json::from_str::<Currency>(r#""USD""#).unwrap(),
            Currency::USD
        );
        assert!(serde_json::from_str::<Currency>(r#""usd""#).is_err());
        assert!(serde_json::from_str::<Currency>("978").is_err());
        let schema = schemars::schema_for!(Currency);
        assert_eq!(schema.get("pattern").unwrap(), "^[A-Z]{3}$");
    }
}
