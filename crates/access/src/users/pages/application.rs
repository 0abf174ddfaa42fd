//! Roles of an external application in the organization's tenants (reference: identity 1.8).
//! `GET /console/{org}/admin/external-apps/{client}/access`, `POST …/access`, `POST …/access/folder`

use context::Error;
use http::Method;
use identity::Identity;
use identity::clients::pages::{ACTIVE, Tab, header};
use maud::{Markup, html};
use ui::field::{self, Choice};
use ui::{Confirm, Form, Tone, button};
use uuid::Uuid;
use web::{Operation, Request, Response, TenantRef, page};

use crate::Access;
use crate::console::{csrf, mendable, numbers, organization_path, role_choices};
use crate::directory::{self, Name};
use crate::folders::tree::Tree;
use crate::frame::segment;
use crate::permit::no_such_folder;
use crate::roles::model::{Assignment, ON_TENANT, Role};
use crate::roles::{assignments, service as roles};
use crate::users::model::{TenantUser, UserType};
use crate::users::service;

const PATH: &str = "/{org}/admin/external-apps/{client}/access";

pub fn operations() -> Vec<Operation> {
    let post = |path, id, summary| {
        Operation::page(Method::POST, path, id)
            .summary(summary)
            .administrator()
            .takes_form()
    };
    vec![
        Operation::page(Method::GET, PATH, "Console_ApplicationAccess")
            .summary("The roles of an external application.")
            .administrator()
            .handler(|cx: Request| async move { show(&cx, 200, None).await }),
        post(
            PATH,
            "Console_EditApplicationAccess",
            "Replaces the roles of an external application on a tenant.",
        )
        .handler(save_tenant),
        post(
            "/{org}/admin/external-apps/{client}/access/folder",
            "Console_EditApplicationFolder",
            "Replaces or removes the roles of an external application in a folder.",
        )
        .handler(save_folder),
    ]
}

/// What the application holds in one tenant.
struct Held {
    tenant: TenantRef,
    title: String,
    roles: Vec<Role>,
    assignments: Vec<Assignment>,
    folders: Vec<i64>,
    tree: std::sync::Arc<Tree>,
}

async fn show(cx: &Request, status: u16, fault: Option<&str>) -> Result<Response, Error> {
    let (organization, client) = (cx.organization()?, cx.guid("client")?);
    let application = cx.state::<Identity>()?.application(organization, client).await?;
    let access = cx.state::<Access>()?;
    let mut all = Vec::new();
    for row in access
        .tenants(organization)
        .await?
        .iter()
        .filter(|tenant| tenant.active)
    {
        let tenant = TenantRef {
            id: row.id,
            key: row.key,
            name: row.name.as_str().into(),
            organization,
        };
        let tree = access.tree(row.id).await?;
        let id = row.id;
        let (roles, assignments, folders) = cx
            .store()
            .read(move |tx| {
                let mut scope = tx.tenant(id);
                let user = service::known(&mut scope, client)?
                    .filter(|user| user.user_type == UserType::DirectoryExternalApplication);
                let ids: Vec<i64> = user.iter().map(|user| user.id).collect();
                let members = assignments::memberships(&mut scope, &ids)?;
                let folders: Vec<i64> = members.iter().map(|member| member.folder_id).collect();
                Ok::<_, Error>((
                    roles::all(&mut scope)?,
                    assignments::of_users(&mut scope, &ids)?,
                    folders,
                ))
            })
            .await?;
        all.push(Held {
            tenant,
            title: row.display_name.clone(),
            roles,
            assignments,
            folders,
            tree,
        });
    }
    let own = format!("{}/admin/external-apps/{client}/access", organization_path(cx)?);
    let content = html! {
        (header(cx, &application.client, Tab::Access)?)
        (ui::callout(Tone::Info, html! {
            "Roles count when the application asks for the scope " code { "OR.Default" }
            ". Application scopes such as " code { "OR.Assets.Read" } " open every tenant and folder by themselves."
        }))
        @if let Some(fault) = fault { (ui::callout(Tone::Danger, html! { (fault) })) }
        @for held in &all { (one_tenant(cx, &own, held)) }
    };
    page::render_with(cx, status, &application.client.name, ACTIVE, content).await
}

fn one_tenant(cx: &Request, own: &str, held: &Held) -> Markup {
    let ticked = |folder: i64| {
        held.assignments
            .iter()
            .filter(move |held| held.folder_id == folder)
            .map(|held| held.role_id.to_string())
    };
    let tenant = held.tenant.key.to_string();
    let folder_action = format!("{own}/folder");
    let free: Vec<Choice> = held
        .tree
        .in_order()
        .into_iter()
        .filter(|folder| !held.folders.contains(&folder.id))
        .map(|folder| Choice::new(&folder.id.to_string(), &folder.path))
        .collect();
    ui::card(
        &format!("Tenant {}", held.title),
        html! {},
        html! {
            (Form::new(csrf(cx), own).submit("Save roles on the tenant").unguarded().render(html! {
                (field::hidden("tenant", &tenant))
                (field::checks("roleIds", "Roles on the tenant", role_choices(&held.roles, false)).values(ticked(ON_TENANT)))
            }))
            @for folder in held.folders.iter().filter_map(|id| held.tree.get(*id)) {
                @let remove = button("Remove from folder").danger().name("remove", "true")
                    .confirm(Confirm::new(&format!("Remove it from “{}”?", folder.path), "Its roles there end at once.", "Remove"));
                (ui::section(&folder.path, Form::new(csrf(cx), &folder_action).submit("Save roles in this folder").unguarded().also(html! { (remove) }).render(html! {
                    (field::hidden("tenant", &tenant))
                    (field::hidden("folder", &folder.id.to_string()))
                    (field::checks("roleIds", "Roles in this folder and below", role_choices(&held.roles, true)).values(ticked(folder.id)))
                })))
            }
            @if !free.is_empty() {
                (ui::section("Another folder", Form::new(csrf(cx), &folder_action).submit("Assign to folder").unguarded().render(html! {
                    (field::hidden("tenant", &tenant))
                    (field::select("folder", "Folder", free))
                    (field::checks("roleIds", "Roles in this folder and below", role_choices(&held.roles, true)))
                })))
            }
            (ui::muted(&format!("Also under Manage access of {}.", segment(&held.tenant.name))))
        },
    )
}

/// The tenant that a form names, which must be the organization's.
async fn chosen(cx: &Request, form: &[(String, String)]) -> Result<TenantRef, Error> {
    let found = cx
        .state::<Access>()?
        .tenant(cx.organization()?, Some(page::field(form, "tenant")))
        .await?;
    found.ok_or_else(|| Error::not_found("Tenant", page::field(form, "tenant")))
}

/// Takes the application into the tenant where it is not known yet.
fn import(tx: &mut store::Tx, ctx: &context::Ctx, tenant: &TenantRef, client: Uuid) -> Result<TenantUser, Error> {
    let name = Name {
        identifier: Some(client),
        ..Name::default()
    };
    let principal = directory::resolve(tx, tenant.organization, &name)?;
    service::import(&mut tx.tenant(tenant.id), ctx, &principal)
}

async fn save_tenant(cx: Request) -> Result<Response, Error> {
    let form = cx.form();
    let (tenant, client, ctx, wanted) = (
        chosen(&cx, &form).await?,
        cx.guid("client")?,
        cx.ctx.clone(),
        numbers(&form, "roleIds"),
    );
    let saved = cx
        .store()
        .write(move |tx| {
            let user = import(tx, &ctx, &tenant, client)?;
            assignments::set_on_tenant(&mut tx.tenant(tenant.id), &ctx, &user, &wanted)
        })
        .await;
    finish(cx, saved).await
}

async fn save_folder(cx: Request) -> Result<Response, Error> {
    let form = cx.form();
    let (tenant, client, ctx, wanted) = (
        chosen(&cx, &form).await?,
        cx.guid("client")?,
        cx.ctx.clone(),
        numbers(&form, "roleIds"),
    );
    let folder: i64 = page::field(&form, "folder").parse().map_err(|_| no_such_folder())?;
    let remove = page::field(&form, "remove") == "true";
    let saved = cx
        .store()
        .write(move |tx| {
            let user = import(tx, &ctx, &tenant, client)?;
            let mut scope = tx.tenant(tenant.id);
            let folder = scope.get(folder)?.ok_or_else(no_such_folder)?;
            if remove {
                assignments::remove_from_folder(&mut scope, &ctx, &user, &folder)
            } else {
                assignments::set_on_folder(&mut scope, &ctx, &user, &folder, &wanted)
            }
        })
        .await;
    finish(cx, saved).await
}

async fn finish(cx: Request, saved: Result<(), Error>) -> Result<Response, Error> {
    match saved {
        Ok(()) => {
            let path = format!(
                "{}/admin/external-apps/{}/access",
                organization_path(&cx)?,
                cx.guid("client")?
            );
            page::done(&path, "The roles of the application were saved.")
        }
        Err(error) => {
            let faults = mendable(error)?;
            show(&cx, 400, faults.first().map(|(_, message)| message.as_str())).await
        }
    }
}
