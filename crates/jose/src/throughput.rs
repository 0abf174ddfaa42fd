//! How fast this machine signs; the ceiling for the token endpoint.

use std::time::{Duration, Instant};

use crate::{Algorithm, Error, SigningKey};

/// Signatures per second on one core with a key that is parsed once, measured for about `duration`.
pub fn raw_signatures_per_second(algorithm: Algorithm, duration: Duration) -> Result<f64, Error> {
    let key = SigningKey::generate(algorithm)?;
    let message = [b'x'; 700];
    let (start, mut count) = (Instant::now(), 0_u32);
    loop {
        std::hint::black_box(key.sign(std::hint::black_box(&message))?);
        count += 1;
        let elapsed = start.elapsed();
        if elapsed >= duration {
            return Ok(f64::from(count) / elapsed.as_secs_f64());
        }
    }
}
