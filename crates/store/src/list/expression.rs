//! Expressions of the query language as SQL, with every literal bound.
//!
//! Conditions follow OData where SQL differs: a comparison with null is never unknown, `a ne 'x'` holds
//! where `a` is null, and so does `not (a eq 'x')`. Texts are compared without regard to case: by the
//! folded column where the model has one, else by `lower` on both sides.

use odata::{Arithmetic, Comparison, Constant, Expr, Function, Join, Kind, Path, Property, Quantifier, Root, Source};

use crate::sql::Dialect;
use crate::value::Value;
use crate::{Error, Result};

/// Microseconds from 0001-01-01 to 1970-01-01, a whole number of days. Added before dividing, since SQL
/// rounds towards zero and times before 1970 are negative.
const BEFORE_EPOCH: i64 = 62_135_596_800_000_000;

/// SQL text and the values of its `?`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Fragment {
    pub sql: String,
    pub params: Vec<Value>,
}

impl Fragment {
    fn text(sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            params: Vec::new(),
        }
    }

    fn bound(sql: &str, value: Value) -> Self {
        Self {
            sql: sql.to_owned(),
            params: vec![value],
        }
    }

    pub(super) fn push(&mut self, sql: &str, params: Vec<Value>) {
        self.sql.push_str(sql);
        self.params.extend(params);
    }

    /// The text with this fragment put in for each `{}`.
    fn wrap(&self, template: &str) -> Self {
        let times = template.matches("{}").count();
        let params = std::iter::repeat_n(&self.params, times).flatten().cloned().collect();
        Self {
            sql: template.replace("{}", &self.sql),
            params,
        }
    }

    fn join(self, between: &str, other: Self) -> Self {
        let mut joined = self;
        joined.push(between, Vec::new());
        joined.push(&other.sql, other.params);
        joined
    }
}

/// Translates expressions about one table.
pub(super) struct Translator {
    pub dialect: Dialect,
    table: &'static str,
    /// The alias of the collection a quantifier looks into.
    member: Option<&'static str>,
}

impl Translator {
    pub(super) fn new(dialect: Dialect, table: &'static str) -> Self {
        Self {
            dialect,
            table,
            member: None,
        }
    }

    /// A column of the table itself.
    pub(super) fn own_column(&self, column: &str) -> String {
        format!("{}.{column}", self.table)
    }

    /// The text that reads a property of the table itself.
    fn own_property(&self, property: &Property, folded: bool) -> Result<Fragment> {
        Ok(Fragment::text(match property.source {
            Source::Folded { folded: column, .. } if folded => self.own_column(column),
            Source::Column(column) | Source::Folded { column, .. } => self.own_column(column),
            _ => column(property, self.table, folded)?,
        }))
    }

    /// What to sort by for this expression.
    pub(super) fn sort_key(&self, expr: &Expr) -> Result<Fragment> {
        if is_text(expr) {
            Ok(self.folded(expr)?.0)
        } else {
            self.scalar(expr)
        }
    }

    /// The expression as a condition.
    pub(super) fn condition(&self, expr: &Expr) -> Result<Fragment> {
        match expr {
            Expr::Constant(Constant::Boolean(value)) => Ok(Fragment::text(if *value { "true" } else { "false" })),
            Expr::Path(path) => self.path(*path, false),
            Expr::And(terms) => self.terms(terms, " and "),
            Expr::Or(terms) => self.terms(terms, " or "),
            Expr::Not(term) => {
                let template = if may_be_unknown(term) {
                    "not coalesce({}, false)"
                } else {
                    "not ({})"
                };
                Ok(self.condition(term)?.wrap(template))
            }
            Expr::Compare { left, operator, right } => self.compare(left, *operator, right),
            Expr::In { operand, list } => self.one_of(operand, list),
            Expr::Has { operand, flags } => {
                let operand = self.scalar(operand)?;
                let flags = [Value::Int(*flags), Value::Int(*flags)];
                Ok(Fragment {
                    sql: format!("({} & ?) = ?", operand.sql),
                    params: [operand.params, flags.into()].concat(),
                })
            }
            Expr::Quantified {
                navigation,
                quantifier,
                predicate,
            } => {
                let join = navigation.join.ok_or_else(|| unsupported(navigation.name))?;
                self.quantified(join, *quantifier, predicate.as_deref())
            }
            Expr::Call {
                function: Function::Contains,
                arguments,
            } => self.like("%", arguments, "%"),
            Expr::Call {
                function: Function::StartsWith,
                arguments,
            } => match self.prefix_range(arguments)? {
                Some(range) => Ok(range),
                None => self.like("", arguments, "%"),
            },
            Expr::Call {
                function: Function::EndsWith,
                arguments,
            } => self.like("%", arguments, ""),
            Expr::Constant(_) | Expr::Call { .. } | Expr::Arithmetic { .. } | Expr::Negate(_) => {
                Err(unsupported("a value in place of a condition"))
            }
        }
    }

    fn terms(&self, terms: &[Expr], between: &str) -> Result<Fragment> {
        let mut all = Fragment::text("(");
        for (index, term) in terms.iter().enumerate() {
            let term = self.condition(term)?;
            all.push(if index == 0 { "" } else { between }, Vec::new());
            all.push(&term.sql, term.params);
        }
        all.push(")", Vec::new());
        Ok(all)
    }

    // ---- comparisons

    fn compare(&self, left: &Expr, operator: Comparison, right: &Expr) -> Result<Fragment> {
        use Comparison::{Eq, Ge, Gt, Le, Lt, Ne};
        let is_null = |expr: &Expr| matches!(expr, Expr::Constant(Constant::Null));
        if is_null(left) || is_null(right) {
            let other = if is_null(left) { right } else { left };
            return match (operator, other) {
                (Eq | Ne, Expr::Constant(constant)) => {
                    let holds = (*constant == Constant::Null) == (operator == Eq);
                    Ok(Fragment::text(if holds { "true" } else { "false" }))
                }
                (Eq, other) => Ok(self.scalar(other)?.wrap("{} is null")),
                (Ne, other) => Ok(self.scalar(other)?.wrap("{} is not null")),
                _ => Ok(Fragment::text("false")),
            };
        }
        let nullable = (may_be_null(left), may_be_null(right));
        let operator = match operator {
            Eq if nullable == (true, true) => " is not distinct from ",
            Eq => " = ",
            Ne if nullable == (false, false) => " <> ",
            Ne => " is distinct from ",
            Gt => " > ",
            Ge => " >= ",
            Lt => " < ",
            Le => " <= ",
        };
        let (left, right) = self.sides(left, right)?;
        Ok(left.join(operator, right))
    }

    /// Both sides of a comparison in comparable form.
    fn sides(&self, left: &Expr, right: &Expr) -> Result<(Fragment, Fragment)> {
        match (left, right) {
            (Expr::Constant(_), Expr::Constant(_)) if is_text(left) => {
                Ok((self.folded(left)?.0, self.folded(right)?.0))
            }
            (expr, Expr::Constant(constant)) => {
                let (expr, constant) = self.side_with_constant(expr, constant)?;
                Ok((expr, constant))
            }
            (Expr::Constant(constant), expr) => {
                let (expr, constant) = self.side_with_constant(expr, constant)?;
                Ok((constant, expr))
            }
            _ if is_text(left) => Ok((self.folded(left)?.0, self.folded(right)?.0)),
            _ => Ok((self.scalar(left)?, self.scalar(right)?)),
        }
    }

    fn side_with_constant(&self, expr: &Expr, constant: &Constant) -> Result<(Fragment, Fragment)> {
        if let Constant::Text(text) = constant {
            let (expr, by_column) = self.folded(expr)?;
            let constant = if by_column {
                Fragment::bound("?", Value::Text(odata::fold(text)))
            } else {
                Fragment::bound("lower(?)", constant.clone())
            };
            return Ok((expr, constant));
        }
        let bound = match (expr, constant) {
            (Expr::Path(path), constant) if !matches!(path.property.source, Source::Sql(_)) => {
                match (path.property.kind, constant) {
                    (Kind::Double, Constant::Int(number)) => Fragment::bound("?", Value::Double(*number as f64)),
                    (Kind::Int32 | Kind::Int64, Constant::Double(_)) => self.constant(constant)?,
                    _ => Fragment::bound("?", constant.clone()),
                }
            }
            _ => self.constant(constant)?,
        };
        Ok((self.scalar(expr)?, bound))
    }

    fn one_of(&self, operand: &Expr, list: &[Constant]) -> Result<Fragment> {
        let mut all = Fragment::default();
        let mut with_null = false;
        for constant in list {
            if *constant == Constant::Null {
                with_null = true;
                continue;
            }
            let (operand, constant) = self.side_with_constant(operand, constant)?;
            if all.sql.is_empty() {
                all = operand.wrap("{} in (");
            } else {
                all.push(", ", Vec::new());
            }
            all.push(&constant.sql, constant.params);
        }
        if !all.sql.is_empty() {
            all.push(")", Vec::new());
        }
        Ok(match (all.sql.is_empty(), with_null) {
            (true, false) => Fragment::text("false"),
            (true, true) => self.scalar(operand)?.wrap("{} is null"),
            (false, false) => all,
            (false, true) => all.join(" or ", self.scalar(operand)?.wrap("{} is null")).wrap("({})"),
        })
    }

    /// `startswith` on a folded column as a range, which an index can answer. SQLite orders texts by code points; the
    /// order of PostgreSQL is that of the database's locale, where a prefix is no range.
    fn prefix_range(&self, arguments: &[Expr]) -> Result<Option<Fragment>> {
        let [text, Expr::Constant(Constant::Text(needle))] = arguments else {
            return Ok(None);
        };
        let (text, by_column) = self.folded(text)?;
        let needle = odata::fold(needle);
        let Some(after) = after_prefix(&needle).filter(|_| by_column && self.dialect == Dialect::Sqlite) else {
            return Ok(None);
        };
        let mut range = text.wrap("({} >= ? and {} < ?)");
        range.params.extend([needle, after].map(Value::Text));
        Ok(Some(range))
    }

    /// `contains` and its relatives: the pattern is the needle between `before` and `after`.
    fn like(&self, before: &str, arguments: &[Expr], after: &str) -> Result<Fragment> {
        let [text, needle] = arguments else {
            return Err(unsupported("the arguments"));
        };
        let (text, by_column) = self.folded(text)?;
        let needle = match needle {
            Expr::Constant(Constant::Text(needle)) => {
                let needle = if by_column { odata::fold(needle) } else { needle.clone() };
                let pattern = Value::Text(format!("{before}{}{after}", escape(&needle)));
                Fragment::bound(if by_column { "?" } else { "lower(?)" }, pattern)
            }
            needle => {
                let escaped = r"replace(replace(replace({}, '\', '\\'), '%', '\%'), '_', '\_')";
                self.folded(needle)?
                    .0
                    .wrap(&format!("'{before}' || {escaped} || '{after}'"))
            }
        };
        Ok(text.join(" like ", needle).wrap(r"{} escape '\'"))
    }

    fn quantified(&self, join: Join, quantifier: Quantifier, predicate: Option<&Expr>) -> Result<Fragment> {
        let inner = Self {
            member: Some(join.alias),
            ..*self
        };
        let on = join.on.replace("{t}", self.table);
        let mut exists = Fragment::text(format!(
            "exists (select 1 from {} {} where {on}",
            join.table, join.alias
        ));
        if let Some(predicate) = predicate {
            let condition = inner.condition(predicate)?;
            let condition = match quantifier {
                Quantifier::Any => condition,
                Quantifier::All => condition.wrap("not coalesce({}, false)"),
            };
            exists.push(" and ", Vec::new());
            exists.push(&condition.sql, condition.params);
        }
        exists.push(")", Vec::new());
        Ok(match quantifier {
            Quantifier::Any => exists,
            Quantifier::All => exists.wrap("not {}"),
        })
    }

    // ---- values

    /// A text in the form in which texts are compared, and whether that form is kept in a column.
    fn folded(&self, expr: &Expr) -> Result<(Fragment, bool)> {
        match expr {
            // Folding makes these two invisible.
            Expr::Call {
                function: Function::ToLower | Function::ToUpper,
                arguments,
            } if arguments.len() == 1 => self.folded(&arguments[0]),
            Expr::Path(path) if matches!(path.property.source, Source::Folded { .. }) => {
                Ok((self.path(*path, true)?, true))
            }
            other => Ok((self.scalar(other)?.wrap("lower({})"), false)),
        }
    }

    /// The expression as a value.
    fn scalar(&self, expr: &Expr) -> Result<Fragment> {
        match expr {
            Expr::Constant(constant) => self.constant(constant),
            Expr::Path(path) => self.path(*path, false),
            Expr::Negate(operand) => Ok(self.number(operand)?.wrap("(-{})")),
            Expr::Arithmetic { left, operator, right } => self.arithmetic(left, *operator, right),
            Expr::Call { function, arguments } => self.call(expr, *function, arguments),
            condition => Ok(self.condition(condition)?.wrap("coalesce({}, false)")),
        }
    }

    /// A constant that says its type, for places where nothing else does.
    fn constant(&self, constant: &Constant) -> Result<Fragment> {
        let sql = match (constant, self.dialect) {
            (Constant::Null, _) => return Ok(Fragment::text("null")),
            (Constant::Boolean(value), _) => return Ok(Fragment::text(if *value { "true" } else { "false" })),
            (Constant::Int(_) | Constant::DateTime(_), _) => "cast(? as bigint)",
            (Constant::Double(_), _) => "cast(? as double precision)",
            (Constant::Text(_), _) => "cast(? as text)",
            (Constant::Guid(_), Dialect::Postgres) => "cast(? as uuid)",
            (Constant::Guid(_), Dialect::Sqlite) => "?",
            (Constant::Binary(_), _) => return Err(unsupported("a binary value")),
        };
        Ok(Fragment::bound(sql, constant.clone()))
    }

    fn path(&self, path: Path, folded: bool) -> Result<Fragment> {
        match path.root {
            Root::Row => self.own_property(&path.property, folded),
            Root::Member => {
                let alias = self
                    .member
                    .ok_or_else(|| unsupported("a member outside of its collection"))?;
                column(&path.property, alias, folded).map(Fragment::text)
            }
            Root::Navigation(navigation) => {
                let join = navigation.join.ok_or_else(|| unsupported(navigation.name))?;
                let column = column(&path.property, join.alias, folded)?;
                let on = join.on.replace("{t}", self.table);
                Ok(Fragment::text(format!(
                    "(select {column} from {} {} where {on})",
                    join.table, join.alias
                )))
            }
        }
    }

    /// A number that cannot overflow: PostgreSQL fails where SQLite goes on with floating point.
    fn number(&self, expr: &Expr) -> Result<Fragment> {
        let number = self.scalar(expr)?;
        Ok(match self.dialect {
            Dialect::Sqlite => number,
            Dialect::Postgres => number.wrap("cast({} as numeric)"),
        })
    }

    fn arithmetic(&self, left: &Expr, operator: Arithmetic, right: &Expr) -> Result<Fragment> {
        let whole = !matches!(left.kind(), Some(Kind::Double)) && !matches!(right.kind(), Some(Kind::Double));
        let (left, right) = (self.number(left)?, self.number(right)?);
        let divisor = || right.wrap("nullif({}, 0)");
        let result = match operator {
            Arithmetic::Add => left.join(" + ", right),
            Arithmetic::Sub => left.join(" - ", right),
            Arithmetic::Mul => left.join(" * ", right),
            Arithmetic::Div => left.join(" / ", divisor()),
            Arithmetic::Mod => left.join(" % ", divisor()),
        };
        let truncate = operator == Arithmetic::Div && whole && self.dialect == Dialect::Postgres;
        Ok(result.wrap(if truncate { "trunc({})" } else { "({})" }))
    }

    fn call(&self, call: &Expr, function: Function, arguments: &[Expr]) -> Result<Fragment> {
        let argument = |index: usize| {
            let argument = arguments.get(index).ok_or_else(|| unsupported("the arguments"))?;
            self.scalar(argument)
        };
        let sqlite = self.dialect == Dialect::Sqlite;
        let whole = !matches!(call.kind(), Some(Kind::Double));
        Ok(match function {
            Function::Contains | Function::StartsWith | Function::EndsWith => {
                self.condition(call)?.wrap("coalesce({}, false)")
            }
            Function::Length => argument(0)?.wrap("length({})"),
            Function::IndexOf => {
                let [text, part] = arguments else {
                    return Err(unsupported("the arguments"));
                };
                let (text, part) = (self.folded(text)?.0, self.folded(part)?.0);
                text.join(", ", part)
                    .wrap(if sqlite { "(instr({}) - 1)" } else { "(strpos({}) - 1)" })
            }
            Function::Substring => {
                let mut inside = argument(0)?.join(", ", self.bounded(&arguments[1])?.wrap("{} + 1"));
                if let Some(length) = arguments.get(2) {
                    inside = inside.join(", ", self.bounded(length)?);
                }
                inside.wrap("substr({})")
            }
            Function::ToLower => argument(0)?.wrap("lower({})"),
            Function::ToUpper => argument(0)?.wrap("upper({})"),
            Function::Trim => argument(0)?.wrap("trim({})"),
            Function::Concat => argument(0)?.join(" || ", argument(1)?).wrap("({})"),
            Function::Year => self.calendar(&argument(0)?, "%Y", "year"),
            Function::Month => self.calendar(&argument(0)?, "%m", "month"),
            Function::Day => self.calendar(&argument(0)?, "%d", "day"),
            Function::Hour => argument(0)?.wrap(&format!("(({{}} + {BEFORE_EPOCH}) / 3600000000 % 24)")),
            Function::Minute => argument(0)?.wrap(&format!("(({{}} + {BEFORE_EPOCH}) / 60000000 % 60)")),
            Function::Second => argument(0)?.wrap(&format!("(({{}} + {BEFORE_EPOCH}) / 1000000 % 60)")),
            Function::Date => argument(0)?.wrap(&format!("({{}} - ({{}} + {BEFORE_EPOCH}) % 86400000000)")),
            Function::Round | Function::Floor | Function::Ceiling if whole => argument(0)?,
            Function::Round => self.number(&arguments[0])?.wrap("round({})"),
            // SQLite as it is built here has no `floor` and `ceil`.
            Function::Floor if sqlite => argument(0)?.wrap("(cast({} as bigint) - ({} < cast({} as bigint)))"),
            Function::Ceiling if sqlite => argument(0)?.wrap("(cast({} as bigint) + ({} > cast({} as bigint)))"),
            Function::Floor => self.number(&arguments[0])?.wrap("floor({})"),
            Function::Ceiling => self.number(&arguments[0])?.wrap("ceil({})"),
        })
    }

    /// Year, month or day of a time.
    fn calendar(&self, time: &Fragment, sqlite: &str, postgres: &str) -> Fragment {
        let seconds = time.wrap(&format!(
            "(({{}} + {BEFORE_EPOCH}) / 1000000 - {})",
            BEFORE_EPOCH / 1_000_000
        ));
        match self.dialect {
            Dialect::Sqlite => seconds.wrap(&format!("cast(strftime('{sqlite}', {{}}, 'unixepoch') as bigint)")),
            Dialect::Postgres => seconds.wrap(&format!(
                "cast(extract({postgres} from to_timestamp({{}}) at time zone 'UTC') as bigint)"
            )),
        }
    }

    /// A place or length inside a text, kept within what `substr` takes.
    fn bounded(&self, expr: &Expr) -> Result<Fragment> {
        if let Expr::Constant(Constant::Int(number)) = expr {
            return Ok(Fragment::text((*number).clamp(0, 1_000_000_000).to_string()));
        }
        // Null stays null, which `greatest` of PostgreSQL would not do.
        let bounds = "cast(case when {} < 0 then 0 when {} > 1000000000 then 1000000000 else {} end as integer)";
        Ok(self.scalar(expr)?.wrap(bounds))
    }
}

/// Whether the value of an expression can be null.
pub(super) fn may_be_null(expr: &Expr) -> bool {
    match expr {
        Expr::Constant(constant) => *constant == Constant::Null,
        Expr::Path(path) => path.property.nullable || matches!(path.root, Root::Navigation(_)),
        Expr::Arithmetic {
            operator: Arithmetic::Div | Arithmetic::Mod,
            ..
        } => true,
        Expr::Arithmetic { left, right, .. } => may_be_null(left) || may_be_null(right),
        Expr::Negate(operand) => may_be_null(operand),
        Expr::Call {
            function: Function::Contains | Function::StartsWith | Function::EndsWith,
            ..
        } => false,
        Expr::Call { arguments, .. } => arguments.iter().any(may_be_null),
        // Conditions used as values are made true or false.
        _ => false,
    }
}

/// Whether a condition can be neither true nor false in SQL.
fn may_be_unknown(expr: &Expr) -> bool {
    match expr {
        Expr::And(terms) | Expr::Or(terms) => terms.iter().any(may_be_unknown),
        Expr::Compare {
            operator: Comparison::Ne,
            ..
        }
        | Expr::Not(_)
        | Expr::Quantified { .. } => false,
        Expr::Compare { left, right, .. } => may_be_null(left) || may_be_null(right),
        Expr::In { operand, .. } | Expr::Has { operand, .. } => may_be_null(operand),
        Expr::Call { arguments, .. } => arguments.iter().any(may_be_null),
        other => may_be_null(other),
    }
}

fn is_text(expr: &Expr) -> bool {
    matches!(expr.kind(), Some(Kind::String))
}

/// The text that reads a property of the table called `alias`.
fn column(property: &Property, alias: &str, folded: bool) -> Result<String> {
    match property.source {
        Source::Column(column) | Source::Folded { column, .. } if !folded => Ok(format!("{alias}.{column}")),
        Source::Column(column) | Source::Folded { folded: column, .. } => Ok(format!("{alias}.{column}")),
        Source::Sql(text) => Ok(format!("({})", text.replace("{t}", alias))),
        Source::Computed => Err(unsupported(property.name)),
    }
}

fn unsupported(what: &str) -> Error {
    Error::statement(format!("a query cannot use {what}"))
}

/// The first text, by code points, behind all that start with `prefix`; `None` where there is none.
fn after_prefix(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        // The next character; ranges of characters leave out the surrogates.
        if let Some(next) = (last..=char::MAX).nth(1) {
            text.push(next);
            return Some(text);
        }
    }
    None
}

/// A text without special meaning inside a `like` pattern with escape character `\`.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '%' | '_') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
