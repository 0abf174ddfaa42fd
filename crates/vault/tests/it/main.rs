//! What the vault promises to those who store its bytes.

#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]

mod master_key;
mod sealing;
