//! Hosts sign in with the client of their machine object; what their tokens open, and what ends them.

use std::sync::Arc;

use context::{Caller, Confined, Credential, Ctx, Error, Principal};
use identity::Identity;
use identity::clients::machines::{self, MachineClient};
use serde_json::json;
use testkit::{Answer, Server, claims};
use uuid::Uuid;

use crate::assets_support::create_folder;
use crate::support::{assign_folder_role, assign_tenant_role, create_user};

const LICENSE_KEY: Uuid = Uuid::from_u128(0x4d1c_0000_0000_4000_8000_0000_0000_0001);

struct Host {
    organization: Uuid,
    machine: MachineClient,
    secret: String,
    secret_id: i64,
}

fn tenant_key(server: &Server) -> Uuid {
    let organization = server.organization().parse().unwrap();
    let access = server.app.state::<access::Access>().unwrap();
    server.run(access.tenant(organization, None)).unwrap().unwrap().key
}

fn host(server: &Server) -> Host {
    let organization: Uuid = server.organization().parse().unwrap();
    let machine = MachineClient {
        id: LICENSE_KEY,
        tenant: tenant_key(server),
    };
    let generated = change(server, organization, move |scope, ctx| {
        machines::create(scope, ctx, machine, "Floor 3")
    });
    Host {
        organization,
        machine,
        secret: generated.value.expose_str().unwrap().to_owned(),
        secret_id: generated.secret.id,
    }
}

fn change<T: Send + 'static>(
    server: &Server,
    organization: Uuid,
    work: impl Fn(&mut store::Scoped<'_, store::Organization>, &Ctx) -> Result<T, Error> + Send + Sync + 'static,
) -> T {
    let ctx = server.app.system();
    let work = move |tx: &mut store::Tx| work(&mut tx.organization(organization), &ctx);
    let done = server.run(server.app.store().write(work)).unwrap();
    server.app.state::<Identity>().unwrap().forget_machine(LICENSE_KEY);
    done
}

fn ask(server: &Server, secret: &str, more: &[(&str, &str)]) -> Answer {
    let id = LICENSE_KEY.to_string();
    let mut form = vec![("client_id", id.as_str()), ("client_secret", secret)];
    if more.iter().all(|(name, _)| *name != "grant_type") {
        form.push(("grant_type", "client_credentials"));
    }
    form.extend_from_slice(more);
    server.post("/identity_/connect/token").form(&form).send()
}

fn token(server: &Server, secret: &str) -> String {
    let answer = ask(server, secret, &[]).expect(200).json();
    answer["access_token"].as_str().unwrap().to_owned()
}

/// 403: known, and not allowed. 401: not known.
fn status(server: &Server, token: &str) -> u16 {
    server.get("/odata/Folders").bearer(token).send().status.as_u16()
}

#[test]
fn hosts_get_tokens_that_open_nothing_but_what_is_made_for_them() {
    testkit::each_database(|server| {
        let host = host(server);
        let token = token(server, &host.secret);
        let known = claims(&token);
        assert_eq!(known["sub_type"], json!("machine"));
        assert_eq!(known["sub"], json!(LICENSE_KEY));
        for path in [
            "/odata/Folders",
            "/odata/Users/UiPath.Server.Configuration.OData.GetCurrentUser",
            "/odata/Tenants",
        ] {
            server.get(path).bearer(&token).send().expect(403);
        }
        server
            .get("/identity_/api/ExternalApiResource")
            .bearer(&token)
            .send()
            .expect(403);
        server.get("/api/Status/Version").bearer(&token).send().expect(200);
        let answer = ask(server, &host.secret, &[("scope", "OrchestratorApiUserAccess")]).expect(200);
        assert_eq!(answer.json()["scope"], json!("OR.Default"));
        assert_eq!(
            ask(server, &host.secret, &[("scope", "OR.Folders")]).expect(400).json()["error"],
            json!("invalid_scope")
        );
        for grant in ["authorization_code", "refresh_token"] {
            let more = [("grant_type", grant), ("code", "x"), ("refresh_token", "x")];
            assert_eq!(
                ask(server, &host.secret, &more).expect(400).json()["error"],
                json!("unauthorized_client")
            );
        }
        let id = LICENSE_KEY.to_string();
        let form = [
            ("client_id", id.as_str()),
            ("client_secret", &host.secret),
            ("token", &token),
        ];
        server
            .post("/identity_/connect/introspect")
            .form(&form)
            .send()
            .expect(401);
    });
}

#[test]
fn a_removed_secret_ends_the_tokens_it_was_good_for_and_no_others() {
    testkit::each_database(|server| {
        let host = host(server);
        let machine = host.machine;
        let first = token(server, &host.secret);
        let other = change(server, host.organization, move |scope, ctx| {
            machines::generate_secret(scope, ctx, machine)
        });
        let second = token(server, other.value.expose_str().unwrap());
        assert_eq!((status(server, &first), status(server, &second)), (403, 403));

        let secret = host.secret_id;
        change(server, host.organization, move |scope, _| {
            machines::delete_secret(scope, machine, secret)
        });
        assert_eq!((status(server, &first), status(server, &second)), (401, 403));
        assert_eq!(ask(server, &host.secret, &[]).status.as_u16(), 400);

        change(server, host.organization, move |scope, _| {
            machines::delete(scope, machine)
        });
        assert_eq!(status(server, &second), 401);
        assert_eq!(ask(server, other.value.expose_str().unwrap(), &[]).status.as_u16(), 400);
    });
}

#[test]
fn applications_and_machines_do_not_see_each_other() {
    testkit::each_database(|server| {
        let host = host(server);
        let (organization, administrator) = (server.organization(), server.token("PM.OAuthApp"));
        let base = format!("/identity_/api/ExternalClient/{organization}");
        let get = |path: &str| server.get(path).bearer(&administrator).send();
        assert!(!get(&base).expect(200).text().contains("Floor 3"));
        get(&format!("{base}/{LICENSE_KEY}")).expect(404);
        server
            .delete(&format!("{base}/{LICENSE_KEY}"))
            .bearer(&administrator)
            .send()
            .expect(404);
        let page = server.admin_session().get("/console/default/admin/external-apps");
        assert!(!page.text().contains("Floor 3"));

        let machine = host.machine;
        let elsewhere = MachineClient {
            tenant: Uuid::nil(),
            ..machine
        };
        let application = MachineClient {
            id: testkit::CLIENT_ID.parse().unwrap(),
            ..machine
        };
        for other in [elsewhere, application] {
            let work = move |tx: &mut store::Tx| machines::secrets(&mut tx.organization(host.organization), other);
            assert!(server.run(server.app.store().read(work)).is_err());
        }
        assert_eq!(status(server, &token(server, &host.secret)), 403);
    });
}

/// A credential that is what follows the prefix: the key of a tenant and the id of a folder, in the name of `admin`.
struct Spoken(Caller);

impl access::Bearer for Spoken {
    fn caller<'a>(&'a self, _: &'a web::Request, token: &'a str) -> web::Future<'a, Result<Option<Caller>, Error>> {
        let confined = token["t3st_".len()..].split_once('.').map(|(tenant, folder)| Confined {
            tenant: tenant.parse().unwrap(),
            folder: folder.parse().ok(),
            job: None,
        });
        let caller = confined.map(|confined| Caller {
            confined: Some(confined),
            ..self.0.clone()
        });
        Box::pin(async move { Ok(caller) })
    }
}

#[test]
fn a_confined_credential_is_good_for_one_tenant_and_one_folder_of_it() {
    testkit::each_database(|server| {
        let person = create_user(server, "rosa");
        let id = assign_tenant_role(server, &person.id, "DirectoryUser", "Administrator");
        let caller = Caller {
            principal: Principal::User(person.id.parse().unwrap()),
            name: "rosa".into(),
            organization: server.organization().parse().ok(),
            scopes: ["OR.Default"].into_iter().collect(),
            credential: Credential::AccessToken,
            ..Caller::anonymous()
        };
        let access = server.app.state::<access::Access>().unwrap();
        access.bearers.register("t3st_", Arc::new(Spoken(caller)));

        let (tenant, shared) = (tenant_key(server), server.shared_folder());
        let other = create_folder(server, "Elsewhere");
        for folder in [shared, other] {
            assign_folder_role(server, id, folder, "Folder Administrator");
        }
        let whole = format!("t3st_{tenant}.");
        let part = format!("t3st_{tenant}.{shared}");
        let folders = |token: &str| server.get("/odata/Folders").bearer(token).send();
        let assets = |token: &str, folder: i64| server.get("/odata/Assets").bearer(token).folder(folder).send();
        folders(&whole).expect(200);
        assets(&whole, other).expect(200);
        // Cut to the folder: nothing on the tenant, nothing next door.
        server.get("/odata/Users").bearer(&part).send().expect(403);
        assets(&part, shared).expect(200);
        assets(&part, other).expect(404);
        // Another tenant, or none.
        folders(&format!("t3st_{}.", Uuid::nil())).expect(403);
        folders("t3st_nobody").expect(401);
        let named = |name: &str| {
            server
                .get("/odata/Folders")
                .bearer(&whole)
                .header("X-UIPATH-TenantName", name)
                .send()
        };
        named("Default").expect(200);
        named("Other").expect(403);
        // What lies above tenants.
        server
            .get("/identity_/api/ExternalApiResource")
            .bearer(&whole)
            .send()
            .expect(403);
    });
}
