//! What the vault promises to those who store its bytes.

mod master_key;
mod sealing;
