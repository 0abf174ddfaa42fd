//! Ends everything a job started, also what left its process group.
//!
//! The supervisor is the reaper of its descendants: whoever loses his parent becomes its child. So killing children until there are none
//! gets them all.

use std::fs;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, WaitStatus};

/// Kills the group and all descendants of this process, and collects them. Gives the status of `main` when it was among them.
pub fn end(main: Option<Pid>) -> Option<WaitStatus> {
    let mut status = None;
    // Somebody who starts processes faster than they are killed does not keep the supervisor for ever; a control group ends those.
    for round in 0..500_u32 {
        if let Some(main) = main {
            let _ = rustix::process::kill_process_group(main, Signal::KILL);
        }
        for child in children() {
            let _ = rustix::process::kill_process(child, Signal::KILL);
        }
        match reap(main) {
            Reaped::Main(found) => status = Some(found),
            Reaped::None => break,
            Reaped::Some => {}
        }
        if round > 0 {
            std::thread::sleep(Duration::from_millis(u64::from(round.min(20))));
        }
    }
    status
}

/// What was collected.
pub enum Reaped {
    /// There are no children.
    None,
    /// There are some, or were.
    Some,
    /// The main one ended.
    Main(WaitStatus),
}

/// Collects children that ended.
pub fn reap(main: Option<Pid>) -> Reaped {
    let mut seen = Reaped::Some;
    loop {
        match rustix::process::wait(WaitOptions::NOHANG) {
            Ok(Some((pid, status))) if Some(pid) == main => seen = Reaped::Main(status),
            Ok(Some(_)) => {}
            Ok(None) => return seen,
            // No children: said after the status of the main one was passed on.
            Err(_) => {
                return match seen {
                    Reaped::Main(_) => seen,
                    _ => Reaped::None,
                };
            }
        }
    }
}

/// The direct children of this process.
fn children() -> Vec<Pid> {
    let own = std::process::id();
    // One thread only, so its children are the process's.
    if let Ok(text) = fs::read_to_string(format!("/proc/self/task/{own}/children")) {
        return text.split_whitespace().filter_map(pid).collect();
    }
    processes()
        .filter(|process| parent(*process) == Some(own))
        .filter_map(|process| pid(&process.to_string()))
        .collect()
}

fn pid(text: &str) -> Option<Pid> {
    Pid::from_raw(text.parse().ok()?)
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn parent(process: u32) -> Option<u32> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name of the program comes second, in parentheses, and may hold anything.
    text.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// Kills what an execution left behind whose supervisor died. It is known by the mark in its environment.
pub fn end_marked(mark: &str) {
    let mark = mark.as_bytes();
    for _ in 0..20 {
        let marked = |process: &u32| {
            let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == mark)
        };
        let found: Vec<Pid> = processes()
            .filter(marked)
            .filter_map(|process| pid(&process.to_string()))
            .collect();
        if found.is_empty() {
            return;
        }
        for process in found {
            let _ = rustix::process::kill_process(process, Signal::KILL);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_carries_the_mark_is_ended() {
        let mark = format!("ORCHESTRION_TEST_MARK={}", crate::clock::uuid());
        let (name, value) = mark.split_once('=').expect("is one");
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .env(name, value)
            .spawn()
            .expect("starts");
        // The environment can be read once the program runs.
        std::thread::sleep(Duration::from_millis(50));
        let waiting = std::thread::spawn(move || child.wait().expect("ends"));
        end_marked(&mark);
        assert!(!waiting.join().expect("joins").success());
    }
}
