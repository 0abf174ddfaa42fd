//! One role: its name and the matrix of its permissions. `GET` and `POST /console/{org}/tenants/{tenant}/access/roles/new`,
//! `GET` and `POST …/roles/{role}`, `POST …/roles/{role}/delete`

use context::{Action, CATALOGUE, Error, Level, Permission, PermissionSet};
use http::Method;
use maud::{Markup, html};
use odata::Enumeration as _;
use ui::{Form, Matrix, MatrixRow, Tone, field, link_button};
use web::{Operation, Request, Response, page};

use crate::console::{Errors, csrf, may, mendable, tenant, tenant_path};
use crate::roles::catalogue::Named;
use crate::roles::model::{Role, RoleType};
use crate::roles::service::{self, Draft, LONGEST_NAME};
use crate::users::pages::ACTIVE;

const NEW: &str = "/{org}/tenants/{tenant}/access/roles/new";
const ONE: &str = "/{org}/tenants/{tenant}/access/roles/{role}";

pub fn operations() -> Vec<Operation> {
    let page = |method, path, id, permission, summary| {
        Operation::page(method, path, id)
            .summary(summary)
            .permission(permission)
    };
    vec![
        page(
            Method::GET,
            NEW,
            "Console_NewRole",
            "Roles.Create",
            "The form for a new role.",
        )
        .handler(new),
        page(Method::POST, NEW, "Console_CreateRole", "Roles.Create", "Makes a role.")
            .takes_form()
            .handler(create),
        page(Method::GET, ONE, "Console_Role", "Roles.View", "One role.").handler(show),
        page(Method::POST, ONE, "Console_EditRole", "Roles.Edit", "Saves a role.")
            .takes_form()
            .handler(save),
        page(
            Method::POST,
            "/{org}/tenants/{tenant}/access/roles/{role}/delete",
            "Console_DeleteRole",
            "Roles.Delete",
            "Deletes a role.",
        )
        .takes_form()
        .handler(delete),
    ]
}

/// What the form shows.
struct Shown {
    title: String,
    action: String,
    name: String,
    role_type: RoleType,
    held: PermissionSet,
    /// Why nothing can be changed, if that is so.
    locked: Option<Markup>,
}

async fn new(cx: Request) -> Result<Response, Error> {
    let tenant = tenant(&cx)?;
    let (name, role_type, held) = match cx.parse::<i64>("from")? {
        Some(id) => {
            let role = cx
                .store()
                .read(move |tx| service::find(&mut tx.tenant(tenant.id), id))
                .await?;
            let name: String = format!("Copy of {}", role.name).chars().take(LONGEST_NAME).collect();
            (name, role.role_type, role.set())
        }
        None => (
            String::new(),
            cx.parse("type")?.unwrap_or(RoleType::Tenant),
            PermissionSet::EMPTY,
        ),
    };
    form(&cx, 200, new_role(&cx, name, role_type, held)?, &Vec::new()).await
}

fn new_role(cx: &Request, name: String, role_type: RoleType, held: PermissionSet) -> Result<Shown, Error> {
    let title = match role_type {
        RoleType::Folder => "New folder role",
        RoleType::Tenant | RoleType::Mixed => "New tenant role",
    };
    let action = format!("{}/access/roles/new", tenant_path(cx)?);
    Ok(Shown {
        title: title.to_owned(),
        action,
        name,
        role_type,
        held,
        locked: None,
    })
}

fn known_role(cx: &Request, role: &Role) -> Result<Shown, Error> {
    let path = format!("{}/access/roles", tenant_path(cx)?);
    let locked = if !role.is_editable {
        let copy = may(cx, "Roles.Create", None)? && role.role_type != RoleType::Mixed;
        Some(html! {
            p { "This role is built in and cannot be changed." }
            @if copy { (link_button("Duplicate and customize", &format!("{path}/new?from={}", role.id)).icon("copy")) }
        })
    } else if !may(cx, "Roles.Edit", None)? {
        Some(html! { p { "You may look at this role, but not change it." } })
    } else {
        None
    };
    Ok(Shown {
        title: role.display_name.clone(),
        action: format!("{path}/{}", role.id),
        name: role.name.clone(),
        role_type: role.role_type,
        held: role.set(),
        locked,
    })
}

async fn load(cx: &Request) -> Result<Role, Error> {
    let (tenant, id) = (tenant(cx)?, cx.integer("role")?);
    cx.store()
        .read(move |tx| service::find(&mut tx.tenant(tenant.id), id))
        .await
}

async fn show(cx: Request) -> Result<Response, Error> {
    let role = load(&cx).await?;
    form(&cx, 200, known_role(&cx, &role)?, &Vec::new()).await
}

async fn form(cx: &Request, status: u16, shown: Shown, errors: &Errors) -> Result<Response, Error> {
    let columns = Action::ALL.map(Action::name);
    let mut matrix = Matrix::new("permission", "Permission", &columns).readonly(shown.locked.is_some());
    for (level, title) in [(Level::Tenant, "Tenant"), (Level::Folder, "Folder")] {
        let fits = match shown.role_type {
            RoleType::Mixed => true,
            RoleType::Tenant => level == Level::Tenant,
            RoleType::Folder => level == Level::Folder,
        };
        if fits {
            matrix = matrix.group(
                if shown.role_type == RoleType::Mixed { title } else { "" },
                lines(level, &shown.held),
            );
        }
    }
    let fields = html! {
        (field::text("Name", "Name").value(&shown.name).required().max(LONGEST_NAME).disabled(shown.locked.is_some()).error_in(errors))
        (field::hidden("Type", shown.role_type.name()))
        (matrix)
    };
    let back = format!("{}/access/roles", tenant_path(cx)?);
    let content = html! {
        (ui::page_header(&shown.title, &format!("{} role", shown.role_type), html! {}))
        @if let Some(reason) = &shown.locked { (ui::stack(html! { (ui::callout(Tone::Info, reason.clone())) (fields) })) }
        @else { (Form::new(csrf(cx), &shown.action).submit("Save").cancel(&back).errors(errors).render(fields)) }
    };
    page::render_with(cx, status, &shown.title, ACTIVE, content).await
}

fn lines(level: Level, held: &PermissionSet) -> Vec<MatrixRow> {
    let subjects = CATALOGUE
        .iter()
        .enumerate()
        .filter(|(_, subject)| subject.level == level);
    subjects
        .map(|(index, subject)| MatrixRow {
            label: subject.title.to_owned(),
            cells: Action::ALL
                .into_iter()
                .map(|action| {
                    let permission = Permission::at(index, action);
                    Some((permission.name(), held.contains(permission)))
                })
                .collect(),
        })
        .collect()
}

/// The role as the form describes it.
fn draft(cx: &Request) -> Draft {
    let fields = cx.form();
    let permissions = page::fields(&fields, "permission");
    Draft {
        name: page::field(&fields, "Name").to_owned(),
        role_type: Some(page::field(&fields, "Type").to_owned()),
        permissions: permissions
            .into_iter()
            .map(|name| Named {
                name: name.to_owned(),
                is_granted: true,
                scope: None,
            })
            .collect(),
        ..Draft::default()
    }
}

fn held(draft: &Draft) -> PermissionSet {
    draft
        .permissions
        .iter()
        .filter_map(|named| Permission::parse(&named.name))
        .collect()
}

async fn create(cx: Request) -> Result<Response, Error> {
    let (draft, tenant, ctx) = (draft(&cx), tenant(&cx)?, cx.ctx.clone());
    let wanted = draft.clone();
    match cx
        .store()
        .write(move |tx| service::create(&mut tx.tenant(tenant.id), &ctx, &wanted))
        .await
    {
        Ok(role) => done(&cx, &format!("The role {} was created.", role.name)),
        Err(error) => {
            let role_type = draft
                .role_type
                .as_deref()
                .and_then(|name| name.parse().ok())
                .unwrap_or(RoleType::Tenant);
            let shown = new_role(&cx, draft.name.clone(), role_type, held(&draft))?;
            form(&cx, 400, shown, &mendable(error)?).await
        }
    }
}

async fn save(cx: Request) -> Result<Response, Error> {
    let role = load(&cx).await?;
    let (draft, tenant, ctx, id) = (draft(&cx), tenant(&cx)?, cx.ctx.clone(), role.id);
    let wanted = Draft {
        groups: Some(role.role_groups.clone()),
        ..draft.clone()
    };
    match cx
        .store()
        .write(move |tx| service::replace(&mut tx.tenant(tenant.id), &ctx, id, &wanted))
        .await
    {
        Ok(role) => done(&cx, &format!("The role {} was saved.", role.name)),
        Err(error) => {
            let shown = Shown {
                name: draft.name.clone(),
                held: held(&draft),
                ..known_role(&cx, &role)?
            };
            form(&cx, 400, shown, &mendable(error)?).await
        }
    }
}

async fn delete(cx: Request) -> Result<Response, Error> {
    let (tenant, ctx, id) = (tenant(&cx)?, cx.ctx.clone(), cx.integer("role")?);
    cx.store()
        .write(move |tx| service::delete(&mut tx.tenant(tenant.id), &ctx, id))
        .await?;
    done(&cx, "The role was deleted.")
}

fn done(cx: &Request, message: &str) -> Result<Response, Error> {
    page::done(&format!("{}/access/roles", tenant_path(cx)?), message)
}
