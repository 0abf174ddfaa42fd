//! What a request says about the robots of an account, and the checks that need no database.

use context::{Error, Wrong, has_hidden};
use serde::Deserialize;
use serde_json::{Map, Value};
use vault::Secret;

use super::model::CredentialType;

/// Characters (reference: execution 7.2).
const LONGEST_NAME: usize = 100;
const LONGEST_PASSWORD: usize = 100;
const LONGEST_EXTERNAL_NAME: usize = 450;
/// Execution settings of a robot, and characters of each.
const MOST_SETTINGS: usize = 50;
const LONGEST_SETTING: usize = 256;

/// The members of `UserDto` that are about robots. `None`: not mentioned, or null; the robot stays what it is.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RobotsInput {
    pub unattended_robot: Option<UnattendedInput>,
    pub robot_provision: Option<AttendedInput>,
}

/// Contract schema `UnattendedRobotDto`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct UnattendedInput {
    pub user_name: Option<String>,
    pub password: Option<String>,
    pub credential_type: Option<CredentialType>,
    pub credential_external_name: Option<String>,
    pub execution_settings: Option<Map<String, Value>>,
    pub limit_concurrent_execution: Option<bool>,
}

/// Contract schema `AttendedRobotDto`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AttendedInput {
    pub user_name: Option<String>,
    pub execution_settings: Option<Map<String, Value>>,
    pub robot_type: Option<String>,
}

/// What a robot is to be, right as far as can be told without the database. `None` leaves what is there.
#[derive(Default, Clone)]
pub struct RobotDraft {
    pub user_name: Option<String>,
    pub password: Option<Secret>,
    pub credential_type: Option<CredentialType>,
    pub external_name: Option<String>,
    pub settings: Option<Map<String, Value>>,
    pub limit_concurrent: Option<bool>,
    pub robot_type: Option<String>,
}

/// The robots of an account as a request wants them.
#[derive(Default, Clone)]
pub struct RobotDrafts {
    pub unattended: Option<RobotDraft>,
    pub attended: Option<RobotDraft>,
}

impl RobotsInput {
    /// # Errors
    /// 400 with every member that is wrong.
    pub fn check(self) -> Result<RobotDrafts, Error> {
        let mut wrong = Wrong::default();
        let unattended = self.unattended_robot.map(|robot| {
            let at = "UnattendedRobot";
            let external_name = filled(robot.credential_external_name);
            wrong.text(
                format!("{at}.CredentialExternalName"),
                external_name.as_deref(),
                LONGEST_EXTERNAL_NAME,
            );
            let password = robot.password.filter(|password| !is_mask(password));
            wrong.text(format!("{at}.Password"), password.as_deref(), LONGEST_PASSWORD);
            RobotDraft {
                user_name: name(&mut wrong, at, robot.user_name),
                password: password.map(Secret::from),
                credential_type: robot.credential_type,
                external_name,
                settings: settings(&mut wrong, at, robot.execution_settings),
                limit_concurrent: robot.limit_concurrent_execution,
                robot_type: None,
            }
        });
        let attended = self.robot_provision.map(|robot| {
            let at = "RobotProvision";
            let robot_type = filled(robot.robot_type);
            if robot_type
                .as_deref()
                .is_some_and(|kind| !ATTENDED_TYPES.contains(&kind))
            {
                wrong.add(format!("{at}.RobotType"), "There is no such kind of attended robot.");
            }
            RobotDraft {
                user_name: name(&mut wrong, at, robot.user_name),
                settings: settings(&mut wrong, at, robot.execution_settings),
                robot_type,
                ..RobotDraft::default()
            }
        });
        wrong.finish()?;
        Ok(RobotDrafts { unattended, attended })
    }
}

impl RobotDrafts {
    pub fn is_empty(&self) -> bool {
        self.unattended.is_none() && self.attended.is_none()
    }

    /// What an account may change about its own robot: the password.
    pub fn own(self) -> Self {
        Self {
            unattended: self.unattended.map(|robot| RobotDraft {
                password: robot.password,
                ..RobotDraft::default()
            }),
            attended: None,
        }
    }
}

/// Runtime types of robots that a person attends (reference: execution 2).
const ATTENDED_TYPES: [&str; 11] = [
    "Attended",
    "Development",
    "Studio",
    "RpaDeveloper",
    "StudioX",
    "CitizenDeveloper",
    "StudioPro",
    "RpaDeveloperPro",
    "AutomationKit",
    "AttendedStudioWeb",
    "AssistantWeb",
];

/// Nothing, or what stands for a password that is not shown: clients send back what they were answered.
fn is_mask(password: &str) -> bool {
    password.chars().all(|letter| letter == '*')
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn name(wrong: &mut Wrong, at: &str, given: Option<String>) -> Option<String> {
    let name = filled(given.map(|name| name.trim().to_owned()));
    wrong.text(format!("{at}.UserName"), name.as_deref(), LONGEST_NAME);
    if name.as_deref().is_some_and(has_hidden) {
        wrong.add(format!("{at}.UserName"), "UserName must not contain hidden characters.");
    }
    name
}

/// Single values under names, as the definitions have them (reference: execution 7.5). Unknown names are kept: newer robots know more.
fn settings(wrong: &mut Wrong, at: &str, given: Option<Map<String, Value>>) -> Option<Map<String, Value>> {
    let given = given?;
    let at = format!("{at}.ExecutionSettings");
    if given.len() > MOST_SETTINGS {
        wrong.add(at, format!("There can be at most {MOST_SETTINGS} settings."));
        return None;
    }
    let mut kept = Map::new();
    for (name, value) in given {
        if name.contains('@') || value.is_null() {
            continue;
        }
        let text = match &value {
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            _ => {
                wrong.add(
                    format!("{at}.{}", context::shortened(&name, 100)),
                    "A setting is a text, a number, true or false.",
                );
                continue;
            }
        };
        if name.chars().count() > LONGEST_SETTING || text.chars().count() > LONGEST_SETTING || text.contains('\0') {
            wrong.add(
                at.clone(),
                format!("A setting has at most {LONGEST_SETTING} characters."),
            );
            continue;
        }
        if name == "TracingLevel" && !LEVELS.iter().any(|level| level.eq_ignore_ascii_case(&text)) {
            wrong.add(format!("{at}.TracingLevel"), "There is no such level.");
        }
        kept.insert(name, value);
    }
    Some(kept)
}

const LEVELS: [&str; 7] = ["Off", "Critical", "Error", "Warning", "Information", "Verbose", "Trace"];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: Value) -> Result<RobotDrafts, Vec<String>> {
        let input: RobotsInput = serde_json::from_value(body).unwrap();
        input
            .check()
            .map_err(|error| error.fields.into_iter().map(|field| field.name).collect())
    }

    #[test]
    fn a_password_that_is_not_shown_is_not_set() {
        for password in ["", "****"] {
            let drafts = read(json!({"UnattendedRobot": {"UserName": "d\\u", "Password": password}})).unwrap();
            let robot = drafts.unattended.unwrap();
            assert!(robot.password.is_none() && robot.user_name.as_deref() == Some("d\\u"));
        }
        let drafts = read(json!({"UnattendedRobot": {"UserName": "x", "Password": "*a"}})).unwrap();
        assert!(drafts.clone().unattended.unwrap().password.is_some());
        let own = drafts.own().unattended.unwrap();
        assert!(own.password.is_some() && own.user_name.is_none());
    }

    #[test]
    fn settings_are_single_values_of_bounded_length() {
        let settings =
            json!({"TracingLevel": "verbose", "ResolutionWidth": 800, "LoginToConsole": true, "New": "x", "Old": null});
        let drafts = read(json!({"UnattendedRobot": {"ExecutionSettings": settings}})).unwrap();
        assert_eq!(drafts.unattended.unwrap().settings.unwrap().len(), 4);
        for (bad, name) in [
            (
                json!({"TracingLevel": "Loud"}),
                "UnattendedRobot.ExecutionSettings.TracingLevel",
            ),
            (json!({"A": {}}), "UnattendedRobot.ExecutionSettings.A"),
            (json!({"A": "x".repeat(257)}), "UnattendedRobot.ExecutionSettings"),
        ] {
            let wrong = read(json!({"UnattendedRobot": {"ExecutionSettings": bad}}))
                .err()
                .unwrap();
            assert_eq!(wrong, [name]);
        }
        assert_eq!(
            read(json!({"RobotProvision": {"RobotType": "Unattended"}}))
                .err()
                .unwrap(),
            ["RobotProvision.RobotType"]
        );
    }
}
