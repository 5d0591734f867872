//! The error of a declined card.

use super::cards::Decline;
use super::error::ApiError;

pub(super) fn error(decline: &Decline) -> ApiError {
    let mut error = ApiError::card(decline.code, decline.message);
    if let Some(code) = decline.decline_code {
        error = error.with("decline_code", code);
    }
    if let Some(param) = decline.param {
        error = error.with_param(param);
    }
    error
        .with("advice_code", decline.advice)
        .with("network_advice_code", serde_json::Value::Null)
        .with("network_decline_code", decline.network_code)
}
