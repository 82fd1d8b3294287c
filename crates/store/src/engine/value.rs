//! Values on their way into a database and out of it, the same for SQLite and PostgreSQL.
//!
//! Invariant: there are four kinds: NULL, integer, text and bytes; a number fits its column or the
//! statement fails. Tuples and arrays of plain Rust values are parameters.

use bytes::BytesMut;
use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::StoreError;

/// A value that both databases take as a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SqlValue<'a> {
    Null,
    Integer(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl rusqlite::ToSql for SqlValue<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

type Unfit = Box<dyn std::error::Error + Sync + Send>;

impl ToSql for SqlValue<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Unfit> {
        match *self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(number) => match *ty {
                Type::INT2 => i16::try_from(number)?.to_sql(ty, out),
                Type::INT4 => i32::try_from(number)?.to_sql(ty, out),
                Type::INT8 => number.to_sql(ty, out),
                _ => Err(format!("a number for a column of type {ty}").into()),
            },
            Self::Text(text) if <&str as ToSql>::accepts(ty) => text.to_sql(ty, out),
            Self::Bytes(bytes) if <&[u8] as ToSql>::accepts(ty) => bytes.to_sql(ty, out),
            Self::Text(_) => Err(format!("a text for a column of type {ty}").into()),
            Self::Bytes(_) => Err(format!("bytes for a column of type {ty}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for SqlValue<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Unfit> {
        match *ty {
            Type::INT2 => i16::from_sql(ty, raw).map(|number| Self::Integer(number.into())),
            Type::INT4 => i32::from_sql(ty, raw).map(|number| Self::Integer(number.into())),
            Type::INT8 => i64::from_sql(ty, raw).map(Self::Integer),
            Type::BOOL => bool::from_sql(ty, raw).map(|yes| Self::Integer(yes.into())),
            Type::BYTEA => <&[u8]>::from_sql(ty, raw).map(Self::Bytes),
            _ => <&str>::from_sql(ty, raw).map(Self::Text),
        }
    }

    fn from_sql_null(_: &Type) -> Result<Self, Unfit> {
        Ok(Self::Null)
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::INT2 | Type::INT4 | Type::INT8 | Type::BOOL | Type::BYTEA)
            || <&str as FromSql>::accepts(ty)
    }
}

pub(crate) trait AsValue {
    fn as_value(&self) -> SqlValue<'_>;
}

macro_rules! numbers {
    ($($number:ty),+) => {$(
        impl AsValue for $number {
            fn as_value(&self) -> SqlValue<'_> {
                SqlValue::Integer(i64::from(*self))
            }
        }
    )+};
}
numbers!(i64, i32, u32, u16, bool);

impl AsValue for str {
    fn as_value(&self) -> SqlValue<'_> {
        SqlValue::Text(self)
    }
}

impl AsValue for String {
    fn as_value(&self) -> SqlValue<'_> {
        SqlValue::Text(self)
    }
}

impl AsValue for [u8] {
    fn as_value(&self) -> SqlValue<'_> {
        SqlValue::Bytes(self)
    }
}

impl AsValue for Vec<u8> {
    fn as_value(&self) -> SqlValue<'_> {
        SqlValue::Bytes(self)
    }
}

impl<const N: usize> AsValue for [u8; N] {
    fn as_value(&self) -> SqlValue<'_> {
        SqlValue::Bytes(self)
    }
}

impl AsValue for SqlValue<'_> {
    fn as_value(&self) -> SqlValue<'_> {
        *self
    }
}

impl<T: AsValue + ?Sized> AsValue for &T {
    fn as_value(&self) -> SqlValue<'_> {
        (**self).as_value()
    }
}

impl<T: AsValue> AsValue for Option<T> {
    fn as_value(&self) -> SqlValue<'_> {
        self.as_ref().map_or(SqlValue::Null, AsValue::as_value)
    }
}

/// The parameters of a statement, in the order of their numbers.
pub(crate) trait Params: Sized {
    fn with<R>(self, run: impl FnOnce(&[SqlValue<'_>]) -> R) -> R;
}

impl<T: AsValue, const N: usize> Params for [T; N] {
    fn with<R>(self, run: impl FnOnce(&[SqlValue<'_>]) -> R) -> R {
        run(&self.each_ref().map(AsValue::as_value))
    }
}

impl Params for () {
    fn with<R>(self, run: impl FnOnce(&[SqlValue<'_>]) -> R) -> R {
        run(&[])
    }
}

impl Params for &[SqlValue<'_>] {
    fn with<R>(self, run: impl FnOnce(&[SqlValue<'_>]) -> R) -> R {
        run(self)
    }
}

macro_rules! tuples {
    ($(($($name:ident)+))+) => {$(
        impl<$($name: AsValue),+> Params for ($($name,)+) {
            #[allow(non_snake_case, reason = "a value bears the name of its type")]
            fn with<R>(self, run: impl FnOnce(&[SqlValue<'_>]) -> R) -> R {
                let ($($name,)+) = &self;
                run(&[$($name.as_value()),+])
            }
        }
    )+};
}
tuples! {
    (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H)
    (A B C D E F G H I) (A B C D E F G H I J) (A B C D E F G H I J K) (A B C D E F G H I J K L)
    (A B C D E F G H I J K L M) (A B C D E F G H I J K L M N)
    (A B C D E F G H I J K L M N O) (A B C D E F G H I J K L M N O P Q S T U V)
}

/// What a column can be read as.
pub(crate) trait FromValue: Sized {
    /// None when the value is of another kind or does not fit.
    fn from_value(value: SqlValue<'_>) -> Option<Self>;
}

impl FromValue for i64 {
    fn from_value(value: SqlValue<'_>) -> Option<Self> {
        if let SqlValue::Integer(number) = value { Some(number) } else { None }
    }
}

impl FromValue for u16 {
    fn from_value(value: SqlValue<'_>) -> Option<Self> {
        i64::from_value(value)?.try_into().ok()
    }
}

impl FromValue for u32 {
    fn from_value(value: SqlValue<'_>) -> Option<Self> {
        i64::from_value(value)?.try_into().ok()
    }
}

impl FromValue for bool {
    fn from_value(value: SqlValue<'_>) -> Option<Self> {
        i64::from_value(value).map(|number| number != 0)
    }
}

impl FromValue for String {
    fn from_value(value: SqlValue<'_>) -> Option<Self> {
        if let SqlValue::Text(text) = value { Some(text.to_owned()) } else { None }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: SqlValue<'_>) -> Option<Self> {
        if let SqlValue::Bytes(bytes) = value { Some(bytes.to_owned()) } else { None }
    }
}

impl<const N: usize> FromValue for [u8; N] {
    fn from_value(value: SqlValue<'_>) -> Option<Self> {
        if let SqlValue::Bytes(bytes) = value { bytes.try_into().ok() } else { None }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: SqlValue<'_>) -> Option<Self> {
        if value == SqlValue::Null { Some(None) } else { T::from_value(value).map(Some) }
    }
}

/// A row that a statement has found.
pub(crate) enum SqlRow<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

impl SqlRow<'_> {
    /// The value of a column, counted from 0.
    pub(crate) fn value(&self, column: usize) -> Result<SqlValue<'_>, StoreError> {
        match self {
            Self::Sqlite(row) => match row.get_ref(column)? {
                ValueRef::Null => Ok(SqlValue::Null),
                ValueRef::Integer(number) => Ok(SqlValue::Integer(number)),
                ValueRef::Text(text) => match std::str::from_utf8(text) {
                    Ok(text) => Ok(SqlValue::Text(text)),
                    Err(_) => Err(unexpected(column)),
                },
                ValueRef::Blob(bytes) => Ok(SqlValue::Bytes(bytes)),
                ValueRef::Real(_) => Err(unexpected(column)),
            },
            Self::Postgres(row) => Ok(row.try_get(column)?),
        }
    }

    /// A column as what it must be.
    pub(crate) fn get<T: FromValue>(&self, column: usize) -> Result<T, StoreError> {
        T::from_value(self.value(column)?).ok_or_else(|| unexpected(column))
    }

    /// A column that holds a text, without copying it.
    pub(crate) fn text(&self, column: usize) -> Result<&str, StoreError> {
        match self.value(column)? {
            SqlValue::Text(text) => Ok(text),
            _ => Err(unexpected(column)),
        }
    }
}

fn unexpected(column: usize) -> StoreError {
    StoreError::Corrupt(format!("column {column} of a row holds what no release writes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tuples_arrays_and_options_become_values() {
        let hash = [1_u8, 2];
        let absent: Option<i64> = None;
        (7_u16, "text", hash, absent, true).with(|values| {
            let (bytes, yes) = (SqlValue::Bytes(&[1, 2]), SqlValue::Integer(1));
            assert_eq!(
                values,
                [SqlValue::Integer(7), SqlValue::Text("text"), bytes, SqlValue::Null, yes]
            );
        });
        [1_i64, 2].with(|values| assert_eq!(values, [SqlValue::Integer(1), SqlValue::Integer(2)]));
    }

    #[test]
    fn a_number_that_does_not_fit_is_no_value() {
        assert_eq!(u16::from_value(SqlValue::Integer(65_536)), None);
        assert_eq!(u16::from_value(SqlValue::Integer(-1)), None);
        assert_eq!(i64::from_value(SqlValue::Text("1")), None);
        assert_eq!(Option::<i64>::from_value(SqlValue::Null), Some(None));
        let mut out = BytesMut::new();
        assert!(ToSql::to_sql(&SqlValue::Integer(40_000), &Type::INT2, &mut out).is_err());
        assert!(ToSql::to_sql(&SqlValue::Integer(4), &Type::TEXT, &mut out).is_err());
    }
}
