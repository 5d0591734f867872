//! Columns that hold a word of a closed set. In the database it is a text; everywhere else it is a value of an enum, so that
//! what is decided by it is decided for all words.

use std::{fmt, io::Write, ops::Deref, str::FromStr};

use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    pg::Pg,
    serialize::{self, IsNull, Output, ToSql},
    sql_types::Text,
    sqlite::Sqlite,
};

/// A word of the API, as a column holds it. It can be used as the word itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct Stored<T>(pub T);

impl<T> Deref for Stored<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> From<T> for Stored<T> {
    fn from(word: T) -> Self {
        Self(word)
    }
}

impl<T: PartialEq> PartialEq<T> for Stored<T> {
    fn eq(&self, other: &T) -> bool {
        self.0 == *other
    }
}

impl<T: fmt::Display> fmt::Display for Stored<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: FromStr> FromSql<Text, Pg> for Stored<T> {
    fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        read(std::str::from_utf8(value.as_bytes())?).map(Self)
    }
}

impl<T: FromStr> FromSql<Text, Sqlite> for Stored<T> {
    fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        read(value.read_text()).map(Self)
    }
}

impl<T: Copy + fmt::Debug + Into<&'static str>> ToSql<Text, Pg> for Stored<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.0.into().as_bytes())?;
        Ok(IsNull::No)
    }
}

impl<T: Copy + fmt::Debug + Into<&'static str>> ToSql<Text, Sqlite> for Stored<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.into());
        Ok(IsNull::No)
    }
}

/// How far a payment source is.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    Debug,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
    AsExpression,
    FromSqlRow,
)]
#[strum(serialize_all = "snake_case")]
#[diesel(sql_type = Text)]
pub enum SourceState {
    /// The PSP has not been asked for anything, or did nothing.
    New,
    /// The PSP has a payment that waits for its confirmation.
    Unconfirmed,
    /// The buyer has to authenticate.
    RequiresAction,
    /// The PSP is at it.
    Processing,
    /// The money is held.
    Authorized,
    /// The money is taken.
    Captured,
    /// The last attempt was declined; another one can be made.
    Failed,
    /// The payment is off for good.
    Canceled,
}

/// What became of a transaction.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    Debug,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
    AsExpression,
    FromSqlRow,
)]
#[strum(serialize_all = "snake_case")]
#[diesel(sql_type = Text)]
pub enum TransactionStatus {
    /// It can't be told yet.
    Pending,
    /// It happened.
    Succeeded,
    /// It did not.
    Failed,
}

/// What a call to a PSP does.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    Debug,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
    AsExpression,
    FromSqlRow,
)]
#[strum(serialize_all = "snake_case")]
#[diesel(sql_type = Text)]
pub enum OperationKind {
    /// Makes a payment, and attempts it where the source is made to.
    Create,
    /// Attempts a payment that was made before.
    Confirm,
    /// Changes the amount or the settings of an unconfirmed payment.
    Update,
    /// Gives a payment up, and releases what it holds.
    Cancel,
    /// Takes an authorized amount.
    Capture,
    /// Gives a captured amount back.
    Refund,
}

impl OperationKind {
    /// Whether it is done to a payment that is authorized, rather than part of making one.
    pub fn is_action(self) -> bool {
        match self {
            Self::Cancel | Self::Capture | Self::Refund => true,
            Self::Create | Self::Confirm | Self::Update => false,
        }
    }
}

/// What is done next when a call has had its effect.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    Debug,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
    AsExpression,
    FromSqlRow,
)]
#[strum(serialize_all = "snake_case")]
#[diesel(sql_type = Text)]
pub enum Goal {
    /// Confirm the payment, whose amount has been changed.
    Authorize,
    /// Try once more with the buyer, if the bank wants them to authenticate.
    Authenticate,
    /// Make the payment anew, with the order's present total.
    Renew,
    /// Capture what else is authorized for the order.
    Capture,
    /// Refund what else is captured for the order.
    Refund,
    /// Release what else is authorized, and cancel the order.
    CancelOrder,
    /// The order is not placed yet, and is unpaid again.
    Unpay,
}

/// How far a saved card is. Only an active one is seen and used.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    Debug,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
    AsExpression,
    FromSqlRow,
)]
#[strum(serialize_all = "snake_case")]
#[diesel(sql_type = Text)]
pub enum CardState {
    /// The PSP is asked to keep it.
    Saving,
    /// It can be used.
    Active,
    /// The PSP is asked to remove it.
    Removing,
}

fn read<T: FromStr>(text: &str) -> deserialize::Result<T> {
    text.parse()
        .map_err(|_| format!("the stored word {text:?} is not known").into())
}

/// Lets enums of the domain be stored as their words.
macro_rules! stored_as_words {
    ($($name:ident),* $(,)?) => {$(
        impl FromSql<Text, Pg> for $name {
            fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                read(std::str::from_utf8(value.as_bytes())?)
            }
        }

        impl FromSql<Text, Sqlite> for $name {
            fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                read(value.read_text())
            }
        }

        impl ToSql<Text, Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                out.write_all(<&'static str>::from(*self).as_bytes())?;
                Ok(IsNull::No)
            }
        }

        impl ToSql<Text, Sqlite> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value(<&'static str>::from(*self));
                Ok(IsNull::No)
            }
        }
    )*};
}

stored_as_words!(SourceState, TransactionStatus, OperationKind, Goal, CardState);
