use std::time::Duration;

use jiff::{Timestamp, ToSpan as _};

use crate::fixture::on_both;

const TTL: Duration = Duration::from_secs(30);

on_both! {
    async fn one_node_has_a_lease_until_it_ends_or_is_given_back(fixture: Fixture) {
        let other = fixture.another();
        let now: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        let first = fixture.store.lease("work", TTL, now).await.unwrap().unwrap();
        assert_eq!(other.lease("work", TTL, now).await.unwrap(), None);
        assert!(other.lease("other work", TTL, now).await.unwrap().is_some());

        let extended = fixture.store.lease("work", TTL, now + 20.seconds()).await.unwrap().unwrap();
        assert_eq!(extended.fence, first.fence);
        assert_eq!(other.lease("work", TTL, now + 40.seconds()).await.unwrap(), None);

        let taken = other.lease("work", TTL, now + 51.seconds()).await.unwrap().unwrap();
        assert!(taken.fence > first.fence);
        let lost = extended.clone();
        assert!(!fixture.store.write(move |tx| tx.holds(&lost)).await.unwrap());
        let held = taken.clone();
        assert!(other.write(move |tx| tx.holds(&held)).await.unwrap());

        fixture.store.release(extended).await.unwrap();
        assert_eq!(fixture.store.lease("work", TTL, now + 52.seconds()).await.unwrap(), None, "it was not theirs");
        other.release(taken).await.unwrap();
        assert!(fixture.store.lease("work", TTL, now + 53.seconds()).await.unwrap().is_some());
    }
}
