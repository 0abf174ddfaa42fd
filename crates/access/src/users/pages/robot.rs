//! The unattended robot of an account: whether jobs run in its name, and under which account of the operating system.
//! `POST /console/{org}/tenants/{tenant}/access/{user}/robot`

use context::Error;
use http::Method;
use maud::{Markup, html};
use serde_json::{Value, json};
use ui::Form;
use ui::field::{self, Choice};
use web::{Operation, Request, Response, page};

use super::edit;
use crate::console::{csrf, mendable, tenant, tenant_path};
use crate::sealing::Sealer;
use crate::users::model::TenantUser;
use crate::users::robots::input::RobotsInput;
use crate::users::robots::{self, UserRobot};
use crate::users::service::{self, Switches};

pub fn operation() -> Operation {
    Operation::page(
        Method::POST,
        "/{org}/tenants/{tenant}/access/{user}/robot",
        "Console_EditRobot",
    )
    .summary("Says whether jobs run in the name of an account, and as whom.")
    .permission("Users.Edit")
    .takes_form()
    .handler(save)
}

/// Credentials of the operating system, as the API names them.
const KINDS: [(&str, &str); 5] = [
    ("NoCredential", "None: as the robot itself"),
    ("Default", "User name and password"),
    ("SmartCard", "Smart card"),
    ("NCipher", "nCipher"),
    ("SafeNet", "SafeNet"),
];

/// The form. `posted` is what could not be saved.
pub fn form(
    cx: &Request,
    user: &TenantUser,
    robot: Option<&UserRobot>,
    posted: Option<&Value>,
    edit: bool,
    errors: &[(String, String)],
) -> Result<Markup, Error> {
    let stored = robot.map_or_else(
        || json!({ "CredentialType": "NoCredential" }),
        robots::service::to_unattended,
    );
    let shown = posted.unwrap_or(&stored);
    let text = |name: &str| shown[name].as_str().unwrap_or_default();
    let on = posted.map_or(user.unattended_session, |posted| posted["on"] == true);
    let kinds = KINDS.map(|(name, label)| Choice::new(name, label));
    let fields = html! {
        (field::toggle("MayHaveUnattendedSession", "Jobs may run in the name of this account").on(on).disabled(!edit)
            .hint("In the folders it is assigned to, with its rights there."))
        (field::select("CredentialType", "Credentials of the operating system", kinds.to_vec()).value(text("CredentialType"))
            .disabled(!edit).error_in(errors))
        (field::text("UserName", "User name").value(text("UserName")).placeholder("DOMAIN\\user").max(100)
            .disabled(!edit).error_in(errors))
        (field::password("Password", "Password").autocomplete("off").show_when("CredentialType", "Default").disabled(!edit)
            .hint(if robot.is_some_and(|robot| robot.password.is_some()) { "One is stored. Empty: it stays." } else { "" }).error_in(errors))
        (field::toggle("LimitConcurrentExecution", "On one machine at a time").on(shown["LimitConcurrentExecution"] == true)
            .disabled(!edit))
        @if let Some(robot) = robot { (ui::definitions(&[("Robot", html! { (robot.name) }), ("Key", ui::copyable(&robot.key.to_string()))])) }
    };
    if !edit {
        return Ok(fields);
    }
    let path = format!("{}/access", tenant_path(cx)?);
    Ok(Form::new(csrf(cx), &format!("{path}/{}/robot", user.id))
        .submit("Save")
        .cancel(&path)
        .errors(errors)
        .render(fields))
}

async fn save(cx: Request) -> Result<Response, Error> {
    let fields = cx.form();
    let text = |name| page::field(&fields, name).to_owned();
    let on = text("MayHaveUnattendedSession") == "true";
    let filled = |name| Some(text(name)).filter(|text| !text.is_empty());
    let robot = json!({
        "CredentialType": filled("CredentialType"), "UserName": filled("UserName"), "Password": filled("Password"),
        "LimitConcurrentExecution": text("LimitConcurrentExecution") == "true",
    });
    let wanted = if on {
        json!({ "UnattendedRobot": robot })
    } else {
        json!({})
    };
    let drafts = web::bind::<RobotsInput>(wanted).and_then(RobotsInput::check);
    let (tenant, ctx, id) = (tenant(&cx)?, cx.ctx.clone(), cx.integer("user")?);
    let sealer = Sealer::of(&cx).await?;
    let switches = Switches {
        may_have_unattended_session: Some(on),
        ..Switches::default()
    };
    let saved = match drafts {
        Ok(drafts) => {
            let work = cx.store().write(move |tx| {
                let mut scope = tx.tenant(tenant.id);
                let user = service::edit(&mut scope, &ctx, id, &switches, None)?;
                robots::service::put(&mut scope, &ctx, &sealer, &user, &drafts)
            });
            work.await
        }
        Err(error) => Err(error),
    };
    match saved {
        Ok(()) => page::done(&format!("{}/access/{id}", tenant_path(&cx)?), "Saved."),
        Err(error) => {
            let errors: Vec<_> = mendable(error)?
                .into_iter()
                .map(|(name, message)| (name.trim_start_matches("UnattendedRobot.").to_owned(), message))
                .collect();
            let mut posted = robot;
            posted["on"] = json!(on);
            posted["Password"] = Value::Null;
            edit::form_of_robot(&cx, &posted, &errors).await
        }
    }
}
