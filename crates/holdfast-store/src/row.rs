//! Reads rows column by column into types; a column that fits none is an inconsistency, never a default.

use std::str::FromStr;

use holdfast_core::time::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Params, Row};

use crate::error::{CommitError, StoreError};
use crate::sql::Statement;
use crate::words::Word;

/// One row, read from the first column to the last.
pub(crate) struct Fields<'r> {
    row: &'r Row<'r>,
    table: &'static str,
    next: usize,
}

impl<'r> Fields<'r> {
    pub(crate) const fn new(row: &'r Row<'r>, table: &'static str) -> Self {
        Self { row, table, next: 0 }
    }

    fn value(&mut self) -> Result<ValueRef<'r>, StoreError> {
        let value = self.row.get_ref(self.next)?;
        self.next += 1;
        Ok(value)
    }

    /// What is wrong with the column read last.
    pub(crate) fn inconsistent(&self, why: &str) -> StoreError {
        let key = match self.row.get_ref(0) {
            Ok(ValueRef::Text(text)) => String::from_utf8_lossy(text).into_owned(),
            Ok(ValueRef::Integer(n)) => n.to_string(),
            Ok(ValueRef::Blob(bytes)) => format!("{:02x?}", bytes.get(..8).unwrap_or(bytes)),
            Ok(ValueRef::Null | ValueRef::Real(_)) | Err(_) => "?".to_owned(),
        };
        let column = self.row.as_ref().column_name(self.next.saturating_sub(1)).unwrap_or("?");
        StoreError::Inconsistent { table: self.table, key, why: format!("{column} {why}") }
    }

    pub(crate) fn str(&mut self) -> Result<&'r str, StoreError> {
        let value = self.value()?;
        value.as_str().map_err(|_| self.inconsistent("is not text"))
    }

    pub(crate) fn text(&mut self) -> Result<String, StoreError> {
        self.str().map(str::to_owned)
    }

    pub(crate) fn parsed<T: FromStr>(&mut self) -> Result<T, StoreError> {
        let text = self.str()?;
        text.parse().map_err(|_| self.inconsistent("cannot be read"))
    }

    pub(crate) fn word<T: Word>(&mut self) -> Result<T, StoreError> {
        let text = self.str()?;
        T::from_word(text).ok_or_else(|| self.inconsistent("is an unknown word"))
    }

    pub(crate) fn number<T: TryFrom<i64>>(&mut self) -> Result<T, StoreError> {
        let value = self.value()?;
        let number = value.as_i64().map_err(|_| self.inconsistent("is not a number"))?;
        T::try_from(number).map_err(|_| self.inconsistent("is out of range"))
    }

    pub(crate) fn time(&mut self) -> Result<Timestamp, StoreError> {
        self.number::<i64>().map(Timestamp::from_micros)
    }

    pub(crate) fn flag(&mut self) -> Result<bool, StoreError> {
        match self.number::<i64>()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.inconsistent("is neither 0 nor 1")),
        }
    }

    pub(crate) fn blob(&mut self) -> Result<Vec<u8>, StoreError> {
        let value = self.value()?;
        value.as_blob().map(<[u8]>::to_vec).map_err(|_| self.inconsistent("is not a blob"))
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        let value = self.value()?;
        value.as_blob().ok().and_then(|b| b.try_into().ok()).ok_or_else(|| self.inconsistent("has another length"))
    }

    /// Reads the next column with `read`, or `None` if it is null.
    pub(crate) fn optional<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        if matches!(self.row.get_ref(self.next)?, ValueRef::Null) {
            self.next += 1;
            return Ok(None);
        }
        read(self).map(Some)
    }
}

/// The next column, a number.
pub(crate) fn number<T: TryFrom<i64>>(f: &mut Fields<'_>) -> Result<T, StoreError> {
    f.number()
}

/// The next column, text.
pub(crate) fn text(f: &mut Fields<'_>) -> Result<String, StoreError> {
    f.text()
}

/// The next column, text that is read into a type.
pub(crate) fn parsed<T: FromStr>(f: &mut Fields<'_>) -> Result<T, StoreError> {
    f.parsed()
}

/// The next column, a blob.
pub(crate) fn blob(f: &mut Fields<'_>) -> Result<Vec<u8>, StoreError> {
    f.blob()
}

/// The next column, a blob of this length.
pub(crate) fn bytes<const N: usize>(f: &mut Fields<'_>) -> Result<[u8; N], StoreError> {
    f.bytes()
}

/// All rows of a statement; `table` names where an inconsistent one stands.
pub(crate) fn all<T>(
    conn: &Connection,
    (statement, table): (Statement, &'static str),
    params: impl Params,
    read: impl Fn(&mut Fields<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = conn.prepare_cached(statement.text)?;
    let mut rows = statement.query(params)?;
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        out.push(read(&mut Fields { row, table, next: 0 })?);
    }
    Ok(out)
}

/// The first row of a statement, if there is one.
pub(crate) fn one<T>(
    conn: &Connection,
    (statement, table): (Statement, &'static str),
    params: impl Params,
    read: impl Fn(&mut Fields<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut statement = conn.prepare_cached(statement.text)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(|row| read(&mut Fields { row, table, next: 0 })).transpose()
}

/// The first row of a statement that always has one, such as a count.
pub(crate) fn exactly<T>(
    conn: &Connection,
    from: (Statement, &'static str),
    params: impl Params,
    read: impl Fn(&mut Fields<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    one(conn, from, params, read)?.ok_or_else(|| StoreError::Inconsistent {
        table: from.1,
        key: "?".to_owned(),
        why: "has no row".to_owned(),
    })
}

/// A number as the database holds it.
pub(crate) fn int(number: u64) -> Result<i64, CommitError> {
    i64::try_from(number).map_err(|_| CommitError::Conflict("number-out-of-range"))
}
