//! Databases that were set up once and are copied for every server: setting one up takes longer than most tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use throwaway::postgres::Database;

/// What a server leaves behind that was started once.
pub struct Template {
    /// Files of the data directory, with their names.
    files: Vec<(PathBuf, Vec<u8>)>,
    database: Option<Database>,
}

impl Template {
    /// The template of a kind of database, made by the first who asks. `None` where PostgreSQL is not installed.
    pub fn of(postgres: bool, make: impl FnOnce(&Path, Option<&Database>)) -> Option<&'static Self> {
        static SQLITE: OnceLock<Option<Template>> = OnceLock::new();
        static POSTGRES: OnceLock<Option<Template>> = OnceLock::new();
        let made = if postgres { &POSTGRES } else { &SQLITE };
        made.get_or_init(|| {
            let database = if postgres { Some(Database::create()?) } else { None };
            let data = tempfile::tempdir().expect("a temporary directory");
            make(data.path(), database.as_ref());
            if let Some(database) = &database {
                database.close();
            }
            let mut files = Vec::new();
            collect(data.path(), Path::new(""), &mut files);
            Some(Self { files, database })
        })
        .as_ref()
    }

    /// Fills a data directory, and makes the database that belongs to it.
    pub fn copy(&self, data: &Path) -> Option<Database> {
        for (name, bytes) in &self.files {
            let path = data.join(name);
            let folder = path.parent().expect("a file lies in a folder");
            fs::create_dir_all(folder).expect("a folder");
            fs::write(&path, bytes).expect("a file");
        }
        self.database.as_ref().map(Database::copy)
    }
}

fn collect(root: &Path, within: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(root.join(within)).expect("a folder") {
        let entry = entry.expect("a folder");
        let name = within.join(entry.file_name());
        if entry.file_type().expect("a file").is_dir() {
            collect(root, &name, files);
        } else {
            files.push((name.clone(), fs::read(root.join(&name)).expect("a file")));
        }
    }
}
