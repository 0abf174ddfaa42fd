//! The host level: organizations and locked accounts, for system administrators. `/identity/management`
//!
//! System administrators belong to no organization and see nothing of what is in one (reference: identity 5.2). What they can
//! do for one is to open or close it, and to let its people in again after a lockout (reference: identity 7, row 108).

use context::Error;
use http::Method;
use maud::html;
use store::params;
use ui::{Confirm, Form, Frame, Grid, GridQuery, MenuItem, Person, Row, Tone, chip, field};
use uuid::Uuid;
use web::page::field as value_of;
use web::{Access, Operation, Reply, Request, Response, Shape, reply};

use super::{HOST, service};
use crate::console::{csrf, moment};
use crate::organizations::Organization;
use crate::sign_in::with_query;
use crate::state::Accounts;
use crate::users::{User, service as users};

const PATH: &str = "/identity/management";

pub(crate) fn operations() -> Vec<Operation> {
    let action = |path, id, summary| {
        Operation::identity(Method::POST, path, id)
            .summary(summary)
            .access(Access::Optional)
            .takes_form()
            .answers(303, Shape::Nothing)
    };
    vec![
        Operation::identity(Method::GET, "/management", "Interactive_Management")
            .summary("Organizations and locked accounts, for system administrators.")
            .access(Access::Optional)
            .answers(200, Shape::Media("text/html"))
            .handler(show),
        action(
            "/management/organizations/{organization}/enable",
            "Interactive_EnableOrganization",
            "Opens an organization.",
        )
        .handler(enable),
        action(
            "/management/organizations/{organization}/disable",
            "Interactive_DisableOrganization",
            "Closes an organization.",
        )
        .handler(disable),
        action(
            "/management/unlock",
            "Interactive_UnlockAccount",
            "Ends the lockout of an account.",
        )
        .handler(unlock),
    ]
}

/// # Errors
/// 403 for everyone but system administrators.
fn require_host(request: &Request) -> Result<(), Error> {
    if request.ctx.caller.host {
        Ok(())
    } else {
        Err(Error::forbidden())
    }
}

async fn show(request: Request) -> Result<Response, Error> {
    if request.ctx.caller.is_anonymous() {
        return reply::see_other(&with_query(
            "/identity/web/login?organization=host",
            "returnUrl",
            Some(PATH),
        ));
    }
    require_host(&request)?;
    let now = request.ctx.now;
    let found = request.store().read(move |tx| {
        let organizations = service::list(tx)?;
        let administrators = users::list(
            &mut tx.organization(HOST),
            &users::Listing {
                top: 100,
                ..users::Listing::default()
            },
        )?
        .1;
        let locked = tx.locate_all::<User>(
            "locked_until > ? and deleted_at is null order by locked_until limit 100",
            params![now],
        )?;
        Ok::<_, Error>((organizations, administrators, locked))
    });
    let (organizations, administrators, locked) = found.await?;
    let query = GridQuery::parse(PATH, "");
    let list = Grid::new("organizations", "Organizations", &query)
        .column("Name")
        .column("URL name")
        .column("Status")
        .column("Created")
        .rows(
            organizations
                .iter()
                .map(|organization| organization_row(&request, organization)),
        )
        .render();
    let people = Grid::new("administrators", "System administrators", &query)
        .column("User name")
        .column("E-mail")
        .column("Last sign-in")
        .rows(administrators.iter().map(|user| {
            Row::new(&user.id.to_string(), &user.user_name)
                .cell(&user.user_name)
                .cell(user.email.as_deref().unwrap_or_default())
                .cell(moment(user.last_login_at))
        }))
        .render();
    let name_of = |id: Uuid| {
        let named = organizations.iter().find(|organization| organization.id == id);
        named.map_or("host", |organization| organization.url_name.as_str())
    };
    let frame = Frame {
        title: "Host".to_owned(),
        user: Person {
            name: request.ctx.caller.name.to_string(),
            detail: "System administrator".to_owned(),
            menu: Vec::new(),
        },
        csrf: csrf(&request).to_owned(),
        theme: web::page::cookie(&request, crate::sessions::THEME_COOKIE).and_then(ui::Theme::parse),
        theme_action: "/console/theme".to_owned(),
        home: PATH.to_owned(),
        ..Frame::default()
    };
    let content = html! {
        (ui::page_header("Host", "Organizations of this installation. What is inside one is the affair of its own administrators.",
            html! { (ui::link_button("Change my password", &with_query("/identity/web/password", "returnUrl", Some(PATH))).icon("key")) }))
        (ui::section("Organizations", list))
        (ui::section("System administrators", people))
        (ui::section("Locked accounts", html! {
            @if locked.is_empty() { p.muted { "No account is locked." } }
            @for (organization, user) in &locked {
                (Form::new(csrf(&request), "/identity/management/unlock").unguarded().submit("Unlock").render(html! {
                    (field::hidden("organization", &organization.0.to_string()))
                    (field::hidden("user", &user.id.to_string()))
                    p { b { (user.user_name) } " of " (name_of(organization.0)) ", until " (moment(user.locked_until)) }
                }))
            }
        }))
    };
    Reply::ok().html(ui::page(&frame, content))
}

fn organization_row(request: &Request, organization: &Organization) -> Row {
    let own = format!("{PATH}/organizations/{}", organization.id);
    let item = if organization.is_active {
        let confirm = Confirm::new(
            &format!("Disable “{}”?", organization.name),
            "Nobody can sign in, and tokens of its people and applications are refused until it is enabled again.",
            "Disable",
        );
        MenuItem::delete("Disable", &format!("{own}/disable"), csrf(request), confirm)
    } else {
        MenuItem::post("Enable", "check", &format!("{own}/enable"), csrf(request))
    };
    Row::new(&organization.id.to_string(), &organization.name)
        .cell(&organization.name)
        .cell(&organization.url_name)
        .cell(if organization.is_active {
            chip("Active", Tone::Success)
        } else {
            chip("Disabled", Tone::Warning)
        })
        .cell(moment(Some(organization.created_at)))
        .menu(vec![item])
}

async fn enable(request: Request) -> Result<Response, Error> {
    set_active(request, true).await
}

async fn disable(request: Request) -> Result<Response, Error> {
    set_active(request, false).await
}

async fn set_active(request: Request, active: bool) -> Result<Response, Error> {
    require_host(&request)?;
    let (id, ctx) = (request.guid("organization")?, request.ctx.clone());
    request
        .store()
        .write(move |tx| service::set_active(tx, &ctx, id, active))
        .await?;
    reply::see_other(PATH)
}

async fn unlock(request: Request) -> Result<Response, Error> {
    require_host(&request)?;
    let (form, ctx) = (request.form(), request.ctx.clone());
    let id = |name: &str| {
        Uuid::parse_str(value_of(&form, name)).map_err(|_| Error::field(name, format!("{name} must be a GUID.")))
    };
    let (organization, user) = (id("organization")?, id("user")?);
    request.state::<Accounts>()?.require_organization(organization).await?;
    request
        .store()
        .write(move |tx| users::unlock(&mut tx.organization(organization), &ctx, user))
        .await?;
    reply::see_other(PATH)
}
