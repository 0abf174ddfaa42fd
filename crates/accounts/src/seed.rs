//! Host, first organization and first administrators.

use context::{Ctx, Error};
use store::Tx;
use uuid::Uuid;
use vault::{Secret, WrappedKey};
use web::App;

use crate::first_start::FirstStart;
use crate::groups::{self, BuiltIn};
use crate::organizations::service::{self as organizations, NewOrganization};
use crate::organizations::{HOST, HOST_URL_NAME};
use crate::state::Accounts;
use crate::users::Phc;
use crate::users::service::{self as users, NewUser};

/// URL name of the organization made at the first start.
pub const FIRST_ORGANIZATION: &str = "default";
/// User name of the first administrators (reference: identity 5.2, 5.3).
pub const FIRST_ADMINISTRATOR: &str = "admin";

/// Does nothing once the host exists.
pub(crate) async fn run(app: App) -> Result<(), Error> {
    let accounts = app.state::<Accounts>()?;
    let first_start = app.state::<FirstStart>()?;
    let ctx = app.system();
    if app.store().read(|tx| organizations::get(tx, HOST)).await?.is_some() {
        return Ok(());
    }
    let (password, made_up) = match &first_start.admin_password {
        Some(given) => (given.clone(), false),
        None => (make_up(&ctx), true),
    };
    let phc = accounts.hashing.hash(&ctx, password.clone()).await?;
    let host_key = accounts.vault.new_scope_key().map_err(Error::internal)?;
    let first_key = accounts.vault.new_scope_key().map_err(Error::internal)?;
    let seeded = {
        let ctx = ctx.clone();
        app.store()
            .write(move |tx| write(tx, &ctx, &host_key, &first_key, &phc))
            .await?
    };
    if seeded && made_up {
        (first_start.announce)(&password);
    }
    Ok(())
}

/// `false` when another node was faster.
fn write(tx: &mut Tx, ctx: &Ctx, host_key: &WrappedKey, first_key: &WrappedKey, phc: &Phc) -> Result<bool, Error> {
    if organizations::get(tx, HOST)?.is_some() {
        return Ok(false);
    }
    provision(tx, ctx, HOST, "Host", HOST_URL_NAME, host_key, phc)?;
    provision(tx, ctx, ctx.id(), "Default", FIRST_ORGANIZATION, first_key, phc)?;
    Ok(true)
}

/// Makes an organization with its groups and its first administrator, whose password hash is `phc`.
pub fn provision(
    tx: &mut Tx,
    ctx: &Ctx,
    id: Uuid,
    name: &str,
    url_name: &str,
    key: &WrappedKey,
    phc: &Phc,
) -> Result<(), Error> {
    let new = NewOrganization {
        id,
        name: name.to_owned(),
        url_name: url_name.to_owned(),
        data_key: key.clone(),
    };
    organizations::create(tx, ctx, &new)?;
    let mut scope = tx.organization(id);
    groups::service::create_built_in(&mut scope, ctx)?;
    let administrators = groups::service::built_in(&mut scope, BuiltIn::Administrators)?.map(|group| group.id);
    let administrator = NewUser {
        user_name: FIRST_ADMINISTRATOR.to_owned(),
        display_name: "Administrator".to_owned(),
        invitation_accepted: true,
        is_built_in: true,
        password: Some(phc.clone()),
        groups: administrators.into_iter().collect(),
        ..NewUser::default()
    };
    users::create(&mut scope, ctx, administrator).map_err(crate::users::Failure::into_error)?;
    Ok(())
}

/// 144 random bits in letters and digits, grouped for reading, fit for every password policy.
fn make_up(ctx: &Ctx) -> Secret {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyzABCDEFGH";
    let mut bytes = [0u8; 29];
    ctx.random().fill(&mut bytes);
    let text: String = bytes
        .iter()
        .enumerate()
        .map(|(index, byte)| match index % 6 {
            4 => char::from(b'2' + byte % 8),
            5 => '-',
            _ => char::from(LETTERS[usize::from(byte % 32)]),
        })
        .collect();
    Secret::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organizations::PasswordPolicy;

    #[test]
    fn a_made_up_password_is_long_printable_and_good_for_a_strict_policy() {
        let ctx = Ctx::new(
            context::Caller::system(),
            jiff::Timestamp::UNIX_EPOCH,
            std::sync::Arc::new(vault::SeededRandom::new(5)),
        );
        let strict = PasswordPolicy {
            special_character: true,
            upper_case: true,
            minimum_length: 20,
            ..PasswordPolicy::default()
        };
        let password = make_up(&ctx);
        let text = password.expose_str().unwrap();
        assert!(
            text.len() >= 20 && text.bytes().all(|byte| byte.is_ascii_graphic()),
            "{text}"
        );
        assert!(crate::users::judge_password(&strict, text).is_empty(), "{text}");
    }
}
