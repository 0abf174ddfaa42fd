//! The JSON text of a log entry, as robots write it (reference: execution 9).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use uuid::Uuid;

use super::model::Level;

/// Bytes of an entry, at most.
pub const LONGEST: usize = 4 << 20;
/// Characters of a name that are kept.
const LONGEST_NAME: usize = 450;

/// What is read of an entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub job: Option<Uuid>,
    pub level: Level,
    /// To the microsecond; `None` where the entry has no time.
    pub at: Option<Timestamp>,
    pub message: String,
    /// The account it was written under.
    pub identity: Option<String>,
    pub host: Option<String>,
    pub robot: Option<String>,
    /// The text itself.
    pub raw: String,
}

impl Entry {
    /// Reads an entry. Names of members are taken in any case.
    ///
    /// # Errors
    /// What is wrong with it, as the rest of a sentence about it.
    pub fn read(raw: &str) -> Result<Self, String> {
        if raw.len() > LONGEST {
            return Err(format!("is longer than {LONGEST} bytes"));
        }
        let members: Members =
            serde_json::from_str(raw).map_err(|error| format!("is not the JSON text of an object: {error}"))?;
        let at = match members.time {
            Value::Null => None,
            Value::String(text) => {
                Some(moment(&text).ok_or("has a timeStamp that is not a time, such as 2026-01-18T14:46:07.415+02:00")?)
            }
            _ => return Err("has a timeStamp that is not a text".to_owned()),
        };
        let job = match members.job {
            Value::Null => None,
            Value::String(text) if text.trim().is_empty() => None,
            Value::String(text) => Some(Uuid::parse_str(text.trim()).map_err(|_| "has a jobId that is not a GUID")?),
            _ => return Err("has a jobId that is not a GUID".to_owned()),
        };
        Ok(Self {
            job: job.filter(|job| !job.is_nil()),
            level: level(&members.level),
            at,
            message: storable(match members.message {
                Value::Null => String::new(),
                Value::String(text) => text,
                other => other.to_string(),
            }),
            identity: name(members.identity),
            host: name(members.host),
            robot: name(members.robot),
            raw: raw.to_owned(),
        })
    }
}

/// Level names of robots; what is unknown is information.
fn level(given: &Value) -> Level {
    let number = |number: i64| odata::Enumeration::from_number(number).unwrap_or(Level::Info);
    match given {
        Value::Number(given) => given.as_i64().map_or(Level::Info, number),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "trace" | "verbose" => Level::Trace,
            "debug" => Level::Debug,
            "warn" | "warning" => Level::Warn,
            "error" => Level::Error,
            "fatal" | "critical" => Level::Fatal,
            other => other.parse().map_or(Level::Info, number),
        },
        _ => Level::Info,
    }
}

/// A time with offset, or one without, which is taken for UTC. Cut to microseconds.
fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let at: Timestamp = match text.parse() {
        Ok(at) => at,
        Err(_) => TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok()?,
    };
    Timestamp::from_microsecond(at.as_microsecond()).ok()
}

fn name(given: Value) -> Option<String> {
    let Value::String(text) = given else { return None };
    let text = text.trim();
    let short = match text.char_indices().nth(LONGEST_NAME) {
        Some((at, _)) => &text[..at],
        None => text,
    };
    (!short.is_empty()).then(|| storable(short.to_owned()))
}

/// The text without U+0000, which databases do not hold.
fn storable(text: String) -> String {
    if text.contains('\0') {
        text.replace('\0', "\u{fffd}")
    } else {
        text
    }
}

/// The members that count.
#[derive(Default)]
struct Members {
    message: Value,
    level: Value,
    time: Value,
    identity: Value,
    host: Value,
    robot: Value,
    job: Value,
}

enum Member {
    Message,
    Level,
    Time,
    Identity,
    Host,
    Robot,
    Job,
    Other,
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = Member;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a member")
            }

            fn visit_str<E>(self, name: &str) -> Result<Member, E> {
                type Named = (&'static str, fn() -> Member);
                const NAMES: [Named; 8] = [
                    ("message", || Member::Message),
                    ("level", || Member::Level),
                    ("timeStamp", || Member::Time),
                    ("windowsIdentity", || Member::Identity),
                    ("machineName", || Member::Host),
                    ("robotName", || Member::Robot),
                    ("jobId", || Member::Job),
                    ("jobKey", || Member::Job),
                ];
                let found = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
                Ok(found.map_or(Member::Other, |(_, member)| member()))
            }
        }
        deserializer.deserialize_identifier(Name)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Members::default();
                while let Some(member) = map.next_key::<Member>()? {
                    let place = match member {
                        Member::Message => &mut members.message,
                        Member::Level => &mut members.level,
                        Member::Time => &mut members.time,
                        Member::Identity => &mut members.identity,
                        Member::Host => &mut members.host,
                        Member::Robot => &mut members.robot,
                        Member::Job => &mut members.job,
                        Member::Other => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    *place = map.next_value()?;
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> Entry {
        Entry::read(raw).unwrap()
    }

    #[test]
    fn an_entry_of_a_robot_is_read_with_its_time_to_the_microsecond() {
        let raw = r#"{"message":"TTT execution started","level":"Information","logType":"Default",
            "timeStamp":"2017-01-18T14:46:07.4152893+02:00","windowsIdentity":"HOST\\user","machineName":"HOST",
            "jobId":"8066c309-cef8-4b47-9163-b273fc14cc43","robotName":"R1","custom":{"a":[1]}}"#;
        let entry = read(raw);
        assert_eq!(entry.at.unwrap().to_string(), "2017-01-18T12:46:07.415289Z");
        assert_eq!(
            (entry.level, entry.message.as_str()),
            (Level::Info, "TTT execution started")
        );
        assert_eq!(entry.identity.as_deref(), Some("HOST\\user"));
        assert_eq!(
            (entry.host.as_deref(), entry.robot.as_deref()),
            (Some("HOST"), Some("R1"))
        );
        assert_eq!(entry.job.unwrap().to_string(), "8066c309-cef8-4b47-9163-b273fc14cc43");
        assert_eq!(entry.raw, raw);
    }

    #[test]
    fn levels_have_the_names_of_robots_and_of_the_contract() {
        let level = |text: &str| read(&format!(r#"{{"Level":{text}}}"#)).level;
        let told = [
            "\"Verbose\"",
            "\"Debug\"",
            "\"information\"",
            "\"Warning\"",
            "\"Error\"",
            "\"Critical\"",
        ]
        .map(level);
        assert_eq!(
            told,
            [
                Level::Trace,
                Level::Debug,
                Level::Info,
                Level::Warn,
                Level::Error,
                Level::Fatal
            ]
        );
        assert_eq!(
            ["4", "\"5\"", "\"?\"", "null", "9"].map(level),
            [Level::Error, Level::Fatal, Level::Info, Level::Info, Level::Info]
        );
    }

    #[test]
    fn what_is_no_entry_says_why() {
        let wrong = |raw: &str| Entry::read(raw).unwrap_err();
        assert!(wrong("hello").starts_with("is not the JSON text of an object"));
        assert!(wrong("[1]").starts_with("is not the JSON text of an object"));
        assert!(wrong(r#"{"timeStamp":"yesterday"}"#).contains("timeStamp"));
        assert!(wrong(r#"{"timeStamp":7}"#).contains("timeStamp"));
        assert!(wrong(r#"{"jobId":"7"}"#).contains("jobId"));
        assert!(wrong(&" ".repeat(LONGEST + 1)).contains("longer"));
    }

    #[test]
    fn what_databases_cannot_hold_is_replaced() {
        let entry = read(
            r#"{"message":"a\u0000b","timeStamp":"2026-01-01T00:00:00","jobId":"00000000-0000-0000-0000-000000000000"}"#,
        );
        assert_eq!(entry.message, "a\u{fffd}b");
        assert_eq!(entry.at.unwrap().to_string(), "2026-01-01T00:00:00Z");
        assert_eq!(entry.job, None);
    }
}
