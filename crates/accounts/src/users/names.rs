//! What user names, e-mail addresses and shown names may look like.

use context::{has_hidden, is_hidden};

use super::Fault;

/// Longest name or address, in characters.
const LONGEST_TEXT: usize = 256;

/// Adds a fault when one of the shown names is too long or holds characters that cannot be seen.
pub(super) fn check_names(names: &[&str], faults: &mut Vec<Fault>) {
    let good = |name: &&str| name.chars().count() <= LONGEST_TEXT && !has_hidden(name);
    if !names.iter().all(good) {
        let text = format!("Names have at most {LONGEST_TEXT} printable characters.");
        faults.push(Fault::new("InvalidName", text));
    }
}

pub(super) fn is_user_name(name: &str) -> bool {
    !name.is_empty()
        && name.chars().count() <= LONGEST_TEXT
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '.' | '_' | '@' | '+' | '\\'))
}

pub(super) fn is_email(email: &str) -> bool {
    let Some((local, domain)) = email.rsplit_once('@') else {
        return false;
    };
    email.chars().count() <= LONGEST_TEXT
        && !local.is_empty()
        && !local.contains('@')
        && !domain.is_empty()
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !email.chars().any(|c| c.is_whitespace() || is_hidden(c))
}

pub(super) fn shorten(text: &str) -> String {
    text.chars().filter(|c| !is_hidden(*c)).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_names_and_addresses_have_a_form() {
        for good in ["ada", "ada.l@x", "Ädä", "DOM\\ada", "a-b_c+1"] {
            assert!(is_user_name(good), "{good}");
        }
        for bad in ["", "a b", "a\n", "<script>", "a\u{202e}b"] {
            assert!(!is_user_name(bad), "{bad}");
        }
        assert!(is_email("a@b.example") && is_email("a@localhost"));
        for bad in ["a", "@b", "a@", "a@b@c", "a@.b", "a b@c", "a@b\r\nBcc: x"] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
