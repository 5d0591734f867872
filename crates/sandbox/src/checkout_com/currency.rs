//! Currencies and the amounts that can be charged in them (Checkout.com docs: calculating the amount).

use super::answer::Refusal;

/// The largest amount in minor units that the API takes.
const MAX_AMOUNT: u64 = 9_999_999_999;

/// Amounts in these currencies are sent in thousandths but must be whole hundredths: the last digit is 0.
const THOUSANDTHS: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

/// ISO 4217 codes of currencies in circulation.
const CODES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP \
    BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF \
    GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD \
    LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR \
    PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY \
    TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";

/// Refuses a text that is no upper-case ISO 4217 code.
pub(super) fn check_currency(code: &str) -> Result<(), Refusal> {
    let known = CODES.split_ascii_whitespace().any(|known| known == code);
    if known {
        Ok(())
    } else {
        Err(Refusal::invalid("currency_invalid"))
    }
}

/// Refuses an amount in minor units that can't be sent in the currency.
pub(super) fn check_amount(amount: u64, currency: &str) -> Result<(), Refusal> {
    let whole = !THOUSANDTHS.contains(&currency) || amount.is_multiple_of(10);
    if amount <= MAX_AMOUNT && whole {
        Ok(())
    } else {
        Err(Refusal::invalid("amount_invalid"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousandths_end_in_zero() {
        assert!(check_amount(12_340, "BHD").is_ok());
        assert!(check_amount(12_345, "BHD").is_err());
        assert!(check_amount(12_345, "EUR").is_ok());
        assert!(check_amount(MAX_AMOUNT + 1, "EUR").is_err());
    }

    #[test]
    fn currencies_are_upper_case_iso_codes() {
        assert!(check_currency("USD").is_ok());
        for code in ["usd", "US", "ZZZ", "", "USD EUR"] {
            assert!(check_currency(code).is_err(), "{code}");
        }
    }
}
