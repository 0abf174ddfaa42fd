//! Password policy, lockout, sessions and tokens of the organization. `GET|POST /console/{org}/admin/security`

use context::Error;
use http::Method;
use maud::html;
use ui::{Form, field};
use web::page::field as value_of;
use web::{Operation, Request, Response, page};

use super::{Settings, service};
use crate::console::{Errors, base, csrf, mendable};
use crate::state::Accounts;
use crate::users::Failure;

const PATH: &str = "/{org}/admin/security";
const TITLE: &str = "Security";

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::page(Method::GET, PATH, "Console_Security")
            .summary("The organization's security settings.")
            .administrator()
            .handler(show),
        Operation::page(Method::POST, PATH, "Console_UpdateSecurity")
            .summary("Changes the organization's security settings.")
            .administrator()
            .takes_form()
            .handler(submit),
    ]
}

async fn show(request: Request) -> Result<Response, Error> {
    let settings = request
        .state::<Accounts>()?
        .require_organization(request.organization()?)
        .await?
        .settings
        .clone();
    render(&request, &settings, &Vec::new()).await
}

async fn submit(request: Request) -> Result<Response, Error> {
    let (organization, ctx, form) = (request.organization()?, request.ctx.clone(), request.form());
    let current = request
        .state::<Accounts>()?
        .require_organization(organization)
        .await?
        .settings
        .clone();
    let (settings, mut errors) = read(&form, current);
    if errors.is_empty() {
        let wanted = settings.clone();
        let saved = request
            .store()
            .write(move |tx| service::set_settings(tx, &ctx, organization, &wanted).map_err(Failure::from));
        match saved.await {
            Ok(()) => {
                return page::done(
                    &format!("{}/admin/security", base(&request)?),
                    "Security settings were saved.",
                );
            }
            Err(failure) => errors = mendable(failure)?,
        }
    }
    render(&request, &settings, &errors).await
}

/// The settings of the form, and the fields that are no numbers.
fn read(form: &[(String, String)], current: Settings) -> (Settings, Errors) {
    let mut settings = current;
    let mut errors = Errors::new();
    let mut number = |name: &str, place: &mut u32| match value_of(form, name).parse() {
        Ok(value) => *place = value,
        Err(_) => errors.push((name.to_owned(), format!("{name} must be a whole number."))),
    };
    number("minimumLength", &mut settings.password.minimum_length);
    number("expirationDays", &mut settings.password.expiration_days);
    number("previousRefused", &mut settings.password.previous_refused);
    number("attempts", &mut settings.lockout.attempts);
    number("seconds", &mut settings.lockout.seconds);
    number("idleMinutes", &mut settings.session.idle_minutes);
    number("absoluteHours", &mut settings.session.absolute_hours);
    number("longestDays", &mut settings.tokens.longest_days);
    number("perUser", &mut settings.tokens.per_user);
    let on = |name: &str| value_of(form, name) == "true";
    settings.password.special_character = on("specialCharacter");
    settings.password.lower_case = on("lowerCase");
    settings.password.upper_case = on("upperCase");
    settings.password.digit = on("digit");
    settings.password.change_at_first_sign_in = on("changeAtFirstSignIn");
    settings.lockout.enabled = on("lockout");
    settings.session.one_per_user = on("onePerUser");
    settings.consent_for_non_confidential = on("consent");
    (settings, errors)
}

async fn render(request: &Request, settings: &Settings, errors: &Errors) -> Result<Response, Error> {
    let Settings {
        password,
        lockout,
        session,
        tokens,
        consent_for_non_confidential,
    } = settings;
    let number = |name: &'static str, label: &'static str, value: u32, from: i64, to: i64| {
        field::number(name, label)
            .value(&value.to_string())
            .range(from, to)
            .required()
            .error_in(errors)
    };
    let fields = html! {
        h2 { "Passwords" }
        (number("minimumLength", "Minimum length", password.minimum_length, 1, 256))
        (field::toggle("lowerCase", "A lower-case letter is required").on(password.lower_case))
        (field::toggle("upperCase", "An upper-case letter is required").on(password.upper_case))
        (field::toggle("digit", "A digit is required").on(password.digit))
        (field::toggle("specialCharacter", "A special character is required").on(password.special_character))
        (number("expirationDays", "Days until a password expires", password.expiration_days, 0, 1000).hint("0: never."))
        (number("previousRefused", "Latest passwords that cannot be used again", password.previous_refused, 0, 10))
        (field::toggle("changeAtFirstSignIn", "A password that an administrator set must be changed at the first sign-in").on(password.change_at_first_sign_in))
        h2 { "Lockout" }
        (field::toggle("lockout", "Lock an account after wrong passwords").on(lockout.enabled))
        (number("attempts", "Wrong passwords in a row", lockout.attempts, 2, 10))
        (number("seconds", "Seconds it stays locked", lockout.seconds, 0, 2_592_000))
        h2 { "Browser sessions" }
        (number("idleMinutes", "Minutes without activity until sign-out", session.idle_minutes, 0, 43_200).hint("0: activity does not matter."))
        (number("absoluteHours", "Hours until sign-out in any case", session.absolute_hours, 1, 720))
        (field::toggle("onePerUser", "A new sign-in ends the user's other sessions").on(session.one_per_user))
        h2 { "Applications and tokens" }
        (field::toggle("consent", "Ask the user before a non-confidential application may act for them").on(*consent_for_non_confidential))
        (number("longestDays", "Longest life of a personal access token, in days", tokens.longest_days, 1, 1800))
        (number("perUser", "Personal access tokens of a user", tokens.per_user, 1, 50))
    };
    let content = html! {
        (ui::page_header(TITLE, "Changed rules for passwords count at the next change; everything else counts at once.", html! {}))
        (Form::new(csrf(request), &format!("{}/admin/security", base(request)?)).errors(errors).submit("Save").render(fields))
    };
    page::render_with(
        request,
        if errors.is_empty() { 200 } else { 400 },
        TITLE,
        "security",
        content,
    )
    .await
}
