//! Makes a token; the answer shows its value once. `GET, POST /console/{org}/me/tokens/add`

use context::{Error, Kind as Fault};
use http::Method;
use maud::html;
use ui::{Form, Picker, PickerGroup, field};
use web::{Operation, Request, Response, page};

use super::form::{Expires, check_newest, newest, shown_once};
use super::{OWN, TITLE, own_path, user};
use crate::Identity;
use crate::console::{csrf, element_key, field_errors, scope_items};
use crate::personal_tokens::{Issued, NewToken, service};
use crate::scopes::{Kind, catalogue};

/// Longest description, in characters.
const LONGEST_DESCRIPTION: usize = 256;

pub fn operations() -> [Operation; 2] {
    let path = "/{org}/me/tokens/add";
    [
        Operation::page(Method::GET, path, "PersonalTokenPages_Add").handler(show),
        Operation::page(Method::POST, path, "PersonalTokenPages_Generate")
            .takes_form()
            .handler(generate),
    ]
}

#[derive(Debug, Clone, Default)]
struct Input {
    description: String,
    scopes: Vec<String>,
    expires: Expires,
    /// See [`newest`].
    newest: i64,
}

impl Input {
    fn read(form: &[(String, String)]) -> Self {
        Self {
            description: page::field(form, "description").to_owned(),
            scopes: page::fields(form, "scope").into_iter().map(str::to_owned).collect(),
            expires: Expires::read(form),
            newest: page::field(form, "newest").parse().unwrap_or_default(),
        }
    }
}

async fn show(cx: Request) -> Result<Response, Error> {
    let (organization, user) = (cx.organization()?, user(&cx)?);
    let newest = cx
        .store()
        .read(move |tx| newest(&mut tx.organization(organization), user))
        .await?;
    render(
        &cx,
        200,
        &Input {
            newest,
            ..Input::default()
        },
        &[],
    )
    .await
}

async fn generate(cx: Request) -> Result<Response, Error> {
    let input = Input::read(&cx.form());
    match issue(&cx, &input).await {
        Ok(issued) => {
            let list = own_path(&cx)?;
            let content = html! {
                (ui::page_header(TITLE, "", html! {}))
                p { "The token was made. " a href=(list) { "All your tokens" } }
                (shown_once(&issued, &list)?)
            };
            page::render(&cx, TITLE, OWN, content).await
        }
        Err(error) if error.kind == Fault::Conflict => {
            page::done(&own_path(&cx)?, "The token was made already. Its value was shown once.")
        }
        Err(error) => render(&cx, 400, &input, &field_errors(error)?).await,
    }
}

async fn issue(cx: &Request, input: &Input) -> Result<Issued, Error> {
    let (organization, user, ctx) = (cx.organization()?, user(cx)?, cx.ctx.clone());
    let identity = cx.state::<Identity>()?;
    let policy = identity
        .accounts
        .require_organization(organization)
        .await?
        .settings
        .tokens
        .clone();
    let new = NewToken {
        description: input.description.clone(),
        expires_at: input.expires.at(ctx.now)?,
        scopes: input.scopes.clone(),
    };
    let seen = input.newest;
    let work = move |tx: &mut store::Tx| {
        let scope = &mut tx.organization(organization);
        check_newest(scope, user, seen)?;
        service::create(scope, &ctx, user, &policy, &new)
    };
    let issued = cx.store().write(work).await?;
    identity.forget_personal_tokens();
    Ok(issued)
}

async fn render(cx: &Request, status: u16, input: &Input, errors: &[(String, String)]) -> Result<Response, Error> {
    let list = own_path(cx)?;
    let organization = cx
        .state::<Identity>()?
        .accounts
        .require_organization(cx.organization()?)
        .await?;
    let groups = catalogue()
        .resources
        .iter()
        .map(|resource| PickerGroup {
            key: element_key(resource.name),
            label: resource.display_name.to_owned(),
            tabs: vec![scope_items(&resource.scopes, Kind::User, &input.scopes)],
        })
        .collect();
    let scopes_error = errors
        .iter()
        .find(|(name, _)| name == "scopes")
        .map(|(_, message)| message.as_str());
    let form = Form::new(csrf(cx)?, &format!("{list}/add"))
        .errors(errors)
        .submit("Generate")
        .cancel(&list);
    let content = html! {
        (ui::page_header("Generate token", "A token acts as you, within the scopes you give it.", html! {}))
        (form.render(html! {
            (field::hidden("newest", &input.newest.to_string()))
            (field::text("description", "Description").value(&input.description).required().max(LONGEST_DESCRIPTION)
                .autocomplete("off").placeholder("Nightly report on my laptop").error_in(errors))
            (input.expires.fields(organization.settings.tokens.longest_days, errors))
            fieldset.field.wide id="field-scopes" tabindex="-1" {
                legend { "Scopes" }
                p.hint { "Whatever is ticked, the token can do no more than you can." }
                (Picker::new("scopes", "Resource", "Add scopes").tab("User Scope(s)", "scope", None).groups(groups).error(scopes_error))
            }
        }))
        (ui::api_hint("POST", "/identity_/api/ReferenceToken"))
    };
    page::render_with(cx, status, "Generate token", OWN, content).await
}
