use odata::Query;
use store::{Entity as _, Error, Joined, params};

use crate::fixture::{Fixture, Note, note, on_both};

fn on_shelf(shelf: i64) -> Joined {
    Joined {
        tables: "shelves s cross join notes",
        condition: "notes.id = s.note_id and s.shelf = ?",
        params: params![shelf],
        columns: &[("title_folded", "s.title_folded"), ("id", "s.note_id")],
    }
}

/// Notes `n0` to `n9` of tenant 1, the even ones on shelf 7.
async fn fill(fixture: &Fixture) {
    let write = |tx: &mut store::Tx| {
        for n in 0..10 {
            let note = note(&format!("N{n}"));
            let id = tx.tenant(1).insert(&note)?;
            if n % 2 == 0 {
                let sql = "insert into shelves ({scope_column}, shelf, note_id, title_folded) values ({scope_value}, ?, ?, ?)";
                tx.tenant(1).execute(sql, params![7, id, store::fold(&note.title)])?;
            }
        }
        Ok::<_, Error>(())
    };
    fixture.store.write(write).await.unwrap();
}

fn titles(notes: Vec<Note>) -> Vec<String> {
    notes.into_iter().map(|note| note.title).collect()
}

on_both! {
    async fn a_list_may_come_by_way_of_another_table(fixture: Fixture) {
        fill(&fixture).await;
        let options = [("$filter", "contains(Title, 'n') and Title ne 'N4'"), ("$orderby", "Title desc"), ("$top", "2"),
            ("$skip", "1"), ("$count", "true")];
        let query = Query::parse(
            &options.map(|(name, value)| (name.to_owned(), value.to_owned())),
            Note::model(),
            &odata::Limits::default(),
            jiff::Timestamp::UNIX_EPOCH,
        ).unwrap();
        let page = fixture.store.read(move |tx| tx.tenant(1).list_joined::<Note>(&query, on_shelf(7))).await.unwrap();
        assert_eq!(page.count, Some(4));
        assert_eq!(titles(page.items), ["N6", "N2"]);
    }

    async fn another_tenant_finds_nothing_by_that_way_either(fixture: Fixture) {
        fill(&fixture).await;
        let query = Query::new(Note::model());
        let page = fixture.store.read(move |tx| tx.tenant(2).list_joined::<Note>(&query, on_shelf(7))).await.unwrap();
        assert_eq!(titles(page.items), Vec::<String>::new());
    }
}
