//! What only PostgreSQL has: conflicts between connections, and connections that break.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use store::{Error, params};
use tokio::sync::Barrier;

use crate::fixture::{Fixture, Note, note, run};

#[test]
fn units_that_deadlock_are_run_again() {
    let test = async |fixture: Fixture| {
        let ids = fixture
            .store
            .write(|tx| Ok::<_, Error>([tx.tenant(1).insert(&note("a"))?, tx.tenant(1).insert(&note("b"))?]));
        let ids = ids.await.unwrap();
        let runs = Arc::new(AtomicU32::new(0));
        let meet = Arc::new(std::sync::Barrier::new(2));
        let tasks: Vec<_> = [ids, [ids[1], ids[0]]]
            .into_iter()
            .map(|[first, second]| {
                let (store, runs, meet) = (fixture.store.clone(), Arc::clone(&runs), Arc::clone(&meet));
                tokio::spawn(async move {
                    let mut met = false;
                    store
                        .write(move |tx| {
                            runs.fetch_add(1, Ordering::Relaxed);
                            tx.tenant(1).lock::<Note>(first)?;
                            if !std::mem::replace(&mut met, true) {
                                meet.wait();
                            }
                            tx.tenant(1)
                                .update_where::<Note>("pages = pages + 1", "id = ?", params![second])
                        })
                        .await
                })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap(), Ok(1));
        }
        assert!(runs.load(Ordering::Relaxed) >= 3, "one of them lost and was repeated");
        let sum = fixture.store.read(|tx| {
            tx.tenant(1)
                .row("select sum(pages) from notes where {scope}", params![])
        });
        assert_eq!(sum.await.unwrap().unwrap().get::<i64>(0), Ok(8));
    };
    run(test, Fixture::postgres());
}

#[test]
fn a_lock_makes_others_wait_for_the_row() {
    let test = async |fixture: Fixture| {
        let id = fixture.store.write(|tx| tx.tenant(1).insert(&note("a"))).await.unwrap();
        let barrier = Arc::new(Barrier::new(8));
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let (store, barrier) = (fixture.store.clone(), Arc::clone(&barrier));
                tokio::spawn(async move {
                    barrier.wait().await;
                    store
                        .write(move |tx| {
                            let mut row: Note = tx.tenant(1).lock(id)?.unwrap();
                            row.pages += 1;
                            tx.tenant(1).update(&row)
                        })
                        .await
                        .unwrap()
                })
            })
            .collect();
        for task in tasks {
            assert!(task.await.unwrap());
        }
        let row: Note = fixture
            .store
            .read(move |tx| tx.tenant(1).get(id))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(row.pages, 11);
    };
    run(test, Fixture::postgres());
}

#[test]
fn claimed_rows_are_skipped_by_others() {
    let test = async |fixture: Fixture| {
        fixture
            .store
            .write(|tx| tx.tenant(1).insert_many(&[note("a"), note("b")]))
            .await
            .unwrap();
        let meet = Arc::new(std::sync::Barrier::new(2));
        let tasks: Vec<_> = (0..2)
            .map(|_| {
                let (store, meet) = (fixture.store.clone(), Arc::clone(&meet));
                tokio::spawn(async move {
                    store
                        .write(move |tx| {
                            let claimed: Option<Note> =
                                tx.tenant(1).find_one("done order by id {skip_locked}", params![])?;
                            meet.wait();
                            Ok::<_, Error>(claimed.map(|note| note.title))
                        })
                        .await
                        .unwrap()
                })
            })
            .collect();
        let mut claimed = Vec::new();
        for task in tasks {
            claimed.push(task.await.unwrap().unwrap());
        }
        claimed.sort();
        assert_eq!(claimed, ["a", "b"]);
    };
    run(test, Fixture::postgres());
}

#[test]
fn broken_connections_are_replaced_without_anyone_noticing() {
    let test = async |fixture: Fixture| {
        for round in 0..3 {
            fixture.server().disconnect_all();
            for n in 0..8 {
                let title = format!("{round} {n}");
                fixture
                    .store
                    .write(move |tx| tx.tenant(1).insert(&note(&title)))
                    .await
                    .unwrap();
            }
        }
        let count = fixture.store.read(|tx| tx.tenant(1).count::<Note>("", params![])).await;
        assert_eq!(count, Ok(24));
    };
    run(test, Fixture::postgres());
}

#[test]
fn a_unit_whose_connection_breaks_before_the_commit_is_run_again() {
    let test = async |fixture: Fixture| {
        let (broken, is_broken) = std::sync::mpsc::channel();
        let (inside, is_inside) = std::sync::mpsc::channel();
        let store = fixture.store.clone();
        let mut waited = false;
        let task = tokio::spawn(async move {
            store
                .write(move |tx| {
                    tx.tenant(1).insert(&note("a"))?;
                    if !std::mem::replace(&mut waited, true) {
                        inside.send(()).unwrap();
                        is_broken.recv().unwrap();
                    }
                    tx.tenant(1).insert(&note("b"))
                })
                .await
        });
        is_inside.recv().unwrap();
        fixture.server().disconnect_all();
        broken.send(()).unwrap();
        task.await.unwrap().unwrap();
        let count = fixture.store.read(|tx| tx.tenant(1).count::<Note>("", params![])).await;
        assert_eq!(count, Ok(2));
    };
    run(test, Fixture::postgres());
}

#[test]
fn a_server_that_is_not_there_is_an_error_that_does_not_show_the_password() {
    let options = store::Options::new("postgres://user:hunter2@127.0.0.1:1/db");
    let error = store::Store::open(&options).unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)));
    assert!(
        !error.to_string().contains("hunter2") && !format!("{options:?}").contains("hunter2"),
        "{error}"
    );
}
