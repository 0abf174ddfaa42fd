use store::{Error, Migration, params};

use crate::fixture::{MIGRATIONS, on_both};

const ONE: Migration = Migration {
    id: "x-001",
    sql: "create table x (id {id}, a TEXT)",
};
const CHANGED: Migration = Migration {
    id: "x-001",
    sql: "create table x (id {id}, b TEXT)",
};
const HALF: Migration = Migration {
    id: "x-002",
    sql: "create table y (id {id}); create nonsense",
};
const TWO: Migration = Migration {
    id: "x-002",
    sql: "create table y (id {id}); {sqlite} insert into x (a) values ('sqlite'); {postgres} insert into x (a) values ('postgres')",
};

on_both! {
    async fn migrations_are_applied_once_and_in_order(fixture: Fixture) {
        let store = fixture.store.clone();
        tokio::task::spawn_blocking(move || {
            store.migrate(&[MIGRATIONS, &[ONE]]).unwrap();
            store.migrate(&[MIGRATIONS, &[ONE, TWO]]).unwrap();
            store.migrate(&[MIGRATIONS, &[ONE, TWO]]).unwrap();
        }).await.unwrap();
        let rows = fixture.store.read(|tx| tx.host().rows("select a from x", params![])).await.unwrap();
        assert_eq!(rows.len(), 1);
    }

    async fn a_migration_changed_after_its_release_is_refused(fixture: Fixture) {
        fixture.store.migrate(&[&[ONE]]).unwrap();
        let error = fixture.store.migrate(&[&[CHANGED]]).unwrap_err();
        assert!(matches!(&error, Error::Migration { id, .. } if id == "x-001"), "{error}");
        let error = fixture.store.migrate(&[&[ONE], &[ONE]]).unwrap_err();
        assert!(error.to_string().contains("twice"), "{error}");
    }

    async fn a_migration_that_fails_leaves_nothing_behind(fixture: Fixture) {
        fixture.store.migrate(&[&[ONE]]).unwrap();
        let error = fixture.store.migrate(&[&[ONE, HALF]]).unwrap_err();
        assert!(matches!(&error, Error::Migration { id, .. } if id == "x-002"), "{error}");
        fixture.store.migrate(&[&[ONE, TWO]]).unwrap();
    }

    async fn nodes_that_start_together_do_not_get_in_each_others_way(fixture: Fixture) {
        let nodes: Vec<_> = (0..3).map(|_| fixture.another()).collect();
        std::thread::scope(|scope| {
            for node in &nodes {
                scope.spawn(|| node.migrate(&[MIGRATIONS, &[ONE, TWO]]).unwrap());
            }
        });
    }
}
