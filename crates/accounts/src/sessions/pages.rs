//! The signed-in person's own page: profile, password, sessions, colours. `/console/{org}/me`, `/console/theme`

use context::Error;
use http::Method;
use maud::{Markup, html};
use ui::{Confirm, Form, Tone, button, chip, field, form};
use uuid::Uuid;
use web::page::field as value_of;
use web::{Operation, Reply, Request, Response, Shape, page};

use super::{EndReason, Session, clear_session, secure, service};
use crate::console::{Errors, base, csrf, mendable, moment};
use crate::sign_in::{describe_policy, own_path};
use crate::state::Accounts;
use crate::users::service::{self as users, UserChange};

const PATH: &str = "/{org}/me";
const TITLE: &str = "Profile and sessions";
/// Cookie with the chosen colours; `frame` of the console reads it.
pub const THEME_COOKIE: &str = "theme";

pub(crate) fn operations() -> Vec<Operation> {
    let action = |path, id, summary| {
        Operation::page(Method::POST, path, id)
            .summary(summary)
            .takes_form()
            .answers(303, Shape::Nothing)
    };
    vec![
        Operation::page(Method::GET, PATH, "Console_Profile")
            .summary("The signed-in person's own page.")
            .handler(show),
        action(PATH, "Console_UpdateProfile", "Changes one's own names.").handler(update),
        action(
            "/{org}/me/sessions/{session}/end",
            "Console_EndSession",
            "Ends one of one's own sessions.",
        )
        .handler(end_one),
        action(
            "/{org}/me/sign-out-everywhere",
            "Console_SignOutEverywhere",
            "Ends all one's own sessions.",
        )
        .handler(end_all),
        action("/theme", "Console_Theme", "Chooses light or dark.").handler(theme),
    ]
}

async fn show(request: Request) -> Result<Response, Error> {
    render(&request, &Vec::new()).await
}

async fn update(request: Request) -> Result<Response, Error> {
    let (organization, id, ctx, form) = (
        request.organization()?,
        myself(&request)?,
        request.ctx.clone(),
        request.form(),
    );
    let text = |name: &str| Some(value_of(&form, name).to_owned());
    // The e-mail address is a way to sign in and stays with administrators.
    let change = UserChange {
        name: text("name"),
        surname: text("surname"),
        display_name: text("displayName"),
        ..UserChange::default()
    };
    let updated = request
        .store()
        .write(move |tx| users::update(&mut tx.organization(organization), &ctx, id, change.clone()));
    match updated.await {
        Ok(_) => page::done(&format!("{}/me", base(&request)?), "Your profile was saved."),
        Err(failure) => render(&request, &mendable(failure)?).await,
    }
}

async fn end_one(request: Request) -> Result<Response, Error> {
    let (organization, user, id, ctx) = (
        request.organization()?,
        myself(&request)?,
        request.guid("session")?,
        request.ctx.clone(),
    );
    let ended = request.store().write(move |tx| {
        let mut scope = tx.organization(organization);
        match scope.get::<Session>(id)? {
            Some(session) if session.user_id == user => service::end(&mut scope, &ctx, id, EndReason::SignedOut),
            _ => Err(Error::not_found("Session", id)),
        }
    });
    ended.await?;
    page::done(&format!("{}/me", base(&request)?), "The session was ended.")
}

async fn end_all(request: Request) -> Result<Response, Error> {
    let accounts = request.state::<Accounts>()?;
    if let Some(session) = accounts.session(&request).await? {
        let ctx = request.ctx.clone();
        request
            .store()
            .write(move |tx| crate::sign_in::service::sign_out(tx, &ctx, &session, true))
            .await?;
    }
    Reply::new(303)
        .header("set-cookie", &clear_session(&request.origin))
        .header("location", "/identity/web/signed-out")
        .empty()
}

async fn theme(request: Request) -> Result<Response, Error> {
    let form = request.form();
    let cookie = match ui::Theme::parse(value_of(&form, "theme")) {
        Some(theme) => format!(
            "{THEME_COOKIE}={}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{}",
            theme.name(),
            secure(&request.origin)
        ),
        None => format!(
            "{THEME_COOKIE}=; Path=/; Max-Age=0; SameSite=Lax{}",
            secure(&request.origin)
        ),
    };
    // Back to where the form was; the referrer policy of our pages keeps the header away, so form or address say it.
    let said = Some(value_of(&form, "returnUrl")).filter(|said| !said.is_empty());
    let back = said
        .or_else(|| request.parameter("returnUrl"))
        .and_then(own_path)
        .unwrap_or("/console");
    Reply::new(303)
        .header("set-cookie", &cookie)
        .header("location", back)
        .empty()
}

fn myself(request: &Request) -> Result<Uuid, Error> {
    request.ctx.caller.user().ok_or_else(Error::forbidden)
}

async fn render(request: &Request, errors: &Errors) -> Result<Response, Error> {
    let (organization, id, now) = (request.organization()?, myself(request)?, request.ctx.now);
    let settings = request
        .state::<Accounts>()?
        .require_organization(organization)
        .await?
        .settings
        .clone();
    let policy = settings.session.clone();
    let found = request.store().read(move |tx| {
        let mut scope = tx.organization(organization);
        Ok::<_, Error>((
            users::get(&mut scope, id)?,
            service::list(&mut scope, id, &policy, now)?,
        ))
    });
    let (user, sessions) = found.await?;
    let base = base(request)?;
    let current = request.ctx.caller.session.as_ref().map(|session| session.id);
    let back: String = form_urlencoded::byte_serialize(format!("{base}/me").as_bytes()).collect();
    let content = html! {
        (ui::page_header(TITLE, "What others see of you here, and where you are signed in.", html! {}))
        (ui::section("Profile", html! {
            (ui::definitions(&[
                ("User name", html! { (user.user_name) }),
                ("E-mail", html! { (user.email.as_deref().unwrap_or("–")) }),
                ("Last sign-in", moment(user.last_login_at)),
            ]))
            (Form::new(csrf(request), &format!("{base}/me")).errors(errors).submit("Save").render(html! {
                (field::text("name", "First name").value(&user.name).max(256))
                (field::text("surname", "Last name").value(&user.surname).max(256))
                (field::text("displayName", "Display name").value(&user.display_name).max(256).error_in(errors))
            }))
        }))
        (ui::section("Password", html! {
            p { (describe_policy(&settings.password)) }
            p.actions { (ui::link_button("Change password", &format!("/identity/web/password?returnUrl={back}")).icon("key")) }
        }))
        (ui::section("Colours", themes(request, &format!("{base}/me"))))
        (ui::section("Sessions", html! {
            @for session in &sessions { (session_card(request, &base, session, Some(session.id) == current)) }
            (Form::new(csrf(request), &format!("{base}/me/sign-out-everywhere")).unguarded().submit("Sign out everywhere").danger()
                .confirm(Confirm::new("Sign out everywhere?", "All your sessions end, this one included, and programs that got access in them lose it.", "Sign out"))
                .render(html! {}))
        }))
    };
    page::render_with(
        request,
        if errors.is_empty() { 200 } else { 400 },
        TITLE,
        "profile",
        content,
    )
    .await
}

fn themes(request: &Request, back: &str) -> Markup {
    form(
        csrf(request),
        "/console/theme",
        html! {
            (field::hidden("returnUrl", back))
            div.form-actions {
                (button("Light").name("theme", "light").icon("sun"))
                (button("Dark").name("theme", "dark").icon("moon"))
                (button("As the system").name("theme", "system").icon("system"))
            }
        },
    )
}

fn session_card(request: &Request, base: &str, session: &Session, current: bool) -> Markup {
    let end = html! {
        @if current { (chip("This session", Tone::Success)) }
        @else { (form(csrf(request), &format!("{base}/me/sessions/{}/end", session.id), html! { (button("End").small()) })) }
    };
    ui::card(
        session.agent.as_deref().unwrap_or("Unknown browser"),
        end,
        html! {
            (ui::definitions(&[
                ("Address", html! { (session.address.as_deref().unwrap_or("–")) }),
                ("Signed in", moment(Some(session.authenticated_at))),
                ("Last used", moment(Some(session.seen_at))),
            ]))
        },
    )
}
