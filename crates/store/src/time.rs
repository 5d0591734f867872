//! The stored form of a time.

use std::ops::{Add, Sub};

use chrono::{Datelike as _, Duration, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _};
use diesel::{
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    pg::Pg,
    serialize::{self, IsNull, Output, ToSql},
    sql_types,
    sqlite::Sqlite,
};
use tillgate_model::Timestamp;

/// SQLite's text form. A zero fraction is left out, because times are compared as texts.
const FORMAT: &str = "%F %T%.f";

/// A time in UTC, as it is stored.
///
/// It wraps diesel's `NaiveDateTime` for speed: SQLite keeps times as text, and chrono parses a format for each time that it
/// writes or reads. Rows have several times, and this was a tenth of a payment's duration.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql_types::Timestamp)]
pub struct StoredTime(NaiveDateTime);

impl From<Timestamp> for StoredTime {
    fn from(time: Timestamp) -> Self {
        Self(time.moment().naive_utc())
    }
}

impl From<StoredTime> for Timestamp {
    fn from(time: StoredTime) -> Self {
        Self::new(time.0.and_utc())
    }
}

impl Add<Duration> for StoredTime {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0 + duration)
    }
}

impl Sub<Duration> for StoredTime {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0 - duration)
    }
}

impl Sub for StoredTime {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.0 - earlier.0
    }
}

impl ToSql<sql_types::Timestamp, Pg> for StoredTime {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<sql_types::Timestamp, Pg>::to_sql(&self.0, out)
    }
}

impl FromSql<sql_types::Timestamp, Pg> for StoredTime {
    fn from_sql(value: <Pg as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        FromSql::<sql_types::Timestamp, Pg>::from_sql(value).map(Self)
    }
}

impl ToSql<sql_types::Timestamp, Sqlite> for StoredTime {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(to_text(self.0));
        Ok(IsNull::No)
    }
}

impl FromSql<sql_types::Timestamp, Sqlite> for StoredTime {
    fn from_sql(mut value: <Sqlite as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let text = value.read_text();
        let time = match from_usual_text(text.as_bytes()) {
            Some(time) => time,
            None => NaiveDateTime::parse_from_str(text, FORMAT)?,
        };
        Ok(Self(time))
    }
}

/// The text that chrono writes in the format.
fn to_text(time: NaiveDateTime) -> String {
    let (date, nanoseconds) = (time.date(), time.nanosecond());
    let milliseconds = nanoseconds / 1_000_000;
    let year = match u32::try_from(date.year()) {
        Ok(year @ ..=9999) if nanoseconds < 1_000_000_000 && nanoseconds % 1_000_000 == 0 => year,
        // A finer time than milliseconds, or a leap second.
        _ => return time.format(FORMAT).to_string(),
    };
    let mut text = String::with_capacity("2026-01-01 00:00:00.000".len());
    let mut number = |number: u32, digits: u32, after: &str| {
        for digit in (0..digits).rev() {
            let digit = char::from_digit(number / 10_u32.pow(digit) % 10, 10);
            text.push(digit.expect("a remainder of ten is a digit"));
        }
        text.push_str(after);
    };
    number(year, 4, "-");
    number(date.month(), 2, "-");
    number(date.day(), 2, " ");
    number(time.hour(), 2, ":");
    number(time.minute(), 2, ":");
    if milliseconds == 0 {
        number(time.second(), 2, "");
    } else {
        number(time.second(), 2, ".");
        number(milliseconds, 3, "");
    }
    text
}

/// Reads the text of [`to_text`], to the second or to the millisecond.
fn from_usual_text(text: &[u8]) -> Option<NaiveDateTime> {
    let number = |from: usize, to: usize| {
        text.get(from..to)?.iter().try_fold(0, |number, digit| {
            digit
                .is_ascii_digit()
                .then(|| number * 10 + u32::from(digit - b'0'))
        })
    };
    let is = |at: usize, byte: u8| text.get(at) == Some(&byte);
    if !(is(4, b'-') && is(7, b'-') && is(10, b' ') && is(13, b':') && is(16, b':')) {
        return None;
    }
    let milliseconds = match text.len() {
        19 => 0,
        23 if is(19, b'.') => number(20, 23)?,
        _ => return None,
    };
    let year = i32::try_from(number(0, 4)?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, number(5, 7)?, number(8, 10)?)?;
    let time =
        NaiveTime::from_hms_milli_opt(number(11, 13)?, number(14, 16)?, number(17, 19)?, milliseconds)?;
    Some(date.and_time(time))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn times() -> impl Strategy<Value = NaiveDateTime> {
        // The years 0 to 10000, to the nanosecond or to the millisecond or to the second.
        let seconds = -62_167_219_200_i64..253_433_923_200;
        let nanoseconds = prop_oneof![
            Just(0),
            (0_u32..1000).prop_map(|ms| ms * 1_000_000),
            0_u32..1_000_000_000
        ];
        (seconds, nanoseconds).prop_map(|(seconds, nanoseconds)| {
            let time = chrono::DateTime::from_timestamp(seconds, nanoseconds);
            time.unwrap().naive_utc()
        })
    }

    proptest! {
        #[test]
        fn a_time_is_written_as_chrono_does_and_read_again(time in times()) {
            let text = to_text(time);
            prop_assert_eq!(&text, &time.format(FORMAT).to_string());
            if let Some(read) = from_usual_text(text.as_bytes()) {
                prop_assert_eq!(read, time);
            } else {
                let usual = time.nanosecond() % 1_000_000 == 0 && time.year() <= 9999;
                prop_assert!(!usual, "{} was not read", text);
            }
        }

        #[test]
        fn what_is_read_is_what_chrono_reads(text in "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{3})?|.{0,24}") {
            if let Some(time) = from_usual_text(text.as_bytes()) {
                prop_assert_eq!(Ok(time), NaiveDateTime::parse_from_str(&text, FORMAT));
            }
        }
    }
}
