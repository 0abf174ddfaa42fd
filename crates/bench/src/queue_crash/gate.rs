//! Where the connections wait while there is no server, and how they tell a lost answer from one that never had to come.

use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, anyhow, bail};

use crate::http::{Answer, Connection};
use crate::server::post;
use serde_json::Value;

/// A running server and what is needed to be let in.
#[derive(Debug)]
pub struct Access {
    /// How many servers ran before.
    pub generation: u32,
    pub address: SocketAddr,
    pub token: String,
    pub folder: i64,
}

#[derive(Debug, Default)]
struct State {
    open: Option<Arc<Access>>,
    fault: Option<anyhow::Error>,
}

/// Open while a server runs.
#[derive(Debug, Default)]
pub struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

impl Gate {
    pub fn open(&self, access: Access) {
        self.state().open = Some(Arc::new(access));
        self.changed.notify_all();
    }

    /// Shut before the server is killed: from now on an answer may be missing.
    pub fn shut(&self) {
        self.state().open = None;
    }

    /// Ends the run. The first fault is the one that is told.
    pub fn fail(&self, fault: anyhow::Error) {
        let mut state = self.state();
        state.fault.get_or_insert(fault);
        drop(state);
        self.changed.notify_all();
    }

    pub fn failed(&self) -> bool {
        self.state().fault.is_some()
    }

    pub fn into_fault(self) -> Option<anyhow::Error> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.fault
    }

    /// Waits for a running server.
    ///
    /// # Errors
    /// A run that has failed.
    fn pass(&self) -> anyhow::Result<Arc<Access>> {
        let mut state = self.state();
        loop {
            if state.fault.is_some() {
                bail!("the run has ended");
            }
            if let Some(access) = &state.open {
                return Ok(access.clone());
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether this is still the server that runs.
    fn runs(&self, generation: u32) -> bool {
        let state = self.state();
        state
            .open
            .as_ref()
            .is_some_and(|access| access.generation == generation)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer, and whether the same request was sent before it in vain.
pub struct Reply {
    pub answer: Answer,
    pub repeated: bool,
}

/// A connection that outlives its servers.
pub struct Client<'a> {
    gate: &'a Gate,
    connection: Option<(Arc<Access>, Connection)>,
    /// Requests that were sent and not answered.
    pub lost: u64,
}

impl<'a> Client<'a> {
    pub fn new(gate: &'a Gate) -> Self {
        Self {
            gate,
            connection: None,
            lost: 0,
        }
    }

    /// The connection, or a new one once a server runs. `None`: the server was killed in the meantime.
    fn connect(&mut self) -> anyhow::Result<Option<(Arc<Access>, Connection)>> {
        if let Some(connection) = self.connection.take() {
            return Ok(Some(connection));
        }
        let access = self.gate.pass()?;
        match Connection::open(access.address) {
            Ok(connection) => Ok(Some((access, connection))),
            Err(error) if self.gate.runs(access.generation) => {
                Err(anyhow!(error).context("cannot connect to the running server"))
            }
            Err(_) => Ok(None),
        }
    }

    /// Sends a request until it is answered. `key` is its idempotency key.
    ///
    /// # Errors
    /// A connection that breaks although the server was not killed; a run that has failed.
    pub fn post(&mut self, path: &str, key: Option<&str>, body: &Value) -> anyhow::Result<Reply> {
        let mut repeated = false;
        loop {
            let Some((access, mut connection)) = self.connect()? else {
                continue;
            };
            let request = post(path, &access.token, access.folder, body);
            let request = match key {
                Some(key) => with_header(&request, &format!("idempotency-key: {key}"))?,
                None => request,
            };
            match connection.exchange(&request) {
                Ok(answer) => {
                    self.connection = Some((access, connection));
                    return Ok(Reply { answer, repeated });
                }
                Err(error) if self.gate.runs(access.generation) => {
                    return Err(anyhow!(error).context(format!("{path}: no answer from the running server")));
                }
                Err(_) => {
                    self.lost += 1;
                    repeated = true;
                }
            }
        }
    }
}

/// A request with another header, after the line that it begins with.
fn with_header(request: &[u8], header: &str) -> anyhow::Result<Vec<u8>> {
    let end = request
        .windows(2)
        .position(|two| two == b"\r\n")
        .context("a request without a first line")?;
    let (line, rest) = request.split_at(end);
    Ok([line, b"\r\n", header.as_bytes(), rest].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(generation: u32) -> Access {
        Access {
            generation,
            address: SocketAddr::from(([127, 0, 0, 1], 1)),
            token: String::new(),
            folder: 1,
        }
    }

    #[test]
    fn an_answer_may_be_missing_once_the_gate_was_shut() {
        let gate = Gate::default();
        gate.open(access(1));
        assert!(gate.runs(1));
        gate.shut();
        assert!(!gate.runs(1));
        gate.open(access(2));
        assert!(!gate.runs(1) && gate.runs(2));
        assert_eq!(gate.pass().unwrap().generation, 2);
    }

    #[test]
    fn the_first_fault_ends_the_wait_and_is_told() {
        let gate = Gate::default();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| gate.pass().is_err());
            gate.fail(anyhow!("first"));
            gate.fail(anyhow!("second"));
            assert!(waiting.join().unwrap());
        });
        assert_eq!(gate.into_fault().unwrap().to_string(), "first");
    }

    #[test]
    fn a_header_comes_after_the_first_line() {
        let request = with_header(b"POST / HTTP/1.1\r\nhost: a\r\n\r\nb", "c: d").unwrap();
        assert_eq!(request, b"POST / HTTP/1.1\r\nc: d\r\nhost: a\r\n\r\nb");
    }
}
