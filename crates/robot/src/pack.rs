//! Makes a package of a directory, for the command runtime.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::clock;
use crate::manifest::Manifest;

/// What a package is to be called.
#[derive(Debug, Clone)]
pub struct About {
    pub id: String,
    pub version: String,
    pub authors: String,
    pub description: String,
    /// The command, when the directory has no `operate.json`.
    pub command: Vec<String>,
}

/// Packs a directory; gives the path of the package, `<id>.<version>.nupkg` in `target`. Files and directories whose names begin with a
/// dot stay out.
///
/// # Errors
/// Names that cannot be, no command, or files that cannot be read or written.
pub fn pack(directory: &Path, about: &About, target: &Path) -> anyhow::Result<PathBuf> {
    for (what, text) in [("id", &about.id), ("version", &about.version)] {
        let proper = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'+');
        if text.is_empty() || text.len() > 100 || !text.bytes().all(proper) {
            bail!("the {what} {text:?} may have letters, digits, dots, hyphens and underscores only");
        }
    }
    if !about.version.starts_with(|first: char| first.is_ascii_digit()) {
        bail!("the version {:?} must begin with a digit", about.version);
    }
    let mut files = Vec::new();
    collect(directory, Path::new(""), &mut files).with_context(|| format!("cannot read {}", directory.display()))?;
    let has = |name: &str| files.iter().any(|file| file == Path::new(name));
    let mut made: Vec<(&str, Vec<u8>)> = Vec::new();
    if has("operate.json") {
        Manifest::read(directory).map_err(anyhow::Error::msg)?;
    } else {
        if about.command.is_empty() {
            bail!(
                "the directory has no operate.json: give the command after the options, for instance -- ./run.sh {{input}}"
            );
        }
        made.push(("operate.json", pretty(&operate(about))?));
    }
    if !has("entry-points.json") {
        made.push(("entry-points.json", pretty(&entry_points())?));
    }
    if !has("package-descriptor.json") {
        let descriptor = json!({
            "$schema": "https://cloud.uipath.com/draft/2024-12/package-descriptor",
            "files": {"operate.json": "content/operate.json", "entry-points.json": "content/entry-points.json"},
        });
        made.push(("package-descriptor.json", pretty(&descriptor)?));
    }

    fs::create_dir_all(target).with_context(|| format!("cannot write to {}", target.display()))?;
    let path = target.join(format!("{}.{}.nupkg", about.id, about.version));
    let fresh = path.with_extension("nupkg.new");
    let mut writer = ZipWriter::new(File::create(&fresh).with_context(|| format!("cannot write {}", path.display()))?);
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut put = |name: String, mode: u32, from: &mut dyn io::Read| -> anyhow::Result<()> {
        writer.start_file(name, options.unix_permissions(mode))?;
        io::copy(from, &mut writer)?;
        Ok(())
    };
    put(format!("{}.nuspec", about.id), 0o644, &mut nuspec(about).as_bytes())?;
    put("[Content_Types].xml".into(), 0o644, &mut CONTENT_TYPES.as_bytes())?;
    put("_rels/.rels".into(), 0o644, &mut relationships(about).as_bytes())?;
    for (name, text) in &made {
        put(format!("content/{name}"), 0o644, &mut text.as_slice())?;
    }
    for file in &files {
        let from = directory.join(file);
        let mut opened = File::open(&from).with_context(|| format!("cannot read {}", from.display()))?;
        let mode = opened.metadata()?.permissions().mode() & 0o100;
        let mode = if mode == 0 { 0o644 } else { 0o755 };
        put(format!("content/{}", file.display()), mode, &mut opened)?;
    }
    writer.finish()?.flush()?;
    fs::rename(&fresh, &path)?;
    Ok(path)
}

fn collect(root: &Path, below: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries: Vec<_> = fs::read_dir(root.join(below))?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        if name.to_string_lossy().starts_with('.') || name.to_string_lossy().ends_with(".nupkg") {
            continue;
        }
        let path = below.join(&name);
        let about = fs::metadata(entry.path())?;
        if about.is_dir() {
            if entry.file_type()?.is_symlink() {
                return Err(io::Error::other(format!("{} is a link to a directory", path.display())));
            }
            collect(root, &path, files)?;
        } else if about.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

fn pretty(value: &Value) -> anyhow::Result<Vec<u8>> {
    Ok(serde_json::to_vec_pretty(value)?)
}

fn operate(about: &About) -> Value {
    json!({
        "$schema": "https://cloud.uipath.com/draft/2024-12/entry-point",
        "projectId": clock::uuid(),
        "main": "main",
        "contentType": "process",
        "targetFramework": "Portable",
        "targetRuntime": "command",
        "command": about.command,
        "runtimeOptions": {"requiresUserInteraction": false, "isAttended": false},
    })
}

fn entry_points() -> Value {
    let anything = json!({"type": "object", "properties": {}});
    json!({
        "$schema": "https://cloud.uipath.com/draft/2024-12/entry-point",
        "$id": "entry-points.json",
        "entryPoints": [{
            "filePath": "main", "uniqueId": clock::uuid(), "type": "process", "input": anything, "output": anything,
        }],
    })
}

const CONTENT_TYPES: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
  <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml" />
  <Default Extension="nuspec" ContentType="application/octet" />
  <Default Extension="json" ContentType="application/octet" />
</Types>
"#;

fn relationships(about: &About) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
  <Relationship Type="http://schemas.microsoft.com/packaging/2010/07/manifest" Target="/{}.nuspec" Id="R1" />
</Relationships>
"#,
        escape(&about.id)
    )
}

fn nuspec(about: &About) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
  <metadata>
    <id>{}</id>
    <version>{}</version>
    <title>{}</title>
    <authors>{}</authors>
    <description>{}</description>
    <requireLicenseAcceptance>false</requireLicenseAcceptance>
  </metadata>
</package>
"#,
        escape(&about.id),
        escape(&about.version),
        escape(&about.id),
        escape(&about.authors),
        escape(&about.description)
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(command: &[&str]) -> About {
        About {
            id: "Bills".into(),
            version: "1.2.0".into(),
            authors: "Ann & Bob".into(),
            description: "Pays".into(),
            command: command.iter().map(|&part| part.to_owned()).collect(),
        }
    }

    #[test]
    fn what_is_packed_can_be_unpacked_and_run() {
        let root = tempfile::tempdir().expect("a directory");
        let project = root.path().join("project");
        fs::create_dir_all(project.join("lib/.git")).expect("made");
        fs::write(project.join("run.sh"), "#!/bin/sh\n").expect("written");
        fs::set_permissions(project.join("run.sh"), fs::Permissions::from_mode(0o755)).expect("set");
        fs::write(project.join("lib/data.txt"), "data").expect("written");
        fs::write(project.join("lib/.git/config"), "hidden").expect("written");
        let package = pack(&project, &about(&["./run.sh", "{input}"]), root.path()).expect("packs");
        assert!(package.ends_with("Bills.1.2.0.nupkg"));
        let content = root.path().join("out");
        crate::unpack::unpack(&package, &content, 1 << 20).expect("unpacks");
        assert_eq!(fs::read_to_string(content.join("lib/data.txt")).expect("read"), "data");
        assert!(!content.join("lib/.git").exists());
        assert_ne!(
            fs::metadata(content.join("run.sh"))
                .expect("there")
                .permissions()
                .mode()
                & 0o100,
            0
        );
        let manifest = Manifest::read(&content).expect("is read");
        let command = manifest.command(None, Path::new("/i"), Path::new("/o")).expect("there");
        assert_eq!(command, ["./run.sh", "/i"]);
    }

    #[test]
    fn a_directory_without_a_command_or_with_a_strange_name_is_refused() {
        let root = tempfile::tempdir().expect("a directory");
        assert!(pack(root.path(), &about(&[]), root.path()).is_err());
        let odd = About {
            id: "../evil".into(),
            ..about(&["ls"])
        };
        assert!(pack(root.path(), &odd, root.path()).is_err());
    }
}
