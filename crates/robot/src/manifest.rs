//! What a package says about running it: `content/operate.json` and `content/entry-points.json` (reference: clients 3.1.5).

use std::fs::File;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::config::Runtime;
use crate::place;

/// Bytes of one of the files, at most.
const FILE_BYTES: u64 = 4 << 20;

/// A package's word about how it is run.
#[derive(Debug, Clone)]
pub struct Manifest {
    pub runtime: Runtime,
    main: Option<String>,
    command: Option<Vec<String>>,
    entry_points: Vec<EntryPoint>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EntryPoint {
    file_path: String,
    #[serde(default)]
    command: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Operate {
    #[serde(default)]
    main: Option<String>,
    #[serde(default)]
    target_runtime: Option<String>,
    #[serde(default)]
    command: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EntryPoints {
    #[serde(default)]
    entry_points: Vec<EntryPoint>,
}

impl Manifest {
    /// Reads the manifest of an unpacked package.
    ///
    /// # Errors
    /// In words for the author of the package.
    pub fn read(content: &Path) -> Result<Self, String> {
        let operate: Operate = json(content, "operate.json")?
            .ok_or("the package has no content/operate.json, so it is not one that this robot can run")?;
        let runtime = match operate.target_runtime.as_deref() {
            Some("command") => Runtime::Command,
            Some("python") => Runtime::Python,
            Some(other) => return Err(format!("the package is for the runtime {other:?}; this robot has none")),
            None => return Err("content/operate.json has no targetRuntime".into()),
        };
        let points: Option<EntryPoints> = json(content, "entry-points.json")?;
        Ok(Self {
            runtime,
            main: operate.main,
            command: operate.command.filter(|command| !command.is_empty()),
            entry_points: points.map(|points| points.entry_points).unwrap_or_default(),
        })
    }

    /// The name of an entry point; of the main one when none is asked for.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn entry<'a>(&'a self, asked: Option<&'a str>) -> Result<&'a str, String> {
        let known = || self.entry_points.iter().map(|point| point.file_path.as_str());
        match asked {
            // Packages without a list accept what they are asked for.
            Some(name) if self.entry_points.is_empty() || known().any(|known| known == name) => Ok(name),
            Some(name) => Err(format!(
                "the package has no entry point {name:?}; it has {}",
                known().collect::<Vec<_>>().join(", ")
            )),
            None => {
                let main = self.main.as_deref();
                let main = main.filter(|main| self.entry_points.is_empty() || known().any(|known| known == *main));
                main.or_else(|| known().next())
                    .ok_or_else(|| "the package names no entry point".to_owned())
            }
        }
    }

    /// The command of an entry point, with the placeholders `{input}`, `{output}` and `{entry}` filled in.
    ///
    /// # Errors
    /// There is no such entry point, or no command.
    pub fn command(&self, asked: Option<&str>, input: &Path, output: &Path) -> Result<Vec<String>, String> {
        let entry = match (asked, self.entry(asked)) {
            (_, Ok(entry)) => entry,
            // A package of one command needs no names.
            (None, Err(_)) if self.command.is_some() => "main",
            (_, Err(error)) => return Err(error),
        };
        let point = self.entry_points.iter().find(|point| point.file_path == entry);
        let command = point
            .and_then(|point| point.command.as_ref())
            .filter(|command| !command.is_empty());
        let command = command.or(self.command.as_ref());
        let command = command.ok_or("content/operate.json names no command")?;
        let fill = |part: &String| {
            part.replace("{input}", &input.to_string_lossy())
                .replace("{output}", &output.to_string_lossy())
                .replace("{entry}", entry)
        };
        Ok(command.iter().map(fill).collect())
    }
}

fn json<T: serde::de::DeserializeOwned>(content: &Path, name: &str) -> Result<Option<T>, String> {
    let mut file = match File::open(content.join(name)) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("content/{name} cannot be read: {error}")),
    };
    let text = place::read(&mut file, FILE_BYTES).map_err(|error| format!("content/{name} cannot be read: {error}"))?;
    // Some editors put a mark before the text.
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    serde_json::from_slice(text)
        .map(Some)
        .map_err(|error| format!("content/{name} is not what it should be: {error}"))
}

/// Finds the program of a command: a path within the package, or a name on `PATH`.
///
/// # Errors
/// In words for the author of the package.
pub fn program(name: &str, content: &Path, path: &str) -> Result<PathBuf, String> {
    if name.contains('/') {
        let relative = Path::new(name);
        let plain = |part: std::path::Component<'_>| {
            matches!(part, std::path::Component::Normal(_) | std::path::Component::CurDir)
        };
        if !relative.components().all(plain) {
            return Err(format!("the command {name:?} is not within the package"));
        }
        let found = content.join(
            relative
                .components()
                .filter(|part| *part != std::path::Component::CurDir)
                .collect::<PathBuf>(),
        );
        if !found.is_file() {
            return Err(format!("the package has no file {name:?}, which its command names"));
        }
        return Ok(found);
    }
    path.split(':')
        .filter(|directory| directory.starts_with('/'))
        .map(|directory| Path::new(directory).join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| format!("there is no program {name:?} on this machine"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(operate: &str, points: Option<&str>) -> Result<Manifest, String> {
        let root = tempfile::tempdir().expect("a directory");
        std::fs::write(root.path().join("operate.json"), operate).expect("written");
        if let Some(points) = points {
            std::fs::write(root.path().join("entry-points.json"), points).expect("written");
        }
        Manifest::read(root.path())
    }

    fn command(manifest: &Manifest, asked: Option<&str>) -> Result<Vec<String>, String> {
        manifest.command(asked, Path::new("/w/input.json"), Path::new("/w/output.json"))
    }

    #[test]
    fn one_command_needs_no_entry_points() {
        let one = manifest(
            r#"{"targetRuntime":"command","command":["./run.sh","{input}","-o={output}"]}"#,
            None,
        );
        let one = one.expect("is read");
        assert_eq!(
            command(&one, None).expect("there"),
            ["./run.sh", "/w/input.json", "-o=/w/output.json"]
        );
    }

    #[test]
    fn entry_points_may_have_commands_of_their_own() {
        let several = manifest(
            r#"{"targetRuntime":"command","main":"a","command":["run","{entry}"]}"#,
            Some(r#"{"entryPoints":[{"filePath":"a"},{"filePath":"b","command":["other"]}]}"#),
        )
        .expect("is read");
        assert_eq!(command(&several, None).expect("there"), ["run", "a"]);
        assert_eq!(command(&several, Some("b")).expect("there"), ["other"]);
        let error = command(&several, Some("c")).expect_err("is not there");
        assert!(error.contains("it has a, b"), "{error}");
    }

    #[test]
    fn what_cannot_be_run_says_why() {
        for (operate, part) in [
            (r#"{"targetRuntime":"dotnet"}"#, "dotnet"),
            ("{}", "targetRuntime"),
            ("[", "operate.json"),
        ] {
            let error = manifest(operate, None).expect_err("is refused");
            assert!(error.contains(part), "{error}");
        }
        let none = manifest(r#"{"targetRuntime":"command"}"#, None).expect("is read");
        assert!(command(&none, None).is_err());
    }

    #[test]
    fn programs_are_within_the_package_or_on_the_path() {
        let root = tempfile::tempdir().expect("a directory");
        std::fs::write(root.path().join("run.sh"), "").expect("written");
        assert_eq!(program("./run.sh", root.path(), "/bin"), Ok(root.path().join("run.sh")));
        assert!(program("../run.sh", root.path(), "/bin").is_err());
        assert!(program("/bin/sh", root.path(), "/bin").is_err());
        assert!(program("./none.sh", root.path(), "/bin").is_err());
        assert!(
            program("sh", root.path(), "/bin:/usr/bin")
                .expect("there")
                .ends_with("sh")
        );
        assert!(program("no-such-program-here", root.path(), "/bin").is_err());
    }
}
