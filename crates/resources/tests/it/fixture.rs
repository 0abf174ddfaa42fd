//! A tenant with two folders and a user, on a database of its own.

use std::sync::Arc;

use context::{Caller, Ctx, Error};
use resources::assets::input::AssetInput;
use resources::assets::sealing::Sealer;
use resources::assets::service;
use serde_json::Value;
use store::{Options, Scoped, Store, Tenant, params};

pub const TENANT: i64 = 1;
pub const SHARED: i64 = 1;
pub const FINANCE: i64 = 2;

pub struct Fixture {
    pub store: Store,
    pub ctx: Ctx,
    pub sealer: Sealer,
    _place: Place,
}

enum Place {
    Folder(#[expect(dead_code, reason = "removed when dropped")] tempfile::TempDir),
    Server(#[expect(dead_code, reason = "removed when dropped")] throwaway::postgres::Database),
}

impl Fixture {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        Self::on(Place::Folder(folder), &url)
    }

    fn postgres() -> Option<Self> {
        let database = throwaway::postgres::Database::create()?;
        let url = database.url();
        Some(Self::on(Place::Server(database), &url))
    }

    fn on(place: Place, url: &str) -> Self {
        let store = Store::open(&Options::new(url)).unwrap();
        store.migrate(&[access::MIGRATIONS, resources::MIGRATIONS]).unwrap();
        let random = Arc::new(vault::SeededRandom::new(7));
        let keys = [vault::InstallationKey::from_bytes(&[7; 32]).unwrap()];
        let vault = Arc::new(vault::Vault::open(keys, random.clone()).unwrap());
        let sealer = Sealer::new(vault.clone(), vault.new_scope_key().unwrap());
        let ctx = Ctx::new(Caller::system(), jiff::Timestamp::UNIX_EPOCH, random);
        let fixture = Self {
            store,
            ctx,
            sealer,
            _place: place,
        };
        fixture.write(|scope| {
            for (id, name) in [(SHARED, "Shared"), (FINANCE, "Finance")] {
                add_folder(scope, id, name)?;
            }
            Ok(())
        });
        fixture
    }

    /// Runs a unit of work in the tenant.
    #[track_caller]
    pub fn write<R: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut Scoped<'_, Tenant>) -> Result<R, Error> + Send + 'static,
    ) -> R {
        self.store
            .write_blocking(move |tx| work(&mut tx.tenant(TENANT)))
            .unwrap()
    }

    /// Makes an asset.
    #[track_caller]
    pub fn create(&self, folder: i64, body: Value) -> i64 {
        let input: AssetInput = web::bind(body).unwrap();
        let (ctx, sealer) = (self.ctx.clone(), self.sealer.clone());
        self.write(move |scope| service::create(scope, &ctx, &sealer, folder, &input))
    }
}

fn add_folder(scope: &mut Scoped<'_, Tenant>, id: i64, name: &str) -> Result<(), Error> {
    let sql =
        "insert into folders ({scope_column}, id, key, display_name, display_name_folded, path, path_folded, lineage,
        depth, folder_type, is_personal, provision_type, permission_model, feed_type, created_at)
        values ({scope_value}, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, 1, 1, 1, 0)";
    let folded = name.to_lowercase();
    let key = uuid::Uuid::from_u128(id.unsigned_abs().into());
    scope.execute(
        sql,
        params![id, key, name, folded, name, folded, format!("/{id}/"), false],
    )?;
    Ok(())
}

/// Runs a test on SQLite and, where it is installed, on PostgreSQL.
pub fn on_both(test: impl Fn(&Fixture)) {
    test(&Fixture::sqlite());
    if let Some(fixture) = Fixture::postgres() {
        test(&fixture);
    }
}
