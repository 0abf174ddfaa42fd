use odata::{Kind, Source};
use serde_json::json;
use store::{Entity, Error, Value, any_of, params};
use uuid::Uuid;

use crate::fixture::{Member, Note, Purpose, Setting, note, on_both};

on_both! {
    async fn a_row_comes_back_as_it_was_written(fixture: Fixture) {
        let written = note("Änderung");
        let row = written.clone();
        let id = fixture.store.write(move |tx| tx.tenant(1).insert(&row)).await.unwrap();
        let read: Note = fixture.store.read(move |tx| tx.tenant(1).get(id)).await.unwrap().unwrap();
        assert_eq!(read, Note { id, title_length: 8, ..written });
    }

    async fn the_database_assigns_keys_that_are_zero_and_takes_others(fixture: Fixture) {
        let (first, second) = fixture.store.write(|tx| {
            let first = tx.tenant(1).insert(&note("a"))?;
            let second = tx.tenant(1).insert(&Note { id: 4711, ..note("b") })?;
            tx.organization(Uuid::nil()).insert(&Member { id: Uuid::max(), token_hash: vec![] })?;
            Ok::<_, Error>((first, second))
        }).await.unwrap();
        assert!(first > 0);
        assert_eq!(second, 4711);
    }

    async fn an_update_writes_every_field_and_the_folded_column(fixture: Fixture) {
        let changed = fixture.store.write(|tx| {
            let mut scope = tx.tenant(1);
            let id = scope.insert(&note("before"))?;
            let changed = Note { id, purpose: Purpose::Idea, rating: None, seal: None, done: false, ..note("AFTER") };
            assert!(scope.update(&changed)?);
            assert!(!scope.update(&Note { id: id + 1, ..changed.clone() })?);
            Ok::<_, Error>(changed)
        }).await.unwrap();
        let found: Vec<Note> = fixture.store
            .read(|tx| tx.tenant(1).find("title_folded = ?", params!["after"])).await.unwrap();
        assert_eq!(found, [Note { title_length: 5, ..changed }]);
    }

    async fn a_condition_may_end_in_an_order_and_a_limit(fixture: Fixture) {
        fixture.store.write(|tx| {
            let many: Vec<Note> = (0..250).map(|n| Note { pages: n, ..note(&format!("n{n}")) }).collect();
            tx.tenant(1).insert_many(&many)
        }).await.unwrap();
        let pages: Vec<i32> = fixture.store.read(|tx| {
            let mut scope = tx.tenant(1);
            assert_eq!(scope.count::<Note>("", params![])?, 250);
            assert_eq!(scope.count::<Note>("pages < ? or pages = ?", params![10, 11])?, 11);
            assert!(scope.exists::<Note>("pages = ?", params![7])?);
            let last: Note = scope.find_one("done order by pages desc", params![])?.unwrap();
            assert_eq!(last.pages, 249);
            let keys: Vec<i64> = scope.find::<Note>("pages in (?, ?)", params![5, 6])?.iter().map(Entity::key).collect();
            assert_eq!(scope.get_many::<Note>(&keys)?.len(), 2);
            let found: Vec<Note> = scope.find("pages >= ? order by pages limit ? offset 1", params![100, 3])?;
            Ok::<_, Error>(found.iter().map(|note| note.pages).collect())
        }).await.unwrap();
        assert_eq!(pages, [101, 102, 103]);
    }

    async fn rows_of_any_number_are_found_and_changed_once_each(fixture: Fixture) {
        fixture.store.write(|tx| {
            let mut scope = tx.tenant(1);
            let many: Vec<Note> = (0..250).map(|n| note(&format!("n{n}"))).collect();
            scope.insert_many(&many)?;
            let ids: Vec<i64> = scope.find::<Note>("true order by id", params![])?.iter().map(Entity::key).collect();
            for number in [0, 1, 2, 5, 31, 50, 51, 100, 101, 250] {
                let ids = &ids[..number];
                assert_eq!(scope.get_many::<Note>(ids)?.len(), number);
                let locked = scope.lock_many::<Note>(ids)?;
                assert_eq!(locked.iter().map(Entity::key).collect::<Vec<_>>(), ids);
                let rows: Vec<(i64, Vec<Value>)> = ids.iter().map(|id| (*id, params![*id])).collect();
                assert_eq!(scope.update_many::<Note>(&["pages bigint"], &rows)?, number as u64);
                let (marks, values) = any_of(ids.iter().copied().map(Value::Int));
                assert_eq!(scope.count::<Note>(&format!("pages = id and id in ({marks})"), values)?, number as i64);
                let zero: Vec<(i64, Vec<Value>)> = ids.iter().map(|id| (*id, params![0])).collect();
                scope.update_many::<Note>(&["pages bigint"], &zero)?;
            }
            Ok::<_, Error>(())
        }).await.unwrap();
    }

    async fn many_rows_are_changed_and_removed_at_once(fixture: Fixture) {
        fixture.store.write(|tx| {
            let mut scope = tx.tenant(1);
            scope.insert_many(&[note("a"), note("b"), note("c")])?;
            let changed = scope.update_where::<Note>("pages = pages + ?, rating = ?", "title <> ?", params![4, None::<f64>, "c"])?;
            assert_eq!(changed, 2);
            assert_eq!(scope.count::<Note>("pages = 7 and rating is null", params![])?, 2);
            assert_eq!(scope.delete_where::<Note>("pages = ?", params![7])?, 2);
            let c: Note = scope.find_one("", params![])?.unwrap();
            assert!(scope.delete::<Note>(c.id)?);
            assert!(!scope.delete::<Note>(c.id)?);
            Ok::<_, Error>(())
        }).await.unwrap();
    }

    async fn sums_and_counts_are_integers_in_free_sql(fixture: Fixture) {
        fixture.store.write(|tx| {
            let mut scope = tx.tenant(1);
            scope.insert_many(&[note("a"), Note { pages: 40, ..note("b") }])?;
            let row = scope.row("select sum(pages), count(*), max(title), avg(pages) from notes where {scope}", params![])?.unwrap();
            assert_eq!((row.get::<i64>(0)?, row.get::<i64>(1)?), (43, 2));
            assert_eq!(row.get::<Option<String>>(2)?.as_deref(), Some("b"));
            assert!((row.get::<f64>(3)? - 21.5).abs() < f64::EPSILON);
            assert!(matches!(row.get::<i64>(2), Err(Error::Decode { column: 2, .. })));
            Ok::<_, Error>(())
        }).await.unwrap();
    }

    async fn a_column_may_be_called_differently_than_its_field(fixture: Fixture) {
        let setting = Setting { name: "n".into(), content: "v".into() };
        let row = setting.clone();
        fixture.store.write(move |tx| tx.host().insert(&row)).await.unwrap();
        let read = fixture.store.read(|tx| tx.host().get::<Setting>("n".into())).await.unwrap();
        assert_eq!(read, Some(setting));
    }

    async fn a_violated_unique_index_is_told_by_its_name(fixture: Fixture) {
        let store = &fixture.store;
        let key = Uuid::max();
        store.write(move |tx| tx.tenant(1).insert(&Note { key, ..note("Same") })).await.unwrap();
        let by_title = store.write(|tx| tx.tenant(1).insert(&note("sAME"))).await.unwrap_err();
        assert!(by_title.is_unique("notes_title") && !by_title.is_unique("notes_key"), "{by_title:?}");
        let by_key = store.write(move |tx| tx.tenant(2).insert(&Note { key, ..note("Same") })).await.unwrap_err();
        assert!(by_key.is_unique("notes_key") && !by_key.is_unique("notes_title"), "{by_key:?}");
        assert!(!by_key.to_string().contains("Same"), "no values in errors: {by_key}");

        let member = |id| Member { id, token_hash: vec![1] };
        store.write(move |tx| tx.organization(Uuid::nil()).insert(&member(Uuid::nil()))).await.unwrap();
        let by_constraint = store.write(move |tx| tx.organization(Uuid::nil()).insert(&member(Uuid::max()))).await.unwrap_err();
        assert!(by_constraint.is_unique("members_token_hash_key"), "{by_constraint:?}");
        let by_primary_key = store
            .write(move |tx| tx.organization(Uuid::nil()).insert(&Member { token_hash: vec![2], ..member(Uuid::nil()) }))
            .await.unwrap_err();
        assert!(by_primary_key.is_unique("members_pkey"), "{by_primary_key:?}");
        let insert_twice = |tx: &mut store::Tx| {
            let id = tx.tenant(1).insert(&note("x"))?;
            tx.tenant(1).insert(&Note { id, ..note("y") })
        };
        let by_id = store.write(insert_twice).await.unwrap_err();
        assert!(by_id.is_unique("notes_pkey"), "{by_id:?}");
    }

    async fn other_constraints_are_told_apart(fixture: Fixture) {
        let orphan = fixture.store.write(|tx| tx.tenant(1).insert(&Note { parent_id: Some(99), ..note("a") })).await;
        assert_eq!(orphan.unwrap_err(), Error::ForeignKey);
        let forbidden = fixture.store.write(|tx| tx.tenant(1).insert(&note("forbidden"))).await;
        assert!(matches!(forbidden.unwrap_err(), Error::Constraint(_)));
        let nul = fixture.store.write(|tx| tx.tenant(1).insert(&note("a\0b"))).await;
        assert_eq!(nul.unwrap_err(), Error::InvalidText);
    }
}

#[test]
fn the_model_publishes_the_fields_with_a_wire_name() {
    let model = Note::model();
    assert_eq!((model.name, model.key), ("NoteDto", Some("Id")));
    assert!(model.property("seal").is_none());
    let title = model.property("title").unwrap();
    assert_eq!((title.max_length, title.nullable), (Some(64), false));
    assert_eq!(
        title.source,
        Source::Folded {
            column: "title",
            folded: "title_folded"
        }
    );
    assert!(model.property("Rating").unwrap().nullable);
    assert!(matches!(model.property("Purpose").unwrap().kind, Kind::Enum(of) if of.name == "NotePurpose"));
    assert!(matches!(model.property("Labels").unwrap().kind, Kind::Collection(_)));
    assert_eq!(
        model.property("TitleLength").unwrap().source,
        Source::Sql("(length({t}.title))")
    );
    assert_eq!(model.property("Remark").unwrap().source, Source::Computed);
    let parent = model.navigation("Parent").unwrap();
    assert_eq!(
        ((parent.target)().name, parent.join.unwrap().table),
        ("NoteDto", "notes")
    );
    assert_eq!(crate::fixture::NoteColumn::WrittenAt.name(), "written_at");
}

#[test]
fn json_has_the_wire_names_only_and_keeps_null() {
    let note = note("A");
    let json = serde_json::Value::Object(note.to_json());
    let key = note.key.to_string();
    assert_eq!(
        json,
        json!({
            "Id": 0, "Key": key, "Title": "A", "Purpose": "Task", "Rating": 0.5, "Pages": 3, "Done": true,
            "Labels": ["a", "b"], "WrittenAt": "2026-11-23T08:00:00.123456Z", "DueAt": null, "TitleLength": 0,
        })
    );
}

#[test]
fn a_secret_field_is_not_printed() {
    let text = format!("{:?}", note("A"));
    assert!(text.contains("seal: \"***\"") && !text.contains("255"), "{text}");
}
