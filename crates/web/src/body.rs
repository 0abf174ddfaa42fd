//! Binds JSON bodies to types the way the contract's clients write them: member names in any case, annotations and
//! unknown members ignored, numbers and booleans also as text, and an error that says where.

use context::{Error, Field};
use serde::de::{self, DeserializeOwned, IntoDeserializer, Visitor};
use serde_json::{Map, Value};

/// Reads `value` into `T`.
///
/// # Errors
/// 400 naming the member at fault with its path.
pub fn bind<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    T::deserialize(Lenient(value)).map_err(|fault| {
        let path: Vec<String> = fault.path.into_iter().rev().collect();
        let name = path.join(".").replace(".[", "[");
        if name.is_empty() {
            return Error::field("$", fault.message);
        }
        let field = Field {
            message: format!("{name}: {}", fault.message),
            name,
        };
        Error::fields(vec![field]).unwrap_or_else(|| Error::internal("a list of one field is not empty"))
    })
}

/// A failure on the way down, with the path to it from the inside out.
#[derive(Debug)]
struct Fault {
    path: Vec<String>,
    message: String,
}

impl Fault {
    fn under(mut self, segment: String) -> Self {
        self.path.push(segment);
        self
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self {
            path: Vec::new(),
            message: message.to_string(),
        }
    }
}

struct Lenient(Value);

macro_rules! numbers {
    ($($method:ident $visit:ident $type:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            match &self.0 {
                Value::String(text) => match text.trim().parse::<$type>() {
                    Ok(number) => visitor.$visit(number),
                    Err(_) => self.deserialize_any(visitor),
                },
                _ => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Lenient {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::String(text) => visitor.visit_string(text),
            Value::Number(number) => {
                if let Some(value) = number.as_u64() {
                    visitor.visit_u64(value)
                } else if let Some(value) = number.as_i64() {
                    visitor.visit_i64(value)
                } else {
                    visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN))
                }
            }
            Value::Array(items) => visitor.visit_seq(Items {
                items: items.into_iter(),
                index: 0,
            }),
            Value::Object(members) => visitor.visit_map(Members::open(members)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.0.is_null() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.0 {
            Value::Object(members) => visitor.visit_map(Members::of(members, fields)),
            Value::Null => Err(de::Error::custom("must not be null")),
            _ => Err(de::Error::custom("must be a JSON object")),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let value = match self.0 {
            Value::String(text) => {
                let known = variants.iter().find(|variant| variant.eq_ignore_ascii_case(&text));
                Value::String(known.map_or(text, |variant| (*variant).to_owned()))
            }
            other => other,
        };
        value
            .deserialize_enum(name, variants, visitor)
            .map_err(de::Error::custom)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.0 {
            Value::String(text) if text.eq_ignore_ascii_case("true") => visitor.visit_bool(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => visitor.visit_bool(false),
            _ => self.deserialize_any(visitor),
        }
    }

    numbers! {
        deserialize_i8 visit_i8 i8; deserialize_i16 visit_i16 i16; deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64; deserialize_u8 visit_u8 u8; deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32; deserialize_u64 visit_u64 u64; deserialize_f32 visit_f32 f32;
        deserialize_f64 visit_f64 f64;
    }

    serde::forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

struct Items {
    items: std::vec::IntoIter<Value>,
    index: usize,
}

impl<'de> de::SeqAccess<'de> for Items {
    type Error = Fault;

    fn next_element_seed<T: de::DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        seed.deserialize(Lenient(item))
            .map(Some)
            .map_err(|fault| fault.under(format!("[{index}]")))
    }
}

struct Members {
    members: std::vec::IntoIter<(String, Value)>,
    current: Option<(String, Value)>,
}

impl Members {
    /// The members of an open dictionary, as written.
    fn open(members: Map<String, Value>) -> Self {
        Self {
            members: members.into_iter().collect::<Vec<_>>().into_iter(),
            current: None,
        }
    }

    /// The members of a type: names take the type's spelling, annotations and nulls count as absent, the last of several
    /// spellings wins.
    fn of(members: Map<String, Value>, fields: &'static [&'static str]) -> Self {
        let mut named: Map<String, Value> = Map::new();
        for (name, value) in members {
            if value.is_null() || name.contains("@odata.") {
                continue;
            }
            let name = match fields.iter().find(|field| field.eq_ignore_ascii_case(&name)) {
                Some(field) => (*field).to_owned(),
                None => name,
            };
            named.insert(name, value);
        }
        Self::open(named)
    }
}

impl<'de> de::MapAccess<'de> for Members {
    type Error = Fault;

    fn next_key_seed<K: de::DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        self.current = self.members.next();
        let Some((name, _)) = &self.current else {
            return Ok(None);
        };
        seed.deserialize(name.as_str().into_deserializer()).map(Some)
    }

    fn next_value_seed<V: de::DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some((name, value)) = self.current.take() else {
            return Err(de::Error::custom("a value was read before its name"));
        };
        seed.deserialize(Lenient(value)).map_err(|fault| fault.under(name))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "PascalCase")]
    struct Item {
        name: String,
        #[serde(default)]
        count: i64,
        #[serde(default)]
        flag: bool,
        content: Option<BTreeMap<String, Value>>,
        #[serde(default)]
        parts: Vec<Item>,
    }

    #[test]
    fn member_names_match_in_any_case_and_open_content_keeps_its_own() {
        let item: Item = bind(json!({
            "@odata.context": "x", "NAME": "a", "count": "7", "Flag": "True", "unknown": 1,
            "content": {"MyKey": 1}, "parts": null
        }))
        .unwrap();
        assert_eq!((item.name.as_str(), item.count, item.flag), ("a", 7, true));
        assert!(item.content.unwrap().contains_key("MyKey"));
    }

    #[test]
    fn an_error_says_where() {
        let error = bind::<Item>(json!({"name": "a", "parts": [{"name": "b"}, {"name": 3}]})).unwrap_err();
        assert_eq!(error.fields[0].name, "Parts[1].Name");
    }
}
