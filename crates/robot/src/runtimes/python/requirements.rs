//! What a Python package needs: its dependencies, held to the versions of its lock file.

use std::path::Path;

use toml::{Table, Value};

use crate::place;

/// Bytes of one of the files, at most.
const FILE_BYTES: u64 = 16 << 20;

/// What is to be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirements {
    /// Lines for `pip install -r`.
    pub wanted: Vec<String>,
    /// Lines for `pip install -c`: a version that is installed must be this one.
    pub locked: Vec<String>,
}

impl Requirements {
    /// Reads them from an unpacked package: `pyproject.toml` or `requirements.txt`, and `uv.lock`.
    ///
    /// # Errors
    /// In words for the author of the package.
    pub fn read(content: &Path) -> Result<Self, String> {
        let mut wanted = match text(content, "pyproject.toml")? {
            Some(text) => dependencies(&text)?,
            None => text_lines(&text(content, "requirements.txt")?.unwrap_or_default()),
        };
        if !wanted.iter().any(|line| name(line) == "uipath") {
            wanted.push("uipath".to_owned());
        }
        let locked = match text(content, "uv.lock")? {
            Some(text) => locked(&text)?,
            None => Vec::new(),
        };
        Ok(Self { wanted, locked })
    }
}

fn text(content: &Path, name: &str) -> Result<Option<String>, String> {
    let problem = |error: std::io::Error| format!("content/{name} cannot be read: {error}");
    let mut file = match std::fs::File::open(content.join(name)) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(problem(error)),
    };
    let bytes = place::read(&mut file, FILE_BYTES).map_err(problem)?;
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|_| format!("content/{name} is not UTF-8"))
}

fn dependencies(text: &str) -> Result<Vec<String>, String> {
    let table: Table = text
        .parse()
        .map_err(|error| format!("content/pyproject.toml: {error}"))?;
    let listed = table.get("project").and_then(|project| project.get("dependencies"));
    let listed = listed.and_then(Value::as_array).cloned().unwrap_or_default();
    Ok(listed
        .iter()
        .filter_map(Value::as_str)
        .filter(|line| plain(line))
        .map(str::to_owned)
        .collect())
}

/// Lines of a requirements file that name packages. Options are the robot's business.
fn text_lines(text: &str) -> Vec<String> {
    let lines = text
        .lines()
        .map(|line| line.split(" #").next().unwrap_or_default().trim());
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#') && plain(line))
        .map(str::to_owned)
        .collect()
}

/// Whether a line is a requirement, and not an option of `pip` in its disguise.
fn plain(line: &str) -> bool {
    !line.trim_start().starts_with('-') && !line.contains(['\n', '\r'])
}

/// The versions of a `uv.lock`. Packages that appear twice, for different systems, are left to their requirements.
fn locked(text: &str) -> Result<Vec<String>, String> {
    let table: Table = text.parse().map_err(|error| format!("content/uv.lock: {error}"))?;
    let packages = table
        .get("package")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let mut found: Vec<(String, String)> = Vec::new();
    for package in &packages {
        let part = |name: &str| package.get(name).and_then(Value::as_str).filter(|text| plain(text));
        let registry = package
            .get("source")
            .and_then(|source| source.get("registry"))
            .is_some();
        if let (true, Some(name), Some(version)) = (registry, part("name"), part("version")) {
            found.push((name.to_owned(), version.to_owned()));
        }
    }
    let once = |name: &str| found.iter().filter(|(other, _)| other == name).count() == 1;
    Ok(found
        .iter()
        .filter(|(name, _)| once(name))
        .map(|(name, version)| format!("{name}=={version}"))
        .collect())
}

/// The package a requirement is for, in its normal form.
fn name(requirement: &str) -> String {
    let end = requirement.find(|byte: char| !byte.is_ascii_alphanumeric() && !matches!(byte, '-' | '_' | '.'));
    requirement[..end.unwrap_or(requirement.len())]
        .to_ascii_lowercase()
        .replace(['_', '.'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)]) -> Result<Requirements, String> {
        let root = tempfile::tempdir().expect("a directory");
        for (name, text) in files {
            std::fs::write(root.path().join(name), text).expect("written");
        }
        Requirements::read(root.path())
    }

    #[test]
    fn a_project_names_its_dependencies_and_the_runner_is_one() {
        let project = "[project]\nname='x'\ndependencies=['httpx>=0.27', '--index-url=http://evil']\n";
        let found = read(&[("pyproject.toml", project)]).expect("is read");
        assert_eq!(found.wanted, ["httpx>=0.27", "uipath"]);
        let project = "[project]\nname='x'\ndependencies=['UiPath[x]>=2,<3']\n";
        assert_eq!(
            read(&[("pyproject.toml", project)]).expect("is read").wanted,
            ["UiPath[x]>=2,<3"]
        );
        let plain = "# mine\nrequests==2 # because\n-r other.txt\n";
        assert_eq!(
            read(&[("requirements.txt", plain)]).expect("is read").wanted,
            ["requests==2", "uipath"]
        );
        assert_eq!(read(&[]).expect("is read").wanted, ["uipath"]);
        assert!(read(&[("pyproject.toml", "[project")]).is_err());
    }

    #[test]
    fn the_lock_file_pins_versions() {
        let lock = r#"
            version = 1
            [[package]]
            name = "uipath"
            version = "2.1.0"
            source = { registry = "https://pypi.org/simple" }
            [[package]]
            name = "numpy"
            version = "1.0"
            source = { registry = "https://pypi.org/simple" }
            [[package]]
            name = "numpy"
            version = "2.0"
            source = { registry = "https://pypi.org/simple" }
            [[package]]
            name = "mine"
            version = "0.1.0"
            source = { virtual = "." }
        "#;
        assert_eq!(read(&[("uv.lock", lock)]).expect("is read").locked, ["uipath==2.1.0"]);
    }
}
