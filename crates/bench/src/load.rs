//! The load generator: as many keep-alive connections as wanted, each sending its next request when it has the answer
//! to the last one, all on one thread.

use std::io::{ErrorKind, Result};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::http::Head;
use crate::latency::{Latencies, Summary};
use crate::process::{cpu_time, machine_time};

/// What is sent.
pub enum Requests {
    /// These, over and over.
    Cycle(Vec<Vec<u8>>),
    /// The same, with a running number of as many digits as `digits` says written at each of the places.
    Numbered {
        bytes: Vec<u8>,
        places: Vec<usize>,
        digits: usize,
    },
    /// One of `first`, answered with an entity, and then `second` about its id: two requests that count as one.
    Pairs { first: Vec<Vec<u8>>, second: Second },
}

/// The second request of a pair.
pub struct Second {
    pub before: Vec<u8>,
    pub after: Vec<u8>,
}

impl Second {
    fn about(&self, entity: &[u8]) -> anyhow::Result<Vec<u8>> {
        const NAME: &[u8] = b"\"Id\":";
        let at = entity.windows(NAME.len()).position(|window| window == NAME);
        let id: Vec<u8> = at
            .map(|at| &entity[at + NAME.len()..])
            .unwrap_or_default()
            .iter()
            .copied()
            .take_while(u8::is_ascii_digit)
            .collect();
        anyhow::ensure!(
            !id.is_empty(),
            "an answer has no entity: {}",
            String::from_utf8_lossy(entity)
        );
        Ok([self.before.as_slice(), &id, &self.after].concat())
    }
}

impl Requests {
    pub fn same(request: Vec<u8>) -> Self {
        Self::Cycle(vec![request])
    }

    /// A request in which `######` (any length, always the same one) is replaced by a running number, wherever it stands.
    pub fn numbered(bytes: Vec<u8>) -> Self {
        let at = bytes.iter().position(|byte| *byte == b'#').unwrap_or(bytes.len());
        let digits = bytes[at..].iter().take_while(|byte| **byte == b'#').count();
        let is_place = |at: &usize| bytes[*at] == b'#' && (*at == 0 || bytes[*at - 1] != b'#');
        let places = (0..bytes.len()).filter(is_place).collect();
        Self::Numbered { bytes, places, digits }
    }

    fn prepare<'a>(&'a self, number: u64, own: &'a mut Vec<u8>) -> &'a [u8] {
        match self {
            Self::Cycle(requests) | Self::Pairs { first: requests, .. } => &requests[number as usize % requests.len()],
            Self::Numbered { bytes, places, digits } => {
                if own.is_empty() {
                    own.extend_from_slice(bytes);
                }
                for at in places {
                    let mut rest = number;
                    for place in own[*at..at + digits].iter_mut().rev() {
                        *place = b'0' + (rest % 10) as u8;
                        rest /= 10;
                    }
                }
                own
            }
        }
    }
}

/// How much, for how long.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub address: SocketAddr,
    pub connections: usize,
    /// Time at the start that does not count.
    pub warm_up: Duration,
    pub duration: Duration,
    /// The status every answer must have.
    pub status: u16,
    /// The server's process, for the account of processor time.
    pub process: Option<u32>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub connections: usize,
    pub per_second: f64,
    pub latency: Summary,
    pub requests: usize,
    /// Processor time per request; `None` where the system does not tell.
    pub server_cpu: Option<Duration>,
    pub client_cpu: Option<Duration>,
    /// Share of all processor time that went to others than server and client, from 0 to 1. Where it is not small the
    /// figure says little.
    pub others: Option<f64>,
}

/// Processor time used so far, where the system tells.
struct Account {
    server: Option<Duration>,
    client: Option<Duration>,
    machine: Option<Duration>,
}

impl Account {
    fn read(server: Option<u32>) -> Self {
        Self {
            server: server.and_then(cpu_time),
            client: cpu_time(std::process::id()),
            machine: machine_time(),
        }
    }
}

fn difference(after: Option<Duration>, before: Option<Duration>) -> Option<Duration> {
    Some(after?.saturating_sub(before?))
}

impl Load {
    /// Runs the load.
    ///
    /// # Errors
    /// A connection that breaks, or an answer with another status.
    pub fn run(self, requests: Requests) -> anyhow::Result<Outcome> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(self.drive(Arc::new(requests)))
    }

    async fn drive(self, requests: Arc<Requests>) -> anyhow::Result<Outcome> {
        let number = Arc::new(AtomicU64::new(0));
        let begin = Instant::now() + self.warm_up;
        let end = begin + self.duration;
        let conversations: Vec<_> = (0..self.connections)
            .map(|_| tokio::spawn(self.converse(requests.clone(), number.clone(), begin, end)))
            .collect();
        tokio::time::sleep_until(begin.into()).await;
        let before = Account::read(self.process);
        tokio::time::sleep_until(end.into()).await;
        let after = Account::read(self.process);
        let mut latencies = Latencies::default();
        for conversation in conversations {
            latencies.append(conversation.await??);
        }
        let count = latencies.len();
        let server = difference(after.server, before.server);
        let client = difference(after.client, before.client);
        let machine = difference(after.machine, before.machine);
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let others = machine.map(|machine| {
            let own = server.unwrap_or_default() + client.unwrap_or_default();
            machine.saturating_sub(own).as_secs_f64() / (self.duration.as_secs_f64() * cores as f64)
        });
        let each = |time: Option<Duration>| time.map(|time| time / count.max(1) as u32);
        Ok(Outcome {
            connections: self.connections,
            per_second: count as f64 / self.duration.as_secs_f64(),
            latency: latencies.summary(),
            requests: count,
            server_cpu: each(server),
            client_cpu: each(client),
            others,
        })
    }

    async fn converse(
        self,
        requests: Arc<Requests>,
        number: Arc<AtomicU64>,
        begin: Instant,
        end: Instant,
    ) -> anyhow::Result<Latencies> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let mut latencies = Latencies::default();
        let mut buffer = vec![0; 64 << 10];
        let mut own = Vec::new();
        let mut sent = Instant::now();
        while sent < end {
            let request = requests.prepare(number.fetch_add(1, Ordering::Relaxed), &mut own);
            let head = self.ask(&mut stream, &mut buffer, request).await?;
            if let Requests::Pairs { second, .. } = &*requests {
                let request = second.about(&buffer[head.body..head.end])?;
                self.ask(&mut stream, &mut buffer, &request).await?;
            }
            let now = Instant::now();
            if sent >= begin && now <= end {
                latencies.add(now - sent);
            }
            sent = now;
        }
        Ok(latencies)
    }

    /// Sends a request and reads its answer, which must have the status of the load.
    async fn ask(&self, stream: &mut TcpStream, buffer: &mut Vec<u8>, request: &[u8]) -> anyhow::Result<Head> {
        stream.write_all(request).await?;
        let head = read(stream, buffer).await?;
        anyhow::ensure!(
            head.status == self.status,
            "expected {}, got {}: {}",
            self.status,
            head.status,
            String::from_utf8_lossy(&buffer[head.body..head.end])
        );
        Ok(head)
    }
}

async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<Head> {
    let mut filled = 0;
    loop {
        let count = stream.read(&mut buffer[filled..]).await?;
        if count == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        filled += count;
        if let Some(head) = Head::parse(&buffer[..filled])?
            && filled >= head.end
        {
            return Ok(head);
        }
        if filled == buffer.len() {
            buffer.resize(filled * 2, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_number_is_written_in_place() {
        let requests = Requests::numbered(b"name-#### and ####".to_vec());
        let mut own = Vec::new();
        assert_eq!(requests.prepare(7, &mut own), b"name-0007 and 0007");
        assert_eq!(requests.prepare(12, &mut own), b"name-0012 and 0012");
    }
}
