//! What happens when several units of work want the same name or the same row at once.

use access::Permit;
use access::folders::service::NewFolder;
use access::roles::{assignments, service as roles};
use access::users::service as users;
use context::{Ctx, Error, Kind, codes};
use store::Tx;
use testkit::Server;
use uuid::Uuid;

use crate::support::create_user;

const AT_ONCE: usize = 8;

/// Runs the work on several threads at once; the kinds of failures, and how many succeeded.
fn race<W>(server: &Server, work: W) -> (usize, Vec<(Kind, i32)>)
where
    W: Fn(&mut Tx, &Ctx) -> Result<(), Error> + Clone + Send + 'static,
{
    let threads: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (store, ctx, work) = (server.app.store().clone(), server.app.system(), work.clone());
            std::thread::spawn(move || store.write_blocking(move |tx| work(tx, &ctx)))
        })
        .collect();
    let outcomes: Vec<Result<(), Error>> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    let failures: Vec<(Kind, i32)> = outcomes
        .iter()
        .filter_map(|outcome| outcome.as_ref().err())
        .map(|error| (error.kind, error.code))
        .collect();
    (outcomes.len() - failures.len(), failures)
}

/// One gets the name, and the others are told that it is taken.
#[track_caller]
fn only_one(server: &Server, work: impl Fn(&mut Tx, &Ctx) -> Result<(), Error> + Clone + Send + 'static) {
    let taken = (Kind::Conflict, codes::NAME_ALREADY_USED);
    assert_eq!(race(server, work), (1, vec![taken; AT_ONCE - 1]));
}

#[test]
fn a_name_wanted_by_several_at_once_goes_to_one_and_the_others_are_told() {
    testkit::each_database(|server| {
        let organization = Uuid::parse_str(&server.organization()).unwrap();
        let tenant = server
            .run(server.app.store().read(access::tenants::service::everywhere))
            .unwrap();
        let tenant = tenant.into_iter().find(|(of, _)| *of == organization).unwrap().1.id;
        only_one(server, move |tx, ctx| {
            accounts::groups::service::create(&mut tx.organization(organization), ctx, "wanted", &[]).map(drop)
        });
        only_one(server, move |tx, ctx| {
            let draft = roles::Draft {
                name: "wanted".to_owned(),
                role_type: Some("Tenant".to_owned()),
                ..roles::Draft::default()
            };
            roles::create(&mut tx.tenant(tenant), ctx, &draft).map(drop)
        });
        only_one(server, move |tx, ctx| {
            let new = NewFolder {
                display_name: "wanted".to_owned(),
                ..NewFolder::default()
            };
            access::folders::service::create(&mut tx.tenant(tenant), ctx, &Permit::everything(), &new).map(drop)
        });
        let person = Uuid::parse_str(&create_user(server, "wanted").id).unwrap();
        let (_, failures) = race(server, move |tx, ctx| {
            let principal = access::directory::by_key(tx, organization, person)?.ok_or_else(Error::forbidden)?;
            let mut scope = tx.tenant(tenant);
            let user = users::import(&mut scope, ctx, &principal)?;
            let wanted = roles::named(&mut scope, &["Allow to be Automation User".to_owned()])?;
            let wanted: Vec<i64> = wanted.iter().map(|role| role.id).collect();
            assignments::set_on_tenant(&mut scope, ctx, &user, &wanted)
        });
        assert!(failures.iter().all(|(kind, _)| *kind == Kind::Conflict), "{failures:?}");
    });
}
