//! One segment of a path: a set, a set with key, or an operation with arguments.

use crate::lexer::{TokenKind, tokenize};
use crate::literal::Literal;

/// A path segment such as `Jobs`, `Jobs(12)`, `Processes('Id:1.0.0')` or
/// `GetRuntimesForFolder(folderId=7)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// The part before the parentheses, with its namespace if it has one.
    pub name: String,
    /// Arguments with their names; a key may go without.
    pub arguments: Vec<(Option<String>, Literal)>,
}

impl Segment {
    /// The name without its namespace: `StartJobs` of `UiPath.Server.Configuration.OData.StartJobs`.
    pub fn short_name(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(&self.name)
    }

    /// The key: a single argument, whatever its name.
    pub fn key(&self) -> Option<&Literal> {
        match self.arguments.as_slice() {
            [(_, literal)] => Some(literal),
            _ => None,
        }
    }

    /// The argument with this name, in any letter case.
    pub fn argument(&self, name: &str) -> Option<&Literal> {
        self.arguments
            .iter()
            .find(|(known, _)| known.as_ref().is_some_and(|known| known.eq_ignore_ascii_case(name)))
            .map(|(_, literal)| literal)
    }
}

/// A segment whose parentheses or quotes do not match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("The path segment is not well formed.")]
pub struct SegmentError;

/// Reads one percent-decoded path segment. Trailing `()` makes no difference. Values that are neither
/// quoted nor any other literal are texts as they stand: `Processes(Id:1.0.0)`.
pub fn parse_segment(text: &str) -> Result<Segment, SegmentError> {
    let Some((name, rest)) = text.split_once('(') else {
        return Ok(Segment {
            name: text.to_owned(),
            arguments: Vec::new(),
        });
    };
    let inside = rest.strip_suffix(')').ok_or(SegmentError)?;
    let mut arguments = Vec::new();
    if !inside.trim().is_empty() {
        for argument in split_arguments(inside)? {
            let (name, value) = split_name(argument);
            arguments.push((name.map(str::to_owned), parse_value(value.trim())));
        }
    }
    Ok(Segment {
        name: name.to_owned(),
        arguments,
    })
}

/// Splits at commas outside quotes and brackets.
fn split_arguments(text: &str) -> Result<Vec<&str>, SegmentError> {
    let mut parts = Vec::new();
    let (mut start, mut quote, mut depth) = (0, None, 0_usize);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '[' | '(' | '{') => depth += 1,
            (None, ']' | ')' | '}') => depth = depth.checked_sub(1).ok_or(SegmentError)?,
            (None, ',') if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if quote.is_some() || depth != 0 {
        return Err(SegmentError);
    }
    parts.push(&text[start..]);
    Ok(parts)
}

fn split_name(argument: &str) -> (Option<&str>, &str) {
    match argument.split_once('=') {
        Some((name, value))
            if !name.trim().is_empty() && name.trim().chars().all(|c| c.is_alphanumeric() || c == '_') =>
        {
            (Some(name.trim()), value)
        }
        _ => (None, argument),
    }
}

fn parse_value(text: &str) -> Literal {
    if let Some(inside) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        if inside.trim().is_empty() {
            return Literal::List(Vec::new());
        }
        if let Ok(members) = split_arguments(inside) {
            return Literal::List(members.into_iter().map(|member| parse_scalar(member.trim())).collect());
        }
    }
    parse_scalar(text)
}

fn parse_scalar(text: &str) -> Literal {
    let tokens = tokenize(text).unwrap_or_default();
    let kinds: Vec<_> = tokens.into_iter().map(|token| token.kind).collect();
    match kinds.as_slice() {
        [TokenKind::Literal(literal), TokenKind::End] => literal.clone(),
        [
            TokenKind::Symbol('-'),
            TokenKind::Literal(Literal::Int(number)),
            TokenKind::End,
        ] => Literal::Int(-number),
        _ => Literal::Text(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(text: &str) -> Vec<(Option<String>, Literal)> {
        parse_segment(text).unwrap().arguments
    }

    #[test]
    fn keys_may_be_bare_quoted_or_typed() {
        assert_eq!(parse_segment("Jobs(123)").unwrap().key(), Some(&Literal::Int(123)));
        assert_eq!(parse_segment("Jobs(-1)").unwrap().key(), Some(&Literal::Int(-1)));
        assert_eq!(
            parse_segment("Processes('it''s:1.0')").unwrap().key(),
            Some(&Literal::Text("it's:1.0".into()))
        );
        assert_eq!(
            parse_segment("Processes(calc:1.0.0)").unwrap().key(),
            Some(&Literal::Text("calc:1.0.0".into()))
        );
        let guid = "5f0bd1ec-9f8c-4d3c-8a7b-0123456789ab";
        for text in [
            format!("T({guid})"),
            format!("T('{guid}')"),
            format!("T(guid'{guid}')"),
            format!("T(key={guid})"),
        ] {
            assert_eq!(
                parse_segment(&text)
                    .unwrap()
                    .key()
                    .and_then(Literal::as_guid)
                    .unwrap()
                    .to_string(),
                guid
            );
        }
    }

    #[test]
    fn operations_have_named_arguments_and_optional_parentheses() {
        let segment = parse_segment("UiPath.Server.Configuration.OData.GetUsers(key=1,includeInherited=true)").unwrap();
        assert_eq!(segment.short_name(), "GetUsers");
        assert_eq!(segment.argument("KEY"), Some(&Literal::Int(1)));
        assert_eq!(segment.argument("includeInherited"), Some(&Literal::Boolean(true)));
        assert_eq!(parse_segment("Upload()").unwrap(), parse_segment("Upload").unwrap());
        assert_eq!(
            arguments("F(ids=[1,2],path='a,(b)=c')"),
            [
                (
                    Some("ids".into()),
                    Literal::List(vec![Literal::Int(1), Literal::Int(2)])
                ),
                (Some("path".into()), Literal::Text("a,(b)=c".into())),
            ]
        );
    }

    #[test]
    fn unmatched_quotes_and_parentheses_are_refused() {
        for text in ["A(", "A('x)", "A(1))", "A([1)", "A(1"] {
            assert_eq!(parse_segment(text), Err(SegmentError), "{text}");
        }
    }
}
