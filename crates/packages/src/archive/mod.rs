//! What is read from a package file (reference: execution 3.7).
//!
//! A package is a ZIP file with `<id>.nuspec` in its root. What runs in it is described by `content/operate.json` and
//! `content/entry-points.json`, which `content/package-descriptor.json` may place elsewhere, or in older packages by `project.json`.

mod nuspec;
mod parts;
pub mod zip;

use std::fs::File;

use context::{Error, codes};
use uuid::Uuid;

use crate::model::{PackageType, ProjectType, TargetFramework};
use crate::order::Version;
pub use nuspec::Nuspec;
use zip::Archive;

/// Bytes of the nuspec, at most.
const LARGEST_NUSPEC: u64 = 1 << 20;

/// All that is known about a package.
#[derive(Debug, Clone)]
pub struct Manifest {
    pub nuspec: Nuspec,
    /// The nuspec itself.
    pub nuspec_text: String,
    pub version: Version,
    pub package_type: PackageType,
    pub project_type: ProjectType,
    pub target_framework: TargetFramework,
    pub runtime: Option<String>,
    pub requires_user_interaction: bool,
    pub is_attended: bool,
    /// Its sources cannot be looked at.
    pub is_compiled: bool,
    /// It says its entry points one by one.
    pub has_entry_points: bool,
    pub main_entry_point: Option<String>,
    /// Arguments of the main entry point.
    pub input: Option<String>,
    pub output: Option<String>,
    pub entry_points: Vec<NewEntryPoint>,
    /// The resources it is bound to, as JSON text.
    pub bindings: Option<String>,
}

/// An entry point as the package describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewEntryPoint {
    pub unique_id: Option<Uuid>,
    pub path: String,
    pub entry_type: Option<String>,
    /// JSON text.
    pub input: Option<String>,
    pub output: Option<String>,
    pub is_main: bool,
}

/// Reads a package file. Blocks.
///
/// # Errors
/// 400 with 1654 when it is no package or would do harm, with 1688 when something in it is too long.
pub fn read(file: &File) -> Result<Manifest, Error> {
    let archive = Archive::open(file)?;
    let mut specifications = archive
        .names()
        .filter(|name| !name.contains('/') && name.to_ascii_lowercase().ends_with(".nuspec"));
    let name = specifications
        .next()
        .ok_or_else(|| invalid("The package has no .nuspec file in its root."))?;
    if specifications.next().is_some() {
        return Err(invalid("The package has more than one .nuspec file in its root."));
    }
    let bytes = archive.read(name, LARGEST_NUSPEC)?.unwrap_or_default();
    let nuspec_text = text_of(&bytes).ok_or_else(|| invalid("The .nuspec file is not text in UTF-8."))?;
    let nuspec = Nuspec::parse(&nuspec_text)?;
    check_id(&nuspec.id)?;
    let version = Version::parse(&nuspec.version)
        .ok_or_else(|| invalid(format!("{} is not a version.", context::shortened(&nuspec.version, 64))))?;
    let mut manifest = Manifest {
        nuspec,
        nuspec_text,
        version,
        package_type: PackageType::Undefined,
        project_type: ProjectType::Undefined,
        target_framework: TargetFramework::Legacy,
        runtime: None,
        requires_user_interaction: true,
        is_attended: false,
        is_compiled: false,
        has_entry_points: false,
        main_entry_point: None,
        input: None,
        output: None,
        entry_points: Vec::new(),
        bindings: None,
    };
    parts::read(&archive, &mut manifest)?;
    Ok(manifest)
}

/// Letters and digits, joined by single dots, hyphens or underscores, at most 100 characters, as NuGet has it.
fn check_id(id: &str) -> Result<(), Error> {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    let is_good = !id.is_empty()
        && id.chars().count() <= 100
        && id
            .split(['.', '-'])
            .all(|word| !word.is_empty() && word.chars().all(is_letter));
    if is_good {
        Ok(())
    } else {
        Err(invalid(format!(
            "{} cannot be the id of a package.",
            context::shortened(id, 100)
        )))
    }
}

/// Text in UTF-8, or in UTF-16 with its mark.
fn text_of(bytes: &[u8]) -> Option<String> {
    let (order, units) = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => return String::from_utf8(rest.to_vec()).ok(),
        [0xff, 0xfe, rest @ ..] => (u16::from_le_bytes as fn([u8; 2]) -> u16, rest),
        [0xfe, 0xff, rest @ ..] => (u16::from_be_bytes as fn([u8; 2]) -> u16, rest),
        _ => return String::from_utf8(bytes.to_vec()).ok(),
    };
    let units: Vec<u16> = units.chunks_exact(2).map(|pair| order([pair[0], pair[1]])).collect();
    String::from_utf16(&units).ok()
}

/// 400: the package is not good (1654, `InvalidPackageDetails`).
pub(crate) fn invalid(message: impl Into<String>) -> Error {
    Error::invalid(codes::INVALID_PACKAGE_DETAILS, message)
}

/// 400: something in the package is too long (1688, `PackageFieldLimitExceeded`).
pub(crate) fn too_long(what: &str, most: usize) -> Error {
    Error::invalid(
        codes::PACKAGE_FIELD_LIMIT_EXCEEDED,
        format!("{what} of the package can have at most {most} characters."),
    )
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write as _;

    use ::zip::write::{SimpleFileOptions, ZipWriter};

    use super::*;

    pub(crate) fn package(entries: &[(&str, &str)]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        let mut writer = ZipWriter::new(&mut file);
        for (name, content) in entries {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(content.as_bytes()).unwrap();
        }
        writer.finish().unwrap();
        file
    }

    fn nuspec(id: &str, version: &str) -> String {
        format!("<package><metadata><id>{id}</id><version>{version}</version></metadata></package>")
    }

    #[test]
    fn a_package_needs_one_specification_with_id_and_version() {
        let good = nuspec("a.b-c_1", "1.0");
        assert_eq!(read(&package(&[("a.nuspec", &good)])).unwrap().nuspec.id, "a.b-c_1");
        let refused = |entries: &[(&str, &str)]| {
            let error = read(&package(entries)).unwrap_err();
            assert_eq!(error.code, codes::INVALID_PACKAGE_DETAILS);
            error.message
        };
        assert!(refused(&[("content/a.nuspec", &good)]).contains("no .nuspec"));
        assert!(refused(&[("a.nuspec", &good), ("b.nuspec", &good)]).contains("more than one"));
        for id in ["", "a b", "a/b", "../a", "a..b", "-a", "a\u{202e}", &"a".repeat(101)] {
            assert!(refused(&[("a.nuspec", &nuspec(id, "1.0"))]).contains("id"), "{id}");
        }
        assert!(refused(&[("a.nuspec", &nuspec("a", "x"))]).contains("not a version"));
    }

    #[test]
    fn text_is_read_with_or_without_its_mark() {
        assert_eq!(text_of(b"\xef\xbb\xbfa").as_deref(), Some("a"));
        assert_eq!(text_of(b"\xff\xfea\0").as_deref(), Some("a"));
        assert_eq!(text_of(b"\xfe\xff\0a").as_deref(), Some("a"));
        assert_eq!(text_of(b"\xff"), None);
    }
}
