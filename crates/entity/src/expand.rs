//! What `entity!` turns into.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt as _;
use syn::{LitStr, Result};

use crate::parse::{Computed, Declaration, Field, Navigation, Target};

pub fn expand(declaration: &Declaration) -> Result<TokenStream> {
    let Declaration {
        attributes,
        visibility,
        name,
        scope,
        table,
        fields,
        ..
    } = declaration;
    let key = key_of(declaration)?;
    let (key_name, key_type, key_column) = (&key.name, &key.of, column_of(key));

    let definitions = fields.iter().map(|field| {
        let Field {
            attributes,
            visibility,
            name,
            of,
            ..
        } = field;
        quote! { #(#attributes)* #visibility #name: #of }
    });
    let columns = fields.iter().map(|field| {
        let name = column_of(field);
        let (folded, sql) = (option(field.folded.as_ref()), option(field.sql.as_ref()));
        quote! { ::store::Column { name: #name, folded: #folded, sql: #sql } }
    });
    let reads = fields.iter().enumerate().map(|(at, field)| {
        let name = &field.name;
        quote! { #name: row.take(first + #at)? }
    });
    let values = fields.iter().map(|field| {
        let name = &field.name;
        quote! { ::store::macro_support::odata::Scalar::to_constant(&self.#name) }
    });
    let members = fields.iter().filter_map(|field| {
        let (name, wire) = (&field.name, field.wire.as_ref()?);
        Some(quote! { members.insert(::std::borrow::ToOwned::to_owned(#wire), ::store::to_json(&self.#name)); })
    });
    let debug = debug(declaration);
    let model = model(declaration, key);
    let columns_enum = columns_enum(declaration);

    Ok(quote! {
        #(#attributes)*
        #[derive(Clone)]
        #visibility struct #name { #(#definitions),* }

        #debug
        #columns_enum

        impl ::store::Entity for #name {
            type Scope = ::store::#scope;
            type Key = #key_type;

            const TABLE: &'static str = #table;
            const COLUMNS: &'static [::store::Column] = &[#(#columns),*];
            const KEY: &'static str = #key_column;

            fn key(&self) -> Self::Key {
                ::std::clone::Clone::clone(&self.#key_name)
            }

            fn from_row(row: &mut ::store::Row, first: usize) -> ::store::Result<Self> {
                ::std::result::Result::Ok(Self { #(#reads),* })
            }

            fn to_values(&self) -> ::std::vec::Vec<::store::Value> {
                ::std::vec![#(#values),*]
            }

            #model

            fn to_json(
                &self,
            ) -> ::store::macro_support::serde_json::Map<
                ::std::string::String,
                ::store::macro_support::serde_json::Value,
            > {
                let mut members = ::store::macro_support::serde_json::Map::new();
                #(#members)*
                members
            }

            fn statements() -> &'static ::store::macro_support::Statements {
                static STATEMENTS: ::std::sync::OnceLock<::store::macro_support::Statements> =
                    ::std::sync::OnceLock::new();
                STATEMENTS.get_or_init(::store::macro_support::Statements::of::<#name>)
            }
        }
    })
}

fn key_of(declaration: &Declaration) -> Result<&Field> {
    let mut keys = declaration.fields.iter().filter(|field| field.key);
    let missing = || syn::Error::new(declaration.name.span(), "one field must be the #[key]");
    let key = keys.next().ok_or_else(missing)?;
    match keys.next() {
        Some(second) => Err(syn::Error::new(second.name.span(), "there can be one #[key] only")),
        None => Ok(key),
    }
}

fn column_of(field: &Field) -> String {
    field
        .column
        .as_ref()
        .map_or_else(|| field.name.unraw().to_string(), LitStr::value)
}

fn option(text: Option<&LitStr>) -> TokenStream {
    if let Some(text) = text {
        quote! { ::std::option::Option::Some(#text) }
    } else {
        quote! { ::std::option::Option::None }
    }
}

fn debug(declaration: &Declaration) -> TokenStream {
    let name = &declaration.name;
    let text = name.to_string();
    let shown = declaration.fields.iter().map(|field| {
        let name = &field.name;
        let label = name.unraw().to_string();
        if field.secret {
            quote! { .field(#label, &"***") }
        } else {
            quote! { .field(#label, &self.#name) }
        }
    });
    quote! {
        impl ::std::fmt::Debug for #name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(#text) #(#shown)* .finish()
            }
        }
    }
}

fn columns_enum(declaration: &Declaration) -> TokenStream {
    let visibility = &declaration.visibility;
    let name = format_ident!("{}Column", declaration.name);
    let doc = format!("The columns of [`{}`].", declaration.name);
    let variants: Vec<_> = declaration
        .fields
        .iter()
        .map(|field| format_ident!("{}", pascal(&field.name.unraw().to_string()), span = field.name.span()))
        .collect();
    let columns = declaration.fields.iter().map(column_of);
    quote! {
        #[doc = #doc]
        #[allow(dead_code, missing_docs)]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #visibility enum #name { #(#variants),* }

        #[allow(dead_code)]
        impl #name {
            /// The name of the column in SQL.
            #visibility const fn name(self) -> &'static str {
                match self { #(Self::#variants => #columns),* }
            }
        }
    }
}

fn pascal(snake: &str) -> String {
    snake
        .split('_')
        .map(|part| {
            let mut letters = part.chars();
            letters
                .next()
                .map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
        })
        .collect()
}

fn model(declaration: &Declaration, key: &Field) -> TokenStream {
    let name = declaration
        .model
        .as_ref()
        .map_or_else(|| declaration.name.to_string(), LitStr::value);
    let key = option(key.wire.as_ref());
    let fields = declaration.fields.iter().filter_map(property);
    let computed = declaration.computed.iter().map(computed);
    let navigations = declaration.navigations.iter().map(navigation);
    quote! {
        fn model() -> &'static ::store::macro_support::odata::EntityType {
            #[allow(unused_imports)]
            use ::store::macro_support::odata;
            static MODEL: odata::EntityType = odata::EntityType {
                name: #name,
                key: #key,
                properties: &[#(#fields,)* #(#computed),*],
                navigations: &[#(#navigations),*],
            };
            &MODEL
        }
    }
}

fn property(field: &Field) -> Option<TokenStream> {
    let (wire, of, column) = (field.wire.as_ref()?, &field.of, column_of(field));
    let source = match (&field.sql, &field.folded) {
        (Some(sql), _) => {
            let sql = format!("({})", sql.value());
            quote! { odata::Source::Sql(#sql) }
        }
        (None, Some(folded)) => quote! { odata::Source::Folded { column: #column, folded: #folded } },
        (None, None) => quote! { odata::Source::Column(#column) },
    };
    let kind = if let Some(kind) = &field.kind {
        quote! { #kind }
    } else {
        quote! { <#of as odata::Scalar>::KIND }
    };
    let max = field.max.as_ref().map(|max| quote! { .max_length(#max) });
    Some(quote! {
        odata::Property::new(#wire, #kind, #source).nullable(<#of as odata::Scalar>::NULLABLE) #max
    })
}

fn computed(property: &Computed) -> TokenStream {
    let Computed { wire, of, kind, sql } = property;
    let source = if let Some(sql) = sql {
        quote! { odata::Source::Sql(#sql) }
    } else {
        quote! { odata::Source::Computed }
    };
    if let Some(kind) = kind {
        quote! { odata::Property::new(#wire, #kind, #source).nullable(true) }
    } else {
        quote! {
            odata::Property::new(#wire, <#of as odata::Scalar>::KIND, #source)
                .nullable(<#of as odata::Scalar>::NULLABLE)
        }
    }
}

fn navigation(navigation: &Navigation) -> TokenStream {
    let Navigation {
        wire,
        collection,
        target,
        join,
    } = navigation;
    let join = if let (Some((alias, on)), Target::Entity(entity)) = (join, target) {
        let alias = alias.to_string();
        quote! {
            ::std::option::Option::Some(odata::Join {
                table: <#entity as ::store::Entity>::TABLE,
                alias: #alias,
                on: #on,
            })
        }
    } else {
        quote! { ::std::option::Option::None }
    };
    let target = match target {
        Target::Entity(entity) => quote! { <#entity as ::store::Entity>::model },
        Target::Model(function) => quote! { #function },
    };
    quote! { odata::Navigation { name: #wire, target: #target, collection: #collection, join: #join } }
}
