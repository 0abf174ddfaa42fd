//! What there is to choose from for the jobs of a trigger.

use access::console::folder_path;
use access::folders::model::Folder;
use access::users::service::names;
use context::Error;
use execution::arguments::Signature;
use execution::jobs::fleet::Fleet;
use execution::jobs::model::StopStrategy;
use execution::machines::model::RuntimeType;
use execution::processes::model::Release;
use execution::processes::pages::PRIORITIES;
use execution::processes::{input, package};
use maud::{Markup, html};
use store::{Scoped, Tenant, params};
use ui::field::{self, Choice};
use web::Request;

use super::controls::Entry;
use crate::calendars;
use crate::calendars::model::Calendar;
use crate::schedules::input::{LONGEST_GRACE_HOURS, MOST_FAILURES};
use crate::schedules::service::release_of;

/// Processes and queues that are offered, at most.
pub const MOST: i64 = 1_000;
const RUNTIMES: [RuntimeType; 4] = [
    RuntimeType::Unattended,
    RuntimeType::NonProduction,
    RuntimeType::Headless,
    RuntimeType::TestAutomation,
];

/// The process of a trigger and what surrounds it.
pub struct Ground {
    pub release: Release,
    pub signature: Signature,
    pub calendars: Vec<Calendar>,
    fleet: Fleet,
    /// Names of accounts, in the order of the fleet's robots.
    accounts: Vec<String>,
}

impl Ground {
    /// # Errors
    /// 404 for a process that is not in the folder.
    pub fn read(scope: &mut Scoped<'_, Tenant>, folder: i64, process: i64, entry: Option<&str>) -> Result<Self, Error> {
        let release = release_of(scope, folder, &crate::schedules::input::Named::Id(process))?;
        let folder = scope.get::<Folder>(folder)?.ok_or_else(access::no_such_folder)?;
        let fleet = Fleet::of_folder(scope, &folder)?;
        let users: Vec<i64> = fleet.robots.iter().map(|robot| robot.user_id).collect();
        let named = names(scope, &users)?;
        let account =
            |robot: &access::users::robots::UserRobot| named.get(&robot.user_id).unwrap_or(&robot.name).clone();
        Ok(Self {
            accounts: fleet.robots.iter().map(account).collect(),
            calendars: calendars::service::offered(scope)?,
            signature: signature(scope, &release, entry)?,
            fleet,
            release,
        })
    }

    /// Where the jobs run, and which of them come first.
    pub fn execution(&self, entry: &Entry, several: usize, priority: &str, errors: &[(String, String)]) -> Markup {
        let any = |label: &str| vec![Choice::new("", label)];
        let mut priorities = any("That of the process");
        priorities
            .extend(PRIORITIES.map(|(value, name)| Choice::new(&value.to_string(), &format!("{name} ({value})"))));
        let current = entry.text(priority);
        if !priorities.iter().any(|choice| choice.value == current) {
            priorities.push(Choice::new(current, current));
        }
        let current = entry.text("RuntimeType");
        let offered = RUNTIMES
            .into_iter()
            .filter(|runtime| self.fleet.has_slots(*runtime) || runtime.to_string() == current);
        let mut runtimes = any("The first that is there");
        runtimes.extend(offered.map(|runtime| Choice::new(&runtime.to_string(), &runtime.to_string())));
        let mut accounts = any("Any");
        let robots = self.fleet.robots.iter().zip(&self.accounts);
        accounts.extend(robots.map(|(robot, name)| Choice::new(&robot.id.to_string(), name)));
        let mut machines = any("Any");
        let all = self.fleet.machines.iter();
        machines.extend(all.map(|machine| Choice::new(&machine.id.to_string(), &machine.name)));
        html! {
            (field::select(priority, "Priority", priorities).value(entry.text(priority)).error_in(errors))
            (field::select("RuntimeType", "Runtime type", runtimes).value(current).error_in(errors))
            @if several > 1 {
                p.hint { "Each firing starts jobs for " (several) " machines and accounts, chosen through the API; they stay as they are." }
            } @else {
                (field::select("account", "Account", accounts).value(entry.text("account")).error_in(errors))
                (field::select("machine", "Machine", machines).value(entry.text("machine")).error_in(errors))
            }
            (field::toggle("RunAsMe", "Run under my own account").on(entry.is_on("RunAsMe")).error_in(errors)
                .hint("Needs an unattended robot of yours in this folder; the account above does not count then."))
            (field::toggle("ResumeOnSameContext", "Keep account and machine on resume").on(entry.is_on("ResumeOnSameContext"))
                .hint("A suspended job goes on where it ran before."))
        }
    }

    /// The link that chooses another process.
    pub fn process(&self, request: &Request, another: &str) -> Result<Markup, Error> {
        let path = format!("{}/processes", folder_path(request, request.folder()?.id)?);
        Ok(html! {
            p { "Starts " a href={ (path) "/" (self.release.id) } { (self.release.name) } " (" (self.release.package_id) " "
                (self.release.package_version) "). " a href=(another) { "Another process" } }
        })
    }
}

/// What becomes of jobs that wait or run too long, or fail. `seconds` names the controls that say when they are ended, killed, and told
/// of as waiting and as running too long.
pub fn ending(entry: &Entry, seconds: [&str; 4], errors: &[(String, String)]) -> Markup {
    const FAILURES: [&str; 2] = ["ConsecutiveJobFailuresThreshold", "JobFailuresGracePeriodInHours"];
    let open = seconds
        .iter()
        .chain(&FAILURES)
        .any(|name| !entry.text(name).is_empty() || errors.iter().any(|(control, _)| control == name));
    let strategies = [(StopStrategy::SoftStop, "Stopped"), (StopStrategy::Kill, "Killed")]
        .map(|(strategy, label)| Choice::new(&strategy.to_string(), label));
    let number = |name: &str, label: &str| field::number(name, label).value(entry.text(name)).error_in(errors);
    let after = |name: &str, label: &str| number(name, label).range(1, 100_000_000);
    let [stop, kill, pending, running] = seconds;
    let [threshold, grace] = FAILURES;
    html! {
        details.more open[open] {
            summary { "Advanced" }
            (after(stop, "End jobs after seconds"))
            (field::select("StopStrategy", "They are then", strategies.to_vec()).value(entry.text("StopStrategy")))
            (after(kill, "Kill if stopping takes longer than seconds"))
            (after(pending, "Alert when waiting longer than seconds"))
            (after(running, "Alert when running longer than seconds"))
            (number(threshold, "Disable after faulted jobs in a row").range(0, i64::from(MOST_FAILURES)).hint("Empty or 0: never."))
            (number(grace, "Hours of grace").range(0, i64::from(LONGEST_GRACE_HOURS)).hint("So long they must all have faulted."))
        }
    }
}

/// Jobs are stopped where a trigger does not say how they end.
pub fn default_strategy(entry: &mut Entry) {
    if entry.text("StopStrategy").is_empty() {
        entry.set("StopStrategy", "SoftStop");
    }
}

/// What the entry point of a process takes.
fn signature(scope: &mut Scoped<'_, Tenant>, release: &Release, entry: Option<&str>) -> Result<Signature, Error> {
    let wanted = match entry.or(release.entry_point.as_deref()) {
        Some(path) => input::Entry::Path(path.to_owned()),
        None => input::Entry::Main,
    };
    let version = packages::service::version(scope, release.feed_id, &release.package_id, &release.package_version)?;
    let Some(version) = version else {
        return Ok(Signature::Unknown);
    };
    match package::enter(scope, version, &wanted) {
        Ok(deployed) => Ok(Signature::read(deployed.input())),
        // The firing says so.
        Err(error) if error.kind == context::Kind::Invalid => Ok(Signature::Unknown),
        Err(error) => Err(error),
    }
}

/// The processes of a folder by name: id and name.
pub fn processes(scope: &mut Scoped<'_, Tenant>, folder: i64) -> Result<Vec<(i64, String)>, Error> {
    let condition = format!("folder_id = ? order by name_folded limit {MOST}");
    let found = scope.find::<Release>(&condition, params![folder])?;
    Ok(found.into_iter().map(|release| (release.id, release.name)).collect())
}
