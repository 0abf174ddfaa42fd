//! The wire between robot and server, which can be cut.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// What happens on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    Open,
    /// Connections end at once, as when a host or a proxy goes away.
    Broken,
    /// Connections stay and nothing comes through, as when packets are dropped.
    Silent,
}

#[derive(Debug)]
struct State {
    wire: Wire,
    streams: Vec<TcpStream>,
}

/// Passes connections on to the server.
#[derive(Debug, Clone)]
pub struct Network {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Network {
    /// # Errors
    /// No free port.
    pub fn to(server: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let network = Self {
            address: listener.local_addr()?,
            state: Arc::new(Mutex::new(State {
                wire: Wire::Open,
                streams: Vec::new(),
            })),
        };
        let own = network.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let own = own.clone();
                thread::spawn(move || own.carry(stream, server));
            }
        });
        Ok(network)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set(&self, wire: Wire) {
        let mut state = self.state();
        let before = std::mem::replace(&mut state.wire, wire);
        // What was sent into the silence never arrives, so those connections are of no use any more.
        if wire == Wire::Broken || before == Wire::Silent {
            for stream in state.streams.drain(..) {
                let _closed = stream.shutdown(Shutdown::Both);
            }
        }
    }

    fn wire(&self) -> Wire {
        self.state().wire
    }

    fn carry(&self, near: TcpStream, server: SocketAddr) {
        if self.wire() == Wire::Broken {
            return;
        }
        let Ok(far) = TcpStream::connect(server) else {
            return;
        };
        let (Ok(near_back), Ok(far_back)) = (near.try_clone(), far.try_clone()) else {
            return;
        };
        if let (Ok(near), Ok(far)) = (near.try_clone(), far.try_clone()) {
            let mut state = self.state();
            // Those that have ended are forgotten now and then.
            if state.streams.len() > 200 {
                state.streams.drain(..100);
            }
            state.streams.extend([near, far]);
        }
        let own = self.clone();
        thread::spawn(move || own.copy(near_back, far_back));
        self.copy(far, near);
    }

    fn copy(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut buffer = [0; 16 << 10];
        let _nodelay = to.set_nodelay(true);
        while let Ok(count) = from.read(&mut buffer) {
            while self.wire() == Wire::Silent {
                thread::sleep(Duration::from_millis(5));
            }
            if count == 0 || to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        let _closed = to.shutdown(Shutdown::Both);
        let _closed = from.shutdown(Shutdown::Both);
    }
}
