//! Where random bytes come from. Everything random takes a [`Random`], so that tests can repeat themselves.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest::{SHA256, digest};

/// A source of bytes fit for keys, nonces, salts and tokens.
pub trait Random: Send + Sync {
    /// Overwrites all of `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// The cryptographic generator of the process, seeded by the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    #[expect(
        clippy::expect_used,
        reason = "the generator ends the process itself when it has no entropy; it never returns an error"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        aws_lc_rs::rand::fill(bytes).expect("the generator does not report failures");
    }
}

/// A repeatable sequence for tests: SHA-256 over seed and counter. Its output is predictable, so it must never protect anything real.
#[derive(Debug)]
pub struct SeededRandom {
    seed: u64,
    block: AtomicU64,
}

impl SeededRandom {
    /// Starts the sequence that belongs to `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            block: AtomicU64::new(0),
        }
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let mut input = [0; 16];
            input[..8].copy_from_slice(&self.seed.to_be_bytes());
            input[8..].copy_from_slice(&self.block.fetch_add(1, Ordering::Relaxed).to_be_bytes());
            chunk.copy_from_slice(&digest(&SHA256, &input).as_ref()[..chunk.len()]);
        }
    }
}

impl<R: Random + ?Sized> Random for std::sync::Arc<R> {
    fn fill(&self, bytes: &mut [u8]) {
        (**self).fill(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(random: &dyn Random) -> [u8; 40] {
        let mut bytes = [0; 40];
        random.fill(&mut bytes);
        bytes
    }

    #[test]
    fn a_seed_repeats_its_sequence_and_never_a_block() {
        let (one, two) = (SeededRandom::new(7), SeededRandom::new(7));
        let first = take(&one);
        assert_eq!(first, take(&two));
        assert_ne!(first, take(&one));
        assert_ne!(first, take(&SeededRandom::new(8)));
    }

    #[test]
    fn the_system_generator_does_not_repeat_itself() {
        assert_ne!(take(&SystemRandom), take(&SystemRandom));
    }
}
