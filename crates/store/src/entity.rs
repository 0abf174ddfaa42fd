//! What [`entity!`](crate::entity!) declares.

use odata::{EntityType, Scalar};

use crate::Result;
use crate::row::Row;
use crate::scope::Scope;
use crate::value::Value;

/// A column of an entity's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    /// The column that holds the folded form of this text; written along with it.
    pub folded: Option<&'static str>,
    /// A scalar expression read in place of a column, with `{t}` for the table; never written.
    pub sql: Option<&'static str>,
}

/// A row type with its table, declared by [`entity!`](crate::entity!).
pub trait Entity: Sized + Clone + Send + Sync + 'static {
    /// Whose rows these are.
    type Scope: Scope;
    /// The type of the key. A key of type `i64` that is 0 on insert is assigned by the database.
    type Key: Scalar;

    const TABLE: &'static str;
    /// The columns in the order of the fields.
    const COLUMNS: &'static [Column];
    /// The key column.
    const KEY: &'static str;

    fn key(&self) -> Self::Key;

    /// Reads the columns from position `first` on.
    fn from_row(row: &mut Row, first: usize) -> Result<Self>;

    /// The values of all fields in the order of [`COLUMNS`](Self::COLUMNS).
    fn to_values(&self) -> Vec<Value>;

    /// What the entity publishes over OData.
    fn model() -> &'static EntityType;

    /// The published properties by wire name, null kept.
    fn to_json(&self) -> serde_json::Map<String, serde_json::Value>;

    #[doc(hidden)]
    fn statements() -> &'static Statements;
}

/// The statements that depend on the entity alone, as text.
#[doc(hidden)]
#[derive(Debug)]
pub struct Statements {
    /// The select list with the bare table name for `{t}`.
    pub(crate) columns: String,
    /// `where` of one row by key, scope included.
    pub(crate) get: String,
    pub(crate) lock: String,
    pub(crate) update: String,
    pub(crate) delete: String,
    /// Insert with the key given.
    pub(crate) insert: String,
    /// Insert that returns the key the database assigned.
    pub(crate) insert_assigned: String,
    /// Positions in `to_values` that are written, the key included.
    pub(crate) written: Vec<usize>,
    /// Positions of texts whose folded form is written too.
    pub(crate) folded: Vec<usize>,
    pub(crate) key: usize,
}

impl Statements {
    /// Builds the texts. For the generated code.
    pub fn of<E: Entity>() -> Self {
        let columns = select_list::<E>(E::TABLE);
        let scope = E::Scope::COLUMN;
        let by_key = match scope {
            Some(column) => format!("{} = ? and {column} = ?", E::KEY),
            None => format!("{} = ?", E::KEY),
        };
        let written: Vec<usize> = (0..E::COLUMNS.len())
            .filter(|at| E::COLUMNS[*at].sql.is_none())
            .collect();
        let folded: Vec<usize> = (0..E::COLUMNS.len())
            .filter(|at| E::COLUMNS[*at].folded.is_some())
            .collect();
        let key = E::COLUMNS.iter().position(|column| column.name == E::KEY).unwrap_or(0);

        let names = |with_key: bool| -> Vec<&'static str> {
            let stored = written
                .iter()
                .filter(|at| with_key || **at != key)
                .map(|at| E::COLUMNS[*at].name);
            stored
                .chain(folded.iter().filter_map(|at| E::COLUMNS[*at].folded))
                .collect()
        };
        let insert = |with_key: bool| {
            let names: Vec<&str> = scope.into_iter().chain(names(with_key)).collect();
            if names.is_empty() {
                return format!("insert into {} default values", E::TABLE);
            }
            let marks = vec!["?"; names.len()].join(", ");
            format!("insert into {} ({}) values ({marks})", E::TABLE, names.join(", "))
        };
        let sets: Vec<String> = names(false).iter().map(|name| format!("{name} = ?")).collect();
        let get = format!("select {columns} from {} where {by_key}", E::TABLE);
        Statements {
            lock: format!("{get} {{for_update}}"),
            get,
            update: format!("update {} set {} where {by_key}", E::TABLE, sets.join(", ")),
            delete: format!("delete from {} where {by_key}", E::TABLE),
            insert: insert(true),
            insert_assigned: format!("{} returning {}", insert(false), E::KEY),
            columns,
            written,
            folded,
            key,
        }
    }

    /// The values of a written row, folded forms last.
    pub(crate) fn values<E: Entity>(&self, entity: &E, with_key: bool) -> Vec<Value> {
        let mut all = entity.to_values();
        let folded: Vec<Value> = self
            .folded
            .iter()
            .map(|at| match &all[*at] {
                Value::Text(text) => Value::Text(odata::fold(text)),
                _ => Value::Null,
            })
            .collect();
        let stored = self.written.iter().filter(|at| with_key || **at != self.key);
        let mut values: Vec<Value> = stored.map(|at| std::mem::replace(&mut all[*at], Value::Null)).collect();
        values.extend(folded);
        values
    }
}

/// The columns of an entity, qualified by a table or its alias.
pub(crate) fn select_list<E: Entity>(table: &str) -> String {
    let columns = E::COLUMNS.iter().map(|column| match column.sql {
        Some(sql) => format!("({})", sql.replace("{t}", table)),
        None => format!("{table}.{}", column.name),
    });
    columns.collect::<Vec<_>>().join(", ")
}
