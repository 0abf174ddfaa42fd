//! Assigns an account of the directory to a folder. `GET` and `POST /console/{org}/tenants/{tenant}/folders/{folder}/access/assign`

use context::Error;
use http::Method;
use maud::html;
use ui::Form;
use ui::field;
use web::{Folder as FolderRule, Operation, Request, Response, page};

use super::{accounts, load};
use crate::console::{Errors, csrf, folder_path, mendable, numbers, role_choices, tenant};
use crate::directory::{self, Name};
use crate::folders::members::{self, FolderRoles};
use crate::permit::Permit;
use crate::roles::service as roles;
use crate::users::pages::chooser;
use crate::users::service as users;

const PATH: &str = "/{org}/tenants/{tenant}/folders/{folder}/access/assign";
const EDIT: &str = "Units.Edit or SubFolders.Edit";

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::page(Method::GET, PATH, "Console_ChooseFolderAccount")
            .summary("The form that assigns an account to a folder.")
            .permission(EDIT)
            .folder(FolderRule::InRequest)
            .handler(|cx: Request| async move { form(&cx, 200, &Vec::new()).await }),
        Operation::page(Method::POST, PATH, "Console_AssignFolderAccount")
            .summary("Assigns an account to a folder.")
            .permission(EDIT)
            .folder(FolderRule::InRequest)
            .takes_form()
            .handler(submit),
    ]
}

async fn form(cx: &Request, status: u16, errors: &Errors) -> Result<Response, Error> {
    let folder = load(cx).await?;
    let (permit, tenant, id) = (Permit::of(cx), tenant(cx)?, folder.id);
    let (among, prefix) = chooser::asked(cx);
    let (found, all) = cx
        .store()
        .read(move |tx| {
            permit.check(Some(id))?;
            let found = directory::search(tx, tenant.organization, among, &prefix)?;
            Ok::<_, Error>((found, roles::all(&mut tx.tenant(tenant.id))?))
        })
        .await?;
    let own = folder_path(cx, id)?;
    let action = format!("{own}/access/assign");
    let given = cx.form();
    let content = html! {
        (ui::page_header("Assign accounts", &format!("To {} and everything below it.", folder.path), html! {}))
        (chooser::search_form(cx, &action))
        (Form::new(csrf(cx), &action).submit("Assign").cancel(&format!("{own}/access")).errors(errors).render(html! {
            (chooser::choices(&found, page::field(&given, "account")).error_in(errors))
            (field::checks("RoleIds", "Roles in this folder", role_choices(&all, true)).values(page::fields(&given, "RoleIds")).error_in(errors)
                .hint("Without a role the account sees the folder and can do nothing in it."))
        }))
        (ui::api_hint("POST", "/odata/Folders/UiPath.Server.Configuration.OData.AssignDirectoryUser"))
    };
    page::render_with(cx, status, "Assign accounts", accounts::ACTIVE, content).await
}

async fn submit(cx: Request) -> Result<Response, Error> {
    let folder = load(&cx).await?;
    let fields = cx.form();
    let Ok(key) = page::field(&fields, "account").parse() else {
        return form(&cx, 400, &vec![("account".to_owned(), "Choose an account.".to_owned())]).await;
    };
    let place = FolderRoles {
        folder_id: folder.id,
        role_ids: numbers(&fields, "RoleIds"),
    };
    let (permit, tenant, ctx) = (Permit::of(&cx), tenant(&cx)?, cx.ctx.clone());
    let assigned = cx
        .store()
        .write(move |tx| {
            permit.check(Some(place.folder_id))?;
            let name = Name {
                identifier: Some(key),
                ..Name::default()
            };
            let principal = directory::resolve(tx, tenant.organization, &name)?;
            let mut scope = tx.tenant(tenant.id);
            let user = users::import(&mut scope, &ctx, &principal)?;
            members::assign(&mut scope, &ctx, &permit, &[user], std::slice::from_ref(&place))
        })
        .await;
    match assigned {
        Ok(()) => page::done(
            &format!("{}/access", folder_path(&cx, folder.id)?),
            "The account was assigned.",
        ),
        Err(error) => form(&cx, 400, &mendable(error)?).await,
    }
}
