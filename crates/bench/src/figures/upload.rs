//! A package of 100 MB: the server must not hold it in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use super::Bench;
use crate::fleet::{Floor, pack};
use crate::process;
use crate::report::{Figure, Target};

const MEGABYTES: usize = 100;

pub(super) fn measure(bench: &mut Bench<'_>) -> anyhow::Result<Vec<Figure>> {
    let settings = bench.settings("upload", "ES256");
    let server = settings.start()?;
    let floor = Floor::make(&server, 1)?;
    let package = pack(&settings.program, "large", &["true"], &noise())?;
    let request = floor.upload(
        "/odata/Processes/UiPath.Server.Configuration.OData.UploadPackage",
        &package,
    );
    let before = process::resident(server.process()).context("the server's memory is not known")?;
    let (over, most) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(before)));
    let watching = {
        let (over, most, server) = (over.clone(), most.clone(), server.process());
        std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                most.fetch_max(process::resident(server).unwrap_or(0), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(2));
            }
        })
    };
    let begin = Instant::now();
    let answer = server.connect()?.exchange(&request)?;
    let time = begin.elapsed();
    over.store(true, Ordering::Relaxed);
    ensure!(watching.join().is_ok(), "the memory was not watched");
    answer.json(200)?;
    let grown = most.load(Ordering::Relaxed).saturating_sub(before) as f64 / 1e6;
    let size = request.len() as f64 / 1e6;
    let note = format!(
        "{size:.0} MB in {:.2} s ({:.0} MB/s), stored durably",
        time.as_secs_f64(),
        size / time.as_secs_f64()
    );
    let name = format!("upload of a package of {MEGABYTES} MB, growth of the server's memory");
    Ok(vec![Figure::new(name, "MB", Target::AtMost(30.0), grown).note(note)])
}

/// What cannot be compressed.
fn noise() -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut noise = Vec::with_capacity(MEGABYTES * 1_000_000);
    while noise.len() < MEGABYTES * 1_000_000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.extend_from_slice(&state.to_le_bytes());
    }
    noise
}
