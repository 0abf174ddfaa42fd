//! What only SQLite has: the shared commit and the file.

use std::time::{Duration, Instant};

use store::{Error, Options, Store, params};

use crate::fixture::{Fixture, Note, note, run};

#[test]
fn an_answered_write_is_in_the_log_when_the_process_ends_there() {
    let test = async |fixture: Fixture| {
        fixture.store.write(|tx| tx.tenant(1).insert(&note("a"))).await.unwrap();
        // A copy of the files as they are now is what a crash of the process would leave.
        let path = std::path::PathBuf::from(fixture.options.url.strip_prefix("sqlite:").unwrap());
        let crashed = tempfile::tempdir().unwrap();
        for suffix in ["", "-wal"] {
            let mut from = path.clone().into_os_string();
            from.push(suffix);
            std::fs::copy(from, crashed.path().join(format!("copy.db{suffix}"))).unwrap();
        }
        let copy = Store::open(&Options::new(format!("sqlite:{}/copy.db", crashed.path().display()))).unwrap();
        assert_eq!(copy.read(|tx| tx.tenant(1).count::<Note>("", params![])).await, Ok(1));
    };
    run(test, Some(Fixture::sqlite()));
}

#[test]
fn units_that_wait_together_share_a_commit_and_are_answered_after_it() {
    let test = async |fixture: Fixture| {
        let (release, is_released) = std::sync::mpsc::channel::<()>();
        let store = fixture.store.clone();
        let blocker = tokio::spawn(async move {
            store
                .write(move |tx| {
                    let _ = is_released.recv();
                    tx.tenant(1).insert(&note("first"))
                })
                .await
        });
        let waiting: Vec<_> = (0..20)
            .map(|n| {
                let store = fixture.store.clone();
                tokio::spawn(async move {
                    store
                        .write(move |tx| tx.tenant(1).insert(&note(&format!("n{n}"))))
                        .await
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(waiting.iter().all(|task| !task.is_finished()));
        release.send(()).unwrap();
        blocker.await.unwrap().unwrap();
        for task in waiting {
            task.await.unwrap().unwrap();
        }
    };
    run(test, Some(Fixture::sqlite()));
}

#[test]
fn a_backup_is_a_database_with_everything_in_it() {
    let test = async |fixture: Fixture| {
        fixture.store.write(|tx| tx.tenant(1).insert(&note("a"))).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("backup.db");
        fixture.store.backup(&file).await.unwrap();
        fixture
            .store
            .backup(&file)
            .await
            .expect_err("an existing file is not overwritten");
        let copy = Store::open(&Options::new(format!("sqlite:{}", file.display()))).unwrap();
        assert_eq!(copy.read(|tx| tx.tenant(1).count::<Note>("", params![])).await, Ok(1));
    };
    run(test, Some(Fixture::sqlite()));
}

#[test]
fn a_path_that_cannot_be_opened_is_named() {
    let error = Store::open(&Options::new("sqlite:/proc/nowhere/x.db")).unwrap_err();
    assert!(
        matches!(&error, Error::Unavailable(reason) if reason.contains("/proc/nowhere")),
        "{error}"
    );
    assert!(matches!(
        Store::open(&Options::new("mysql://x")),
        Err(Error::Unsupported(_))
    ));
}

/// Prints figures: `cargo test --release -p store --test it -- --ignored --nocapture figures`.
#[test]
#[ignore = "a measurement, not a test"]
fn figures() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let fixture = Fixture::sqlite();
    let (clients, each) = (32, 4000);
    let rate = |count: usize, started: Instant| count as f64 / started.elapsed().as_secs_f64();
    runtime.block_on(async {
        let started = Instant::now();
        let tasks: Vec<_> = (0..clients)
            .map(|client| {
                let store = fixture.store.clone();
                tokio::spawn(async move {
                    for n in 0..each {
                        let sql = "insert into counters (name, {scope_column}, count) values (?, {scope_value}, ?)";
                        let name = format!("{client} {n}");
                        store
                            .write(move |tx| tx.tenant(1).execute(sql, params![name, n]))
                            .await
                            .unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        println!(
            "durable writes/s at {clients} clients: {:.0}",
            rate(clients * each as usize, started)
        );

        let ids: Vec<i64> = fixture
            .store
            .write(|tx| {
                (0..1000)
                    .map(|n| tx.tenant(1).insert(&note(&format!("n{n}"))))
                    .collect::<Result<_, Error>>()
            })
            .await
            .unwrap();
        for here in [false, true] {
            let started = Instant::now();
            let tasks: Vec<_> = (0..16_usize)
                .map(|client| {
                    let (store, ids) = (fixture.store.clone(), ids.clone());
                    tokio::spawn(async move {
                        for n in 0..5000_usize {
                            let id = ids[(client * 31 + n) % ids.len()];
                            let work = move |tx: &mut store::Tx| tx.tenant(1).get::<Note>(id);
                            let row = if here {
                                store.read_here(work).await
                            } else {
                                store.read(work).await
                            };
                            assert!(row.unwrap().is_some());
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
            println!(
                "point reads/s from 16 tasks, on the calling thread: {here}: {:.0}",
                rate(80_000, started)
            );
        }
    });
}
