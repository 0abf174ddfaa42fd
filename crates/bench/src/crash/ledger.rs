//! What the server has promised, kept outside of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::{Value, json};

use crate::random::Random;

/// What is known about a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Answered with 201.
    Acknowledged,
    /// Sent, and the answer was lost.
    Doubtful,
    /// Was doubtful, and was found after a restart.
    Present,
    /// Was doubtful, and was not there after a restart.
    Absent,
}

/// All writes by name. What an asset must hold follows from its name and the seed.
pub struct Ledger {
    seed: u64,
    numbered: u64,
    writes: BTreeMap<String, State>,
}

impl Ledger {
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            numbered: 0,
            writes: BTreeMap::new(),
        }
    }

    /// The first number of `count` that no other name has.
    pub fn reserve(&mut self, count: u64) -> u64 {
        let first = self.numbered;
        self.numbered += count;
        first
    }

    /// The name of a number.
    pub fn name(number: u64) -> String {
        format!("crash-{number:09}")
    }

    pub fn set(&mut self, name: &str, state: State) {
        self.writes.insert(name.to_owned(), state);
    }

    pub fn state(&self, name: &str) -> Option<State> {
        self.writes.get(name).copied()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, State)> {
        self.writes.iter().map(|(name, state)| (name.as_str(), *state))
    }

    pub fn len(&self) -> usize {
        self.writes.len()
    }

    pub fn doubtful(&self) -> Vec<String> {
        self.names(State::Doubtful)
    }

    pub fn names(&self, state: State) -> Vec<String> {
        self.iter()
            .filter(|(_, of)| *of == state)
            .map(|(name, _)| name.to_owned())
            .collect()
    }

    pub fn acknowledged(&self) -> usize {
        self.count(State::Acknowledged)
    }

    pub fn present(&self) -> usize {
        self.count(State::Present)
    }

    pub fn absent(&self) -> usize {
        self.count(State::Absent)
    }

    fn count(&self, state: State) -> usize {
        self.iter().filter(|(_, of)| *of == state).count()
    }

    /// The body that makes the asset of this name.
    pub fn body(seed: u64, name: &str) -> Value {
        let content = Content::of(seed, name);
        json!({
            "Name": name, "ValueScope": "Global", "ValueType": "Text",
            "StringValue": content.value, "Description": content.description,
        })
    }

    /// What is wrong with an asset as the server answers it; `None`: nothing.
    pub fn fault(&self, asset: &Value) -> Option<String> {
        let name = asset["Name"].as_str().unwrap_or_default();
        let content = Content::of(self.seed, name);
        let checks = [
            ("StringValue", content.value.as_str()),
            ("Description", content.description.as_str()),
            ("ValueType", "Text"),
            ("ValueScope", "Global"),
        ];
        checks
            .iter()
            .find(|(member, expected)| asset[*member].as_str() != Some(expected))
            .map(|(member, _)| format!("{name}: {member} is not what was written: {}", asset[*member]))
    }

    pub fn seed(&self) -> u64 {
        self.seed
    }
}

/// What an asset holds: of different sizes, so that some fill many pages of the database.
struct Content {
    value: String,
    description: String,
}

impl Content {
    fn of(seed: u64, name: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        (seed, name).hash(&mut hasher);
        let mut random = Random::new(hasher.finish());
        let long = random.between(0, 19) == 0;
        let words = random.between(1, if long { 2_000 } else { 20 });
        let mut value = String::new();
        for _ in 0..words {
            // Writing to a String cannot fail.
            let _infallible = write!(value, "{:016x}", random.next());
        }
        Self {
            value,
            description: format!("{name} of {words} words"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_right_only_with_the_value_its_name_demands() {
        let ledger = Ledger::new(7);
        let mut asset = Ledger::body(7, "crash-1");
        assert_eq!(ledger.fault(&asset), None);
        asset["StringValue"] = "other".into();
        assert!(ledger.fault(&asset).is_some());
        assert!(ledger.fault(&Ledger::body(8, "crash-1")).is_some());
    }

    #[test]
    fn names_are_given_once() {
        let mut ledger = Ledger::new(7);
        assert_eq!((ledger.reserve(10), ledger.reserve(1), ledger.reserve(1)), (0, 10, 11));
    }
}
