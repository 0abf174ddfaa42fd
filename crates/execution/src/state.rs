//! What requests about execution share.

use std::sync::Arc;

use crate::agents::bells::Bells;

/// The execution half of the server. One per process; handlers find it by `request.state::<Execution>()`.
#[derive(Debug, Default)]
pub struct Execution {
    /// Wakes the robots that wait for work.
    pub bells: Arc<Bells>,
}

impl Execution {
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }
}
