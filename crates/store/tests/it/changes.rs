use std::time::Duration;

use store::{Change, Error};
use tokio::sync::broadcast::Receiver;
use tokio::time::timeout;

use crate::fixture::{Fixture, note, on_both, run};

fn changed(id: &str) -> Change {
    Change::Changed {
        topic: "notes".into(),
        id: id.into(),
    }
}

async fn next(changes: &mut Receiver<Change>) -> Option<Change> {
    timeout(Duration::from_secs(10), changes.recv())
        .await
        .ok()
        .map(Result::unwrap)
}

on_both! {
    async fn changes_are_told_after_the_commit_and_only_then(fixture: Fixture) {
        let mut changes = fixture.store.changes();
        fixture.store.write(|tx| { tx.changed("notes", 1); Err::<(), _>(Error::Closed) }).await.unwrap_err();
        fixture.store.write(|tx| {
            tx.changed("notes", 2);
            let _undone = tx.attempt(|tx| { tx.changed("notes", 3); Err::<(), _>(Error::Closed) });
            Ok::<_, Error>(())
        }).await.unwrap();
        fixture.store.write(|tx| { tx.tenant(1).changed("notes", 4); Ok::<_, Error>(()) }).await.unwrap();
        assert_eq!(next(&mut changes).await, Some(changed("2")));
        assert_eq!(next(&mut changes).await, Some(changed("4")));
        // Nothing comes twice, in particular not by way of PostgreSQL.
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert!(changes.try_recv().is_err());
    }
}

#[test]
fn changes_reach_another_node() {
    let test = async |fixture: Fixture| {
        let other = fixture.another();
        let (mut here, mut there) = (fixture.store.changes(), other.changes());
        let write = |tx: &mut store::Tx| {
            let id = tx.tenant(1).insert(&note("a"))?;
            tx.changed("notes", id);
            Ok::<_, Error>(id.to_string())
        };
        let id = fixture.store.write(write).await.unwrap();
        assert_eq!(next(&mut there).await, Some(changed(&id)));
        assert_eq!(next(&mut here).await, Some(changed(&id)));
        other
            .write(|tx| {
                tx.changed("notes", "back");
                Ok::<_, Error>(())
            })
            .await
            .unwrap();
        assert_eq!(next(&mut here).await, Some(changed("back")));
    };
    run(test, Fixture::postgres());
}

#[test]
fn a_node_that_lost_its_connection_is_told_to_resynchronize_and_then_hears_again() {
    let test = async |fixture: Fixture| {
        let other = fixture.another();
        let mut there = other.changes();
        fixture.server().disconnect_all();
        assert_eq!(next(&mut there).await, Some(Change::Resync));
        fixture
            .store
            .write(|tx| {
                tx.changed("notes", 9);
                Ok::<_, Error>(())
            })
            .await
            .unwrap();
        assert_eq!(next(&mut there).await, Some(changed("9")));
    };
    run(test, Fixture::postgres());
}
