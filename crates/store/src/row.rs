//! A row of a result.

use odata::Scalar;

use crate::value::{Value, decode};
use crate::{Error, Result};

/// The columns of one row, by position.
#[derive(Debug, Clone, PartialEq)]
pub struct Row(pub(crate) Vec<Value>);

impl Row {
    /// The value of a column, counted from 0.
    pub fn get<T: Scalar>(&self, column: usize) -> Result<T> {
        let value = self.0.get(column).cloned().ok_or_else(|| missing(column))?;
        decode(column, value)
    }

    /// Like [`get`](Self::get), but moves the value out and leaves null.
    pub fn take<T: Scalar>(&mut self, column: usize) -> Result<T> {
        let value = self.0.get_mut(column).ok_or_else(|| missing(column))?;
        decode(column, std::mem::replace(value, Value::Null))
    }

    /// How many columns there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values as they came.
    pub fn values(&self) -> &[Value] {
        &self.0
    }
}

fn missing(column: usize) -> Error {
    Error::statement(format!("the result has no column {column}"))
}
