//! Connections that write as fast as they can until the server is gone.

use std::net::SocketAddr;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{anyhow, bail};

use super::Access;
use super::ledger::{Ledger, State};
use crate::http::{Answer, Connection};
use crate::random::Random;
use crate::server::{Server, post};

/// Most writes of one connection in one cycle, so that what has to be compared stays bounded.
const MOST: u64 = 2_000;

/// Writes, kills the server after `delay`, and enters everything in the ledger. Gives the number of acknowledged writes.
///
/// # Errors
/// An answer that makes no sense, or a server that ended before it was killed.
pub fn write_until_killed(
    server: Server,
    access: &Access,
    connections: u16,
    delay: Duration,
    ledger: &mut Ledger,
    random: &mut Random,
) -> anyhow::Result<usize> {
    let mut writers = plan(server.address, access, connections, ledger, random);
    let killed = AtomicBool::new(false);
    let begin = Barrier::new(writers.len() + 1);
    let results: Vec<anyhow::Result<Vec<(String, State)>>> = thread::scope(|scope| {
        let threads: Vec<_> = writers
            .drain(..)
            .map(|writer| scope.spawn(|| writer.write(&begin, &killed)))
            .collect();
        begin.wait();
        thread::sleep(delay);
        killed.store(true, Ordering::SeqCst);
        let ended = server.kill();
        let results = threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(anyhow!("a writer panicked"))));
        let mut results: Vec<_> = results.collect();
        results.extend(ended.err().map(Err));
        results
    });
    let mut acknowledged = 0;
    for result in results {
        for (name, state) in result? {
            acknowledged += usize::from(state == State::Acknowledged);
            ledger.set(&name, state);
        }
    }
    Ok(acknowledged)
}

/// Gives each connection its names. About half of the writes whose answer was lost are tried again under the same name,
/// as a client would; the others must stay as they were found.
fn plan(
    address: SocketAddr,
    access: &Access,
    connections: u16,
    ledger: &mut Ledger,
    random: &mut Random,
) -> Vec<Writer> {
    let mut again: Vec<(String, State)> = Vec::new();
    for state in [State::Absent, State::Present] {
        // Old ones are left alone, so that their state is watched to the end.
        let names = ledger.names(state).into_iter().rev().take(usize::from(connections));
        again.extend(names.filter(|_| random.coin()).map(|name| (name, state)));
    }
    (0..connections)
        .map(|number| Writer {
            address,
            token: access.token.clone(),
            folder: access.folder,
            seed: ledger.seed(),
            again: again
                .iter()
                .skip(usize::from(number))
                .step_by(usize::from(connections))
                .cloned()
                .collect(),
            first: ledger.reserve(MOST),
        })
        .collect()
}

struct Writer {
    address: SocketAddr,
    token: String,
    folder: i64,
    seed: u64,
    again: Vec<(String, State)>,
    first: u64,
}

impl Writer {
    fn write(self, begin: &Barrier, killed: &AtomicBool) -> anyhow::Result<Vec<(String, State)>> {
        let connection = Connection::open(self.address);
        begin.wait();
        let mut connection = connection?;
        let mut results = Vec::new();
        let repeated = self.again.iter().cloned().map(|(name, state)| (name, Some(state)));
        let new = (self.first..self.first + MOST).map(|number| (Ledger::name(number), None));
        for (name, before) in repeated.chain(new) {
            let body = Ledger::body(self.seed, &name);
            match connection.exchange(&post("/odata/Assets", &self.token, self.folder, &body)) {
                Ok(answer) => results.push(verdict(name, before, &answer)?),
                Err(error) => {
                    if !killed.load(Ordering::SeqCst) {
                        bail!("{name}: the connection broke while the server was running: {error}");
                    }
                    // A repeated write of something present changes nothing, answered or not.
                    let state = if before == Some(State::Present) {
                        State::Present
                    } else {
                        State::Doubtful
                    };
                    results.push((name, state));
                    break;
                }
            }
        }
        Ok(results)
    }
}

/// What an answer to a write means, knowing what was there before.
fn verdict(name: String, before: Option<State>, answer: &Answer) -> anyhow::Result<(String, State)> {
    match (answer.status, before) {
        (201, None | Some(State::Absent)) => Ok((name, State::Acknowledged)),
        (409 | 400, Some(State::Present)) => Ok((name, State::Present)),
        (status, before) => bail!(
            "{name}, {}: unexpected answer {status}: {}",
            match before {
                Some(State::Present) => "there before the retry",
                Some(_) => "not there before the retry",
                None => "never sent before",
            },
            answer.text()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, before: Option<State>, expected: Option<State>) {
        let answer = Answer {
            status,
            body: Vec::new(),
        };
        let state = verdict("x".to_owned(), before, &answer).ok().map(|(_, state)| state);
        assert_eq!(state, expected);
    }

    #[test]
    fn a_name_is_accepted_once() {
        check(201, None, Some(State::Acknowledged));
        check(201, Some(State::Absent), Some(State::Acknowledged));
        check(409, Some(State::Present), Some(State::Present));
        check(201, Some(State::Present), None);
        check(409, None, None);
        check(500, None, None);
    }
}
