//! Numbers about queues, kept by every unit of work that changes them: no chart counts items.

pub mod tally;
