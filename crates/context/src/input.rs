//! Rules that input of every kind keeps.

use crate::{Error, Field};

/// Entries of one list in a request.
pub const MOST_LISTED: usize = 1_000;

/// Whether a character cannot be seen or turns the direction of text around, so that a name with it reads like another.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

/// Whether a name holds a hidden character. A joiner between two letters is none: some scripts need it.
pub fn has_hidden(name: &str) -> bool {
    let letters: Vec<char> = name.chars().collect();
    letters.iter().enumerate().any(|(at, c)| {
        let between = || {
            at > 0
                && [at - 1, at + 1]
                    .iter()
                    .all(|beside| letters.get(*beside).is_some_and(|c| !c.is_ascii() && !is_hidden(*c)))
        };
        is_hidden(*c) && !(matches!(c, '\u{200c}' | '\u{200d}') && between())
    })
}

/// The beginning of a text, with an ellipsis where something is left out. `most` counts characters.
pub fn shortened(text: &str, most: usize) -> String {
    let mut short: String = text.chars().take(most).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// # Errors
/// 400 when a list of the request has more than [`MOST_LISTED`] entries: units of work stay short.
pub fn check_length<T>(name: &str, list: &[T]) -> Result<(), Error> {
    if list.len() <= MOST_LISTED {
        return Ok(());
    }
    Err(Error::field(
        name,
        format!("{name} can have at most {MOST_LISTED} entries."),
    ))
}

/// The members of a request that are wrong so far, so that a caller is told of all of them at once.
#[derive(Debug, Default)]
pub struct Wrong(Vec<Field>);

impl Wrong {
    /// Notes that the member `name` is wrong, and why. `name` is the wire name with its path (`Tags[3].Name`).
    pub fn add(&mut self, name: impl Into<String>, message: impl Into<String>) {
        self.0.push(Field {
            name: name.into(),
            message: message.into(),
        });
    }

    /// A text of at most `longest` characters that databases can keep. `None` is right.
    pub fn text(&mut self, name: impl Into<String>, text: Option<&str>, longest: usize) {
        let Some(text) = text else { return };
        let name = name.into();
        // Bytes are at least as many as characters: most texts need no counting.
        if text.len() > longest && text.chars().count() > longest {
            self.add(name.clone(), format!("{name} can have at most {longest} characters."));
        }
        if text.contains('\0') {
            self.add(name.clone(), format!("{name} must not contain the character U+0000."));
        }
    }

    /// A number between two others.
    pub fn within(&mut self, name: &str, number: i32, least: i32, most: i32) {
        if !(least..=most).contains(&number) {
            self.add(name, format!("{name} must be between {least} and {most}."));
        }
    }

    /// Whether nothing is wrong so far.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// 400 with every member that is wrong. Only for a request that was found wrong.
    pub fn into_error(self) -> Error {
        Error::fields(self.0).unwrap_or_else(|| Error::internal("a refusal without a reason"))
    }

    /// # Errors
    /// 400 with every member that is wrong, when there is one.
    pub fn finish(self) -> Result<(), Error> {
        Error::fields(self.0).map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_hidden() {
        for name in [
            "a\u{202e}b",
            "a\u{200b}",
            "a\nb",
            "\u{2066}x",
            "\u{feff}a",
            "a\u{200d}b",
            "\u{200d}",
        ] {
            assert!(has_hidden(name), "{name:?}");
        }
        for name in ["", "Ädä", "O'Brien – 東京", "می\u{200c}خواهم", "👩\u{200d}💻"] {
            assert!(!has_hidden(name), "{name:?}");
        }
    }

    #[test]
    fn lists_end_somewhere() {
        assert!(check_length("Ids", &[0; MOST_LISTED]).is_ok());
        assert_eq!(
            check_length("Ids", &[0; MOST_LISTED + 1]).unwrap_err().fields[0].name,
            "Ids"
        );
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let mut wrong = Wrong::default();
        wrong.text("Name", Some("äb"), 2);
        wrong.text("Description", None, 0);
        assert!(wrong.is_empty());
        wrong.text("Name", Some("äbc"), 2);
        wrong.text("Tags[0].Name", Some("\0"), 2);
        wrong.add("Id", "Id is required.");
        let error = wrong.finish().unwrap_err();
        let names: Vec<&str> = error.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["Name", "Tags[0].Name", "Id"]);
        assert!(Wrong::default().finish().is_ok());
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!((shortened("äöü", 2), shortened("äö", 2)), ("äö…".into(), "äö".into()));
    }
}
