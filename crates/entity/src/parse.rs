//! The syntax of `entity!`.

use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Ident, LitInt, LitStr, Path, Result, Token, Type, Visibility, braced};

mod word {
    syn::custom_keyword!(table);
    syn::custom_keyword!(folded);
    syn::custom_keyword!(max);
    syn::custom_keyword!(kind);
    syn::custom_keyword!(column);
    syn::custom_keyword!(sql);
    syn::custom_keyword!(computed);
    syn::custom_keyword!(navigation);
    syn::custom_keyword!(collection);
    syn::custom_keyword!(one);
    syn::custom_keyword!(of);
    syn::custom_keyword!(model);
    syn::custom_keyword!(on);
}

pub struct Declaration {
    pub attributes: Vec<Attribute>,
    pub visibility: Visibility,
    pub name: Ident,
    pub scope: Ident,
    pub table: LitStr,
    pub model: Option<LitStr>,
    pub fields: Vec<Field>,
    pub computed: Vec<Computed>,
    pub navigations: Vec<Navigation>,
}

pub struct Field {
    pub attributes: Vec<Attribute>,
    pub visibility: Visibility,
    pub name: Ident,
    pub of: Type,
    pub wire: Option<LitStr>,
    pub folded: Option<LitStr>,
    pub max: Option<LitInt>,
    pub kind: Option<Expr>,
    pub column: Option<LitStr>,
    pub sql: Option<LitStr>,
    pub key: bool,
    pub secret: bool,
}

pub struct Computed {
    pub wire: LitStr,
    pub of: Type,
    pub kind: Option<Expr>,
    pub sql: Option<LitStr>,
}

pub struct Navigation {
    pub wire: LitStr,
    pub collection: bool,
    pub target: Target,
    pub join: Option<(Ident, LitStr)>,
}

pub enum Target {
    Entity(Path),
    Model(Path),
}

impl Parse for Declaration {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        input.parse::<Token![struct]>()?;
        let name = input.parse()?;
        input.parse::<Token![in]>()?;
        let scope: Ident = input.parse()?;
        if !["Host", "Organization", "Tenant"].iter().any(|known| scope == known) {
            return Err(syn::Error::new(scope.span(), "expected Host, Organization or Tenant"));
        }
        input.parse::<Token![,]>()?;
        input.parse::<word::table>()?;
        let table = input.parse()?;
        let comma: Option<Token![,]> = input.parse()?;
        let model = if comma.is_some() || input.peek(Token![as]) {
            input.parse::<Token![as]>()?;
            Some(input.parse()?)
        } else {
            None
        };
        let fields = block::<Field>(input)?;
        let computed = if input.peek(word::computed) {
            input.parse::<word::computed>()?;
            block(input)?
        } else {
            Vec::new()
        };
        let navigations = if input.peek(word::navigation) {
            input.parse::<word::navigation>()?;
            block(input)?
        } else {
            Vec::new()
        };
        Ok(Declaration {
            attributes,
            visibility,
            name,
            scope,
            table,
            model,
            fields,
            computed,
            navigations,
        })
    }
}

fn block<T: Parse>(input: ParseStream<'_>) -> Result<Vec<T>> {
    let content;
    braced!(content in input);
    Ok(Punctuated::<T, Token![,]>::parse_terminated(&content)?
        .into_iter()
        .collect())
}

impl Parse for Field {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut attributes = input.call(Attribute::parse_outer)?;
        let mut take = |name: &str| {
            let before = attributes.len();
            attributes.retain(|attribute| !attribute.path().is_ident(name));
            attributes.len() < before
        };
        let (key, secret) = (take("key"), take("secret"));
        let visibility = input.parse()?;
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        let of = input.parse()?;
        let wire = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Some(input.parse()?)
        } else {
            None
        };
        let mut field = Field {
            attributes,
            visibility,
            name,
            of,
            wire,
            folded: None,
            max: None,
            kind: None,
            column: None,
            sql: None,
            key,
            secret,
        };
        while !input.is_empty() && !input.peek(Token![,]) {
            let next = input.lookahead1();
            if next.peek(word::folded) {
                input.parse::<word::folded>()?;
                field.folded = Some(input.parse()?);
            } else if next.peek(word::max) {
                input.parse::<word::max>()?;
                field.max = Some(input.parse()?);
            } else if next.peek(word::kind) {
                input.parse::<word::kind>()?;
                field.kind = Some(input.parse()?);
            } else if next.peek(word::column) {
                input.parse::<word::column>()?;
                field.column = Some(input.parse()?);
            } else if next.peek(word::sql) {
                input.parse::<word::sql>()?;
                field.sql = Some(input.parse()?);
            } else {
                return Err(next.error());
            }
        }
        Ok(field)
    }
}

impl Parse for Computed {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let wire = input.parse()?;
        input.parse::<Token![:]>()?;
        let of = input.parse()?;
        let kind = if input.peek(word::kind) {
            input.parse::<word::kind>()?;
            Some(input.parse()?)
        } else {
            None
        };
        let sql = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            input.parse::<word::sql>()?;
            Some(input.parse()?)
        } else {
            None
        };
        Ok(Computed { wire, of, kind, sql })
    }
}

impl Parse for Navigation {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let wire = input.parse()?;
        input.parse::<Token![:]>()?;
        let next = input.lookahead1();
        let collection = if next.peek(word::collection) {
            input.parse::<word::collection>()?;
            true
        } else if next.peek(word::one) {
            input.parse::<word::one>()?;
            false
        } else {
            return Err(next.error());
        };
        input.parse::<word::of>()?;
        let target = if input.peek(word::model) {
            input.parse::<word::model>()?;
            Target::Model(input.parse()?)
        } else {
            Target::Entity(input.parse()?)
        };
        let join = if input.peek(Token![as]) {
            input.parse::<Token![as]>()?;
            let alias: Ident = input.parse()?;
            input.parse::<word::on>()?;
            Some((alias, input.parse()?))
        } else {
            None
        };
        if let (Some((alias, _)), Target::Model(_)) = (&join, &target) {
            return Err(syn::Error::new(
                alias.span(),
                "a join needs an entity, which has a table",
            ));
        }
        Ok(Navigation {
            wire,
            collection,
            target,
            join,
        })
    }
}
