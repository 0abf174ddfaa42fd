//! The parser of `$filter` and `$orderby`: recursive descent that checks names and types as it goes.

mod types;

use jiff::Timestamp;

use crate::constant::Constant;
use crate::error::Error;
use crate::expr::{Arithmetic, Comparison, Expr, Function, Path, Quantifier, Reference, Root};
use crate::lexer::{Token, TokenKind, tokenize};
use crate::literal::Literal;
use crate::model::{EntityType, Kind, Navigation, Property};
use crate::query::{Limits, OrderTerm};
use types::{compatible, is_number};

/// Most members of the list behind `in`; clients send keys in chunks of 50.
const LIST_MEMBERS: usize = 1000;

/// Reads the text of `$filter`.
pub(crate) fn parse_filter(
    text: &str,
    entity: &'static EntityType,
    limits: &Limits,
    now: Timestamp,
) -> Result<Expr, Error> {
    let mut parser = Parser::new("$filter", text, entity, limits, now)?;
    let start = parser.position();
    let operand = parser.or()?;
    parser.expect_end()?;
    parser.boolean(operand, start)
}

/// Reads the text of `$orderby`.
pub(crate) fn parse_order(
    text: &str,
    entity: &'static EntityType,
    limits: &Limits,
    now: Timestamp,
) -> Result<Vec<OrderTerm>, Error> {
    let mut parser = Parser::new("$orderby", text, entity, limits, now)?;
    let mut terms = Vec::new();
    loop {
        if terms.len() == limits.order_terms {
            let reason = format!("At most {} terms are allowed.", limits.order_terms);
            return Err(parser.error(reason));
        }
        let start = parser.position();
        let expr = match parser.additive()? {
            Operand::Expr(expr, _) => expr,
            Operand::Literal(..) => return Err(parser.error_at(start, "A literal gives no order.")),
        };
        let descending = parser.take_word("desc");
        if !descending {
            parser.take_word("asc");
        }
        terms.push(OrderTerm { expr, descending });
        if !parser.take(',') {
            parser.expect_end()?;
            return Ok(terms);
        }
    }
}

/// A part of an expression: a literal that waits for the type of what it meets, or a typed expression.
enum Operand {
    Literal(Literal, usize),
    Expr(Expr, Kind),
}

struct Parser<'t> {
    option: &'static str,
    tokens: Vec<Token<'t>>,
    next: usize,
    entity: &'static EntityType,
    /// The variable of the quantifier around the current place, and the type of what it stands for.
    member: Option<(String, &'static EntityType)>,
    limits: &'t Limits,
    nodes: usize,
    depth: usize,
    now: Timestamp,
}

impl<'t> Parser<'t> {
    fn new(
        option: &'static str,
        text: &'t str,
        entity: &'static EntityType,
        limits: &'t Limits,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let tokens = tokenize(text).map_err(|error| Error::at(option, error.position, error.reason))?;
        Ok(Self {
            option,
            tokens,
            next: 0,
            entity,
            member: None,
            limits,
            nodes: 0,
            depth: 0,
            now,
        })
    }

    // ---- tokens

    fn peek(&self) -> &TokenKind<'t> {
        // The list ends with `End`, which is never passed.
        self.tokens.get(self.next).map_or(&TokenKind::End, |token| &token.kind)
    }

    fn position(&self) -> usize {
        self.tokens.get(self.next).map_or(0, |token| token.start)
    }

    fn advance(&mut self) {
        if *self.peek() != TokenKind::End {
            self.next += 1;
        }
    }

    fn take(&mut self, symbol: char) -> bool {
        let found = *self.peek() == TokenKind::Symbol(symbol);
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, symbol: char) -> Result<(), Error> {
        if self.take(symbol) {
            Ok(())
        } else {
            Err(self.error(format!("Syntax error: '{symbol}' expected.")))
        }
    }

    fn expect_end(&self) -> Result<(), Error> {
        if *self.peek() == TokenKind::End {
            Ok(())
        } else {
            Err(self.error("Syntax error: an operator or the end is expected."))
        }
    }

    fn peek_word(&self) -> Option<&'t str> {
        match self.peek() {
            TokenKind::Word(word) => Some(word),
            _ => None,
        }
    }

    fn take_word(&mut self, keyword: &str) -> bool {
        let found = self.peek_word().is_some_and(|word| word.eq_ignore_ascii_case(keyword));
        if found {
            self.advance();
        }
        found
    }

    fn error(&self, reason: impl Into<String>) -> Error {
        self.error_at(self.position(), reason)
    }

    fn error_at(&self, position: usize, reason: impl Into<String>) -> Error {
        Error::at(self.option, position, reason)
    }

    // ---- limits

    fn node(&mut self) -> Result<(), Error> {
        self.nodes += 1;
        if self.nodes > self.limits.filter_nodes {
            return Err(self.error(format!(
                "The expression has more than {} nodes.",
                self.limits.filter_nodes
            )));
        }
        Ok(())
    }

    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.depth >= self.limits.nesting {
            return Err(self.error(format!(
                "The expression is nested deeper than {} levels.",
                self.limits.nesting
            )));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    // ---- grammar, weakest operator first

    fn or(&mut self) -> Result<Operand, Error> {
        self.nested(|parser| parser.logical("or", Self::and, Expr::Or))
    }

    fn and(&mut self) -> Result<Operand, Error> {
        self.logical("and", Self::not, Expr::And)
    }

    fn logical(
        &mut self,
        keyword: &str,
        term: fn(&mut Self) -> Result<Operand, Error>,
        combine: fn(Vec<Expr>) -> Expr,
    ) -> Result<Operand, Error> {
        let start = self.position();
        let first = term(self)?;
        if !self.peek_word().is_some_and(|word| word.eq_ignore_ascii_case(keyword)) {
            return Ok(first);
        }
        let mut terms = vec![self.boolean(first, start)?];
        while self.take_word(keyword) {
            self.node()?;
            let start = self.position();
            let next = term(self)?;
            terms.push(self.boolean(next, start)?);
        }
        // `(a and b) and c` is one conjunction of three.
        let mut flat = Vec::with_capacity(terms.len());
        for term in terms {
            match (term, keyword) {
                (Expr::And(inner), "and") | (Expr::Or(inner), "or") => flat.extend(inner),
                (other, _) => flat.push(other),
            }
        }
        Ok(Operand::Expr(combine(flat), Kind::Boolean))
    }

    // `not` takes a whole comparison: for booleans that is the same as the tighter binding of the
    // standard, and for everything else it accepts what clients mean.
    fn not(&mut self) -> Result<Operand, Error> {
        if !self.take_word("not") {
            return self.comparison();
        }
        self.node()?;
        let start = self.position();
        let operand = self.nested(Self::not)?;
        let operand = self.boolean(operand, start)?;
        Ok(Operand::Expr(Expr::Not(Box::new(operand)), Kind::Boolean))
    }

    fn comparison(&mut self) -> Result<Operand, Error> {
        let mut left = self.additive()?;
        while let Some(word) = self.peek_word() {
            let start = self.position();
            left = if let Some(operator) = Comparison::from_name(word) {
                self.advance();
                self.node()?;
                let right = self.additive()?;
                self.compare(left, operator, right, start)?
            } else if word.eq_ignore_ascii_case("in") {
                self.advance();
                self.node()?;
                let list = self.list()?;
                self.in_list(left, &list, start)?
            } else if word.eq_ignore_ascii_case("has") {
                self.advance();
                self.node()?;
                let right = self.additive()?;
                self.has(left, right, start)?
            } else {
                break;
            };
        }
        Ok(left)
    }

    fn additive(&mut self) -> Result<Operand, Error> {
        let mut left = self.multiplicative()?;
        loop {
            let start = self.position();
            let operator = match self.peek_word() {
                Some(word) if word.eq_ignore_ascii_case("add") => Arithmetic::Add,
                Some(word) if word.eq_ignore_ascii_case("sub") => Arithmetic::Sub,
                _ => return Ok(left),
            };
            self.advance();
            let right = self.multiplicative()?;
            left = self.arithmetic(left, operator, right, start)?;
        }
    }

    fn multiplicative(&mut self) -> Result<Operand, Error> {
        let mut left = self.unary()?;
        loop {
            let start = self.position();
            let operator = match self.peek_word() {
                Some(word) if word.eq_ignore_ascii_case("mul") => Arithmetic::Mul,
                Some(word) if word.eq_ignore_ascii_case("div") => Arithmetic::Div,
                Some(word) if word.eq_ignore_ascii_case("mod") => Arithmetic::Mod,
                _ => return Ok(left),
            };
            self.advance();
            let right = self.unary()?;
            left = self.arithmetic(left, operator, right, start)?;
        }
    }

    fn unary(&mut self) -> Result<Operand, Error> {
        let start = self.position();
        if !self.take('-') {
            return self.primary();
        }
        let negative = match self.peek() {
            TokenKind::HugeInt => Some(Literal::Int(i64::MIN)),
            TokenKind::Literal(Literal::Int(number)) => Some(Literal::Int(-*number)),
            TokenKind::Literal(Literal::Double(number)) => Some(Literal::Double(-*number)),
            _ => None,
        };
        self.node()?;
        if let Some(literal) = negative {
            self.advance();
            return Ok(Operand::Literal(literal, start));
        }
        let (expr, kind) = match self.nested(Self::unary)? {
            Operand::Expr(expr, kind) if is_number(kind) => (expr, kind),
            _ => return Err(self.error_at(start, "Only a number can be negated.")),
        };
        Ok(Operand::Expr(Expr::Negate(Box::new(expr)), kind))
    }

    fn primary(&mut self) -> Result<Operand, Error> {
        let start = self.position();
        match self.peek().clone() {
            TokenKind::Symbol('(') => {
                self.advance();
                let operand = self.or()?;
                self.expect(')')?;
                Ok(operand)
            }
            TokenKind::Literal(literal) => {
                self.node()?;
                self.advance();
                Ok(Operand::Literal(literal, start))
            }
            TokenKind::Word(word) => {
                self.node()?;
                self.advance();
                if self.take('(') {
                    return self.nested(|parser| parser.call(word, start));
                }
                self.path(word, start)
            }
            TokenKind::HugeInt => Err(self.error("A number is out of range.")),
            TokenKind::End => Err(self.error("Syntax error: an expression is expected, but the text ends.")),
            TokenKind::Symbol(symbol) => Err(self.error(format!("Syntax error: unexpected '{symbol}'."))),
        }
    }

    // ---- paths and quantifiers

    fn path(&mut self, word: &'t str, start: usize) -> Result<Operand, Error> {
        if word.eq_ignore_ascii_case("$it") {
            self.expect('/')?;
            let (word, start) = self.path_word()?;
            return self.row_path(word, start);
        }
        if let Some((variable, member)) = &self.member
            && variable == word
        {
            let member = *member;
            self.expect('/')?;
            let (name, start) = self.path_word()?;
            let property = self.property(member, name, start)?;
            self.refuse_deeper_path()?;
            return Ok(path_operand(Root::Member, property));
        }
        self.row_path(word, start)
    }

    fn row_path(&mut self, word: &str, start: usize) -> Result<Operand, Error> {
        let Some(navigation) = self.entity.navigation(word) else {
            let property = self.property(self.entity, word, start)?;
            self.refuse_deeper_path()?;
            return Ok(path_operand(Root::Row, property));
        };
        if navigation.join.is_none() {
            return Err(self.error_at(
                start,
                format!("The property '{}' cannot be used in {}.", navigation.name, self.option),
            ));
        }
        self.expect('/')?;
        let (name, start) = self.path_word()?;
        if navigation.collection {
            return self.quantified(navigation, name, start);
        }
        let property = self.property((navigation.target)(), name, start)?;
        self.refuse_deeper_path()?;
        Ok(path_operand(Root::Navigation(Reference(navigation)), property))
    }

    fn path_word(&mut self) -> Result<(&'t str, usize), Error> {
        let start = self.position();
        let word = self
            .peek_word()
            .ok_or_else(|| self.error("Syntax error: a property name is expected."))?;
        self.advance();
        Ok((word, start))
    }

    fn property(&self, entity: &'static EntityType, name: &str, start: usize) -> Result<&'static Property, Error> {
        let property = entity.property(name).ok_or_else(|| {
            let reason = format!(
                "Could not find a property named '{name}' on type '{}'.",
                entity.qualified_name()
            );
            self.error_at(start, reason)
        })?;
        if !property.is_queryable() {
            let reason = format!("The property '{}' cannot be used in {}.", property.name, self.option);
            return Err(self.error_at(start, reason));
        }
        Ok(property)
    }

    fn refuse_deeper_path(&self) -> Result<(), Error> {
        if *self.peek() == TokenKind::Symbol('/') {
            return Err(self.error("A path may have one navigation and one property at most."));
        }
        Ok(())
    }

    fn quantified(&mut self, navigation: &'static Navigation, name: &str, start: usize) -> Result<Operand, Error> {
        let quantifier = match name.to_ascii_lowercase().as_str() {
            "any" => Quantifier::Any,
            "all" => Quantifier::All,
            _ => {
                let reason = format!(
                    "The collection '{}' can only be followed by 'any' or 'all'.",
                    navigation.name
                );
                return Err(self.error_at(start, reason));
            }
        };
        self.expect('(')?;
        if self.member.is_some() {
            return Err(self.error_at(start, "'any' and 'all' cannot be nested."));
        }
        let predicate = if quantifier == Quantifier::Any && self.take(')') {
            None
        } else {
            let (variable, _) = self.path_word()?;
            self.expect(':')?;
            self.member = Some((variable.to_owned(), (navigation.target)()));
            let start = self.position();
            let predicate = self.or()?;
            self.member = None;
            self.expect(')')?;
            Some(Box::new(self.boolean(predicate, start)?))
        };
        let navigation = Reference(navigation);
        Ok(Operand::Expr(
            Expr::Quantified {
                navigation,
                quantifier,
                predicate,
            },
            Kind::Boolean,
        ))
    }

    // ---- functions and lists

    fn call(&mut self, name: &str, start: usize) -> Result<Operand, Error> {
        let mut operands = Vec::new();
        if !self.take(')') {
            loop {
                operands.push((self.position(), self.additive()?));
                if !self.take(',') {
                    break;
                }
            }
            self.expect(')')?;
        }
        if name.eq_ignore_ascii_case("now") && operands.is_empty() {
            return Ok(Operand::Expr(
                Expr::Constant(Constant::DateTime(self.now)),
                Kind::DateTime,
            ));
        }
        // Version 3 of the protocol asked the same question with the arguments the other way round.
        let function = if name.eq_ignore_ascii_case("substringof") {
            operands.reverse();
            Some(Function::Contains)
        } else {
            Function::from_name(name)
        };
        let Some(function) = function else {
            return Err(self.error_at(start, format!("The function '{name}' is not supported.")));
        };
        let (parameters, needed, mut result) = function.signature();
        if operands.len() < needed || operands.len() > parameters.len() {
            return Err(self.error_at(
                start,
                format!("The function '{name}' does not take {} arguments.", operands.len()),
            ));
        }
        let mut arguments = Vec::with_capacity(operands.len());
        for ((position, operand), parameter) in operands.into_iter().zip(parameters) {
            let (expr, kind) = match operand {
                Operand::Literal(literal, position) => {
                    let constant = literal
                        .coerce(*parameter)
                        .map_err(|reason| self.error_at(position, reason))?;
                    let kind = if matches!(constant, Constant::Int(_)) {
                        Kind::Int64
                    } else {
                        *parameter
                    };
                    (Expr::Constant(constant), kind)
                }
                Operand::Expr(expr, kind) => (expr, kind),
            };
            if !compatible(kind, *parameter) {
                let reason = format!(
                    "The function '{name}' does not take an argument of type {}.",
                    kind.edm_name()
                );
                return Err(self.error_at(position, reason));
            }
            if matches!(result, Kind::Double) {
                result = kind;
            }
            arguments.push(expr);
        }
        Ok(Operand::Expr(Expr::Call { function, arguments }, result))
    }

    fn list(&mut self) -> Result<Vec<(Literal, usize)>, Error> {
        let close = if self.take('[') {
            ']'
        } else {
            self.expect('(').map(|()| ')')?
        };
        let mut members = Vec::new();
        if self.take(close) {
            return Ok(members);
        }
        loop {
            if members.len() == LIST_MEMBERS {
                return Err(self.error(format!("A list may have at most {LIST_MEMBERS} members.")));
            }
            let start = self.position();
            let sign = if self.take('-') { -1 } else { 1 };
            let literal = match self.peek() {
                TokenKind::HugeInt if sign < 0 => Literal::Int(i64::MIN),
                TokenKind::Literal(Literal::Int(number)) => Literal::Int(sign * number),
                TokenKind::Literal(Literal::Double(number)) if sign < 0 => Literal::Double(-number),
                TokenKind::Literal(literal) if sign > 0 => literal.clone(),
                _ => return Err(self.error("Syntax error: a list holds literals only.")),
            };
            self.advance();
            members.push((literal, start));
            if !self.take(',') {
                self.expect(close)?;
                return Ok(members);
            }
        }
    }
}

fn path_operand(root: Root, property: &'static Property) -> Operand {
    Operand::Expr(
        Expr::Path(Path {
            root,
            property: Reference(property),
        }),
        property.kind,
    )
}
