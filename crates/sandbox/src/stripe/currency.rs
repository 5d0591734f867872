//! Currencies and amounts (Stripe docs: supported currencies, minimum and maximum charge amounts).

use super::error::ApiError;

/// Currencies whose smallest unit is the whole unit.
const ZERO_DECIMAL: &[&str] = &[
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof",
    "xpf",
];
/// Currencies with thousandths, whose last digit must be zero.
const THREE_DECIMAL: &[&str] = &["bhd", "jod", "kwd", "omr", "tnd"];
const TWO_DECIMAL: &[&str] = &[
    "aed", "afn", "all", "amd", "ang", "aoa", "ars", "aud", "awg", "azn", "bam", "bbd", "bdt", "bgn", "bmd",
    "bnd", "bob", "brl", "bsd", "bwp", "byn", "bzd", "cad", "cdf", "chf", "cny", "cop", "crc", "cve", "czk",
    "dkk", "dop", "dzd", "egp", "etb", "eur", "fjd", "fkp", "gbp", "gel", "gip", "gmd", "gtq", "gyd", "hkd",
    "hnl", "htg", "huf", "idr", "ils", "inr", "isk", "jmd", "kes", "kgs", "khr", "kyd", "kzt", "lak", "lbp",
    "lkr", "lrd", "lsl", "mad", "mdl", "mkd", "mmk", "mnt", "mop", "mur", "mvr", "mwk", "mxn", "myr", "mzn",
    "nad", "ngn", "nio", "nok", "npr", "nzd", "pab", "pen", "pgk", "php", "pkr", "pln", "qar", "ron", "rsd",
    "rub", "sar", "sbd", "scr", "sek", "sgd", "shp", "sle", "sos", "srd", "std", "szl", "thb", "tjs", "top",
    "try", "ttd", "twd", "tzs", "uah", "usd", "uyu", "uzs", "wst", "xcd", "yer", "zar", "zmw",
];
const MINIMUM: &[(&str, i64)] = &[
    ("usd", 50),
    ("eur", 50),
    ("cad", 50),
    ("aud", 50),
    ("chf", 50),
    ("sgd", 50),
    ("gbp", 30),
    ("dkk", 250),
    ("nok", 300),
    ("sek", 300),
    ("jpy", 50),
    ("mxn", 1000),
    ("hkd", 400),
    ("aed", 200),
    ("pln", 200),
    ("czk", 1500),
    ("huf", 17500),
    ("myr", 200),
    ("thb", 1000),
    ("nzd", 50),
    ("brl", 50),
    ("inr", 50),
];
const MAXIMUM: i64 = 99_999_999;

/// Refuses codes that aren't in Stripe's list, which is lower-case.
pub(super) fn check_currency(code: &str) -> Result<(), ApiError> {
    if [ZERO_DECIMAL, THREE_DECIMAL, TWO_DECIMAL]
        .iter()
        .any(|list| list.contains(&code))
    {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "Invalid currency: {code}. It must be a supported code in lower case."
    ))
    .with_param("currency"))
}

/// Refuses amounts that can't be charged in a supported currency.
pub(super) fn check_amount(amount: i64, currency: &str) -> Result<(), ApiError> {
    let minimum = MINIMUM
        .iter()
        .find(|(code, _)| *code == currency)
        .map_or(1, |(_, minimum)| *minimum);
    if amount < minimum {
        return Err(
            ApiError::invalid(format!("Amount must be at least {}", display(minimum, currency)))
                .with_code("amount_too_small")
                .with_param("amount"),
        );
    }
    if amount > MAXIMUM {
        return Err(ApiError::invalid(format!(
            "Amount must be no more than {}",
            display(MAXIMUM, currency)
        ))
        .with_code("amount_too_large")
        .with_param("amount"));
    }
    check_step(amount, currency, "amount")
}

/// Refuses a precision that the currency doesn't have, although its notation does.
pub(super) fn check_step(amount: i64, currency: &str, param: &str) -> Result<(), ApiError> {
    let step = match currency {
        "isk" => 100,
        code if THREE_DECIMAL.contains(&code) => 10,
        _ => 1,
    };
    if amount % step != 0 {
        return Err(ApiError::invalid(format!(
            "Invalid amount: in {currency} it must be a multiple of {step}."
        ))
        .with_code("parameter_invalid_integer")
        .with_param(param));
    }
    Ok(())
}

/// An amount for people, such as `12.50 EUR`.
pub(super) fn display(amount: i64, currency: &str) -> String {
    let decimals: usize = match currency {
        code if ZERO_DECIMAL.contains(&code) => 0,
        code if THREE_DECIMAL.contains(&code) => 3,
        _ => 2,
    };
    let digits = format!("{:0>width$}", amount.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let sign = if amount < 0 { "-" } else { "" };
    let point = if decimals > 0 { "." } else { "" };
    format!("{sign}{whole}{point}{fraction} {}", currency.to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_follow_each_currency() {
        for (amount, currency) in [
            (50, "eur"),
            (30, "gbp"),
            (1, "krw"),
            (1230, "kwd"),
            (500, "isk"),
            (99_999_999, "usd"),
        ] {
            assert!(check_amount(amount, currency).is_ok(), "{amount} {currency}");
        }
        for (amount, currency, code) in [
            (49, "usd", "amount_too_small"),
            (49, "jpy", "amount_too_small"),
            (100_000_000, "usd", "amount_too_large"),
            (1234, "kwd", "parameter_invalid_integer"),
            (550, "isk", "parameter_invalid_integer"),
        ] {
            assert_eq!(
                check_amount(amount, currency).unwrap_err().body["code"],
                code,
                "{amount} {currency}"
            );
        }
        assert!(check_currency("EUR").is_err());
        assert!(check_currency("btc").is_err());
    }

    #[test]
    fn amounts_are_shown_with_the_currency_s_decimals() {
        assert_eq!(display(5, "eur"), "0.05 EUR");
        assert_eq!(display(1250, "jpy"), "1250 JPY");
        assert_eq!(display(-1250, "kwd"), "-1.250 KWD");
    }
}
