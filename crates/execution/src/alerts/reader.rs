//! Who sees which alerts: rights and preferences of a reader, as a condition on alerts.

use access::{Permit, rows};
use context::{Error, Reach};
use odata::Enumeration as _;
use store::{Scoped, Tenant, Value, params};
use uuid::Uuid;
use web::Request;

use super::model::{Component, ReaderRow};

/// A number above that of every severity: nothing is wanted.
pub const NOTHING: i64 = 5;

/// Somebody who reads alerts, with what it may see of each component.
#[derive(Debug, Clone)]
pub struct Reader {
    pub id: Uuid,
    reach: Vec<(Component, Reach)>,
}

impl Reader {
    /// The caller of a request.
    ///
    /// # Errors
    /// 401 for nobody.
    pub fn of(request: &Request) -> Result<Self, Error> {
        let id = request.ctx.caller.principal_id().ok_or_else(Error::unauthenticated)?;
        let mut reach = Vec::with_capacity(Component::ALL.len());
        for component in Component::ALL {
            let permit = Permit::requiring(request, component.permission())?;
            let folders = permit.reach();
            if folders != Reach::Only(Vec::new()) {
                reach.push((*component, folders));
            }
        }
        Ok(Self { id, reach })
    }

    /// The condition that an alert is one of those this reader may see and wants to, with its values.
    pub(super) fn condition(&self, wanted: &Preferences) -> (String, Vec<Value>) {
        // Components with the same rule stand together.
        let mut rules: Vec<(i64, &Reach, Vec<i64>)> = Vec::new();
        for (component, reach) in &self.reach {
            let lowest = wanted.lowest(*component);
            if lowest >= NOTHING {
                continue;
            }
            match rules
                .iter_mut()
                .find(|(other, folders, _)| *other == lowest && *folders == reach)
            {
                Some((_, _, components)) => components.push(component.number()),
                None => rules.push((lowest, reach, vec![component.number()])),
            }
        }
        let mut alternatives = Vec::with_capacity(rules.len());
        for (lowest, reach, components) in rules {
            let folders = match rows::within(reach, "folder_id") {
                inside if inside.is_empty() => String::new(),
                inside => format!(" and (folder_id is null or {inside})"),
            };
            alternatives.push(format!(
                "(component in ({}) and severity >= {lowest}{folders})",
                rows::integers(&components)
            ));
        }
        if alternatives.is_empty() {
            return ("1 = 0".to_owned(), params![]);
        }
        (
            format!("(reader is null or reader = ?) and ({})", alternatives.join(" or ")),
            params![self.id],
        )
    }
}

/// What a reader chose to see, and how far it has read.
#[derive(Debug, Clone, Default)]
pub struct Preferences {
    pub(super) row: Option<ReaderRow>,
}

impl Preferences {
    /// Those of a reader.
    pub fn of(scope: &mut Scoped<'_, Tenant>, reader: Uuid) -> Result<Self, Error> {
        Ok(Self {
            row: scope.find_one::<ReaderRow>("reader = ?", params![reader])?,
        })
    }

    /// The number of the lowest severity that is wanted of a component; [`NOTHING`] for none.
    pub fn lowest(&self, component: Component) -> i64 {
        let chosen = self.row.as_ref().and_then(|row| row.wanted.0.get(&component.number()));
        chosen.copied().unwrap_or_else(|| component.default_severity().number())
    }

    /// Everything up to this id is read.
    pub(super) fn read_upto(&self) -> i64 {
        self.row.as_ref().map_or(0, |row| row.read_upto)
    }
}
