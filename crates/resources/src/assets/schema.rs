//! Tables of assets.

use store::Migration;

/// Steps of the schema, oldest first.
///
/// * `assets`: one row per asset, whatever the number of folders it is visible in.
/// * `asset_folders`: where it is visible. It repeats the folded name and the type, which never changes, so that the name
///   is unique per folder, and a list of one folder (or of one type in it) in the order of names is a walk along an index.
/// * `asset_user_values`: values for single accounts; they go with the account.
/// * `folder_assets`: what lists of a folder read. The join is an outer one so that the walk begins at `asset_folders`.
pub const MIGRATIONS: &[Migration] = &[Migration {
    id: "resources-001-assets",
    sql: "
        create table assets (
            id {id},
            tenant_id bigint not null,
            key {uuid} not null,
            name text not null,
            name_folded text not null,
            description text,
            value_scope bigint not null,
            value_type bigint not null,
            has_default_value {bool} not null,
            string_value text not null,
            bool_value {bool} not null,
            int_value bigint not null,
            credential_username text not null,
            external_name text,
            key_value_list text not null,
            sealed {blob},
            allow_direct_api_access {bool} not null,
            tags text not null,
            modified_at bigint,
            modified_by bigint,
            created_at bigint not null,
            created_by bigint
        );
        create unique index assets_key on assets (key);
        create index assets_name on assets (tenant_id, name_folded, id);

        create table asset_folders (
            tenant_id bigint not null,
            folder_id bigint not null references folders (id),
            asset_id bigint not null references assets (id) on delete cascade,
            name_folded text not null,
            value_type bigint not null,
            primary key (tenant_id, folder_id, asset_id)
        );
        create unique index asset_folders_name on asset_folders (tenant_id, folder_id, name_folded);
        create index asset_folders_type on asset_folders (tenant_id, folder_id, value_type, name_folded, asset_id);
        create index asset_folders_asset on asset_folders (asset_id);

        create table asset_user_values (
            id {id},
            tenant_id bigint not null,
            asset_id bigint not null references assets (id) on delete cascade,
            user_id bigint not null references tenant_users (id) on delete cascade,
            value_type bigint not null,
            string_value text not null,
            bool_value {bool} not null,
            int_value bigint not null,
            credential_username text not null,
            external_name text,
            key_value_list text not null,
            sealed {blob}
        );
        create unique index asset_user_values_account on asset_user_values (asset_id, user_id);
        create index asset_user_values_user on asset_user_values (user_id);

        create view folder_assets as
            select l.tenant_id, l.folder_id, l.asset_id as id, l.name_folded, a.key, a.name, a.description,
                   a.value_scope, l.value_type, a.has_default_value, a.string_value, a.bool_value, a.int_value,
                   a.credential_username, a.external_name, a.key_value_list, a.allow_direct_api_access, a.tags,
                   a.modified_at, a.modified_by, a.created_at, a.created_by
            from asset_folders l left join assets a on a.id = l.asset_id;
    ",
}];
