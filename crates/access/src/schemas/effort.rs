//! How much work a JSON schema makes, worked out before it is used: definitions that refer to others twice, and those again, let a
//! short schema ask for more checks than there is time for, and values are checked while others wait.

use std::collections::HashMap;

use serde_json::Value;

/// Most checks of one place in a value.
const MOST: u64 = 100_000;
/// How deep in a value is looked: where work grows with depth it is above [`MOST`] by then.
const DEEPEST: usize = 24;
/// Longest chain of schemas within schemas and references.
const LONGEST_CHAIN: usize = 400;

/// Members whose schemas are about the same value.
const ONE_HERE: [&str; 4] = ["not", "if", "then", "else"];
const LIST_HERE: [&str; 3] = ["allOf", "anyOf", "oneOf"];
const MAP_HERE: [&str; 2] = ["dependentSchemas", "dependencies"];
/// Members whose schemas are about values inside, and that may meet on the same one.
const ONE_INSIDE: [&str; 7] = [
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "items",
    "additionalItems",
    "unevaluatedItems",
    "contains",
];
const REFERENCES: [&str; 3] = ["$ref", "$dynamicRef", "$recursiveRef"];

/// Checks that a schema makes no more work than there is time for.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub fn check(schema: &Value) -> Result<(), String> {
    let mut names = HashMap::new();
    collect(schema, &mut names);
    let mut effort = Effort {
        names,
        known: HashMap::new(),
    };
    let at = At {
        base: schema,
        depth: DEEPEST,
        chain: LONGEST_CHAIN,
    };
    if effort.of(schema, at)? > MOST {
        return Err("its parts refer to each other so often that checking a value could take too long.".to_owned());
    }
    Ok(())
}

/// Finds the schemas that have a name of their own.
fn collect<'a>(schema: &'a Value, names: &mut HashMap<String, &'a Value>) {
    match schema {
        Value::Object(members) => {
            for (member, before) in [("$id", ""), ("id", ""), ("$anchor", "#"), ("$dynamicAnchor", "#")] {
                if let Some(Value::String(name)) = members.get(member) {
                    names.insert(format!("{before}{}", name.trim_end_matches('#')), schema);
                }
            }
            members.values().for_each(|inner| collect(inner, names));
        }
        Value::Array(values) => values.iter().for_each(|inner| collect(inner, names)),
        _ => {}
    }
}

/// Where a schema is looked at.
#[derive(Clone, Copy)]
struct At<'a> {
    /// What references beginning with `#` are relative to.
    base: &'a Value,
    /// Levels of the value that are still looked at.
    depth: usize,
    /// Schemas that may still follow.
    chain: usize,
}

struct Effort<'a> {
    names: HashMap<String, &'a Value>,
    /// Checks by the place of the schema and the depth; `None` while it is worked out.
    known: HashMap<(*const Value, usize), Option<u64>>,
}

impl<'a> Effort<'a> {
    /// Checks that the schema makes of the value, or of the place inside of it that has the most.
    fn of(&mut self, schema: &'a Value, at: At<'a>) -> Result<u64, String> {
        let Value::Object(members) = schema else { return Ok(1) };
        let key = (std::ptr::from_ref(schema), at.depth);
        match self.known.get(&key) {
            Some(Some(known)) => return Ok(*known),
            // It refers to itself without going deeper, which is not followed twice.
            Some(None) => return Ok(1),
            None => {}
        }
        let Some(chain) = at.chain.checked_sub(1) else {
            return Err(format!(
                "more than {LONGEST_CHAIN} of its parts follow from each other."
            ));
        };
        self.known.insert(key, None);
        let own_base = members.get("$id").or(members.get("id")).is_some_and(Value::is_string);
        let here = At {
            base: if own_base { schema } else { at.base },
            chain,
            ..at
        };
        let mut sum: u64 = 1;
        for name in REFERENCES {
            if let Some(Value::String(reference)) = members.get(name) {
                sum = sum.saturating_add(self.referred(reference, here)?);
            }
        }
        for name in ONE_HERE {
            sum = sum.saturating_add(self.all(members.get(name), here)?);
        }
        for inner in LIST_HERE
            .iter()
            .filter_map(|name| members.get(*name)?.as_array())
            .flatten()
        {
            sum = sum.saturating_add(self.of(inner, here)?);
        }
        for inner in MAP_HERE.iter().filter_map(|name| members.get(*name)?.as_object()) {
            for inner in inner.values() {
                sum = sum.saturating_add(self.of(inner, here)?);
            }
        }
        if let Some(depth) = at.depth.checked_sub(1) {
            sum = sum.saturating_add(self.inside(members, At { depth, ..here })?);
        }
        self.known.insert(key, Some(sum));
        Ok(sum)
    }

    fn inside(&mut self, members: &'a serde_json::Map<String, Value>, at: At<'a>) -> Result<u64, String> {
        let mut sum: u64 = 0;
        for name in ONE_INSIDE {
            // Before 2020 `items` could be a list, each for another place.
            sum = sum.saturating_add(match members.get(name) {
                Some(Value::Array(places)) => self.most(places.iter(), at)?,
                other => self.all(other, at)?,
            });
        }
        if let Some(Value::Object(properties)) = members.get("properties") {
            sum = sum.saturating_add(self.most(properties.values(), at)?);
        }
        if let Some(Value::Array(places)) = members.get("prefixItems") {
            sum = sum.saturating_add(self.most(places.iter(), at)?);
        }
        if let Some(Value::Object(patterns)) = members.get("patternProperties") {
            for inner in patterns.values() {
                sum = sum.saturating_add(self.of(inner, at)?);
            }
        }
        Ok(sum)
    }

    /// Of schemas that are never about the same value the one that makes the most work counts.
    fn most(&mut self, schemas: impl Iterator<Item = &'a Value>, at: At<'a>) -> Result<u64, String> {
        let mut most = 0;
        for schema in schemas {
            most = most.max(self.of(schema, at)?);
        }
        Ok(most)
    }

    fn all(&mut self, schema: Option<&'a Value>, at: At<'a>) -> Result<u64, String> {
        schema.map_or(Ok(0), |schema| self.of(schema, at))
    }

    fn referred(&mut self, reference: &str, at: At<'a>) -> Result<u64, String> {
        // The schemas of schemas themselves are known to the library, and make little work.
        if reference.starts_with("http://json-schema.org/") || reference.starts_with("https://json-schema.org/") {
            return Ok(1_000);
        }
        let shown = || reference.chars().take(100).collect::<String>();
        let (document, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let base = match document {
            "" => Some(at.base),
            document => self.names.get(document).copied(),
        };
        let found = base.and_then(|base| {
            let pointer = percent_encoding::percent_decode_str(fragment).decode_utf8().ok()?;
            match pointer.as_ref() {
                "" => Some((base, base)),
                pointer if pointer.starts_with('/') => Some((base, base.pointer(pointer)?)),
                name => Some((base, self.names.get(&format!("#{name}")).copied()?)),
            }
        });
        let (base, schema) = found.ok_or_else(|| format!("the reference {} leads nowhere.", shown()))?;
        self.of(schema, At { base, ..at })
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use serde_json::json;

    use super::*;

    /// Definitions each of which refers to the next one, in the way that `each` says of its number.
    fn chain(length: usize, each: impl Fn(usize) -> String) -> Value {
        let mut text = r##"{"$ref":"#/$defs/d0","$defs":{"##.to_owned();
        for at in 0..length {
            write!(text, r#""d{at}":{},"#, each(at + 1)).unwrap();
        }
        write!(text, r#""d{length}":{{}}}}}}"#).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn schemas_as_people_write_them_are_fine() {
        let tree = json!({
            "$id": "https://example.com/tree",
            "properties": {
                "left": { "$ref": "#" }, "right": { "$ref": "https://example.com/tree" },
                "more": { "items": { "$ref": "#/$defs/node~1x" } }, "name": { "$ref": "#name" },
            },
            "$defs": { "node/x": { "$ref": "#" }, "name": { "$anchor": "name", "type": "string" } },
        });
        let draft = json!({ "$schema": "http://json-schema.org/draft-07/schema#", "$ref": "http://json-schema.org/draft-07/schema#" });
        let wide: Vec<Value> = (0..10_000).map(|n| json!({ "const": n })).collect();
        for schema in [
            tree,
            draft,
            json!({ "anyOf": wide }),
            json!({ "$ref": "#" }),
            chain(100, |next| format!(r##"{{"not":{{"$ref":"#/$defs/d{next}"}}}}"##)),
        ] {
            assert_eq!(check(&schema), Ok(()));
        }
    }

    #[test]
    fn work_that_doubles_with_every_step_is_refused() {
        let here = |next| format!(r##"{{"allOf":[{{"$ref":"#/$defs/d{next}"}},{{"$ref":"#/$defs/d{next}"}}]}}"##);
        let inside = |next| {
            format!(
                r##"{{"properties":{{"a":{{"$ref":"#/$defs/d{next}"}}}},"patternProperties":{{"a":{{"$ref":"#/$defs/d{next}"}}}}}}"##
            )
        };
        let again = json!({ "allOf": [
            { "properties": { "a": { "$ref": "#" } } }, { "properties": { "a": { "$ref": "#" } } },
        ] });
        for schema in [chain(40, here), chain(40, inside), again] {
            assert!(check(&schema).unwrap_err().contains("too long"));
        }
        assert_eq!(check(&chain(10, here)), Ok(()));
    }

    #[test]
    fn chains_without_end_and_references_to_nowhere_are_refused() {
        let long = chain(5_000, |next| format!(r##"{{"not":{{"$ref":"#/$defs/d{next}"}}}}"##));
        assert!(check(&long).unwrap_err().contains("follow from each other"));
        for reference in ["#/$defs/x", "#x", "http://127.0.0.1/x"] {
            assert!(check(&json!({ "$ref": reference })).is_err(), "{reference}");
        }
    }
}
