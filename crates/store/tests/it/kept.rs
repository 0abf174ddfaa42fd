use store::{Error, Kept};

use crate::fixture::on_both;

on_both! {
    async fn a_value_is_read_once_until_something_of_its_topic_changes(fixture: Fixture) {
        let kept: Kept<i64, i64> = Kept::new(&fixture.store, &["notes"], 10);
        let read = async |value: i64| *kept.get_or(1, async || Ok::<_, Error>(value)).await.unwrap();
        assert_eq!(read(1).await, 1);
        assert_eq!(read(2).await, 1, "kept");
        let change = |topic: &'static str| fixture.store.write(move |tx| {
            tx.changed(topic, 7);
            Ok::<_, Error>(())
        });
        change("shelves").await.unwrap();
        assert_eq!(read(3).await, 1, "another topic");
        change("notes").await.unwrap();
        assert_eq!(read(4).await, 4);
        kept.drop(&1);
        assert_eq!(read(5).await, 5);
    }

    async fn what_could_not_be_read_is_not_kept(fixture: Fixture) {
        let kept: Kept<i64, i64> = Kept::new(&fixture.store, &["notes"], 10);
        assert!(kept.get_or(1, async || Err(Error::Busy)).await.is_err());
        assert_eq!(*kept.get_or(1, async || Ok::<_, Error>(2)).await.unwrap(), 2);
    }
}
