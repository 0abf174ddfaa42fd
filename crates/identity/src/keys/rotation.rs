//! From database rows to a ring, and the steps of a rotation.

use std::sync::Arc;

use context::{Ctx, Error};
use jiff::Timestamp;
use jose::rotation::{KeyTimes, Plan, Policy, active, plan};
use jose::{Algorithm, KeyRing, SigningKey, VerifyingKey};
use store::{Store, Tx, params};
use uuid::Uuid;
use vault::{Vault, WrappedKey};

use super::model::SigningKeyRow;
use super::ring::Ring;

/// Most steps of one rotation: make, activate, retire and delete settle in fewer.
const MOST_STEPS: usize = 8;

/// Reads the ring; `None` when there is no key that could sign with `algorithm`.
pub(crate) async fn load(
    store: &Store,
    vault: &Vault,
    algorithm: Algorithm,
    now: Timestamp,
) -> Result<Option<Ring>, Error> {
    let rows = store
        .read(|tx| tx.host().find::<SigningKeyRow>("", params![]).map_err(Error::from))
        .await?;
    let Some(signer) = active(&times(&rows, algorithm), now).map(|key| key.id) else {
        return Ok(None);
    };
    let mut signing = None;
    let mut others: Vec<VerifyingKey> = Vec::new();
    for row in &rows {
        let key = open(vault, row)?;
        others.push(key.verifying_key().clone());
        if row.id == signer {
            signing = Some(key);
        }
    }
    let signing = signing.ok_or_else(|| Error::internal("the active key is not among the keys"))?;
    Ring::new(KeyRing::new(Arc::new(signing), others)).map(Some)
}

/// Opens every stored key and says how many there are, for `doctor`.
///
/// # Errors
/// Words for the operator when a key cannot be opened, mostly because the master key is another one.
pub async fn examine(store: &Store, vault: &Vault) -> Result<String, String> {
    let rows = store
        .read(|tx| tx.host().find::<SigningKeyRow>("", params![]).map_err(Error::from))
        .await;
    let rows = rows.map_err(|error| format!("signing keys cannot be read: {error}"))?;
    for row in &rows {
        open(vault, row).map_err(|error| format!("signing key {} cannot be opened: {error}", row.id))?;
    }
    Ok(format!(
        "{} signing keys, all of them open with the master key",
        rows.len()
    ))
}

/// Does what the policy says is due: makes the next key ahead of time, lets it take over, retires the old one and
/// deletes it when its last token is long gone. Keys of another algorithm than the chosen one are retired.
///
/// True when something changed.
pub(crate) async fn rotate(store: &Store, vault: &Arc<Vault>, ctx: &Ctx, algorithm: Algorithm) -> Result<bool, Error> {
    let mut changed = false;
    for _ in 0..MOST_STEPS {
        let at = ctx.now;
        let due = store.read(move |tx| due(tx, algorithm, at)).await?;
        if due.is_empty() {
            return Ok(changed);
        }
        // RSA keys take their time; the database is not kept waiting for it.
        let fresh = match due.create {
            Some(_) => {
                let key = tokio::task::spawn_blocking(move || SigningKey::generate(algorithm)).await;
                Some(seal(
                    vault,
                    ctx,
                    &key.map_err(Error::internal)?.map_err(Error::internal)?,
                )?)
            }
            None => None,
        };
        store.write(move |tx| apply(tx, algorithm, at, fresh.as_ref())).await?;
        changed = true;
    }
    Ok(changed)
}

fn times(rows: &[SigningKeyRow], algorithm: Algorithm) -> Vec<KeyTimes<Uuid>> {
    let of_algorithm = rows.iter().filter(|row| row.algorithm == algorithm.name());
    of_algorithm
        .map(|row| KeyTimes {
            id: row.id,
            created_at: row.created_at,
            activates_at: row.activates_at,
            retired_at: row.retired_at,
        })
        .collect()
}

fn due(tx: &mut Tx, algorithm: Algorithm, now: Timestamp) -> Result<Plan<Uuid>, Error> {
    let rows = tx.host().find::<SigningKeyRow>("", params![])?;
    let policy = Policy::default();
    let mut due = plan(&times(&rows, algorithm), &policy, now);
    let signs = active(&times(&rows, algorithm), now).is_some();
    for other in Algorithm::ALL.into_iter().filter(|other| *other != algorithm) {
        for key in times(&rows, other) {
            match key.retired_at {
                Some(retired) if now.duration_since(retired) >= policy.keep => due.delete.push(key.id),
                None if signs => due.retire.push(key.id),
                _ => {}
            }
        }
    }
    Ok(due)
}

/// Applies what is due now, which another node may have done since.
fn apply(tx: &mut Tx, algorithm: Algorithm, now: Timestamp, fresh: Option<&SigningKeyRow>) -> Result<(), Error> {
    let due = due(tx, algorithm, now)?;
    let mut host = tx.host();
    for id in &due.delete {
        host.delete::<SigningKeyRow>(*id)?;
    }
    for id in &due.retire {
        host.update_where::<SigningKeyRow>("retired_at = ?", "id = ?", params![now, id])?;
    }
    if let Some(id) = due.activate {
        host.update_where::<SigningKeyRow>("activates_at = ?", "id = ? and activates_at > ?", params![now, id, now])?;
    }
    if let (Some(activates_at), Some(fresh)) = (due.create, fresh) {
        host.insert(&SigningKeyRow {
            activates_at,
            ..fresh.clone()
        })?;
    }
    if !due.is_empty() {
        host.changed("keys", algorithm.name());
    }
    Ok(())
}

fn seal(vault: &Vault, ctx: &Ctx, key: &SigningKey) -> Result<SigningKeyRow, Error> {
    let id = ctx.id();
    let data_key = vault.new_scope_key().map_err(Error::internal)?;
    let document = key.to_pkcs8().map_err(Error::internal)?;
    let sealed = vault
        .seal(&data_key, &SigningKeyRow::context(id), &document)
        .map_err(Error::internal)?;
    Ok(SigningKeyRow {
        id,
        algorithm: key.algorithm().name().to_owned(),
        data_key: data_key.as_bytes().to_vec(),
        sealed,
        created_at: ctx.now,
        activates_at: ctx.now,
        retired_at: None,
    })
}

fn open(vault: &Vault, row: &SigningKeyRow) -> Result<SigningKey, Error> {
    let algorithm =
        Algorithm::from_name(&row.algorithm).ok_or_else(|| Error::internal("a stored key has an unknown algorithm"))?;
    let data_key = WrappedKey::from_bytes(row.data_key.clone());
    let document = vault
        .unseal(&data_key, &SigningKeyRow::context(row.id), &row.sealed)
        .map_err(Error::internal)?;
    SigningKey::from_pkcs8(algorithm, document.expose_bytes()).map_err(Error::internal)
}
