//! Adding a user. `GET|POST /console/{org}/admin/accounts/users/new`

use context::Error;
use http::Method;
use maud::html;
use ui::{Form, field};
use vault::Secret;
use web::page::field as value_of;
use web::{Operation, Request, Response, page};

use super::group_choices;
use crate::console::{Errors, base, csrf, ids, mendable};
use crate::groups::{self, Group};
use crate::sign_in::describe_policy;
use crate::state::Accounts;
use crate::users::Failure;
use crate::users::service::{self, NewUser};

const PATH: &str = "/{org}/admin/accounts/users/new";
const TITLE: &str = "Add user";

pub fn operations() -> [Operation; 2] {
    [
        Operation::page(Method::GET, PATH, "Console_AddUser")
            .summary("The form for a new user.")
            .administrator()
            .handler(show),
        Operation::page(Method::POST, PATH, "Console_CreateUser")
            .summary("Adds a user.")
            .administrator()
            .takes_form()
            .handler(submit),
    ]
}

async fn show(request: Request) -> Result<Response, Error> {
    render(&request, &[], &Vec::new()).await
}

async fn submit(request: Request) -> Result<Response, Error> {
    let form = request.form();
    match create(&request, &form).await {
        Ok(name) => page::done(
            &format!("{}/admin/accounts", base(&request)?),
            &format!("User {name} was added."),
        ),
        Err(failure) => render(&request, &form, &mendable(failure)?).await,
    }
}

async fn create(request: &Request, form: &[(String, String)]) -> Result<String, Failure> {
    let organization = request.organization()?;
    let text = |name: &str| value_of(form, name).to_owned();
    let password = Secret::from(
        form.iter()
            .find(|(name, _)| name == "password")
            .map_or("", |(_, value)| value.as_str()),
    );
    let accounts = request.state::<Accounts>()?;
    let password = accounts
        .prepare_password(&request.ctx, organization, password, true)
        .await?;
    let new = NewUser {
        user_name: text("username"),
        email: Some(text("email")),
        name: text("name"),
        surname: text("surname"),
        invitation_accepted: true,
        must_change_password: value_of(form, "change") == "true",
        password: Some(password.phc),
        groups: ids(form, "groups"),
        ..NewUser::default()
    };
    let ctx = request.ctx.clone();
    let created = request
        .store()
        .write(move |tx| service::create(&mut tx.organization(organization), &ctx, new.clone()));
    Ok(created.await?.user_name)
}

async fn render(request: &Request, form: &[(String, String)], errors: &Errors) -> Result<Response, Error> {
    let organization = request.organization()?;
    let base = base(request)?;
    let policy = request
        .state::<Accounts>()?
        .require_organization(organization)
        .await?
        .settings
        .password
        .clone();
    let groups: Vec<Group> = request
        .store()
        .read(move |tx| groups::service::list(&mut tx.organization(organization)))
        .await?;
    let change = if form.is_empty() {
        policy.change_at_first_sign_in
    } else {
        value_of(form, "change") == "true"
    };
    let content = html! {
        (ui::page_header(TITLE, "An account with a user name and a password of its own.", html! {}))
        (Form::new(csrf(request), &format!("{base}/admin/accounts/users/new")).errors(errors).submit("Add")
            .cancel(&format!("{base}/admin/accounts")).render(html! {
                (field::text("username", "User name").value(value_of(form, "username")).required().autofocus().autocomplete("off").max(256).error_in(errors))
                (field::text("name", "First name").value(value_of(form, "name")).max(256).autocomplete("off"))
                (field::text("surname", "Last name").value(value_of(form, "surname")).max(256).autocomplete("off"))
                (field::email("email", "E-mail").value(value_of(form, "email")).max(256).autocomplete("off").error_in(errors))
                (field::password("password", "Password").required().autocomplete("new-password").hint(&describe_policy(&policy)).error_in(errors))
                (field::toggle("change", "Must be changed at the first sign-in").on(change))
                (field::checks("groups", "Groups", group_choices(&groups)).values(page::fields(form, "groups"))
                    .hint("Everyone is in the group Everyone. Administrators may do anything in this organization."))
            }))
    };
    page::render_with(
        request,
        if errors.is_empty() { 200 } else { 400 },
        TITLE,
        "accounts",
        content,
    )
    .await
}
