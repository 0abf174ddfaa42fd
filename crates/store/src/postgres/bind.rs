//! Values in PostgreSQL's binary form, shaped by the types the server inferred.

use std::error::Error as StdError;

use postgres::types::private::BytesMut;
use postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

use crate::value::Value;

type Fault = Box<dyn StdError + Sync + Send>;

/// A value on its way into a statement.
#[derive(Debug)]
pub(super) struct Bound<'a>(pub &'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, Fault> {
        match self.0 {
            Value::Null => return Ok(IsNull::Yes),
            Value::Boolean(flag) if *wanted == Type::BOOL => out.extend_from_slice(&[u8::from(*flag)]),
            Value::Boolean(flag) => integer(i64::from(*flag), wanted, out)?,
            Value::Int(number) => integer(*number, wanted, out)?,
            Value::DateTime(time) => integer(time.as_microsecond(), wanted, out)?,
            Value::Double(number) => match *wanted {
                Type::FLOAT4 => out.extend_from_slice(&(*number as f32).to_be_bytes()),
                Type::FLOAT8 => out.extend_from_slice(&number.to_be_bytes()),
                _ => return Err(mismatch("a double", wanted)),
            },
            Value::Text(text) => match *wanted {
                Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => {
                    out.extend_from_slice(text.as_bytes());
                }
                _ => return Err(mismatch("a text", wanted)),
            },
            Value::Guid(id) => match *wanted {
                Type::UUID | Type::BYTEA => out.extend_from_slice(id.as_bytes()),
                _ => return Err(mismatch("a UUID", wanted)),
            },
            Value::Binary(bytes) => match *wanted {
                Type::BYTEA => out.extend_from_slice(bytes),
                Type::UUID if bytes.len() == 16 => out.extend_from_slice(bytes),
                _ => return Err(mismatch("bytes", wanted)),
            },
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn integer(number: i64, wanted: &Type, out: &mut BytesMut) -> Result<(), Fault> {
    match *wanted {
        Type::INT8 => out.extend_from_slice(&number.to_be_bytes()),
        Type::INT4 => out.extend_from_slice(&i32::try_from(number)?.to_be_bytes()),
        Type::INT2 => out.extend_from_slice(&i16::try_from(number)?.to_be_bytes()),
        Type::FLOAT8 => out.extend_from_slice(&(number as f64).to_be_bytes()),
        Type::BOOL => out.extend_from_slice(&[u8::from(number != 0)]),
        Type::NUMERIC => numeric(number, out)?,
        _ => return Err(mismatch("an integer", wanted)),
    }
    Ok(())
}

/// The binary form of `numeric`: count of base 10000 digits, weight of the first, sign, scale, digits.
fn numeric(number: i64, out: &mut BytesMut) -> Result<(), Fault> {
    let mut digits = Vec::new();
    let mut rest = number.unsigned_abs();
    while rest > 0 {
        digits.push(u16::try_from(rest % 10_000)?);
        rest /= 10_000;
    }
    let count = i16::try_from(digits.len())?;
    out.extend_from_slice(&count.to_be_bytes());
    out.extend_from_slice(&(count - 1).max(0).to_be_bytes());
    out.extend_from_slice(&(if number < 0 { 0x4000_u16 } else { 0 }).to_be_bytes());
    out.extend_from_slice(&0_u16.to_be_bytes());
    for digit in digits.iter().rev() {
        out.extend_from_slice(&digit.to_be_bytes());
    }
    Ok(())
}

fn mismatch(given: &str, wanted: &Type) -> Fault {
    format!("{given} was given where {wanted} is wanted").into()
}

/// A value out of a column.
pub(super) struct Read(pub Value);

impl<'a> FromSql<'a> for Read {
    fn from_sql(of: &Type, raw: &'a [u8]) -> Result<Self, Fault> {
        Ok(Read(match *of {
            Type::BOOL => Value::Boolean(bool::from_sql(of, raw)?),
            Type::INT8 => Value::Int(i64::from_sql(of, raw)?),
            Type::INT4 => Value::Int(i32::from_sql(of, raw)?.into()),
            Type::INT2 => Value::Int(i16::from_sql(of, raw)?.into()),
            Type::FLOAT8 => Value::Double(f64::from_sql(of, raw)?),
            Type::FLOAT4 => Value::Double(f32::from_sql(of, raw)?.into()),
            Type::NUMERIC => decimal(raw)?,
            Type::UUID => Value::Guid(Uuid::from_slice(raw)?),
            Type::BYTEA => Value::Binary(raw.to_vec()),
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => {
                Value::Text(std::str::from_utf8(raw)?.to_owned())
            }
            // `select pg_notify(..)` and the like.
            Type::VOID => Value::Null,
            _ => return Err(format!("columns of type {of} are not used here").into()),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Fault> {
        Ok(Read(Value::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A `numeric`, as sums of bigints are: whole numbers as such, others as the nearest double.
fn decimal(raw: &[u8]) -> Result<Value, Fault> {
    let word = |at: usize| -> Result<u16, Fault> {
        let bytes = raw.get(at..at + 2).ok_or("a numeric is cut short")?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    };
    let (count, weight) = (usize::from(word(0)?), i32::from(word(2)?.cast_signed()));
    let negative = word(4)? == 0x4000;
    let mut whole: Option<i64> = Some(0);
    let mut double = 0.0_f64;
    for at in 0..count {
        let digit = word(8 + at * 2)?;
        let place = weight - i32::try_from(at)?;
        double += f64::from(digit) * 10_000_f64.powi(place);
        whole = whole
            .filter(|_| place >= 0)
            .and_then(|sum| sum.checked_mul(10_000)?.checked_add(digit.into()));
    }
    for _ in i32::try_from(count)?..=weight {
        whole = whole.and_then(|sum| sum.checked_mul(10_000));
    }
    Ok(match whole {
        Some(number) => Value::Int(if negative { -number } else { number }),
        None => Value::Double(if negative { -double } else { double }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numerics_survive_the_way_there_and_back() {
        for number in [0, 1, 9_999, 10_000, 100_000_000, -12_345_678_901, i64::MAX] {
            let mut out = BytesMut::new();
            numeric(number, &mut out).unwrap();
            assert_eq!(decimal(&out).unwrap(), Value::Int(number));
        }
    }

    #[test]
    fn fractions_become_doubles() {
        // 2.5: digits 2, 5000; weight 0; scale 1.
        let raw = [0, 2, 0, 0, 0, 0, 0, 1, 0, 2, 0x13, 0x88];
        assert_eq!(decimal(&raw).unwrap(), Value::Double(2.5));
    }
}
