//! Gives an account of the directory roles on the tenant. `GET` and `POST /console/{org}/tenants/{tenant}/access/assign`

use context::Error;
use http::Method;
use maud::html;
use ui::Form;
use ui::field;
use web::{Operation, Request, Response, page};

use super::{ACTIVE, chooser};
use crate::console::{Errors, csrf, mendable, numbers, role_choices, tenant, tenant_path};
use crate::directory::{self, Name};
use crate::roles::{assignments, service as roles};
use crate::users::service;

const PATH: &str = "/{org}/tenants/{tenant}/access/assign";

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::page(Method::GET, PATH, "Console_ChooseAccount")
            .summary("The form that gives an account roles on the tenant.")
            .permission("Users.Create")
            .handler(|cx: Request| async move { form(&cx, 200, &Vec::new()).await }),
        Operation::page(Method::POST, PATH, "Console_AssignAccount")
            .summary("Gives an account roles on the tenant.")
            .permission("Users.Create")
            .takes_form()
            .handler(submit),
    ]
}

async fn form(cx: &Request, status: u16, errors: &Errors) -> Result<Response, Error> {
    let tenant = tenant(cx)?;
    let (among, prefix) = chooser::asked(cx);
    let (found, all) = cx
        .store()
        .read(move |tx| {
            let found = directory::search(tx, tenant.organization, among, &prefix)?;
            Ok::<_, Error>((found, roles::all(&mut tx.tenant(tenant.id))?))
        })
        .await?;
    let path = format!("{}/access", tenant_path(cx)?);
    let action = format!("{path}/assign");
    let given = cx.form();
    let content = html! {
        (ui::page_header("Assign roles", "Roles on the tenant. Rights in folders are given folder by folder.", html! {}))
        (chooser::search_form(cx, &action))
        (Form::new(csrf(cx), &action).submit("Assign").cancel(&path).errors(errors).render(html! {
            (chooser::choices(&found, page::field(&given, "account")).error_in(errors))
            (field::checks("roleIds", "Roles on the tenant", role_choices(&all, false)).values(page::fields(&given, "roleIds")).error_in(errors)
                .hint("They are added to those the account has already."))
        }))
        (ui::api_hint("POST", "/odata/Users"))
    };
    page::render_with(cx, status, "Assign roles", ACTIVE, content).await
}

async fn submit(cx: Request) -> Result<Response, Error> {
    let fields = cx.form();
    let Ok(key) = page::field(&fields, "account").parse() else {
        return form(&cx, 400, &vec![("account".to_owned(), "Choose an account.".to_owned())]).await;
    };
    let wanted = numbers(&fields, "roleIds");
    let (tenant, ctx) = (tenant(&cx)?, cx.ctx.clone());
    let assigned = cx
        .store()
        .write(move |tx| {
            let name = Name {
                identifier: Some(key),
                ..Name::default()
            };
            let principal = directory::resolve(tx, tenant.organization, &name)?;
            let mut scope = tx.tenant(tenant.id);
            let user = service::import(&mut scope, &ctx, &principal)?;
            let mut all = wanted.clone();
            let held = assignments::on_tenant(&mut scope, &[user.id])?
                .remove(&user.id)
                .unwrap_or_default();
            all.extend(held.iter().map(|held| held.role_id));
            assignments::set_on_tenant(&mut scope, &ctx, &user, &all)?;
            Ok::<_, Error>(user)
        })
        .await;
    match assigned {
        Ok(user) => {
            let path = format!("{}/access/{}", tenant_path(&cx)?, user.id);
            page::done(&path, &format!("The roles of {} were saved.", user.user_name))
        }
        Err(error) => form(&cx, 400, &mendable(error)?).await,
    }
}
