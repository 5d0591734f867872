//! Columns with a word of a closed set. The database stores text; all other code uses enums, so that every decision covers all
//! words.

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

/// A word of the API in a column. It dereferences to the word itself.
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

/// State of a payment source.
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
    /// The PSP has got no request yet, or did nothing.
    New,
    /// The PSP has a payment that waits for its confirmation.
    Unconfirmed,
    /// The buyer has to authenticate.
    RequiresAction,
    /// The PSP is processing it.
    Processing,
    /// The amount is held.
    Authorized,
    /// The amount is captured.
    Captured,
    /// The last attempt was declined; another one is possible.
    Failed,
    /// The payment has ended for good.
    Canceled,
}

/// State of a transaction.
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
    /// The outcome is still unknown.
    Pending,
    /// The PSP has carried it out.
    Succeeded,
    /// It failed.
    Failed,
}

/// Kind of a call to a PSP.
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
    /// Creates a payment, and attempts it if the source is made so.
    Create,
    /// Attempts an existing payment.
    Confirm,
    /// Changes the amount or the settings of an unconfirmed payment.
    Update,
    /// Gives a payment up, and releases its hold.
    Cancel,
    /// Captures an authorized amount.
    Capture,
    /// Refunds a captured amount.
    Refund,
}

impl OperationKind {
    /// Whether it acts on an authorized payment, instead of being part of making one.
    pub fn is_action(self) -> bool {
        match self {
            Self::Cancel | Self::Capture | Self::Refund => true,
            Self::Create | Self::Confirm | Self::Update => false,
        }
    }
}

/// The goal to continue with after a successful call.
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
    /// Confirm the payment, whose amount was changed.
    Authorize,
    /// Try once more with the buyer, if the issuer requires authentication.
    Authenticate,
    /// Create the payment again, with the order's present total.
    Renew,
    /// Capture the order's other authorizations.
    Capture,
    /// Refund the order's other captures.
    Refund,
    /// Release the order's other authorizations, and cancel the order.
    CancelOrder,
    /// Mark the order, which is not placed yet, as unpaid again.
    Unpay,
}

/// State of a saved card. Only an active one is visible and usable.
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
    /// The PSP has been asked to save it.
    Saving,
    /// It can be used.
    Active,
    /// The PSP has been asked to remove it.
    Removing,
}

fn read<T: FromStr>(text: &str) -> deserialize::Result<T> {
    text.parse()
        .map_err(|_| format!("the stored word {text:?} is not known").into())
}

/// Stores enums of the domain as their words.
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
