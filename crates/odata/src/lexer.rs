//! Splits the text of an option or a key segment into tokens.

use uuid::Uuid;

use crate::literal::{Literal, parse_time};

/// A token with its place in the text, in bytes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token<'t> {
    pub kind: TokenKind<'t>,
    pub start: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TokenKind<'t> {
    /// A name, keyword or qualified name.
    Word(&'t str),
    Literal(Literal),
    /// Unsigned digits beyond the range of a positive int64; a minus may still bring them into it.
    HugeInt,
    Symbol(char),
    End,
}

/// A text that cannot be split.
#[derive(Debug, PartialEq)]
pub(crate) struct LexError {
    pub position: usize,
    pub reason: String,
}

/// All tokens of `text`, ending with [`TokenKind::End`].
pub(crate) fn tokenize(text: &str) -> Result<Vec<Token<'_>>, LexError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.next()?;
        let end = token.kind == TokenKind::End;
        tokens.push(token);
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn next(&mut self) -> Result<Token<'t>, LexError> {
        self.at += self.rest().len() - self.rest().trim_start().len();
        let start = self.at;
        let Some(first) = self.rest().chars().next() else {
            return Ok(Token {
                kind: TokenKind::End,
                start,
            });
        };
        let kind = match first {
            '\'' | '"' => TokenKind::Literal(Literal::Text(self.quoted(first)?)),
            '(' | ')' | '[' | ']' | ',' | '/' | ':' | '=' | ';' | '-' | '*' | '@' => {
                self.at += first.len_utf8();
                TokenKind::Symbol(first)
            }
            _ => {
                if let Some(literal) = self.guid_or_time()? {
                    TokenKind::Literal(literal)
                } else if first.is_ascii_digit() {
                    self.number()?
                } else if first.is_alphabetic() || matches!(first, '_' | '$') {
                    self.word()?
                } else {
                    return Err(self.error(start, format!("Syntax error: unexpected character '{first}'.")));
                }
            }
        };
        Ok(Token { kind, start })
    }

    #[expect(clippy::unused_self, reason = "reads as a method next to the others")]
    fn error(&self, position: usize, reason: impl Into<String>) -> LexError {
        LexError {
            position,
            reason: reason.into(),
        }
    }

    /// A text in quotes; a doubled quote stands for one.
    fn quoted(&mut self, quote: char) -> Result<String, LexError> {
        let start = self.at;
        self.at += quote.len_utf8();
        let mut text = String::new();
        loop {
            let Some(end) = self.rest().find(quote) else {
                return Err(self.error(start, "Syntax error: a string literal is not closed."));
            };
            text.push_str(&self.rest()[..end]);
            self.at += end + quote.len_utf8();
            if !self.rest().starts_with(quote) {
                return Ok(text);
            }
            text.push(quote);
            self.at += quote.len_utf8();
        }
    }

    fn guid_or_time(&mut self) -> Result<Option<Literal>, LexError> {
        let rest = self.rest();
        if let Some(candidate) = rest.get(..36)
            && is_shape(candidate, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")
            && !rest[36..].starts_with(is_word_char)
            && let Ok(guid) = Uuid::try_parse(candidate)
        {
            self.at += 36;
            return Ok(Some(Literal::Guid(guid)));
        }
        if !rest
            .get(..10)
            .is_some_and(|candidate| is_shape(candidate, "0000-00-00"))
        {
            return Ok(None);
        }
        let mut length = rest
            .find(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | ':' | '.' | '+' | 'T' | 't' | 'Z' | 'z')))
            .unwrap_or(rest.len());
        // A `+` that was not percent-encoded arrives as a space.
        if length > 10
            && rest
                .get(length..length + 6)
                .is_some_and(|offset| is_shape(offset, " 00:00"))
        {
            length += 6;
        }
        let time = parse_time(&rest[..length])
            .ok_or_else(|| self.error(self.at, format!("'{}' is not a date.", &rest[..length])))?;
        self.at += length;
        Ok(Some(Literal::DateTime(time)))
    }

    /// Digits with an optional fraction, exponent and type suffix (`L`, `M`, `D`, `F`).
    fn number(&mut self) -> Result<TokenKind<'t>, LexError> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let digits = |from: usize| from + bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
        let mut end = digits(0);
        let mut fractional = false;
        if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
            end = digits(end + 1);
            fractional = true;
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
                end = digits(end + 1 + sign);
                fractional = true;
            }
        }
        let number = &rest[..end];
        let suffix = bytes
            .get(end)
            .map(u8::to_ascii_lowercase)
            .filter(|b| matches!(b, b'l' | b'm' | b'd' | b'f'));
        let length = end + usize::from(suffix.is_some());
        if rest[length..].starts_with(is_word_char) {
            return Err(self.error(self.at, "Syntax error: a number is followed by letters."));
        }
        let kind = if fractional || matches!(suffix, Some(b'm' | b'd' | b'f')) {
            match number.parse::<f64>() {
                Ok(value) if value.is_finite() => TokenKind::Literal(Literal::Double(value)),
                _ => return Err(self.error(self.at, format!("The number {number} is out of range."))),
            }
        } else if let Ok(value) = number.parse() {
            TokenKind::Literal(Literal::Int(value))
        } else if number.parse() == Ok(i64::MIN.unsigned_abs()) {
            TokenKind::HugeInt
        } else {
            return Err(self.error(self.at, format!("The number {number} is out of range.")));
        };
        self.at += length;
        Ok(kind)
    }

    /// A word; with a quoted text right behind it, a typed literal: `guid'…'`, `datetime'…'`,
    /// `datetimeoffset'…'` or `Namespace.Type'Member'`.
    fn word(&mut self) -> Result<TokenKind<'t>, LexError> {
        let start = self.at;
        let rest = self.rest();
        let length = rest.find(|c: char| !is_word_char(c)).unwrap_or(rest.len());
        let word = &rest[..length];
        self.at += length;
        if !self.rest().starts_with('\'') {
            return Ok(match word.to_ascii_lowercase().as_str() {
                "null" => TokenKind::Literal(Literal::Null),
                "true" => TokenKind::Literal(Literal::Boolean(true)),
                "false" => TokenKind::Literal(Literal::Boolean(false)),
                _ => TokenKind::Word(word),
            });
        }
        let text = self.quoted('\'')?;
        let literal = match word.to_ascii_lowercase().as_str() {
            "guid" => Uuid::try_parse(&text).ok().map(Literal::Guid),
            "date" | "datetime" | "datetimeoffset" => parse_time(&text).map(Literal::DateTime),
            _ => Some(Literal::Enum {
                type_name: word.to_owned(),
                member: text.clone(),
            }),
        };
        literal
            .map(TokenKind::Literal)
            .ok_or_else(|| self.error(start, format!("'{text}' is not a literal of type {word}.")))
    }
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '$')
}

/// Whether `text` has the shape of `pattern`, where `0` stands for a digit and `x` for a hex digit.
fn is_shape(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            b'x' => byte.is_ascii_hexdigit(),
            other => byte == other,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[TokenKind<'_>]) {
        let tokens: Vec<_> = tokenize(text).unwrap().into_iter().map(|token| token.kind).collect();
        assert_eq!(&tokens[..tokens.len() - 1], expect, "{text}");
    }

    #[test]
    fn literals_keep_their_types() {
        use TokenKind::Literal as L;
        check(
            "12L 1.5 2e3 4M",
            &[
                L(Literal::Int(12)),
                L(Literal::Double(1.5)),
                L(Literal::Double(2000.0)),
                L(Literal::Double(4.0)),
            ],
        );
        check(
            "'it''s' null TRUE",
            &[
                L(Literal::Text("it's".into())),
                L(Literal::Null),
                L(Literal::Boolean(true)),
            ],
        );
        let guid = Uuid::try_parse("00000000-0000-0000-0000-0000000000aF").unwrap();
        check("00000000-0000-0000-0000-0000000000aF", &[L(Literal::Guid(guid))]);
        check("guid'00000000-0000-0000-0000-0000000000af'", &[L(Literal::Guid(guid))]);
        check(
            "A.B'C'",
            &[L(Literal::Enum {
                type_name: "A.B".into(),
                member: "C".into(),
            })],
        );
        check(
            "2024-01-01T00:00:00 02:00 and",
            &[
                L(Literal::DateTime("2023-12-31T22:00:00Z".parse().unwrap())),
                TokenKind::Word("and"),
            ],
        );
    }

    #[test]
    fn broken_literals_name_their_position() {
        for (text, position) in [
            ("a eq 'x", 5),
            ("a eq #", 5),
            ("a eq 12ab", 5),
            ("99999999999999999999", 0),
            ("2024-13-41", 0),
        ] {
            assert_eq!(tokenize(text).unwrap_err().position, position, "{text}");
        }
    }
}
