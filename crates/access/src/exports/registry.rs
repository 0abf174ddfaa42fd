//! What can be exported. Crates register here, while the server is put together.

use std::sync::{Arc, PoisonError, RwLock};

use context::Error;
use jiff::Timestamp;
use odata::{EntityType, Limits, Query};
use serde::de::DeserializeOwned;
use store::{Entity, Scoped, Tenant, Value};

use super::model::Criteria;
use super::sheet::Sheet;
use crate::sealing::Sealer;

/// Rows that one window looks at, whether they match or not.
const LOOKED_AT: i64 = 1_000;

/// A list that can be exported.
pub trait Exporter: Send + Sync {
    /// Stored with each export, so it never changes: `audit`.
    fn kind(&self) -> &'static str;

    /// Headings of the columns.
    fn columns(&self) -> &'static [&'static str];

    /// Writes the next rows with an id above `after` into `sheet`, in the order of ids and until it is full, and answers the id up to
    /// which everything that matches is written; `None` at the end. One call looks at a bounded number of rows (see [`window`]),
    /// since it runs in one unit of work.
    ///
    /// # Errors
    /// One that its kind says the caller can mend (400, 404, 409) ends the export, and people see its message. After others it is tried
    /// again, three times in all.
    fn read(
        &self,
        scope: &mut Scoped<'_, Tenant>,
        task: &Task,
        after: i64,
        sheet: &mut Sheet,
    ) -> Result<Option<i64>, Error>;
}

/// What an exporter is to export.
#[derive(Debug, Clone)]
pub struct Task {
    pub(super) criteria: Criteria,
    pub(super) limits: Limits,
    /// When the export was asked for; `now()` in a filter means this moment.
    pub requested_at: Timestamp,
    /// Opens sealed values of the tenant.
    pub sealer: Sealer,
}

impl Task {
    /// The filter, for lists of `model`.
    ///
    /// # Errors
    /// 400 when the model does not allow it (any more).
    pub fn query(&self, model: &'static EntityType) -> Result<Query, Error> {
        self.criteria.query(model, &self.limits, self.requested_at)
    }

    /// The exporter's own parameters, as they were given to [`Criteria::with`].
    ///
    /// # Errors
    /// 500 when they are of another form.
    pub fn parameters<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_value(self.criteria.parameters().clone()).map_err(Error::internal)
    }
}

/// The next rows of an export.
#[derive(Debug)]
pub struct Window<E> {
    pub rows: Vec<E>,
    /// Everything up to this id was looked at; `None` at the end of the list.
    pub upto: Option<i64>,
}

/// Looks at the next 1,000 rows of `part` after an id, and gives those that meet `condition` and the query's filter. `part` is what an
/// index that ends in the id leads to (`"queue_id = ?"` with its value, or empty for the whole tenant), so that a window costs the
/// same however few rows match.
pub fn window<E: Entity<Scope = Tenant, Key = i64>>(
    scope: &mut Scoped<'_, Tenant>,
    query: &Query,
    (part, values): (&str, &[Value]),
    condition: &str,
    after: i64,
) -> Result<Window<E>, Error> {
    let and = |text: &str| {
        if text.is_empty() {
            String::new()
        } else {
            format!(" and ({text})")
        }
    };
    let (table, key, part) = (E::TABLE, E::KEY, and(part));
    let mut params = values.to_vec();
    params.extend([Value::Int(after), Value::Int(LOOKED_AT)]);
    let bound = scope.row(
        &format!(
            "select max(w.id), count(*) from
                (select {key} as id from {table} where {{scope}}{part} and {key} > ? order by {key} limit ?) w"
        ),
        params,
    )?;
    let Some((Some(upto), seen)) = bound
        .map(|row| Ok::<_, store::Error>((row.get::<Option<i64>>(0)?, row.get::<i64>(1)?)))
        .transpose()?
    else {
        return Ok(Window {
            rows: Vec::new(),
            upto: None,
        });
    };
    let query = Query {
        filter: query.filter.clone(),
        ..Query::new(query.entity)
    };
    let mut params = vec![Value::Int(after), Value::Int(upto)];
    params.extend_from_slice(values);
    let condition = format!("{table}.{key} > ? and {table}.{key} <= ?{part}{}", and(condition));
    let rows = scope.list::<E>(&query, &condition, params)?.items;
    Ok(Window {
        rows,
        upto: (seen == LOOKED_AT).then_some(upto),
    })
}

/// All exporters.
#[derive(Default)]
pub struct Registry(RwLock<Vec<Arc<dyn Exporter>>>);

impl Registry {
    /// Adds an exporter.
    pub fn register(&self, exporter: Arc<dyn Exporter>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).push(exporter);
    }

    /// The exporter of a kind.
    pub fn find(&self, kind: &str) -> Option<Arc<dyn Exporter>> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().find(|exporter| exporter.kind() == kind).cloned()
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_list()
            .entries(all.iter().map(|exporter| exporter.kind()))
            .finish()
    }
}
