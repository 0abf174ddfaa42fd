use std::sync::Arc;

use store::{Combiner, Error, params};

use crate::fixture::{Note, note, on_both};

on_both! {
    async fn calls_at_once_all_get_their_own_answer_and_share_units_of_work(fixture: Fixture) {
        let largest = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let seen = largest.clone();
        let combiner = Arc::new(Combiner::new(fixture.store.clone(), move |tx, titles: &[String]| {
            seen.fetch_max(titles.len(), std::sync::atomic::Ordering::Relaxed);
            let notes: Vec<Note> = titles.iter().map(|title| note(title)).collect();
            let rows = tx.tenant(1).insert_new(&notes, "id, title")?;
            let found = |title: &String| rows.iter().find(|row| row.get::<String>(1).is_ok_and(|known| known == *title));
            titles.iter().map(|title| Ok(found(title).map(|row| row.get::<i64>(0)).transpose())).collect::<Result<Vec<_>, Error>>()
        }));
        let calls: Vec<_> = (0..300).map(|n| {
            let combiner = combiner.clone();
            tokio::spawn(async move { combiner.call(format!("n{n}"), 10).await })
        }).collect();
        let mut ids = Vec::new();
        for call in calls {
            ids.push(call.await.unwrap().unwrap().unwrap());
        }
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 300);
        let count = fixture.store.read(|tx| tx.tenant(1).count::<Note>("", params![])).await.unwrap();
        assert_eq!(count, 300);
        assert!(largest.load(std::sync::atomic::Ordering::Relaxed) > 1);
    }

    async fn a_call_that_breaks_the_unit_fails_alone(fixture: Fixture) {
        let combiner = Arc::new(Combiner::new(fixture.store.clone(), move |tx, titles: &[String]| {
            let mut done = Vec::new();
            for title in titles {
                if title == "bad" {
                    return Err(Error::Busy);
                }
                done.push(Ok(tx.tenant(1).insert(&note(title))?));
            }
            Ok(done)
        }));
        let calls: Vec<_> = (0..40).map(|n| {
            let combiner = combiner.clone();
            let title = if n % 7 == 3 { "bad".to_owned() } else { format!("n{n}") };
            tokio::spawn(async move { (title == "bad", combiner.call(title, 10).await.is_err()) })
        }).collect();
        for call in calls {
            let (bad, failed) = call.await.unwrap();
            assert_eq!(bad, failed);
        }
        let count = fixture.store.read(|tx| tx.tenant(1).count::<Note>("", params![])).await.unwrap();
        assert_eq!(count, 34);
    }
}
