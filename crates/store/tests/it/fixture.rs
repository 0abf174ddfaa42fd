//! A store on a fresh database of either kind, with the tables the tests use.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use store::{Json, Migration, Options, Store};
use uuid::Uuid;

odata::enumeration! {
    /// What a note is for.
    pub enum Purpose: "NotePurpose" {
        Idea = 1,
        Task = 4,
    }
}

store::entity! {
    /// A row with every type there is.
    #[derive(PartialEq)]
    pub struct Note in Tenant, table "notes", as "NoteDto" {
        #[key] pub id: i64 = "Id",
        pub key: Uuid = "Key",
        pub title: String = "Title" folded "title_folded" max 64,
        pub purpose: Purpose = "Purpose",
        pub rating: Option<f64> = "Rating",
        pub pages: i32 = "Pages",
        pub done: bool = "Done",
        pub labels: Json<Vec<String>> = "Labels" kind odata::Kind::Collection(&odata::Kind::String),
        pub written_at: jiff::Timestamp = "WrittenAt",
        pub due_at: Option<jiff::Timestamp> = "DueAt",
        pub title_length: i64 = "TitleLength" sql "length({t}.title)",
        #[secret] pub seal: Option<Vec<u8>>,
        pub parent_id: Option<i64>,
    }
    computed {
        "ChildrenCount": i64 = sql "(select count(*) from notes c where c.parent_id = {t}.id)",
        "Remark": Option<String>,
    }
    navigation {
        "Parent": one of Note as p on "p.id = {t}.parent_id",
        "Children": collection of Note,
    }
}

store::entity! {
    /// A row of an organization with a key that is given.
    #[derive(PartialEq)]
    pub struct Member in Organization, table "members" {
        #[key] pub id: Uuid,
        pub token_hash: Vec<u8>,
    }
}

store::entity! {
    /// A row of the installation with a text for a key.
    #[derive(PartialEq)]
    pub struct Setting in Host, table "host_settings" {
        #[key] pub name: String,
        pub content: String column "value",
    }
}

pub const MIGRATIONS: &[Migration] = &[
    Migration {
        id: "test-001-notes",
        sql: "
            create table notes (
                id {id},
                tenant_id BIGINT NOT NULL,
                key {uuid} NOT NULL,
                title TEXT NOT NULL CHECK (title <> 'forbidden'),
                title_folded TEXT NOT NULL,
                purpose BIGINT NOT NULL,
                rating DOUBLE PRECISION,
                pages BIGINT NOT NULL,
                done {bool} NOT NULL,
                labels TEXT NOT NULL,
                written_at BIGINT NOT NULL,
                due_at BIGINT,
                seal {blob},
                parent_id BIGINT REFERENCES notes (id)
            );
            create unique index notes_title on notes (tenant_id, title_folded);
            create unique index notes_key on notes (key);",
    },
    Migration {
        id: "test-002-others",
        sql: "
            create table members (
                id {uuid} PRIMARY KEY, organization_id {uuid} NOT NULL, token_hash {blob} NOT NULL UNIQUE);
            create table host_settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
            create table counters (tenant_id BIGINT NOT NULL, name TEXT NOT NULL, count BIGINT NOT NULL,
                PRIMARY KEY (tenant_id, name));",
    },
    Migration {
        id: "test-003-shelves",
        sql: "
            create table shelves (
                tenant_id BIGINT NOT NULL, shelf BIGINT NOT NULL, note_id BIGINT NOT NULL REFERENCES notes (id),
                title_folded TEXT NOT NULL, PRIMARY KEY (shelf, title_folded, note_id));",
    },
];

pub struct Fixture {
    pub store: Store,
    pub options: Options,
    place: Arc<Place>,
}

pub enum Place {
    Folder(#[expect(dead_code, reason = "removed when dropped")] tempfile::TempDir),
    Server(throwaway::postgres::Database),
}

impl Fixture {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("deeper/test.db").display());
        Self::on(Place::Folder(folder), &url)
    }

    pub fn postgres() -> Option<Self> {
        let database = throwaway::postgres::Database::create()?;
        let url = database.url();
        Some(Self::on(Place::Server(database), &url))
    }

    fn on(place: Place, url: &str) -> Self {
        let options = Options {
            connections: 4,
            readers: 2,
            ..Options::new(url)
        };
        let store = Store::open(&options).unwrap();
        store.migrate(&[MIGRATIONS]).unwrap();
        Fixture {
            store,
            options,
            place: Arc::new(place),
        }
    }

    /// Another node on the same database.
    pub fn another(&self) -> Store {
        Store::open(&self.options).unwrap()
    }

    pub fn server(&self) -> &throwaway::postgres::Database {
        match &*self.place {
            Place::Server(server) => server,
            Place::Folder(_) => panic!("this test is for PostgreSQL"),
        }
    }
}

/// A note with a key of its own.
pub fn note(title: &str) -> Note {
    static KEY: AtomicU64 = AtomicU64::new(1);
    Note {
        id: 0,
        key: Uuid::from_u64_pair(7, KEY.fetch_add(1, Ordering::Relaxed)),
        title: title.to_owned(),
        purpose: Purpose::Task,
        rating: Some(0.5),
        pages: 3,
        done: true,
        labels: Json(vec!["a".into(), "b".into()]),
        written_at: "2026-11-23T08:00:00.123456Z".parse().unwrap(),
        due_at: None,
        title_length: 0,
        seal: Some(vec![0, 1, 255]),
        parent_id: None,
    }
}

pub fn run<F: Future<Output = ()>>(test: impl FnOnce(Fixture) -> F, fixture: Option<Fixture>) {
    if let Some(fixture) = fixture {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(test(fixture));
    }
}

/// Makes two tests of each function, one per database.
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($fixture:ident: Fixture) $body:block)+) => { $(
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            $(#[$meta])*
            async fn test($fixture: $crate::fixture::Fixture) $body

            #[test]
            fn sqlite() {
                $crate::fixture::run(test, Some($crate::fixture::Fixture::sqlite()));
            }

            #[test]
            fn postgres() {
                $crate::fixture::run(test, $crate::fixture::Fixture::postgres());
            }
        }
    )+ };
}
pub(crate) use on_both;
