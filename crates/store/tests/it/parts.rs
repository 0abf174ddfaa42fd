use odata::Query;
use store::{Dialect, Entity as _, Error, Value, params};

use crate::fixture::{Fixture, Note, note, on_both};

/// Notes `n0` to `n29` of tenant 1 with 0, 1 or 2 pages in turn, and one of tenant 2.
async fn fill(fixture: &Fixture) {
    let write = |tx: &mut store::Tx| {
        let notes: Vec<Note> = (0..30)
            .map(|n| Note {
                pages: n % 3,
                ..note(&format!("n{n:02}"))
            })
            .collect();
        tx.tenant(1).insert_many(&notes)?;
        tx.tenant(2).insert(&Note {
            pages: 1,
            ..note("other")
        })?;
        Ok::<_, Error>(())
    };
    fixture.store.write(write).await.unwrap();
}

fn query(options: &[(&str, &str)]) -> Query {
    let options: Vec<(String, String)> = options
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Query::parse(
        &options,
        Note::model(),
        &odata::Limits::default(),
        jiff::Timestamp::UNIX_EPOCH,
    )
    .unwrap()
}

async fn list(fixture: &Fixture, tenant: i64, parts: &[i64], options: &[(&str, &str)]) -> (Vec<String>, Option<u64>) {
    let query = query(options);
    let parts: Vec<Vec<Value>> = parts.iter().map(|pages| params![*pages]).collect();
    let page = fixture
        .store
        .read(move |tx| tx.tenant(tenant).list_parts::<Note>(&query, "pages = ?", &parts))
        .await
        .unwrap();
    (page.items.into_iter().map(|note| note.title).collect(), page.count)
}

on_both! {
    async fn parts_are_merged_in_the_order_of_the_query(fixture: Fixture) {
        fill(&fixture).await;
        let options = [("$orderby", "Title desc"), ("$top", "3"), ("$skip", "1"), ("$count", "true")];
        let (titles, count) = list(&fixture, 1, &[0, 2], &options).await;
        assert_eq!(titles, ["n27", "n26", "n24"]);
        assert_eq!(count, Some(20));
        let (titles, _) = list(&fixture, 1, &[1, 0], &[("$filter", "Title lt 'n05'")]).await;
        assert_eq!(titles, ["n00", "n01", "n03", "n04"], "by key where nothing is asked for");
        let (titles, count) = list(&fixture, 1, &[], &[("$count", "true")]).await;
        assert_eq!((titles.len(), count), (0, Some(0)));
    }

    async fn no_more_of_a_part_is_sorted_than_a_page_takes(fixture: Fixture) {
        fill(&fixture).await;
        let query = query(&[("$orderby", "Title desc"), ("$top", "3"), ("$skip", "1")]);
        let parts = vec![params![0], params![2]];
        let (text, _) = fixture
            .store
            .read(move |tx| tx.tenant(1).explain_parts::<Note>(&query, "pages = ?", &parts))
            .await
            .unwrap();
        // SQLite merges parts that are in order; PostgreSQL has to be told how many rows are wanted of each.
        let limits = if fixture.store.dialect() == Dialect::Sqlite { 1 } else { 3 };
        assert_eq!(text.matches("limit").count(), limits, "{text}");
    }

    async fn parts_belong_to_their_tenant(fixture: Fixture) {
        fill(&fixture).await;
        let (titles, count) = list(&fixture, 2, &[0, 1, 2], &[("$count", "true")]).await;
        assert_eq!((titles.len(), count), (1, Some(1)));
    }

    async fn many_rows_are_changed_each_to_its_own_values(fixture: Fixture) {
        fill(&fixture).await;
        let changed = fixture.store.write_locking(|tx| {
            let mut scope = tx.tenant(1);
            let notes = scope.find::<Note>("pages = 1 {for_update}", params![])?;
            let rows: Vec<_> = notes.iter().map(|note| (note.id, params![note.id, None::<f64>])).collect();
            scope.update_many::<Note>(&["pages bigint", "rating double precision"], &rows)?;
            let after = scope.find::<Note>("pages = id order by id", params![])?;
            assert_eq!(tx.tenant(2).update_many::<Note>(&["pages bigint"], &[(notes[0].id, params![7])])?, 0);
            Ok::<_, Error>((notes.len(), after.len()))
        }).await.unwrap();
        assert_eq!(changed, (10, 10));
    }
}
