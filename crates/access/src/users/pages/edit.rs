//! One user of the tenant: its roles and switches, and what they come to.
//! `GET` and `POST /console/{org}/tenants/{tenant}/access/{user}`, `POST …/remove`

use context::{Action, CATALOGUE, Error, Permission, PermissionSet};
use http::Method;
use maud::{Markup, html};
use serde_json::Value;
use ui::field;
use ui::{Form, Matrix, MatrixRow};
use web::{Operation, Request, Response, page};

use super::{ACTIVE, robot};
use crate::Access;
use crate::console::{
    Errors, csrf, kind_mark, kind_name, may, mendable, moment, numbers, role_choices, tenant, tenant_path,
};
use crate::folders::members::{self, Search};
use crate::permit::Permit;
use crate::roles::model::Role;
use crate::roles::{assignments, rights, service as roles};
use crate::users::model::{TenantUser, UserType};
use crate::users::robots;
use crate::users::service::{self, Switches};

const PATH: &str = "/{org}/tenants/{tenant}/access/{user}";

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::page(Method::GET, PATH, "Console_Account")
            .summary("One user of the tenant.")
            .permission("Users.View")
            .handler(|cx: Request| async move { form(&cx, 200, &Vec::new(), None).await }),
        Operation::page(Method::POST, PATH, "Console_EditAccount")
            .summary("Saves the roles and switches of a user.")
            .permission("Users.Edit")
            .takes_form()
            .handler(save),
        Operation::page(
            Method::POST,
            "/{org}/tenants/{tenant}/access/{user}/remove",
            "Console_RemoveAccount",
        )
        .summary("Takes a user out of the tenant.")
        .permission("Users.Delete")
        .takes_form()
        .handler(remove),
    ]
}

/// The page with the robot's form as it was posted, and what is wrong there.
pub async fn form_of_robot(cx: &Request, posted: &Value, errors: &Errors) -> Result<Response, Error> {
    form(cx, 400, errors, Some(posted)).await
}

async fn form(cx: &Request, status: u16, errors: &Errors, posted: Option<&Value>) -> Result<Response, Error> {
    let (tenant, id) = (tenant(cx)?, cx.integer("user")?);
    let tree = cx.state::<Access>()?.tree(tenant.id).await?;
    let (user, all, held, told, grants, robot) = cx
        .store()
        .read(move |tx| {
            let user = service::find(&mut tx.tenant(tenant.id), id)?;
            let search = Search {
                user_name: user.user_name.clone(),
                kind: Some(user.user_type),
                text: None,
                skip: 0,
                take: 200,
            };
            let told = members::roles_of(tx, &tenant, &Permit::everything(), &tree, &search)?;
            let groups = if user.user_type == UserType::DirectoryUser {
                crate::directory::groups_of_user(tx, tenant.organization, user.key)?
            } else {
                Vec::new()
            };
            let mut scope = tx.tenant(tenant.id);
            let mut ids = vec![user.id];
            for group in groups {
                let known = service::known(&mut scope, group)?;
                ids.extend(
                    known
                        .filter(|known| known.user_type == UserType::DirectoryGroup)
                        .map(|known| known.id),
                );
            }
            let grants = rights::of_users(&mut scope, &tree, &ids)?;
            let held = assignments::on_tenant(&mut scope, &[user.id])?
                .remove(&user.id)
                .unwrap_or_default();
            let robots = robots::of_users(&mut scope, &[user.id])?
                .remove(&user.id)
                .unwrap_or_default();
            let robot = robots.into_iter().find(|robot| !robot.attended);
            Ok::<_, Error>((user, roles::all(&mut scope)?, held, told, grants, robot))
        })
        .await?;
    let edit = may(cx, "Users.Edit", None)?;
    let path = format!("{}/access", tenant_path(cx)?);
    let ticked: Vec<String> = held.iter().map(|held| held.role_id.to_string()).collect();
    let none = Errors::new();
    // The errors are those of one of the two forms.
    let (of_roles, of_robot) = if posted.is_some() {
        (&none, errors)
    } else {
        (errors, &none)
    };
    let unattended = robot::form(cx, &user, robot.as_ref(), posted, edit, of_robot)?;
    let roles = roles_form(cx, &path, &user, &all, &ticked, edit, of_roles);
    let check = effective(&told, grants.tenant.union(grants.everywhere));
    let mut tabs = vec![
        ("Roles", roles),
        ("Check roles and permissions", check),
        ("Details", details(&user)),
    ];
    let has_robots = !matches!(
        user.user_type,
        UserType::DirectoryGroup | UserType::DirectoryExternalApplication
    );
    if has_robots {
        // What was posted is what is looked at.
        tabs.insert(usize::from(posted.is_none()), ("Unattended robot", unattended));
    }
    let content = html! {
        (ui::page_header(&user.user_name, kind_name(user.user_type), html! {}))
        (ui::tabs("account", &tabs))
    };
    page::render_with(cx, status, &user.user_name, ACTIVE, content).await
}

fn roles_form(
    cx: &Request,
    path: &str,
    user: &TenantUser,
    all: &[Role],
    ticked: &[String],
    edit: bool,
    errors: &Errors,
) -> Markup {
    let person = matches!(user.user_type, UserType::DirectoryUser | UserType::DirectoryGroup);
    let fields = html! {
        (field::checks("roleIds", "Roles on the tenant", role_choices(all, false)).values(ticked).disabled(!edit).error_in(errors))
        (field::toggle("IsActive", "Active").on(user.is_active).disabled(!edit).hint("An inactive account has no rights in this tenant."))
        @if person {
            (field::toggle("MayHaveUserSession", "Allow UI access").on(user.user_session).disabled(!edit))
            (field::toggle("MayHaveRobotSession", "Enable user to run automations").on(user.robot_session).disabled(!edit))
        }
    };
    if !edit {
        return fields;
    }
    Form::new(csrf(cx), &format!("{path}/{}", user.id))
        .submit("Save")
        .cancel(path)
        .errors(errors)
        .render(fields)
}

/// Which roles come from where, and what they allow on the tenant.
fn effective(told: &serde_json::Value, held: PermissionSet) -> Markup {
    let rows = |roles: &serde_json::Value| -> Markup {
        let roles = roles.as_array().cloned().unwrap_or_default();
        html! {
            ul {
                @for role in &roles {
                    @let through: Vec<&str> = role["Users"].as_array().into_iter().flatten()
                        .filter_map(|user| if user["IsInherited"] == true { user["UserName"].as_str() } else { Some("assigned") }).collect();
                    li { b { (role["Name"].as_str().unwrap_or_default()) } " " (ui::muted(&through.join(", "))) }
                }
                @if roles.is_empty() { li { (ui::muted("No role")) } }
            }
        }
    };
    let folders = told["PageItems"].as_array().cloned().unwrap_or_default();
    let lines = |level| {
        CATALOGUE
            .iter()
            .enumerate()
            .filter(move |(_, subject)| subject.level == level)
            .map(|(index, subject)| MatrixRow {
                label: subject.title.to_owned(),
                cells: Action::ALL
                    .into_iter()
                    .map(|action| Some((String::new(), held.contains(Permission::at(index, action)))))
                    .collect(),
            })
            .collect::<Vec<_>>()
    };
    let columns = Action::ALL.map(Action::name);
    html! {
        (ui::section("On the tenant", rows(&told["TenantRoles"])))
        @for item in &folders {
            (ui::section(item["Folder"]["FullyQualifiedName"].as_str().unwrap_or_default(), rows(&item["Roles"])))
        }
        (ui::section("What this allows on the tenant, and in every folder", html! {
            (Matrix::new("effective", "Permission", &columns).readonly(true)
                .group("Tenant", lines(context::Level::Tenant)).group("All folders", lines(context::Level::Folder)))
        }))
    }
}

fn details(user: &TenantUser) -> Markup {
    ui::definitions(&[
        ("Name", html! { (user.full_name.as_deref().unwrap_or("–")) }),
        ("E-mail", html! { (user.email.as_deref().unwrap_or("–")) }),
        ("Type", kind_mark(user.user_type)),
        ("Id", ui::copyable(&user.id.to_string())),
        ("Directory identifier", ui::copyable(&user.key.to_string())),
        ("In the tenant since", ui::time(&user.created_at.to_string())),
        ("Last seen", moment(user.last_login_at)),
    ])
}

async fn save(cx: Request) -> Result<Response, Error> {
    let fields = cx.form();
    let on = |name| Some(page::field(&fields, name) == "true");
    let (tenant, ctx, id, wanted) = (
        tenant(&cx)?,
        cx.ctx.clone(),
        cx.integer("user")?,
        numbers(&fields, "roleIds"),
    );
    let mut switches = Switches {
        is_active: on("IsActive"),
        ..Switches::default()
    };
    let (session, robot) = (on("MayHaveUserSession"), on("MayHaveRobotSession"));
    let saved = cx
        .store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant.id);
            let user = service::find(&mut scope, id)?;
            if matches!(user.user_type, UserType::DirectoryUser | UserType::DirectoryGroup) {
                (switches.may_have_user_session, switches.may_have_robot_session) = (session, robot);
            }
            let user = service::edit(&mut scope, &ctx, id, &switches, None)?;
            assignments::set_on_tenant(&mut scope, &ctx, &user, &wanted)
        })
        .await;
    match saved {
        Ok(()) => page::done(&format!("{}/access/{id}", tenant_path(&cx)?), "Saved."),
        Err(error) => form(&cx, 400, &mendable(error)?, None).await,
    }
}

async fn remove(cx: Request) -> Result<Response, Error> {
    let (tenant, ctx, id) = (tenant(&cx)?, cx.ctx.clone(), cx.integer("user")?);
    cx.store()
        .write(move |tx| service::delete(&mut tx.tenant(tenant.id), &ctx, id))
        .await?;
    page::done(
        &format!("{}/access", tenant_path(&cx)?),
        "The account was removed from the tenant.",
    )
}
