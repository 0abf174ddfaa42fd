use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use store::{Error, params};

use crate::fixture::{Fixture, Note, note, on_both};

async fn count(fixture: &Fixture) -> i64 {
    fixture
        .store
        .read(|tx| tx.tenant(1).count::<Note>("", params![]))
        .await
        .unwrap()
}

on_both! {
    async fn an_error_undoes_everything(fixture: Fixture) {
        let result = fixture.store.write(|tx| {
            tx.tenant(1).insert(&note("a"))?;
            Err::<(), _>(Error::Unsupported("changed my mind".into()))
        }).await;
        assert_eq!(result, Err(Error::Unsupported("changed my mind".into())));
        assert_eq!(count(&fixture).await, 0);
    }

    async fn a_panic_undoes_everything_and_the_store_lives_on(fixture: Fixture) {
        for _ in 0..10 {
            let result = fixture.store.write(|tx| {
                tx.tenant(1).insert(&note("a"))?;
                let rows: Vec<Note> = tx.tenant(1).find("", params![])?;
                assert!(rows.is_empty(), "a panic on purpose");
                Ok::<_, Error>(())
            }).await;
            assert_eq!(result, Err(Error::Panicked));
            let result = fixture.store.read(|_| -> Result<(), Error> { panic!("a panic on purpose") }).await;
            assert_eq!(result, Err(Error::Panicked));
            let result = fixture.store.read_here(|_| -> Result<(), Error> { panic!("a panic on purpose") }).await;
            assert_eq!(result, Err(Error::Panicked));
        }
        assert_eq!(count(&fixture).await, 0);
        fixture.store.write(|tx| tx.tenant(1).insert(&note("a"))).await.unwrap();
        assert_eq!(count(&fixture).await, 1);
    }

    async fn many_writers_all_get_through_and_failures_hurt_nobody_else(fixture: Fixture) {
        let tasks: Vec<_> = (0..400).map(|n| {
            let store = fixture.store.clone();
            tokio::spawn(async move {
                store.write(move |tx| {
                    tx.tenant(1).insert(&note(&format!("n{n}")))?;
                    match n % 4 {
                        0 => Err(Error::Unsupported("no".into())),
                        1 => tx.tenant(1).insert(&note(&format!("n{n}"))).map(drop),
                        _ => Ok(()),
                    }
                }).await
            })
        }).collect();
        let mut succeeded = 0;
        for task in tasks {
            succeeded += i64::from(task.await.unwrap().is_ok());
        }
        assert_eq!(succeeded, 200);
        assert_eq!(count(&fixture).await, 200);
    }

    async fn a_unit_that_swallows_a_failed_statement_fails(fixture: Fixture) {
        let result = fixture.store.write(|tx| {
            tx.tenant(1).insert(&note("a"))?;
            let _ignored = tx.tenant(1).insert(&note("a"));
            Ok::<_, Error>(())
        }).await;
        assert_eq!(result, Err(Error::Swallowed));
        assert_eq!(count(&fixture).await, 0);
    }

    async fn an_attempt_may_fail_without_the_unit(fixture: Fixture) {
        fixture.store.write(|tx| {
            tx.tenant(1).insert(&note("a"))?;
            let failed = tx.attempt(|tx| {
                tx.tenant(1).insert(&note("b"))?;
                tx.attempt(|tx| tx.tenant(1).insert(&note("c")))?;
                tx.tenant(1).insert(&note("a"))
            });
            assert!(failed.unwrap_err().is_unique("notes_title"));
            tx.attempt(|tx| tx.tenant(1).insert(&note("d")))?;
            Ok::<_, Error>(())
        }).await.unwrap();
        let titles: Vec<String> = fixture.store.read(|tx| {
            let notes: Vec<Note> = tx.tenant(1).find("order by title", params![])?;
            Ok::<_, Error>(notes.into_iter().map(|note| note.title).collect())
        }).await.unwrap();
        assert_eq!(titles, ["a", "d"]);
    }

    async fn a_reader_sees_one_state_whatever_is_written_meanwhile(fixture: Fixture) {
        fixture.store.write(|tx| tx.tenant(1).insert(&note("a"))).await.unwrap();
        let (store, other) = (fixture.store.clone(), fixture.store.clone());
        let (written, is_written) = std::sync::mpsc::channel();
        let (started, is_started) = std::sync::mpsc::channel();
        let reader = tokio::spawn(async move {
            store.read(move |tx| {
                let before = tx.tenant(1).count::<Note>("", params![])?;
                started.send(()).unwrap();
                is_written.recv().unwrap();
                Ok::<_, Error>((before, tx.tenant(1).count::<Note>("", params![])?))
            }).await
        });
        tokio::task::spawn_blocking(move || is_started.recv().unwrap()).await.unwrap();
        other.write(|tx| tx.tenant(1).insert(&note("b"))).await.unwrap();
        written.send(()).unwrap();
        assert_eq!(reader.await.unwrap(), Ok((1, 1)));
        assert_eq!(count(&fixture).await, 2);
    }

    async fn a_reader_cannot_write(fixture: Fixture) {
        assert!(fixture.store.read(|tx| tx.tenant(1).insert(&note("a"))).await.is_err());
        assert!(fixture.store.read_here(|tx| tx.tenant(1).insert(&note("a"))).await.is_err());
    }

    async fn a_closed_store_finishes_what_waits_and_refuses_the_rest(fixture: Fixture) {
        let done = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..50).map(|n| {
            let (store, done) = (fixture.store.clone(), Arc::clone(&done));
            tokio::spawn(async move {
                let result = store.write(move |tx| tx.tenant(1).insert(&note(&format!("n{n}")))).await;
                done.fetch_add(usize::from(result.is_ok()), Ordering::Relaxed);
            })
        }).collect();
        for task in tasks {
            task.await.unwrap();
        }
        let store = fixture.store.clone();
        tokio::task::spawn_blocking(move || store.close()).await.unwrap();
        assert_eq!(done.load(Ordering::Relaxed), 50);
        assert_eq!(fixture.store.write(|_| Ok::<_, Error>(())).await, Err(Error::Closed));
        let again = fixture.another();
        assert_eq!(again.read(|tx| tx.tenant(1).count::<Note>("", params![])).await, Ok(50));
    }

    async fn health_names_the_database_and_finds_no_problem(fixture: Fixture) {
        fixture.store.ping().await.unwrap();
        let health = fixture.store.check().await.unwrap();
        assert_eq!(health.problems, Vec::<String>::new());
        assert!(health.bytes > 0 && health.version.contains("SQL"), "{health:?}");
        assert_eq!(health.migrations, 4);
    }
}
