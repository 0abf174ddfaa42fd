//! Takes a package apart. Packages come from people: nothing in one may reach outside of its directory or fill the disk.

use std::collections::HashSet;
use std::fs::{self, File, Permissions};
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use crate::home;

/// Files and directories of one package, at most.
const ENTRIES: usize = 100_000;
/// Bytes of a path within a package, at most.
const PATH_BYTES: usize = 1_024;
/// Where a package has what is run.
const CONTENT: &str = "content/";

/// Why a package cannot be used. In words for its author.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    #[error("the package is not a readable ZIP file: {0}")]
    Broken(String),
    #[error("the package holds {0:?}, which may not be in a package")]
    Hostile(String),
    #[error("the package is longer than {0} bytes when unpacked")]
    TooLarge(u64),
    #[error("the package has no directory `content`")]
    Empty,
    #[error("the package could not be unpacked: {0}")]
    System(#[from] io::Error),
}

/// Unpacks what lies below `content/` into `target`, which must not exist. Gives the bytes written.
///
/// # Errors
/// [`Unusable`]; what was written until then is to be removed.
pub fn unpack(package: &Path, target: &Path, limit: u64) -> Result<u64, Unusable> {
    let broken = |error: zip::result::ZipError| Unusable::Broken(error.to_string());
    let mut archive = ZipArchive::new(File::open(package)?).map_err(broken)?;
    if archive.len() > ENTRIES {
        return Err(Unusable::Hostile(format!("{} files", archive.len())));
    }
    home::directory(target, 0o700)?;
    let mut made = HashSet::new();
    let mut written = 0;
    let mut found = false;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(broken)?;
        let name = entry.name().map_err(broken)?.into_owned();
        let Some(path) = inside(&name)? else { continue };
        found = true;
        let mode = entry.unix_mode().unwrap_or(0);
        // The kind of a file is in the high bits; 0 where the packer did not say.
        if !matches!(mode & 0o170_000, 0 | 0o100_000 | 0o040_000) {
            return Err(Unusable::Hostile(name));
        }
        if entry.is_dir() {
            directories(target, &path, &mut made)?;
            continue;
        }
        if let Some(parent) = path.parent() {
            directories(target, parent, &mut made)?;
        }
        let file = File::options().write(true).create_new(true).open(target.join(&path));
        let mut file = match file {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(Unusable::Hostile(name)),
            other => other?,
        };
        // What the entry says about its length is not believed.
        let left = limit - written;
        let count = io::copy(&mut (&mut entry).take(left + 1), &mut file)
            .map_err(|error| Unusable::Broken(format!("{name}: {error}")))?;
        if count > left {
            return Err(Unusable::TooLarge(limit));
        }
        written += count;
        file.set_permissions(Permissions::from_mode(0o400 | mode & 0o100))?;
    }
    if !found {
        return Err(Unusable::Empty);
    }
    Ok(written)
}

/// The path below `content/`; `None` for other parts of the package.
fn inside(name: &str) -> Result<Option<PathBuf>, Unusable> {
    let hostile = || Unusable::Hostile(name.chars().take(200).collect());
    let plain = name.strip_prefix("./").unwrap_or(name);
    if plain.len() > PATH_BYTES || plain.starts_with('/') || plain.contains(['\\', '\0', ':']) {
        return Err(hostile());
    }
    let mut path = PathBuf::new();
    for part in plain.split('/') {
        match part {
            "" | "." => {}
            ".." => return Err(hostile()),
            part => path.push(part),
        }
    }
    let Ok(below) = path.strip_prefix(CONTENT) else {
        return Ok(None);
    };
    if below.as_os_str().is_empty() {
        return Ok(None);
    }
    Ok(Some(below.to_owned()))
}

fn directories(root: &Path, path: &Path, made: &mut HashSet<PathBuf>) -> Result<(), Unusable> {
    if path.as_os_str().is_empty() || made.contains(path) {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        directories(root, parent, made)?;
    }
    match fs::create_dir(root.join(path)) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(Unusable::Hostile(path.display().to_string()));
        }
        other => other?,
    }
    fs::set_permissions(root.join(path), Permissions::from_mode(0o700))?;
    made.insert(path.to_owned());
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::write::SimpleFileOptions;

    use super::*;

    fn package(root: &Path, entries: &[(&str, &str, u32)]) -> PathBuf {
        let path = root.join("p.nupkg");
        let mut writer = zip::ZipWriter::new(File::create(&path).expect("created"));
        for (name, text, mode) in entries {
            let options = SimpleFileOptions::default().unix_permissions(*mode);
            writer.start_file(*name, options).expect("started");
            writer.write_all(text.as_bytes()).expect("written");
        }
        writer.finish().expect("finished");
        path
    }

    fn unpacked(entries: &[(&str, &str, u32)], limit: u64) -> (tempfile::TempDir, Result<u64, Unusable>) {
        let root = tempfile::tempdir().expect("a directory");
        let path = package(root.path(), entries);
        let outcome = unpack(&path, &root.path().join("out"), limit);
        (root, outcome)
    }

    #[test]
    fn content_is_unpacked_and_stays_executable() {
        let (root, outcome) = unpacked(
            &[
                ("thing.nuspec", "<package/>", 0o644),
                ("./content/operate.json", "{}", 0o644),
                ("content/bin/run.sh", "#!/bin/sh\n", 0o755),
            ],
            1_000,
        );
        assert_eq!(outcome.expect("unpacks"), 12);
        let mode = |name: &str| {
            let about = fs::metadata(root.path().join("out").join(name)).expect("there");
            about.permissions().mode() & 0o777
        };
        assert_eq!(mode("bin/run.sh"), 0o500);
        assert_eq!(mode("operate.json"), 0o400);
        assert!(!root.path().join("out/thing.nuspec").exists());
    }

    #[test]
    fn what_reaches_outside_is_refused() {
        for name in [
            "content/../../evil",
            "../evil",
            "/content/evil",
            "content/..\\evil",
            "content/c:evil",
        ] {
            let (root, outcome) = unpacked(&[(name, "x", 0o644)], 1_000);
            assert!(matches!(outcome, Err(Unusable::Hostile(_))), "{name}");
            assert!(!root.path().join("evil").exists());
        }
        let (_, outcome) = unpacked(&[("content/a", "x", 0o644), ("content/./a", "y", 0o644)], 1_000);
        assert!(matches!(outcome, Err(Unusable::Hostile(_))));
        let (_, outcome) = unpacked(&[("content/a", "x", 0o644), ("content/a/b", "y", 0o644)], 1_000);
        assert!(outcome.is_err());
    }

    #[test]
    fn links_are_refused() {
        let root = tempfile::tempdir().expect("a directory");
        let path = root.path().join("p.nupkg");
        let mut writer = zip::ZipWriter::new(File::create(&path).expect("created"));
        let options = SimpleFileOptions::default();
        writer
            .add_symlink("content/link", "/etc/passwd", options)
            .expect("linked");
        writer.finish().expect("finished");
        let outcome = unpack(&path, &root.path().join("out"), 1_000);
        assert!(matches!(outcome, Err(Unusable::Hostile(_))), "{outcome:?}");
    }

    #[test]
    fn the_length_is_bounded_whatever_the_package_says() {
        let (_, outcome) = unpacked(&[("content/big", &"0".repeat(10_000), 0o644)], 9_999);
        assert!(matches!(outcome, Err(Unusable::TooLarge(9_999))));
        let (_, outcome) = unpacked(&[("lib/net45/project.json", "{}", 0o644)], 9_999);
        assert!(matches!(outcome, Err(Unusable::Empty)));
    }

    #[test]
    fn what_is_no_zip_file_is_refused() {
        let root = tempfile::tempdir().expect("a directory");
        let path = root.path().join("p.nupkg");
        fs::write(&path, "no zip").expect("written");
        assert!(matches!(
            unpack(&path, &root.path().join("out"), 10),
            Err(Unusable::Broken(_))
        ));
    }
}
