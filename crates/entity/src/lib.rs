//! The `entity!` macro of the `store` crate: one list per entity gives the struct, its row mapping, its
//! OData model and its JSON form.

mod expand;
mod parse;

use proc_macro::TokenStream;

/// Declares an entity.
///
/// ```text
/// store::entity! {
///     /// An asset. Contract schema `AssetDto`.
///     #[derive(PartialEq)]
///     pub struct Asset in Tenant, table "assets", as "AssetDto" {
///         #[key] pub id: i64 = "Id",
///         pub name: String = "Name" folded "name_folded" max 256,
///         pub value_type: ValueType = "ValueType",
///         pub tags: store::Json<Vec<String>> = "Tags" kind odata::Kind::Collection(&odata::Kind::String),
///         pub folders_count: i32 = "FoldersCount" sql "select count(*) from asset_folders l where l.asset_id = {t}.id",
///         #[secret] pub sealed: Option<Vec<u8>>,
///     }
///     computed {
///         "LinkCount": i64 = sql "(select count(*) from links l where l.asset_id = {t}.id)",
///         "Value": Option<String>,
///     }
///     navigation {
///         "UserValues": collection of AssetUserValue,
///         "Creator": one of User as u on "u.id = {t}.creator_id",
///         "Folder": one of model folder_type,
///     }
/// }
/// ```
///
/// * `in Host | Organization | Tenant`: whose rows; the scope column is not a field.
/// * `as "Name"`: the type name in the model; the struct's name where it is missing.
/// * `= "Wire"`: publishes a field; without it a field is in neither OData nor JSON.
/// * `folded "column"`: the store writes the folded text there; filters, sorting and search use it.
/// * `max N`: characters. `kind EXPR`: another `odata::Kind` than the type's own.
/// * `column "name"`: where the column is not called like the field.
/// * `sql "expression"`: read-only, computed by the database with each row; `{t}` is the table.
/// * `#[key]`: the key, exactly one. `#[secret]`: `***` in `Debug`.
/// * `computed`: properties without a field; with `sql` they can be filtered and sorted by, else a service
///   fills them in. `navigation`: expandable; `as alias on "condition"` lets `$filter` and `$orderby` pass.
///
/// The struct is `Clone` and `Debug`. Beside it an enum `<Name>Column` lists the columns.
#[proc_macro]
pub fn entity(input: TokenStream) -> TokenStream {
    let declaration = syn::parse_macro_input!(input as parse::Declaration);
    expand::expand(&declaration)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
