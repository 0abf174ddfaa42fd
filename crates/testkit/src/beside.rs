//! Organizations and tenants beside the first ones, for tests of isolation.

use access::tenants::service::{NewTenant, provision};
use accounts::Accounts;
use context::Error;
use identity::clients::{Changes, Creation, ScopeRef, service};
use identity::scopes::{DEFAULT, Kind, catalogue};
use uuid::Uuid;
use vault::{Secret, Vault};

use crate::{ADMIN_PASSWORD, Server};

/// An organization with one tenant, a user `admin` with [`ADMIN_PASSWORD`], and an application with every application scope.
#[derive(Debug, Clone)]
pub struct Beside {
    /// GUID of the organization.
    pub id: String,
    /// URL name of the organization and name of its tenant.
    pub name: String,
    pub client_id: String,
    pub client_secret: String,
}

impl Server {
    /// Makes another organization.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn organization_beside(&self, name: &'static str) -> Beside {
        let accounts = self.app.state::<Accounts>().expect("accounts");
        let vault = self.app.state::<Vault>().expect("the vault");
        let ctx = self.app.system();
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes());
        let (key, tenant_key) = (
            vault.new_scope_key().expect("a key"),
            vault.new_scope_key().expect("a key"),
        );
        let created = self.run(async {
            let phc = accounts.hashing.hash(&ctx, Secret::from(ADMIN_PASSWORD)).await?;
            let work = move |tx: &mut store::Tx| {
                accounts::provision(tx, &ctx, id, name, name, &key, &phc)?;
                let tenant = NewTenant {
                    name: name.to_owned(),
                    display_name: String::new(),
                };
                provision(tx, &ctx, id, &tenant_key, &tenant)?;
                let scopes = catalogue().names(Kind::Application).filter(|scope| *scope != DEFAULT);
                let creation = Creation {
                    confidential: true,
                    with_secret: true,
                    changes: Changes {
                        name: "everything".to_owned(),
                        scopes: scopes.map(ScopeRef::application).collect(),
                        ..Changes::default()
                    },
                };
                service::create(&mut tx.organization(id), &ctx, &creation)
            };
            self.app.store().write(work).await
        });
        let created = created.expect("an organization");
        let secret = created.secret.expect("a secret");
        Beside {
            id: id.to_string(),
            name: name.to_owned(),
            client_id: created.application.client.id.to_string(),
            client_secret: secret.expose_str().expect("text").to_owned(),
        }
    }

    /// Makes another tenant in the organization `default`.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn tenant_beside(&self, name: &'static str) {
        let organization = Uuid::parse_str(&self.organization()).expect("a GUID");
        let vault = self.app.state::<Vault>().expect("the vault");
        let (ctx, key) = (self.app.system(), vault.new_scope_key().expect("a key"));
        let tenant = NewTenant {
            name: name.to_owned(),
            display_name: String::new(),
        };
        let made = self.run(self.app.store().write(move |tx| {
            provision(tx, &ctx, organization, &key, &tenant)?;
            Ok::<_, Error>(())
        }));
        made.expect("a tenant");
    }
}
