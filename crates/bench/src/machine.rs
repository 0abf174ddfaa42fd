//! What the machine itself can do. Every figure is read beside these.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use jose::Algorithm;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::http;
use crate::load::{Load, Outcome, Requests};

/// The machine and its limits.
pub struct Machine {
    pub cpu: String,
    pub cores: usize,
    pub memory: u64,
    pub kernel: String,
    /// Load average of the last minute when the run began; other work makes all figures worse.
    pub busy: String,
    pub rs256: f64,
    pub es256: f64,
    /// Appends of 4 kB per second, each followed by `fdatasync`, on the file system of the databases.
    pub appends: f64,
    /// Exchanges with a thread that answers every request with the same bytes.
    pub loopback: Outcome,
}

impl Machine {
    /// Measures for about `time` each.
    ///
    /// # Errors
    /// A directory that cannot be written, or loopback that does not work.
    pub fn measure(directory: &Path, time: Duration) -> anyhow::Result<Self> {
        Ok(Self {
            cpu: line_of("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: std::thread::available_parallelism().map_or(1, Into::into),
            memory: line_of("/proc/meminfo", "MemTotal")
                .and_then(|text| text.trim_end_matches("kB").trim().parse::<u64>().ok())
                .unwrap_or(0)
                * 1024,
            kernel: read("/proc/sys/kernel/osrelease"),
            busy: read("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned(),
            rs256: signatures(Algorithm::Rs256, time)?,
            es256: signatures(Algorithm::Es256, time)?,
            appends: appends(directory, time).context("cannot measure the disk")?,
            loopback: loopback(time).context("cannot measure loopback")?,
        })
    }

    pub fn to_json(&self) -> Value {
        json!({
            "cpu": self.cpu,
            "cores": self.cores,
            "memoryBytes": self.memory,
            "kernel": self.kernel,
            "loadAverage": self.busy,
            "rs256SignaturesPerSecondOfOneCore": self.rs256.round(),
            "es256SignaturesPerSecondOfOneCore": self.es256.round(),
            "durableAppendsPerSecond": self.appends.round(),
            "loopbackExchangesPerSecond": self.loopback.per_second.round(),
        })
    }
}

/// Signatures per second of one core.
pub fn signatures(algorithm: Algorithm, time: Duration) -> anyhow::Result<f64> {
    jose::raw_signatures_per_second(algorithm, time).context("cannot sign")
}

fn appends(directory: &Path, time: Duration) -> std::io::Result<f64> {
    let mut file = tempfile::tempfile_in(directory)?;
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < time {
        file.write_all(&[0x55; 4096])?;
        file.sync_data()?;
        count += 1;
    }
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}

fn loopback(time: Duration) -> anyhow::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let listener = runtime.block_on(TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))))?;
    let address = listener.local_addr()?;
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream));
        }
    });
    let load = Load {
        address,
        connections: 32,
        warm_up: time / 4,
        duration: time,
        status: 200,
        process: None,
    };
    let outcome = load.run(Requests::same(http::request("GET", "/", &[], "")));
    runtime.shutdown_background();
    outcome
}

/// Answers whatever comes in one piece, which on loopback is a request.
async fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut buffer = [0; 4096];
    stream.set_nodelay(true)?;
    while stream.read(&mut buffer).await? > 0 {
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            .await?;
    }
    Ok(())
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

/// The value of the first line `name: value`.
fn line_of(path: &str, name: &str) -> Option<String> {
    let text = read(path);
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
