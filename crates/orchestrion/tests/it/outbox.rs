//! Events for subscribers outside.

use access::outbox::{self, Entry};
use context::Error;
use store::{Json, params};
use uuid::Uuid;

fn entry(event_type: &str, at: jiff::Timestamp) -> Entry {
    Entry {
        id: 0,
        key: Uuid::from_u128(7),
        event_type: event_type.to_owned(),
        entity_key: None,
        folder_id: None,
        user_id: None,
        happened_at: at,
        body: Json(serde_json::json!({ "Queue": { "Name": "q" } })),
    }
}

#[test]
fn events_are_kept_for_tenants_and_types_that_somebody_asked_for() {
    testkit::each_database(|server| {
        let at = server.app.system().now;
        let kept = server.run(server.app.store().write(move |tx| {
            let mut scope = tx.tenant(1);
            assert!(!outbox::is_listened_to(&mut scope)?);
            outbox::write(&mut scope, vec![entry("queue.created", at)])?;
            outbox::subscribe(&mut scope, "webhooks/7", "queueItem.added")?;
            outbox::subscribe(&mut scope, "webhooks/7", "queueItem.added")?;
            assert!(outbox::is_listened_to(&mut scope)?);
            outbox::write(
                &mut scope,
                vec![entry("queueItem.added", at), entry("queue.deleted", at)],
            )?;
            outbox::subscribe(&mut scope, "webhooks/8", "*")?;
            outbox::write(&mut scope, vec![entry("queue.updated", at)])?;
            outbox::unsubscribe(&mut scope, "webhooks/7")?;
            outbox::unsubscribe(&mut scope, "webhooks/8")?;
            outbox::write(&mut scope, vec![entry("queue.updated", at)])?;
            assert!(!outbox::is_listened_to(&mut tx.tenant(2))?);
            let kept = tx.tenant(1).find::<Entry>("true order by id", params![])?;
            Ok::<_, Error>(kept.into_iter().map(|entry| entry.event_type).collect::<Vec<_>>())
        }));
        assert_eq!(kept.unwrap(), ["queueItem.added", "queue.updated"]);
    });
}

#[test]
fn old_events_go_and_the_others_stay() {
    testkit::each_database(|server| {
        let now = server.app.system().now;
        let long_ago = now - jiff::SignedDuration::from_hours(73);
        let filled = server.run(server.app.store().write(move |tx| {
            for tenant in [1, 2] {
                let mut scope = tx.tenant(tenant);
                outbox::subscribe(&mut scope, "webhooks/7", "*")?;
                let mut entries: Vec<Entry> = (0..1_100).map(|_| entry("queue.created", long_ago)).collect();
                entries.push(entry("queue.updated", now));
                outbox::write(&mut scope, entries)?;
            }
            Ok::<_, Error>(())
        }));
        filled.unwrap();
        let reconcilers = server.app.reconcilers();
        let trim = reconcilers
            .iter()
            .find(|reconciler| reconciler.name == "outbox")
            .unwrap();
        server.run((trim.run)(server.app.clone())).unwrap();
        let left = server.run(server.app.store().read(|tx| {
            let mut left = Vec::new();
            for tenant in [1, 2] {
                left.extend(tx.tenant(tenant).find::<Entry>("", params![])?);
            }
            Ok::<_, Error>(left.into_iter().map(|entry| entry.event_type).collect::<Vec<_>>())
        }));
        assert_eq!(left.unwrap(), ["queue.updated", "queue.updated"]);
    });
}
