//! The robot: runs jobs on a machine. A client of the server (`robot-protocol`) that knows nothing of its inside.
//!
//! Three kinds of processes: the robot ([`agent`]), a [`supervisor`] per job, which outlives the robot, and the job's own.
//!
//! * [`agent`]: the session, long polls, and a task per execution; [`execution`]: what such a task does, step by step.
//! * [`server`]: the calls, with sign-in and repetition. [`tail`]: log entries on their way.
//! * [`home`], [`place`]: the directories, and what is found in them after a crash.
//! * [`packages`], [`unpack`], [`manifest`]: from a package to something that can be run. [`pack`]: the other way.
//! * [`runtimes`]: command and Python. [`environment`]: the variables of a job. [`users`]: the account it runs under.
//!
//! **An execution never runs twice.** The server hands an execution to one session, which accepts it once; the supervisor creates the file
//! `started` once. Whoever finds that file, no result, and nobody who holds the lock, reports a fault.

#![cfg(target_os = "linux")]

pub mod agent;
pub mod cli;
mod clock;
pub mod config;
mod environment;
mod execution;
mod home;
mod manifest;
mod pack;
mod packages;
mod place;
mod problem;
mod runtimes;
mod server;
mod spec;
mod supervisor;
mod tail;
mod unpack;
mod users;
