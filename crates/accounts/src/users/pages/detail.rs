//! One user: profile, groups, password, recent attempts to sign in. `GET|POST /console/{org}/admin/accounts/users/{user}`

use context::Error;
use http::Method;
use maud::{Markup, html};
use ui::{Form, Tone, chip, field};
use uuid::Uuid;
use vault::Secret;
use web::page::field as value_of;
use web::{Operation, Request, Response, page};

use super::group_choices;
use crate::console::{Errors, base, csrf, ids, mendable, moment};
use crate::groups::{self, Group, MemberKind};
use crate::sign_in::{AttemptResult, LoginAttempt, attempts, describe_policy};
use crate::state::Accounts;
use crate::users::service::{self, UserChange};
use crate::users::{Failure, User};

const PATH: &str = "/{org}/admin/accounts/users/{user}";

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::page(Method::GET, PATH, "Console_User")
            .summary("One user.")
            .administrator()
            .handler(show),
        Operation::page(Method::POST, PATH, "Console_UpdateUser")
            .summary("Changes a user's profile and groups.")
            .administrator()
            .takes_form()
            .handler(update),
        Operation::page(
            Method::POST,
            "/{org}/admin/accounts/users/{user}/password",
            "Console_ResetPassword",
        )
        .summary("Sets a user's password.")
        .administrator()
        .takes_form()
        .handler(reset_password),
    ]
}

async fn show(request: Request) -> Result<Response, Error> {
    render(&request, None, &Vec::new()).await
}

async fn update(request: Request) -> Result<Response, Error> {
    let (organization, id, form) = (request.organization()?, request.guid("user")?, request.form());
    let wanted = ids(&form, "groups");
    let text = |name: &str| Some(value_of(&form, name).to_owned());
    let profile = UserChange {
        name: text("name"),
        surname: text("surname"),
        display_name: text("displayName"),
        email: text("email"),
        ..UserChange::default()
    };
    let ctx = request.ctx.clone();
    let updated = request.store().write(move |tx| {
        let mut scope = tx.organization(organization);
        let current = groups::service::groups_of(&mut scope, MemberKind::User, id)?;
        let everyone = groups::service::built_in(&mut scope, groups::BuiltIn::Everyone)?.map(|group| group.id);
        let change = UserChange {
            groups_to_add: wanted
                .iter()
                .filter(|group| !current.contains(group))
                .copied()
                .collect(),
            groups_to_remove: current
                .iter()
                .filter(|group| Some(**group) != everyone && !wanted.contains(group))
                .copied()
                .collect(),
            ..profile.clone()
        };
        service::update(&mut scope, &ctx, id, change)
    });
    match updated.await {
        Ok(user) => page::done(&own(&request, id)?, &format!("User {} was saved.", user.user_name)),
        Err(failure) => render(&request, Some(&form), &mendable(failure)?).await,
    }
}

async fn reset_password(request: Request) -> Result<Response, Error> {
    let (id, form) = (request.guid("user")?, request.form());
    match set_password(&request, id, &form).await {
        Ok(()) => page::done(
            &own(&request, id)?,
            "The password was set. The user's sessions and tokens have ended.",
        ),
        Err(failure) => render(&request, None, &mendable(failure)?).await,
    }
}

async fn set_password(request: &Request, id: Uuid, form: &[(String, String)]) -> Result<(), Failure> {
    let organization = request.organization()?;
    let password = Secret::from(
        form.iter()
            .find(|(name, _)| name == "password")
            .map_or("", |(_, value)| value.as_str()),
    );
    let accounts = request.state::<Accounts>()?;
    let mut password = accounts
        .prepare_password(&request.ctx, organization, password, true)
        .await?;
    password.temporary = value_of(form, "change") == "true";
    let change = UserChange {
        password: Some(password),
        ..UserChange::default()
    };
    let ctx = request.ctx.clone();
    request
        .store()
        .write(move |tx| service::update(&mut tx.organization(organization), &ctx, id, change.clone()))
        .await?;
    Ok(())
}

fn own(request: &Request, id: Uuid) -> Result<String, Error> {
    Ok(format!("{}/admin/accounts/users/{id}", base(request)?))
}

async fn render(request: &Request, form: Option<&[(String, String)]>, errors: &Errors) -> Result<Response, Error> {
    let (organization, id) = (request.organization()?, request.guid("user")?);
    let found = request.store().read(move |tx| {
        let mut scope = tx.organization(organization);
        let user = service::get(&mut scope, id)?;
        let groups = groups::service::list(&mut scope)?;
        let memberships = groups::service::groups_of(&mut scope, MemberKind::User, id)?;
        let (_, attempts) = attempts::of_user(&mut scope, id, None, false, 10, 0)?;
        Ok::<_, Error>((user, groups, memberships, attempts))
    });
    let (user, groups, memberships, attempts) = found.await?;
    let policy = request
        .state::<Accounts>()?
        .require_organization(organization)
        .await?
        .settings
        .password
        .clone();
    let own = own(request, id)?;
    let content = html! {
        (ui::page_header(&user.user_name, user.shown(), html! {
            @if !user.is_active { (chip("Disabled", Tone::Neutral)) }
            @if user.is_locked(request.ctx.now) { (chip("Locked", Tone::Warning)) }
            @if user.is_built_in { (chip("Built-in", Tone::Neutral)) }
        }))
        (profile(request, &own, &user, &groups, &memberships, form, errors))
        (ui::section("Password", html! {
            (Form::new(csrf(request), &format!("{own}/password")).submit("Set password").unguarded().render(html! {
                (field::password("password", "New password").required().autocomplete("new-password").hint(&describe_policy(&policy)).error_in(errors))
                (field::toggle("change", "Must be changed at the next sign-in").on(policy.change_at_first_sign_in))
            }))
            p.muted { "Setting a password ends the user's sessions and voids what programs were given to act for the user." }
        }))
        (ui::section("Latest attempts to sign in", attempts_table(&attempts)))
        (ui::api_hint("GET", &format!("/identity_/api/User/{id}")))
    };
    page::render_with(
        request,
        if errors.is_empty() { 200 } else { 400 },
        &user.user_name,
        "accounts",
        content,
    )
    .await
}

fn profile(
    request: &Request,
    own: &str,
    user: &User,
    groups: &[Group],
    memberships: &[Uuid],
    form: Option<&[(String, String)]>,
    errors: &Errors,
) -> Markup {
    let text = |name: &str, stored: &str| form.map_or(stored, |form| value_of(form, name)).to_owned();
    let chosen: Vec<String> = match form {
        Some(form) => page::fields(form, "groups").into_iter().map(str::to_owned).collect(),
        None => memberships.iter().map(Uuid::to_string).collect(),
    };
    let back = own.rsplit_once("/users/").map_or(own, |(list, _)| list);
    Form::new(csrf(request), own).errors(errors).submit("Save").cancel(back).render(html! {
        (field::text("name", "First name").value(&text("name", &user.name)).max(256))
        (field::text("surname", "Last name").value(&text("surname", &user.surname)).max(256))
        (field::text("displayName", "Display name").value(&text("displayName", &user.display_name)).max(256))
        (field::email("email", "E-mail").value(&text("email", user.email.as_deref().unwrap_or_default())).max(256).error_in(errors))
        (field::checks("groups", "Groups", group_choices(groups)).values(chosen))
    })
}

fn attempts_table(attempts: &[LoginAttempt]) -> Markup {
    if attempts.is_empty() {
        return html! { p.muted { "There were none in the last 90 days." } };
    }
    html! {
        div.table-wrap { table {
            thead { tr { th { "When" } th { "Result" } th { "Address" } th { "Browser" } } }
            tbody {
                @for attempt in attempts {
                    tr {
                        td { (moment(Some(attempt.created_at))) }
                        td { (chip(&attempt.result.to_string(), if attempt.result == AttemptResult::Success { Tone::Success } else { Tone::Warning })) }
                        td { (attempt.client_address.as_deref().unwrap_or_default()) }
                        td { (attempt.agent.as_deref().unwrap_or_default()) }
                    }
                }
            }
        } }
    }
}
