//! The account of the operating system that jobs run under.

use anyhow::{Context as _, bail};
use rustix::fs::{Gid, Uid};
use serde::{Deserialize, Serialize};

/// An account of the operating system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub name: String,
    pub uid: u32,
    /// Its primary group. Jobs run in this group only.
    pub gid: u32,
}

impl User {
    /// Looks an account up by name in the system's databases.
    ///
    /// # Errors
    /// When it does not exist, or is the superuser.
    pub fn find(name: &str) -> anyhow::Result<Self> {
        let local = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let user = if let Some(user) = parse(&local, name) {
            user
        } else {
            // Accounts of a directory service are not in the file.
            let known = std::process::Command::new("getent").args(["passwd", name]).output();
            let known = known.with_context(|| format!("there is no account {name}"))?;
            parse(&String::from_utf8_lossy(&known.stdout), name)
                .with_context(|| format!("there is no account {name}"))?
        };
        if user.uid == 0 {
            bail!("--run-as needs an account that is not the superuser");
        }
        Ok(user)
    }

    pub fn owner(&self) -> (Uid, Gid) {
        (Uid::from_raw(self.uid), Gid::from_raw(self.gid))
    }
}

/// Finds the line of an account in the format of passwd(5).
fn parse(text: &str, name: &str) -> Option<User> {
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next()? != name {
            return None;
        }
        Some(User {
            name: name.to_owned(),
            uid: fields.nth(1)?.parse().ok()?,
            gid: fields.next()?.parse().ok()?,
        })
    })
}

/// Name of the account the robot runs under.
pub fn own_name() -> String {
    let uid = rustix::process::getuid().as_raw().to_string();
    let text = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let line = text.lines().find(|line| line.split(':').nth(2) == Some(&uid));
    line.and_then(|line| line.split(':').next())
        .map_or_else(|| format!("uid {uid}"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let text = "root:x:0:0::/root:/bin/sh\njobs2:x:7:8::/:/bin/sh\njobs:x:1001:1002:Jobs:/nowhere:/bin/false\n";
        let user = parse(text, "jobs").expect("there");
        assert_eq!((user.uid, user.gid), (1001, 1002));
        assert_eq!(parse(text, "job"), None);
    }

    #[test]
    fn jobs_never_run_as_the_superuser() {
        assert!(User::find("root").is_err());
        assert!(User::find("no-such-account-here").is_err());
    }
}
