//! Choosing a new password: because one must, right after sign-in, or because one wants to. `GET|POST /web/password`

use std::sync::Arc;

use context::Error;
use http::Method;
use maud::html;
use ui::{Form, field};
use vault::Secret;
use web::page::field as value_of;
use web::{Access, Operation, Request, Response, Shape};

use super::{go, page};
use crate::organizations::PasswordPolicy;
use crate::sessions::{self, SessionState, session_cookie};
use crate::sign_in::{own_path, with_query};
use crate::state::Accounts;

pub fn operations() -> [Operation; 2] {
    let show = Operation::identity(Method::GET, "/web/password", "Interactive_Password")
        .summary("The page on which a person chooses a new password.")
        .access(Access::Optional)
        .parameters(&["returnUrl"])
        .answers(200, Shape::Media("text/html"))
        .handler(show);
    let submit = Operation::identity(Method::POST, "/web/password", "Interactive_SubmitPassword")
        .summary("Changes the password of the signed-in person; other sessions end.")
        .access(Access::Optional)
        .body_limit(64 << 10)
        .takes_form()
        .answers(303, Shape::Nothing)
        .handler(submit);
    [show, submit]
}

async fn show(request: Request) -> Result<Response, Error> {
    let return_url = request
        .parameter("returnUrl")
        .and_then(own_path)
        .unwrap_or_default()
        .to_owned();
    let accounts = request.state::<Accounts>()?;
    match accounts.session(&request).await? {
        Some(session) => render(&request, &accounts, &session, &return_url, &[]).await,
        None => to_sign_in(&request, &return_url),
    }
}

async fn render(
    request: &Request,
    accounts: &Accounts,
    session: &SessionState,
    return_url: &str,
    errors: &[(String, String)],
) -> Result<Response, Error> {
    let policy = accounts
        .require_organization(session.organization)
        .await?
        .settings
        .password
        .clone();
    let action = format!("{}/web/password", request.layout.base);
    let must = session.must_change_password;
    let content = html! {
        @if must { p.lead { "Before you go on, choose a password that only you know." } }
        (Form::new(&session.csrf, &action).unguarded().submit("Change password").errors(errors).render(html! {
            (field::hidden("returnUrl", return_url))
            @if !must { (field::password("old", "Current password").autocomplete("current-password").required().autofocus().error_in(errors)) }
            (field::password("new", "New password").autocomplete("new-password").required().hint(&describe(&policy)).error_in(errors))
            (field::password("again", "New password again").autocomplete("new-password").required().error_in(errors))
        }))
    };
    page(
        if errors.is_empty() { 200 } else { 400 },
        "Choose a new password",
        &[],
        content,
    )
}

async fn submit(request: Request) -> Result<Response, Error> {
    let accounts = request.state::<Accounts>()?;
    let form = request.form();
    let return_url = own_path(value_of(&form, "returnUrl")).unwrap_or_default().to_owned();
    let Some(session) = accounts.session(&request).await? else {
        return to_sign_in(&request, &return_url);
    };
    // A session that waits for its new password is nobody's yet for the guard; its form is compared here.
    if session.must_change_password
        && !vault::verify_secret(value_of(&form, "_csrf"), &vault::hash_secret(&session.csrf))
    {
        return Err(Error::invalid(
            context::codes::INVALID_REQUEST,
            "This form is out of date. Open the page again.",
        ));
    }
    let secret = |name: &str| {
        Secret::from(
            form.iter()
                .find(|(given, _)| given == name)
                .map_or("", |(_, value)| value.as_str()),
        )
    };
    let (new, again) = (secret("new"), secret("again"));
    if new != again {
        let errors = [("again".to_owned(), "The two new passwords differ.".to_owned())];
        return render(&request, &accounts, &session, &return_url, &errors).await;
    }
    let old = (!session.must_change_password).then(|| secret("old"));
    let changed = accounts
        .change_password(
            &request.ctx,
            session.organization,
            session.user,
            old,
            new,
            Some(session.id),
        )
        .await;
    if let Err(failure) = changed {
        if let crate::users::Failure::Other(error) = &failure
            && error.kind != context::Kind::Invalid
        {
            return Err(error.clone());
        }
        let errors: Vec<(String, String)> = failure
            .messages()
            .into_iter()
            .map(|message| ("new".to_owned(), message))
            .collect();
        return render(&request, &accounts, &session, &return_url, &errors).await;
    }
    finish(&request, &accounts, &session, &return_url).await
}

/// What the session can do has changed, so its cookie changes (reference: identity 7, row 100).
async fn finish(
    request: &Request,
    accounts: &Accounts,
    session: &Arc<SessionState>,
    return_url: &str,
) -> Result<Response, Error> {
    let (ctx, organization, id) = (request.ctx.clone(), session.organization, session.id);
    let renewed = request
        .store()
        .write(move |tx| sessions::service::renew(&mut tx.organization(organization), &ctx, id))
        .await?;
    let Some(renewed) = renewed else {
        return to_sign_in(request, return_url);
    };
    let home = accounts.require_organization(organization).await?.home();
    let target = if return_url.is_empty() { &home } else { return_url };
    go(target, &[session_cookie(&request.origin, &renewed.token)])
}

fn to_sign_in(request: &Request, return_url: &str) -> Result<Response, Error> {
    let back = Some(return_url).filter(|url| !url.is_empty());
    go(
        &with_query(&format!("{}/web/login", request.layout.base), "returnUrl", back),
        &[],
    )
}

/// The policy in one sentence.
pub fn describe(policy: &PasswordPolicy) -> String {
    let mut parts = vec![format!("At least {} characters", policy.minimum_length)];
    let rules = [
        (policy.lower_case, "a lower-case letter"),
        (policy.upper_case, "an upper-case letter"),
        (policy.digit, "a digit"),
        (policy.special_character, "a special character"),
    ];
    let needed: Vec<&str> = rules.into_iter().filter(|(on, _)| *on).map(|(_, what)| what).collect();
    if !needed.is_empty() {
        parts.push(format!("with {}", needed.join(", ")));
    }
    if policy.previous_refused > 0 {
        parts.push("not one of the latest passwords".to_owned());
    }
    parts.join(", ") + "."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_reads_as_a_sentence() {
        assert_eq!(
            describe(&PasswordPolicy::default()),
            "At least 12 characters, with a lower-case letter, a digit, not one of the latest passwords."
        );
    }
}
