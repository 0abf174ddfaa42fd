//! The home of a tenant: first steps, figures, what happened last. `GET /console/{org}/tenants/{tenant}`

use accounts::directory::service::Kind;
use context::Error;
use http::Method;
use maud::{Markup, html};
use store::{Scoped, Tenant};
use ui::{Step, TimelineEntry, Tone, link_button};
use web::{Operation, Request, Response, page};

use crate::Access;
use crate::audit::model::AuditLog;
use crate::console::{may, may_somewhere, organization_path, tenant, tenant_path};
use crate::folders::model::{Folder, FolderMember};
use crate::permit::VIEW_FOLDERS;
use crate::roles::model::Role;
use crate::users::model::TenantUser;

pub const ACTIVE: &str = "home";

/// Entries of the log that are shown.
const LATEST: usize = 8;

pub fn operation() -> Operation {
    Operation::page(Method::GET, "/{org}/tenants/{tenant}", "Console_TenantHome")
        .summary("The home of a tenant.")
        .handler(handle)
}

struct Figures {
    folders: i64,
    users: i64,
    roles: i64,
    custom_folders: bool,
    people: bool,
    assigned_applications: bool,
    latest: Vec<AuditLog>,
}

fn figures(scope: &mut Scoped<'_, Tenant>, with_log: bool) -> Result<Figures, Error> {
    let latest = if with_log {
        scope.find::<AuditLog>(&format!("true order by id desc limit {LATEST}"), Vec::new())?
    } else {
        Vec::new()
    };
    let folders = scope.count::<Folder>("", Vec::new())?;
    Ok(Figures {
        folders,
        users: scope.count::<TenantUser>("", Vec::new())?,
        roles: scope.count::<Role>("", Vec::new())?,
        custom_folders: folders > 1,
        people: scope.exists::<FolderMember>(
            "user_id in (select u.id from tenant_users u where u.user_type <> 3)",
            Vec::new(),
        )?,
        assigned_applications: scope.exists::<TenantUser>("user_type = 5", Vec::new())?,
        latest,
    })
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let access = cx.state::<Access>()?;
    let tenant = tenant(&cx)?;
    let row = access.tenant_row(&tenant).await?;
    let administrator = access.accounts.is_administrating(&cx.ctx.caller).await?;
    let with_log = may(&cx, "Audit.View", None)?;
    let organization = tenant.organization;
    let (figures, applications) = cx
        .store()
        .read(move |tx| {
            let figures = figures(&mut tx.tenant(tenant.id), with_log)?;
            let applications =
                accounts::directory::service::search(&mut tx.organization(organization), &[Kind::Application], "")?;
            Ok::<_, Error>((figures, applications.len()))
        })
        .await?;
    let path = tenant_path(&cx)?;
    let panels = access.panels.render(&cx, None).await?;
    let steps = steps(&cx, &figures, applications > 0, administrator)?;
    let content = html! {
        (ui::page_header(&row.display_name, "Folders, automations' resources and who may use them.", html! {
            @if may_somewhere(&cx, "Units.Create or SubFolders.Create")? {
                (link_button("New folder", &format!("{path}/folders/new")).primary().icon("plus"))
            }
        }))
        @if steps.iter().any(|step| !step.done) { (ui::checklist("First steps", &steps)) }
        (ui::tiles(html! {
            @if may_somewhere(&cx, VIEW_FOLDERS)? {
                (ui::stat("Folders", &figures.folders.to_string(), html! { a href={ (path) "/folders" } { "All folders" } }))
            }
            @if may(&cx, "Users.View", None)? {
                (ui::stat("Users, groups and apps", &figures.users.to_string(), html! { a href={ (path) "/access" } { "Manage access" } }))
            }
            @if may(&cx, "Roles.View", None)? {
                (ui::stat("Roles", &figures.roles.to_string(), html! { a href={ (path) "/access/roles" } { "All roles" } }))
            }
        }))
        (panels)
        @if with_log { (latest(&figures.latest, &path)) }
    };
    page::render(&cx, &row.display_name, ACTIVE, content).await
}

fn steps(cx: &Request, figures: &Figures, applications: bool, administrator: bool) -> Result<Vec<Step>, Error> {
    let (path, organization) = (tenant_path(cx)?, organization_path(cx)?);
    let step = |title: &str, text: &str, href: String, done: bool| Step {
        title: title.to_owned(),
        text: text.to_owned(),
        href,
        done,
    };
    let mut steps = Vec::new();
    if administrator {
        steps.push(step(
            "Register an external application",
            "A program gets an App ID and a secret, and asks for tokens with them.",
            format!("{organization}/admin/external-apps/add"),
            applications,
        ));
    }
    if may_somewhere(cx, "Units.Create or SubFolders.Create")? {
        steps.push(step(
            "Create a folder of your own",
            "Folders keep the resources of a team together and decide who may use them.",
            format!("{path}/folders/new"),
            figures.custom_folders,
        ));
    }
    if may_somewhere(cx, "Units.Edit or SubFolders.Edit")? {
        steps.push(step(
            "Assign somebody to a folder",
            "Users, groups and applications get roles folder by folder.",
            format!("{path}/folders"),
            figures.people,
        ));
    }
    if may(cx, "Users.Create", None)? {
        steps.push(step(
            "Give an application roles",
            "With OR.Default an application may do exactly what its roles allow.",
            format!("{path}/access/assign?kind=ExternalApplications"),
            figures.assigned_applications,
        ));
    }
    Ok(steps)
}

fn latest(entries: &[AuditLog], path: &str) -> Markup {
    let entries: Vec<TimelineEntry> = entries
        .iter()
        .map(|log| TimelineEntry {
            time: log.executed_at.to_string(),
            title: html! { a href={ (path) "/audit/" (log.id) } { (log.operation_text) } },
            detail: log.component.to_string(),
            tone: Tone::Neutral,
        })
        .collect();
    ui::section("What happened last", ui::timeline(&entries))
}
