//! Which worker was given which item, kept outside of the server.

use std::collections::HashMap;

use anyhow::ensure;

/// An item as it was handed out: to one worker, under one idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandOut {
    pub item: i64,
    pub worker: u32,
    pub attempt: u32,
}

impl HandOut {
    /// The idempotency key it was asked for with.
    pub fn key(self, seed: u64) -> String {
        key(seed, self.worker, self.attempt)
    }
}

/// The idempotency key of a worker's attempt to get an item.
pub fn key(seed: u64, worker: u32, attempt: u32) -> String {
    format!("{seed:x}-{worker}-{attempt}")
}

/// All hand-outs by the number that the item carries, and by its id.
#[derive(Debug)]
pub struct Ledger {
    hand_outs: Vec<Option<HandOut>>,
    numbers: HashMap<i64, u32>,
}

impl Ledger {
    /// For numbers below `count`.
    pub fn new(count: u32) -> Self {
        Self {
            hand_outs: vec![None; count as usize],
            numbers: HashMap::with_capacity(count as usize),
        }
    }

    /// Enters a hand-out.
    ///
    /// # Errors
    /// A number or an item that was handed out before, or a number that nobody added.
    pub fn enter(&mut self, number: u32, hand_out: HandOut) -> anyhow::Result<()> {
        let slot = self.hand_outs.get_mut(number as usize);
        ensure!(slot.is_some(), "number {number} was handed out and never added");
        let before = slot.and_then(|slot| slot.replace(hand_out));
        ensure!(
            before.is_none(),
            "number {number} was handed out twice: {before:?}, then {hand_out:?}"
        );
        let other = self.numbers.insert(hand_out.item, number);
        ensure!(
            other.is_none(),
            "item {} was handed out twice: as number {other:?}, then as {number}",
            hand_out.item
        );
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// The number and the hand-out of an item.
    pub fn of_item(&self, item: i64) -> Option<(u32, HandOut)> {
        let number = *self.numbers.get(&item)?;
        let hand_out = self.hand_outs.get(number as usize).copied().flatten()?;
        Some((number, hand_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(entries: &[(u32, i64)], fault: Option<&str>) {
        let mut ledger = Ledger::new(10);
        let mut last = Ok(());
        for (attempt, (number, item)) in (0..).zip(entries) {
            let hand_out = HandOut {
                item: *item,
                worker: 1,
                attempt,
            };
            last = ledger.enter(*number, hand_out).map_err(|error| error.to_string());
        }
        match (last, fault) {
            (Ok(()), None) => assert_eq!(ledger.len(), entries.len()),
            (Err(told), Some(fault)) => assert!(told.contains(fault), "{told}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn numbers_and_items_are_handed_out_once() {
        check(&[(0, 5), (9, 6)], None);
        check(&[(0, 5), (0, 6)], Some("number 0 was handed out twice"));
        check(&[(0, 5), (1, 5)], Some("item 5 was handed out twice"));
        check(&[(10, 5)], Some("never added"));
    }

    #[test]
    fn an_item_is_found_with_its_key() {
        let mut ledger = Ledger::new(10);
        let hand_out = HandOut {
            item: 70,
            worker: 3,
            attempt: 4,
        };
        ledger.enter(7, hand_out).unwrap();
        assert_eq!(ledger.of_item(70), Some((7, hand_out)));
        assert_eq!(ledger.of_item(71), None);
        assert_eq!(hand_out.key(255), "ff-3-4");
    }
}
