//! Response codes of the card schemes and their texts (Checkout.com docs: response codes).

/// The code of every approval.
pub(super) const APPROVED: &str = "10000";
pub(super) const DO_NOT_HONOUR: &str = "20005";
pub(super) const INSUFFICIENT_FUNDS: &str = "20051";
pub(super) const NOT_THREE_DS_ENABLED: &str = "20150";
pub(super) const THREE_DS_FAILED: &str = "20151";
pub(super) const THREE_DS_NOT_COMPLETED: &str = "20152";
pub(super) const THREE_DS_MALFUNCTION: &str = "20153";
pub(super) const THREE_DS_REQUIRED: &str = "20154";

/// `response_summary` of a code. Codes are opaque text: some have letters.
pub(super) fn summary(code: &str) -> &'static str {
    match code {
        APPROVED => "Approved",
        "20001" => "Refer to card issuer",
        DO_NOT_HONOUR => "Declined - Do not honour",
        "20012" => "Invalid transaction",
        "20014" => "Invalid card number",
        INSUFFICIENT_FUNDS => "Insufficient funds",
        "20054" => "Expired card",
        "20057" => "Transaction not permitted to cardholder",
        "20059" => "Suspected fraud",
        "20061" => "Activity amount limit exceeded",
        "20062" => "Restricted card",
        "20063" => "Security violation",
        "20068" => "Response received too late / timeout",
        "20087" => "Bad track data (invalid CVV and/or expiry date)",
        NOT_THREE_DS_ENABLED => "Card not 3D Secure enabled",
        THREE_DS_FAILED => "Cardholder failed 3D Secure authentication",
        THREE_DS_NOT_COMPLETED => "3D Secure not completed in time",
        THREE_DS_MALFUNCTION => "3D Secure system malfunction",
        THREE_DS_REQUIRED => "3D Secure authentication required",
        "200N7" => "Decline for CVV failure",
        "200R1" => "Stop payment order",
        "200R3" => "Stop all payments order",
        "30033" => "Expired card - Pick up",
        "30041" => "Lost card - Pick up",
        "30043" => "Stolen card - Pick up",
        "40101" | "40108" => "Risk blocked transaction",
        _ => "Declined",
    }
}
