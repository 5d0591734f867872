//! The meaning of Checkout.com's response codes for the buyer (Checkout.com docs: response codes).

use crate::snapshot::{Decline, NEUTRAL_DECLINE};

/// Explains only causes that the buyer can fix. Codes can be alphanumeric (`200R1`) and are never numbers.
pub(super) fn decline(code: Option<&str>, summary: Option<&str>) -> Decline {
    let code = code.unwrap_or("declined");
    let message = match code {
        "20014" => "The card number is not valid.",
        "20017" => "The payment was canceled.",
        "20051" => "The card has insufficient funds.",
        "20054" => "The card has expired.",
        "20061" | "20065" => "The limit of the card is exceeded.",
        "20068" | "20091" | "20096" => "The card's bank can't be reached. Please try again later.",
        "20087" | "20100" => "The security code or the expiry date is not valid.",
        "20151" | "20152" | "20153" | "20154" => "The payment was not authenticated.",
        _ => NEUTRAL_DECLINE,
    };
    Decline {
        code: code.to_owned(),
        message: message.to_owned(),
        detail: summary.map(ToOwned::to_owned),
    }
}
