//! The password policy applied to a password.

use super::Fault;
use crate::organizations::PasswordPolicy;

/// Longest password that is hashed, in characters; longer ones are refused by every policy.
const LONGEST: usize = 512;

/// Everything the policy has against a new password; empty when it is good (reference: identity 4.3, 4.8).
pub fn judge_password(policy: &PasswordPolicy, password: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut demand = |met: bool, code, text: String| {
        if !met {
            faults.push(Fault::new(code, text));
        }
    };
    let length = password.chars().count();
    let least = policy.minimum_length as usize;
    demand(
        length >= least.max(1),
        "PasswordTooShort",
        format!("Passwords must be at least {least} characters."),
    );
    demand(
        length <= LONGEST,
        "PasswordTooLong",
        format!("Passwords must be at most {LONGEST} characters."),
    );
    let has = |test: fn(char) -> bool| password.chars().any(test);
    demand(
        !policy.special_character || has(|c| !c.is_alphanumeric()),
        "PasswordRequiresNonAlphanumeric",
        "Passwords must have at least one non alphanumeric character.".to_owned(),
    );
    demand(
        !policy.digit || has(|c| c.is_ascii_digit()),
        "PasswordRequiresDigit",
        "Passwords must have at least one digit ('0'-'9').".to_owned(),
    );
    demand(
        !policy.lower_case || has(char::is_lowercase),
        "PasswordRequiresLower",
        "Passwords must have at least one lowercase ('a'-'z').".to_owned(),
    );
    demand(
        !policy.upper_case || has(char::is_uppercase),
        "PasswordRequiresUpper",
        "Passwords must have at least one uppercase ('A'-'Z').".to_owned(),
    );
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl FnOnce(&mut PasswordPolicy), password: &str, codes: &[&str]) {
        let mut policy = PasswordPolicy {
            minimum_length: 8,
            ..PasswordPolicy::default()
        };
        change(&mut policy);
        let found: Vec<&str> = judge_password(&policy, password)
            .into_iter()
            .map(|fault| fault.code)
            .collect();
        assert_eq!(found, codes, "{password}");
    }

    #[test]
    fn each_rule_has_its_code() {
        check(|_| (), "abcdefg1", &[]);
        check(
            |_| (),
            "",
            &["PasswordTooShort", "PasswordRequiresDigit", "PasswordRequiresLower"],
        );
        check(|_| (), "abcdefgh", &["PasswordRequiresDigit"]);
        check(|_| (), "ABCDEFG1", &["PasswordRequiresLower"]);
        check(
            |policy| policy.upper_case = true,
            "abcdefg1",
            &["PasswordRequiresUpper"],
        );
        check(
            |policy| policy.special_character = true,
            "abcdefg1",
            &["PasswordRequiresNonAlphanumeric"],
        );
        check(|policy| policy.special_character = true, "abcdef 1", &[]);
        check(|_| (), &"a1".repeat(300), &["PasswordTooLong"]);
    }

    #[test]
    fn length_is_counted_in_characters() {
        check(|_| (), "пароль12", &[]);
        check(|_| (), "пароль1", &["PasswordTooShort"]);
    }
}
