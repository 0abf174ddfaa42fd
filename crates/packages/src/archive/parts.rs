//! The JSON parts of a package: what kind of project it is, and how it is entered.

use context::Error;
use odata::Enumeration as _;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::zip::Archive;
use super::{Manifest, NewEntryPoint, invalid, too_long};
use crate::model::{PackageType, ProjectType, TargetFramework};

/// Bytes of a part, at most.
const LARGEST: u64 = 4 << 20;
const LARGEST_ENTRY_POINTS: u64 = 16 << 20;
const MOST_ENTRY_POINTS: usize = 1_000;
/// Characters of the path of an entry point.
const LONGEST_PATH: usize = 1_024;
/// Characters of the kind of an entry point.
const LONGEST_TYPE: usize = 64;
/// Bytes of the arguments of one side.
const LONGEST_ARGUMENTS: usize = 1 << 20;

/// Reads the parts into the manifest.
pub(super) fn read(archive: &Archive<'_>, manifest: &mut Manifest) -> Result<(), Error> {
    let places = Places::of(archive)?;
    let operate = object(archive, &places.operate, LARGEST)?;
    let project = project_of(archive)?;
    let mut main = None;
    if let Some(project) = &project {
        main = classic(manifest, project)?;
    }
    if let Some(operate) = &operate {
        main = modern(manifest, operate).or(main);
    }
    let mut entries = Vec::new();
    if let Some(listed) = object(archive, &places.entry_points, LARGEST_ENTRY_POINTS)? {
        entries = entry_points(&listed)?;
        manifest.has_entry_points = true;
    } else if let Some(project) = &project {
        entries = entry_points(project)?;
        manifest.has_entry_points = !entries.is_empty();
        if entries.is_empty() {
            entries.extend(only_entry(project, main.as_deref())?);
        }
    }
    if entries.is_empty()
        && let Some(main) = &main
    {
        entries.push(NewEntryPoint {
            path: checked_path(main)?,
            ..NewEntryPoint::default()
        });
    }
    choose_main(manifest, entries, main.as_deref());
    manifest.bindings = archive
        .read(&places.bindings, LARGEST)?
        .map(|bytes| json(&places.bindings, &bytes))
        .transpose()?
        .map(|value| value.to_string());
    Ok(())
}

/// Where the parts lie.
struct Places {
    operate: String,
    entry_points: String,
    bindings: String,
}

impl Places {
    fn of(archive: &Archive<'_>) -> Result<Self, Error> {
        let mut places = Self {
            operate: "content/operate.json".to_owned(),
            entry_points: "content/entry-points.json".to_owned(),
            bindings: "content/bindings_v2.json".to_owned(),
        };
        let Some(descriptor) = object(archive, "content/package-descriptor.json", LARGEST)? else {
            return Ok(places);
        };
        let files = member(&descriptor, "files").and_then(Value::as_object);
        let named = |name: &str| {
            let place = files.and_then(|files| member(files, name)).and_then(Value::as_str);
            place.map(|place| place.replace('\\', "/").trim_start_matches("./").to_owned())
        };
        for (name, place) in [
            ("operate.json", &mut places.operate),
            ("entry-points.json", &mut places.entry_points),
            ("bindings.json", &mut places.bindings),
        ] {
            if let Some(named) = named(name) {
                *place = named;
            }
        }
        Ok(places)
    }
}

/// `content/project.json`, or the one below `lib/<framework>/`.
fn project_of(archive: &Archive<'_>) -> Result<Option<Map<String, Value>>, Error> {
    let is_project = |name: &&str| {
        let parts: Vec<&str> = name.split('/').collect();
        matches!(parts.as_slice(), [lib, _, project]
            if lib.eq_ignore_ascii_case("lib") && project.eq_ignore_ascii_case("project.json"))
    };
    let name = archive
        .names()
        .find(|name| name.eq_ignore_ascii_case("content/project.json"))
        .or_else(|| archive.names().find(is_project));
    match name {
        Some(name) => object(archive, name, LARGEST),
        None => Ok(None),
    }
}

/// A `project.json`; gives the path of the main workflow.
fn classic(manifest: &mut Manifest, project: &Map<String, Value>) -> Result<Option<String>, Error> {
    let output = nested(project, "designOptions", "outputType").and_then(Value::as_str);
    let kind = kind_of(output.unwrap_or("Process"));
    set_kind(manifest, kind);
    if let Some(framework) = text(project, "targetFramework").and_then(|name| framework_of(&name)) {
        manifest.target_framework = framework;
    }
    let option = |name: &str| nested(project, "runtimeOptions", name).and_then(Value::as_bool);
    manifest.requires_user_interaction = option("requiresUserInteraction").unwrap_or(true);
    manifest.is_attended = option("isAttended").unwrap_or(false);
    manifest.is_compiled = nested(project, "designOptions", "libraryOptions")
        .and_then(Value::as_object)
        .and_then(|options| member(options, "includeOriginalXaml"))
        .and_then(Value::as_bool)
        .is_some_and(|included| !included);
    match text(project, "main") {
        Some(main) => checked_path(&main).map(Some),
        None => Ok(None),
    }
}

/// An `operate.json`; gives the path of the main entry point.
fn modern(manifest: &mut Manifest, operate: &Map<String, Value>) -> Option<String> {
    set_kind(manifest, kind_of(&text(operate, "contentType").unwrap_or_default()));
    manifest.target_framework = text(operate, "targetFramework")
        .and_then(|name| framework_of(&name))
        .unwrap_or(TargetFramework::Portable);
    manifest.runtime = text(operate, "targetRuntime")
        .map(|name| name.to_ascii_lowercase())
        .filter(|name| matches!(name.as_str(), "python" | "command"));
    let option = |name: &str| nested(operate, "runtimeOptions", name).and_then(Value::as_bool);
    manifest.requires_user_interaction = option("requiresUserInteraction").unwrap_or(false);
    manifest.is_attended = option("isAttended").unwrap_or(false);
    text(operate, "main")
}

fn set_kind(manifest: &mut Manifest, kind: PackageType) {
    manifest.package_type = kind;
    manifest.project_type = ProjectType::from_name(kind.name()).unwrap_or(ProjectType::Undefined);
}

/// The kind of a project, by the name that its tool gives it.
fn kind_of(name: &str) -> PackageType {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    match name.to_ascii_lowercase().as_str() {
        "library" | "processlibrary" => PackageType::ProcessLibrary,
        "tests" | "testautomation" | "testautomationprocess" => PackageType::TestAutomationProcess,
        "flow" | "processorchestration" => PackageType::ProcessOrchestration,
        "agent" => PackageType::Agent,
        "webapp" => PackageType::WebApp,
        "api" => PackageType::Api,
        "mcpserver" => PackageType::MCPServer,
        "businessrules" => PackageType::BusinessRules,
        "casemanagement" => PackageType::CaseManagement,
        _ => PackageType::Process,
    }
}

fn framework_of(name: &str) -> Option<TargetFramework> {
    TargetFramework::from_name(name)
}

/// The members of `entryPoints`, in the order written.
fn entry_points(listed: &Map<String, Value>) -> Result<Vec<NewEntryPoint>, Error> {
    let Some(Value::Array(listed)) = member(listed, "entryPoints") else {
        return Ok(Vec::new());
    };
    if listed.len() > MOST_ENTRY_POINTS {
        return Err(invalid(format!(
            "A package can have at most {MOST_ENTRY_POINTS} entry points."
        )));
    }
    let mut entries: Vec<NewEntryPoint> = Vec::with_capacity(listed.len());
    for entry in listed {
        let Some(entry) = entry.as_object() else {
            return Err(invalid("An entry point of the package is not an object."));
        };
        let path = text(entry, "filePath").ok_or_else(|| invalid("An entry point of the package has no filePath."))?;
        let path = checked_path(&path)?;
        if entries.iter().any(|known| known.path.eq_ignore_ascii_case(&path)) {
            return Err(invalid(format!(
                "The entry point {path} is in the package more than once."
            )));
        }
        let entry_type = text(entry, "type");
        if entry_type.as_ref().is_some_and(|of| of.chars().count() > LONGEST_TYPE) {
            return Err(too_long("The type of an entry point", LONGEST_TYPE));
        }
        entries.push(NewEntryPoint {
            unique_id: text(entry, "uniqueId").and_then(|id| Uuid::parse_str(&id).ok()),
            path,
            entry_type,
            input: arguments(member(entry, "input"))?,
            output: arguments(member(entry, "output"))?,
            is_main: false,
        });
    }
    Ok(entries)
}

/// The entry point of a project that does not list them.
fn only_entry(project: &Map<String, Value>, main: Option<&str>) -> Result<Option<NewEntryPoint>, Error> {
    let Some(main) = main else { return Ok(None) };
    let side = |name: &str| arguments(nested(project, "arguments", name));
    Ok(Some(NewEntryPoint {
        path: checked_path(main)?,
        input: side("input")?,
        output: side("output")?,
        ..NewEntryPoint::default()
    }))
}

/// The arguments of a side as JSON text; `None` where there are none.
fn arguments(side: Option<&Value>) -> Result<Option<String>, Error> {
    let text = match side {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(list)) if list.is_empty() => return Ok(None),
        Some(Value::Object(schema)) if schema.is_empty() => return Ok(None),
        // Some tools write the schema as text.
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    if text.len() > LONGEST_ARGUMENTS {
        return Err(too_long("The arguments of an entry point", LONGEST_ARGUMENTS));
    }
    if text.contains('\0') {
        return Err(invalid("The arguments of an entry point hold the character U+0000."));
    }
    Ok(Some(text))
}

/// Marks the main entry point, and takes its arguments for those of the package.
fn choose_main(manifest: &mut Manifest, mut entries: Vec<NewEntryPoint>, main: Option<&str>) {
    let is_main = |entry: &NewEntryPoint| main.is_some_and(|main| entry.path.eq_ignore_ascii_case(main));
    let chosen = entries.iter().position(is_main).unwrap_or(0);
    if let Some(entry) = entries.get_mut(chosen) {
        entry.is_main = true;
        manifest.main_entry_point = Some(entry.path.clone());
        manifest.input = entry.input.clone().filter(|text| !says_nothing(text));
        manifest.output = entry.output.clone().filter(|text| !says_nothing(text));
    }
    manifest.entry_points = entries;
}

/// A schema without properties is no argument.
fn says_nothing(schema: &str) -> bool {
    match serde_json::from_str::<Value>(schema) {
        Ok(Value::Object(schema)) => {
            let empty = schema
                .get("properties")
                .and_then(Value::as_object)
                .is_none_or(Map::is_empty);
            empty
                && !["$ref", "anyOf", "allOf", "oneOf", "additionalProperties"]
                    .iter()
                    .any(|name| schema.contains_key(*name))
        }
        _ => false,
    }
}

fn checked_path(path: &str) -> Result<String, Error> {
    if path.chars().count() > LONGEST_PATH {
        return Err(too_long("The path of an entry point", LONGEST_PATH));
    }
    if path.is_empty() || context::has_hidden(path) {
        return Err(invalid("The path of an entry point is not allowed."));
    }
    Ok(path.to_owned())
}

/// A part that is a JSON object; `None` when it is not there.
fn object(archive: &Archive<'_>, name: &str, most: u64) -> Result<Option<Map<String, Value>>, Error> {
    let Some(bytes) = archive.read(name, most)? else {
        return Ok(None);
    };
    match json(name, &bytes)? {
        Value::Object(members) => Ok(Some(members)),
        _ => Err(invalid(format!("{name} in the package is not a JSON object."))),
    }
}

fn json(name: &str, bytes: &[u8]) -> Result<Value, Error> {
    let bad = || invalid(format!("{name} in the package is not JSON."));
    let text = super::text_of(bytes).ok_or_else(bad)?;
    serde_json::from_str(&text).map_err(|_| bad())
}

/// A member by its name in any case.
fn member<'a>(of: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    of.get(name).or_else(|| {
        of.iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    })
}

fn nested<'a>(of: &'a Map<String, Value>, outer: &str, inner: &str) -> Option<&'a Value> {
    member(of, outer)
        .and_then(Value::as_object)
        .and_then(|members| member(members, inner))
}

/// A text that is not empty.
fn text(of: &Map<String, Value>, name: &str) -> Option<String> {
    let found = member(of, name).and_then(Value::as_str).map(str::trim);
    found
        .filter(|text| !text.is_empty() && !text.contains('\0'))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::archive::read;
    use crate::archive::tests::package;

    const NUSPEC: (&str, &str) = (
        "x.nuspec",
        "<package><metadata><id>x</id><version>1.0.0</version></metadata></package>",
    );

    fn manifest(parts: &[(&str, Value)]) -> Result<Manifest, Error> {
        let texts: Vec<(&str, String)> = parts.iter().map(|(name, value)| (*name, value.to_string())).collect();
        let mut entries = vec![NUSPEC];
        entries.extend(texts.iter().map(|(name, text)| (*name, text.as_str())));
        read(&package(&entries))
    }

    #[test]
    fn a_python_package_says_its_entry_points_with_schemas() {
        let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]});
        let found = manifest(&[
            ("content/operate.json", json!({"main": "main", "contentType": "agent", "targetRuntime": "python",
                "targetFramework": "Portable", "runtimeOptions": {"requiresUserInteraction": false, "isAttended": true}})),
            ("content/entry-points.json", json!({"entryPoints": [
                {"filePath": "other", "uniqueId": "bad", "input": {}, "output": {"type": "object", "properties": {}}},
                {"filePath": "main", "uniqueId": "11111111-2222-4333-8444-555555555555", "type": "agent", "input": schema,
                    "output": {"type": "object", "properties": {}}}]})),
            ("content/bindings_v2.json", json!({"version": "2.0", "resources": []})),
        ])
        .unwrap();
        assert_eq!(found.package_type, PackageType::Agent);
        assert_eq!(found.project_type, ProjectType::Agent);
        assert_eq!(found.target_framework, TargetFramework::Portable);
        assert_eq!(found.runtime.as_deref(), Some("python"));
        assert!(found.has_entry_points && found.is_attended && !found.requires_user_interaction);
        assert_eq!(found.main_entry_point.as_deref(), Some("main"));
        assert_eq!(found.input, Some(schema.to_string()));
        assert_eq!(found.output, None);
        assert_eq!(found.entry_points.len(), 2);
        assert!(found.entry_points[1].is_main && found.entry_points[1].unique_id.is_some());
        assert_eq!(found.entry_points[0].input, None);
        assert!(found.bindings.unwrap().contains("resources"));
    }

    #[test]
    fn a_classic_package_has_lists_of_arguments() {
        let project = json!({"name": "x", "main": "Main.xaml", "projectVersion": "1.0.0", "targetFramework": "Windows",
            "arguments": {"input": [{"name": "a", "type": "System.Int32", "required": false, "hasDefault": true}], "output": []},
            "designOptions": {"outputType": "Process"}, "runtimeOptions": {"requiresUserInteraction": false}});
        for place in [
            "lib/net45/project.json",
            "content/project.json",
            "lib/net6.0-windows7.0/project.json",
        ] {
            let found = manifest(&[(place, project.clone())]).unwrap();
            assert_eq!(found.package_type, PackageType::Process);
            assert_eq!(found.target_framework, TargetFramework::Windows);
            assert_eq!((found.runtime.clone(), found.has_entry_points), (None, false));
            assert!(!found.requires_user_interaction);
            assert_eq!(found.main_entry_point.as_deref(), Some("Main.xaml"));
            assert!(found.input.unwrap().starts_with("[{\"name\":\"a\""));
            assert_eq!(found.output, None);
        }
    }

    #[test]
    fn a_modern_project_lists_its_entry_points() {
        let found = manifest(&[(
            "content/project.json",
            json!({"main": "B.xaml", "designOptions": {"outputType": "Library"}, "entryPoints": [
                {"filePath": "A.xaml", "input": [], "output": []},
                {"filePath": "B.xaml", "input": [{"name": "b"}], "output": []}]}),
        )])
        .unwrap();
        assert_eq!(found.project_type, ProjectType::ProcessLibrary);
        assert!(found.has_entry_points && found.requires_user_interaction);
        assert_eq!(found.main_entry_point.as_deref(), Some("B.xaml"));
        assert_eq!(found.input.as_deref(), Some(r#"[{"name":"b"}]"#));
    }

    #[test]
    fn a_descriptor_places_the_parts() {
        let found = manifest(&[
            (
                "content/package-descriptor.json",
                json!({"files": {"operate.json": "./content/a/o.json",
                "entry-points.json": "content\\a\\e.json"}}),
            ),
            ("content/a/o.json", json!({"targetRuntime": "command", "main": "run"})),
            ("content/a/e.json", json!({"entryPoints": [{"filePath": "run"}]})),
        ])
        .unwrap();
        assert_eq!(found.runtime.as_deref(), Some("command"));
        assert_eq!(found.package_type, PackageType::Process);
        assert_eq!(found.entry_points.len(), 1);
    }

    #[test]
    fn a_package_without_parts_is_one_that_nothing_is_known_about() {
        let found = manifest(&[]).unwrap();
        assert_eq!(found.package_type, PackageType::Undefined);
        assert_eq!((found.main_entry_point, found.entry_points.len()), (None, 0));
        let main = manifest(&[(
            "content/operate.json",
            json!({"main": "start.sh", "targetRuntime": "command"}),
        )])
        .unwrap();
        assert_eq!(main.entry_points[0].path, "start.sh");
        assert!(main.entry_points[0].is_main && !main.has_entry_points);
    }

    #[test]
    fn parts_that_are_not_what_they_should_be_are_refused() {
        let refused = |part: (&str, Value)| manifest(&[part]).unwrap_err().code;
        assert_eq!(
            refused(("content/operate.json", json!([]))),
            context::codes::INVALID_PACKAGE_DETAILS
        );
        let many: Vec<Value> = (0..1_001).map(|at| json!({"filePath": format!("e{at}")})).collect();
        for entries in [
            json!(many),
            json!([1]),
            json!([{}]),
            json!([{"filePath": "a"}, {"filePath": "A"}]),
            json!([{"filePath": "a\u{202e}"}]),
        ] {
            let code = refused(("content/entry-points.json", json!({"entryPoints": entries})));
            assert_eq!(code, context::codes::INVALID_PACKAGE_DETAILS);
        }
        let long = json!([{"filePath": "x".repeat(1_025)}]);
        let code = refused(("content/entry-points.json", json!({"entryPoints": long})));
        assert_eq!(code, context::codes::PACKAGE_FIELD_LIMIT_EXCEEDED);
        let text = package(&[NUSPEC, ("content/operate.json", "{")]);
        assert!(read(&text).unwrap_err().message.contains("not JSON"));
        let deep = "[".repeat(10_000);
        assert!(read(&package(&[NUSPEC, ("content/bindings_v2.json", &deep)])).is_err());
    }
}
