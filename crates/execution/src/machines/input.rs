//! What a request says about a machine, and the checks that need no database.

use access::tags::{self, Tag};
use access::users::model::UpdatePolicy;
use access::users::service::UpdatePolicyBody;
use context::{Error, MOST_LISTED, Wrong, codes, has_hidden};
use serde::Deserialize;

use super::model::{AutomationType, MachineFramework, MachineScope, MachineType};

/// Characters (reference: execution 7.3).
pub const LONGEST_NAME: usize = 450;
pub const LONGEST_DESCRIPTION: usize = 500;
/// Slots of one runtime type on one host.
pub const MOST_SLOTS: i32 = 10_000;
const LONGEST_VERSION: usize = 128;

/// Contract schema `MachineDto`, as far as callers may set it. Members that are left out are `None`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct MachineInput {
    pub id: Option<i64>,
    pub name: Option<String>,
    pub description: Option<String>,
    #[serde(rename = "Type")]
    pub machine_type: Option<MachineType>,
    pub scope: Option<MachineScope>,
    pub unattended_slots: Option<i32>,
    pub non_production_slots: Option<i32>,
    pub headless_slots: Option<i32>,
    pub test_automation_slots: Option<i32>,
    pub hosting_slots: Option<i32>,
    pub app_test_slots: Option<i32>,
    pub performance_test_slots: Option<i32>,
    pub automation_cloud_slots: Option<i32>,
    pub automation_cloud_test_automation_slots: Option<i32>,
    pub automation_type: Option<AutomationType>,
    pub target_framework: Option<MachineFramework>,
    pub robot_users: Option<Vec<RobotUserInput>>,
    pub update_policy: Option<UpdatePolicyBody>,
    pub tags: Option<Vec<Tag>>,
}

/// `RobotUserDto`, as far as it names a robot.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RobotUserInput {
    pub robot_id: i64,
}

/// A machine that is right as far as can be told without the database. What is `None` stays what it is, or is the default of a new
/// machine.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// The id in the body; where given it must be that of the address.
    pub id: Option<i64>,
    pub name: String,
    pub description: Option<String>,
    pub machine_type: Option<MachineType>,
    pub unattended_slots: i32,
    pub non_production_slots: i32,
    pub headless_slots: i32,
    pub test_automation_slots: i32,
    pub automation_type: Option<AutomationType>,
    pub target_framework: Option<MachineFramework>,
    /// Ids of robots.
    pub robot_users: Option<Vec<i64>>,
    pub update_policy: Option<(UpdatePolicy, Option<String>)>,
    pub tags: Option<Vec<Tag>>,
}

impl MachineInput {
    /// # Errors
    /// 400 with every member that is wrong; with code 1239 for slots that are negative, too many, or of a kind that only the vendor's
    /// cloud has; 409 with code 1227 for a scope that only the product itself gives.
    pub fn check(self) -> Result<Draft, Error> {
        let mut wrong = Wrong::default();
        let name = self.name.unwrap_or_default().trim().to_owned();
        let length = name.chars().count();
        if length == 0 || length > LONGEST_NAME {
            wrong.add("Name", format!("Name needs 1 to {LONGEST_NAME} characters."));
        } else if has_hidden(&name) {
            wrong.add("Name", "Name must not contain hidden characters.");
        }
        let description = self.description.filter(|text| !text.is_empty());
        wrong.text("Description", description.as_deref(), LONGEST_DESCRIPTION);
        let robot_users = self.robot_users.map(|robots| {
            let mut ids: Vec<i64> = robots.iter().map(|robot| robot.robot_id).collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        });
        if robot_users.as_ref().is_some_and(|robots| robots.len() > MOST_LISTED) {
            wrong.add(
                "RobotUsers",
                format!("RobotUsers can have at most {MOST_LISTED} entries."),
            );
        }
        let update_policy = self.update_policy.and_then(|policy| {
            let version = policy.specific_version.filter(|version| !version.is_empty());
            wrong.text("UpdatePolicy.SpecificVersion", version.as_deref(), LONGEST_VERSION);
            if let Ok(policy) = policy.policy.as_deref().unwrap_or("None").parse::<UpdatePolicy>() {
                Some((policy, version))
            } else {
                wrong.add("UpdatePolicy.Type", "There is no such update policy.");
                None
            }
        });
        let tags = self.tags.map(|tags| tags::check(tags, &mut wrong));
        wrong.finish()?;
        if self.scope.is_some_and(|scope| scope != MachineScope::Default) {
            return Err(Error::conflict(
                codes::MACHINE_SCOPE_PROTECTED,
                "Machines of this scope are made and kept by the product itself.",
            ));
        }
        let foreign = [
            self.hosting_slots,
            self.app_test_slots,
            self.performance_test_slots,
            self.automation_cloud_slots,
            self.automation_cloud_test_automation_slots,
        ];
        if foreign.into_iter().flatten().any(|slots| slots != 0) {
            return Err(invalid_slots("There are no slots of this kind on this server."));
        }
        let own = [
            self.unattended_slots,
            self.non_production_slots,
            self.headless_slots,
            self.test_automation_slots,
        ]
        .map(Option::unwrap_or_default);
        if own.iter().any(|slots| !(0..=MOST_SLOTS).contains(slots)) {
            return Err(invalid_slots(&format!("Slots must be between 0 and {MOST_SLOTS}.")));
        }
        let [
            unattended_slots,
            non_production_slots,
            headless_slots,
            test_automation_slots,
        ] = own;
        Ok(Draft {
            id: self.id.filter(|id| *id != 0),
            name,
            description,
            machine_type: self.machine_type,
            unattended_slots,
            non_production_slots,
            headless_slots,
            test_automation_slots,
            automation_type: self.automation_type,
            target_framework: self.target_framework,
            robot_users,
            update_policy,
            tags,
        })
    }
}

fn invalid_slots(message: &str) -> Error {
    Error::invalid(codes::INVALID_SLOTS, message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn code(body: serde_json::Value) -> Result<Draft, i32> {
        let input: MachineInput = serde_json::from_value(body).unwrap();
        input.check().map_err(|error| error.code)
    }

    #[test]
    fn slots_are_counted_from_zero_and_are_of_our_kinds() {
        let draft = code(json!({"Name": " a ", "UnattendedSlots": 3, "HostingSlots": 0})).unwrap();
        assert_eq!(
            (draft.name.as_str(), draft.unattended_slots, draft.headless_slots),
            ("a", 3, 0)
        );
        for body in [
            json!({"Name": "a", "UnattendedSlots": -1}),
            json!({"Name": "a", "HeadlessSlots": 10_001}),
            json!({"Name": "a", "AutomationCloudSlots": 1}),
        ] {
            assert_eq!(code(body).unwrap_err(), codes::INVALID_SLOTS);
        }
    }

    #[test]
    fn what_the_product_keeps_itself_cannot_be_made() {
        assert_eq!(
            code(json!({"Name": "a", "Scope": "Serverless"})).unwrap_err(),
            codes::MACHINE_SCOPE_PROTECTED
        );
        assert_eq!(code(json!({"Name": ""})).unwrap_err(), codes::INVALID_ARGUMENT);
    }
}
