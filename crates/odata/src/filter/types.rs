//! What operators make of their operands: literals take the type of what they meet, everything else must
//! fit.

use super::{Operand, Parser};
use crate::constant::Constant;
use crate::error::Error;
use crate::expr::{Arithmetic, Comparison, Expr};
use crate::literal::Literal;
use crate::model::Kind;

impl Parser<'_> {
    /// The operand as a condition.
    pub(super) fn boolean(&self, operand: Operand, position: usize) -> Result<Expr, Error> {
        match operand {
            Operand::Expr(expr, Kind::Boolean) => Ok(expr),
            Operand::Literal(Literal::Boolean(value), _) => Ok(Expr::Constant(Constant::Boolean(value))),
            _ => Err(self.error_at(position, "A condition is expected here.")),
        }
    }

    /// The operand as an expression of the type it has by itself; `None` stands for null.
    pub(super) fn typed(&self, operand: Operand) -> Result<(Expr, Option<Kind>), Error> {
        match operand {
            Operand::Expr(expr, kind) => Ok((expr, Some(kind))),
            Operand::Literal(literal, position) => {
                let (constant, kind) = literal.natural().map_err(|reason| self.error_at(position, reason))?;
                Ok((Expr::Constant(constant), kind))
            }
        }
    }

    pub(super) fn coerced(&self, literal: &Literal, position: usize, kind: Kind) -> Result<Expr, Error> {
        if !matches!(literal, Literal::Null) && !is_comparable(kind) {
            return Err(self.error_at(
                position,
                format!("Values of type {} cannot be compared.", kind.edm_name()),
            ));
        }
        literal
            .coerce(kind)
            .map(Expr::Constant)
            .map_err(|reason| self.error_at(position, reason))
    }

    pub(super) fn compare(
        &self,
        left: Operand,
        operator: Comparison,
        right: Operand,
        position: usize,
    ) -> Result<Operand, Error> {
        let (left, right) = match (left, right) {
            (Operand::Expr(left, kind), Operand::Literal(literal, position)) => {
                let right = self.coerced(&literal, position, kind)?;
                (left, right)
            }
            (Operand::Literal(literal, position), Operand::Expr(right, kind)) => {
                (self.coerced(&literal, position, kind)?, right)
            }
            (left, right) => {
                let ((left, left_kind), (right, right_kind)) = (self.typed(left)?, self.typed(right)?);
                if let (Some(left), Some(right)) = (left_kind, right_kind)
                    && !(compatible(left, right) && is_comparable(left))
                {
                    let reason = format!(
                        "The operator '{}' cannot compare {} with {}.",
                        operator.name(),
                        left.edm_name(),
                        right.edm_name()
                    );
                    return Err(self.error_at(position, reason));
                }
                (left, right)
            }
        };
        let compare = Expr::Compare {
            left: Box::new(left),
            operator,
            right: Box::new(right),
        };
        Ok(Operand::Expr(compare, Kind::Boolean))
    }

    pub(super) fn in_list(
        &self,
        operand: Operand,
        list: &[(Literal, usize)],
        position: usize,
    ) -> Result<Operand, Error> {
        let Operand::Expr(operand, kind) = operand else {
            return Err(self.error_at(position, "The operator 'in' needs a property on its left."));
        };
        let mut constants = Vec::with_capacity(list.len());
        for (literal, position) in list {
            match self.coerced(literal, *position, kind)? {
                Expr::Constant(constant) => constants.push(constant),
                _ => return Err(self.error_at(*position, "A list holds literals only.")),
            }
        }
        Ok(Operand::Expr(
            Expr::In {
                operand: Box::new(operand),
                list: constants,
            },
            Kind::Boolean,
        ))
    }

    pub(super) fn has(&self, left: Operand, right: Operand, position: usize) -> Result<Operand, Error> {
        let (Operand::Expr(operand, kind @ Kind::Enum(_)), Operand::Literal(literal, place)) = (left, right) else {
            return Err(self.error_at(
                position,
                "The operator 'has' needs an enumeration property and a literal.",
            ));
        };
        match literal.coerce(kind).map_err(|reason| self.error_at(place, reason))? {
            Constant::Int(flags) => Ok(Operand::Expr(
                Expr::Has {
                    operand: Box::new(operand),
                    flags,
                },
                Kind::Boolean,
            )),
            _ => Err(self.error_at(place, "The operator 'has' needs a value.")),
        }
    }

    pub(super) fn arithmetic(
        &mut self,
        left: Operand,
        operator: Arithmetic,
        right: Operand,
        position: usize,
    ) -> Result<Operand, Error> {
        self.node()?;
        let (left, left_kind) = self.typed(left)?;
        let (right, right_kind) = self.typed(right)?;
        let kind = match (left_kind, right_kind) {
            (Some(left), Some(right)) if is_number(left) && is_number(right) => {
                if matches!(left, Kind::Double) || matches!(right, Kind::Double) {
                    Kind::Double
                } else {
                    Kind::Int64
                }
            }
            _ => {
                return Err(self.error_at(
                    position,
                    format!("The operator '{}' needs two numbers.", operator.name()),
                ));
            }
        };
        let expr = Expr::Arithmetic {
            left: Box::new(left),
            operator,
            right: Box::new(right),
        };
        Ok(Operand::Expr(expr, kind))
    }
}

pub(super) fn is_number(kind: Kind) -> bool {
    matches!(kind, Kind::Int32 | Kind::Int64 | Kind::Double)
}

pub(super) fn is_comparable(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Binary | Kind::Complex(_) | Kind::Collection(_) | Kind::Dynamic
    )
}

pub(super) fn compatible(left: Kind, right: Kind) -> bool {
    match (left, right) {
        (Kind::Enum(left), Kind::Enum(right)) => left.name == right.name,
        (Kind::String, Kind::String)
        | (Kind::Boolean, Kind::Boolean)
        | (Kind::Guid, Kind::Guid)
        | (Kind::DateTime, Kind::DateTime) => true,
        (left, right) => is_number(left) && is_number(right),
    }
}
