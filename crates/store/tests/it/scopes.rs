use store::{Entity as _, Error, Organization, Tenant, params};
use uuid::Uuid;

use crate::fixture::{Member, Note, note, on_both};

on_both! {
    async fn no_operation_reaches_the_rows_of_another_tenant(fixture: Fixture) {
        fixture.store.write(|tx| {
            let id = tx.tenant(1).insert(&note("mine"))?;
            let mut other = tx.tenant(2);
            assert_eq!(other.get::<Note>(id)?, None);
            assert_eq!(other.lock::<Note>(id)?, None);
            assert_eq!(other.get_many::<Note>(&[id])?, []);
            assert!(!other.update(&Note { id, ..note("stolen") })?);
            assert!(!other.delete::<Note>(id)?);
            // The parentheses around a condition keep its `or` inside the scope.
            assert_eq!(other.find::<Note>("1 = 1 or id = ?", params![id])?, []);
            assert_eq!(other.find_one::<Note>("id = ? or 1 = 1 order by id", params![id])?, None);
            assert!(!other.exists::<Note>("id = ? or 1 = 1", params![id])?);
            assert_eq!(other.count::<Note>("id = ? or 1 = 1", params![id])?, 0);
            assert_eq!(other.update_where::<Note>("pages = ?", "id = ? or 1 = 1", params![0, id])?, 0);
            assert_eq!(other.delete_where::<Note>("id = ? or 1 = 1", params![id])?, 0);
            assert_eq!(other.rows("select n.id from notes n where n.{scope} and n.id = ?", params![id])?, []);
            assert_eq!(other.execute("delete from notes where id = ? and {scope}", params![id])?, 0);
            assert_eq!(other.list::<Note>(&odata::Query::new(Note::model()), "", params![])?.items, []);
            assert_eq!(tx.tenant(1).list::<Note>(&odata::Query::new(Note::model()), "", params![])?.items.len(), 1);
            assert_eq!(tx.tenant(1).get::<Note>(id)?.map(|note| note.title), Some("mine".into()));
            Ok::<_, Error>(())
        }).await.unwrap();
    }

    async fn no_operation_reaches_the_rows_of_another_organization(fixture: Fixture) {
        fixture.store.write(|tx| {
            let member = Member { id: Uuid::from_u128(5), token_hash: vec![1] };
            tx.organization(Uuid::from_u128(1)).insert(&member)?;
            let mut other = tx.organization(Uuid::from_u128(2));
            assert_eq!(other.get::<Member>(member.id)?, None);
            assert!(!other.delete::<Member>(member.id)?);
            assert_eq!(other.count::<Member>("", params![])?, 0);
            assert_eq!(tx.organization(Uuid::from_u128(1)).get::<Member>(member.id)?, Some(member));
            Ok::<_, Error>(())
        }).await.unwrap();
    }

    async fn free_sql_without_its_scope_is_refused(fixture: Fixture) {
        let error = fixture.store.read(|tx| tx.tenant(1).rows("select id from notes", params![])).await.unwrap_err();
        assert!(matches!(error, Error::Statement(_)), "{error:?}");
    }

    async fn free_sql_inserts_and_updates_within_its_scope(fixture: Fixture) {
        fixture.store.write(|tx| {
            for tenant in [1, 2, 1] {
                tx.tenant(tenant).execute(
                    "insert into counters (name, {scope_column}, count) values (?, {scope_value}, ?)
                     on conflict (tenant_id, name) do update set count = counters.count + excluded.count",
                    params!["hits", 5],
                )?;
            }
            let count = |tx: &mut store::Tx, tenant: i64| {
                let row = tx.tenant(tenant).row("select count from counters where name = ? and {scope} and count > ?", params!["hits", 0])?;
                row.unwrap().get::<i64>(0)
            };
            assert_eq!((count(tx, 1)?, count(tx, 2)?), (10, 5));
            Ok::<_, Error>(())
        }).await.unwrap();
    }

    async fn a_unique_look_up_establishes_the_scope(fixture: Fixture) {
        fixture.store.write(|tx| {
            let owner = Uuid::from_u128(77);
            let member = Member { id: Uuid::from_u128(5), token_hash: vec![1, 2] };
            tx.organization(owner).insert(&member)?;
            assert_eq!(tx.locate::<Member>("token_hash = ?", params![[1_u8, 2]])?, Some((Organization(owner), member)));
            assert_eq!(tx.locate::<Member>("token_hash = ?", params![[9_u8]])?, None);

            tx.tenant(1).insert_many(&[note("a"), note("b")])?;
            tx.tenant(3).insert(&note("c"))?;
            let mut scopes = tx.each_scope::<Note>("pages = ?", params![3])?;
            scopes.sort_unstable();
            assert_eq!(scopes, [Tenant(1), Tenant(3)]);
            let all = tx.locate_all::<Note>("pages = ? order by title limit 5", params![3])?;
            assert_eq!(all.iter().map(|(scope, note)| (scope.0, note.title.as_str())).collect::<Vec<_>>(),
                [(1, "a"), (1, "b"), (3, "c")]);
            Ok::<_, Error>(())
        }).await.unwrap();
    }
}
