//! What an operation requires, written as the contract writes it: `(Units.Edit or SubFolders.Edit) and Users.View`.

use crate::Permission;

/// A condition on permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requirement {
    /// Nothing: it is enough to be known.
    Nothing,
    Has(Permission),
    Any(Vec<Requirement>),
    All(Vec<Requirement>),
}

impl Requirement {
    /// Reads an expression of permission names, `and`, `or` and parentheses; `and` binds tighter.
    ///
    /// # Errors
    /// The first thing that is not understood, for instance a name that is not in the catalogue.
    pub fn parse(text: &str) -> Result<Self, String> {
        let spaced = text.replace('(', " ( ").replace(')', " ) ");
        let words: Vec<&str> = spaced.split_whitespace().collect();
        if words.is_empty() {
            return Ok(Self::Nothing);
        }
        let mut position = 0;
        let requirement = either(&words, &mut position)?;
        match words.get(position) {
            None => Ok(requirement),
            Some(word) => Err(format!("unexpected `{word}` in `{text}`")),
        }
    }

    /// Evaluates the condition with `has` deciding single permissions.
    pub fn holds(&self, has: &impl Fn(Permission) -> bool) -> bool {
        match self {
            Self::Nothing => true,
            Self::Has(permission) => has(*permission),
            Self::Any(parts) => parts.iter().any(|part| part.holds(has)),
            Self::All(parts) => parts.iter().all(|part| part.holds(has)),
        }
    }

    /// Every permission that is named.
    pub fn permissions(&self) -> Vec<Permission> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Has(permission) => vec![*permission],
            Self::Any(parts) | Self::All(parts) => parts.iter().flat_map(Self::permissions).collect(),
        }
    }
}

impl std::fmt::Display for Requirement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let join = |parts: &[Self], word: &str| {
            let one = |part: &Self| match part {
                Self::Any(_) | Self::All(_) => format!("({part})"),
                _ => part.to_string(),
            };
            parts.iter().map(one).collect::<Vec<_>>().join(word)
        };
        match self {
            Self::Nothing => Ok(()),
            Self::Has(permission) => f.write_str(&permission.name()),
            Self::Any(parts) => f.write_str(&join(parts, " or ")),
            Self::All(parts) => f.write_str(&join(parts, " and ")),
        }
    }
}

fn either(words: &[&str], position: &mut usize) -> Result<Requirement, String> {
    let mut parts = vec![both(words, position)?];
    while words.get(*position) == Some(&"or") {
        *position += 1;
        parts.push(both(words, position)?);
    }
    Ok(single_or(parts, Requirement::Any))
}

fn both(words: &[&str], position: &mut usize) -> Result<Requirement, String> {
    let mut parts = vec![one(words, position)?];
    while words.get(*position) == Some(&"and") {
        *position += 1;
        parts.push(one(words, position)?);
    }
    Ok(single_or(parts, Requirement::All))
}

fn one(words: &[&str], position: &mut usize) -> Result<Requirement, String> {
    let word = *words.get(*position).ok_or("the requirement ends too early")?;
    *position += 1;
    if word != "(" {
        return Permission::parse(word)
            .map(Requirement::Has)
            .ok_or_else(|| format!("unknown permission `{word}`"));
    }
    let inner = either(words, position)?;
    match words.get(*position) {
        Some(&")") => {
            *position += 1;
            Ok(inner)
        }
        _ => Err("a parenthesis is not closed".to_owned()),
    }
}

fn single_or(mut parts: Vec<Requirement>, combine: fn(Vec<Requirement>) -> Requirement) -> Requirement {
    if parts.len() == 1 {
        parts.remove(0)
    } else {
        combine(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contracts_expressions_read_back_as_written() {
        for text in [
            "",
            "Assets.View",
            "Units.View or SubFolders.View",
            "(Units.Delete or SubFolders.Delete) and Users.View",
        ] {
            assert_eq!(Requirement::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "Assets",
            "Assets.Fly",
            "Assets.View or",
            "(Assets.View",
            "Assets.View Assets.Edit",
        ] {
            assert!(Requirement::parse(text).is_err(), "{text}");
        }
    }
}
