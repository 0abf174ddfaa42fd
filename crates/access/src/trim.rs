//! Rows of tenants that are too old go, a few at a time, so that no unit of work is long.

use context::Error;
use jiff::Timestamp;
use store::{Entity, Tenant, params};
use web::App;

/// Rows of a tenant removed by one unit of work.
const AT_A_TIME: i64 = 1_000;

/// Removes the rows of all tenants that are older than a moment, by a column that an index begins with. The key must be `id`.
pub async fn older<E: Entity<Scope = Tenant>>(app: &App, column: &'static str, before: Timestamp) -> Result<(), Error> {
    loop {
        let removed = app
            .store()
            .write(move |tx| {
                let mut removed = 0;
                for tenant in tx.each_scope::<E>(&format!("{column} < ?"), params![before])? {
                    let oldest = format!(
                        "id in (select o.id from {} o where o.tenant_id = ? and o.{column} < ? order by o.{column} limit ?)",
                        E::TABLE
                    );
                    removed += tx
                        .scope(tenant)
                        .delete_where::<E>(&oldest, params![tenant.0, before, AT_A_TIME])?;
                }
                Ok::<_, Error>(removed)
            })
            .await?;
        if removed == 0 {
            return Ok(());
        }
    }
}
