//! What the tests of packages share: a builder for package files, and calls about a feed.

use std::io::Write as _;

use serde_json::{Value, json};
use testkit::{Answer, Server};
use zip::write::{SimpleFileOptions, ZipWriter};

const NAMESPACE: &str = "UiPath.Server.Configuration.OData";

/// A package file, part by part.
#[derive(Clone)]
pub struct Package {
    id: String,
    version: String,
    metadata: String,
    parts: Vec<(String, Vec<u8>)>,
}

impl Package {
    pub fn new(id: &str, version: &str) -> Self {
        Self {
            id: id.to_owned(),
            version: version.to_owned(),
            metadata: format!("<description>What {id} does.</description><authors>Ada Lovelace</authors>"),
            parts: Vec::new(),
        }
    }

    /// Adds XML to the `metadata` of the nuspec.
    pub fn metadata(mut self, xml: &str) -> Self {
        self.metadata.push_str(xml);
        self
    }

    /// Adds a file.
    pub fn part(mut self, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.parts.push((name.to_owned(), content.as_ref().to_vec()));
        self
    }

    /// Adds a JSON file.
    pub fn json(self, name: &str, content: &Value) -> Self {
        self.part(name, content.to_string())
    }

    /// `id.version.nupkg`
    pub fn file_name(&self) -> String {
        format!("{}.{}.nupkg", self.id, self.version)
    }

    /// The file.
    pub fn build(&self) -> Vec<u8> {
        let nuspec = format!(
            "<?xml version=\"1.0\"?><package xmlns=\"http://schemas.microsoft.com/packaging/2011/08/nuspec.xsd\"><metadata>\
             <id>{}</id><version>{}</version>{}</metadata></package>",
            self.id, self.version, self.metadata
        );
        let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let mut add = |name: &str, content: &[u8]| {
            let runnable = SimpleFileOptions::default().unix_permissions(0o755);
            writer.start_file(name, runnable).unwrap();
            writer.write_all(content).unwrap();
        };
        add(&format!("{}.nuspec", self.id), nuspec.as_bytes());
        // As the Python tools write it.
        add("./[Content_Types].xml", b"<Types/>");
        for (name, content) in &self.parts {
            add(name, content);
        }
        writer.finish().unwrap().into_inner()
    }
}

/// A package as `uipath pack` makes it: one entry point `main` that takes `a` and gives `b`.
pub fn python_package(id: &str, version: &str) -> Package {
    let entry = json!({
        "filePath": "main", "uniqueId": "6f1c6d4e-53a7-4f2e-9d0a-6f4b6c1f3a10", "type": "function",
        "input": { "type": "object", "properties": { "a": { "type": "integer" } }, "required": ["a"] },
        "output": { "type": "object", "properties": { "b": { "type": "integer" } } }
    });
    Package::new(id, version)
        .json(
            "content/package-descriptor.json",
            &json!({ "$schema": "https://cloud.uipath.com/draft/2024-12/package-descriptor", "files": {
                "operate.json": "content/operate.json", "entry-points.json": "content/entry-points.json",
                "bindings.json": "content/bindings_v2.json" } }),
        )
        .json(
            "content/operate.json",
            &json!({ "$schema": "https://cloud.uipath.com/draft/2024-12/entry-point", "projectId": "0b3b3b0e-8f6f-4c07-8d1c-8b1f9b6e2d11",
                "main": "main", "contentType": "function", "targetFramework": "Portable", "targetRuntime": "python",
                "runtimeOptions": { "requiresUserInteraction": false, "isAttended": false } }),
        )
        .json("content/entry-points.json", &json!({ "entryPoints": [entry] }))
        .json("content/bindings_v2.json", &json!({ "version": "2.0", "resources": [] }))
        .part("content/main.py", "def main(input):\n    return {'b': input['a'] + 1}\n")
}

/// A package whose entry point `main.sh` is run as a command.
pub fn command_package(id: &str, version: &str, script: &str) -> Package {
    Package::new(id, version)
        .json(
            "content/operate.json",
            &json!({ "main": "main.sh", "contentType": "process", "targetFramework": "Portable", "targetRuntime": "command" }),
        )
        .part("content/main.sh", script)
}

/// A multipart form with these files. Gives its content type and its bytes.
pub fn form(files: &[(&str, &[u8])]) -> (String, Vec<u8>) {
    let boundary = "a-boundary-of-the-tests-7c1f";
    let mut body = Vec::new();
    for (at, (name, content)) in files.iter().enumerate() {
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file{at}\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

/// Publishes a package in the tenant's feed, with a token of its own.
#[track_caller]
pub fn publish(server: &Server, package: &Package) {
    Feed::of(server).publish(package);
}

/// Calls about the packages or libraries of one feed, with one token.
pub struct Feed<'a> {
    pub server: &'a Server,
    pub token: String,
    set: &'static str,
}

impl<'a> Feed<'a> {
    /// The processes of the tenant, seen by an application that may do everything with them.
    pub fn of(server: &'a Server) -> Self {
        Self {
            server,
            token: server.token("OR.Execution"),
            set: "Processes",
        }
    }

    /// The libraries of the tenant.
    pub fn libraries(server: &'a Server) -> Self {
        Self {
            set: "Libraries",
            ..Self::of(server)
        }
    }

    /// The same feed seen by another caller.
    pub fn as_caller(&self, token: &str) -> Self {
        Self {
            server: self.server,
            token: token.to_owned(),
            set: self.set,
        }
    }

    /// The address of a bound function, with the feed; `more` is added to the query.
    fn address(&self, function: &str, more: &str) -> String {
        let path = match function {
            "" => format!("/odata/{}", self.set),
            key if key.starts_with('(') => format!("/odata/{}{key}", self.set),
            name => format!("/odata/{}/{NAMESPACE}.{name}", self.set),
        };
        if more.is_empty() {
            path
        } else {
            format!("{path}?{more}")
        }
    }

    /// A list or function: `get("", "$top=1")`, `get("GetArguments(key='a:1.0.0')", "")`.
    pub fn get(&self, function: &str, options: &str) -> Answer {
        self.server
            .get(&self.address(function, options))
            .bearer(&self.token)
            .send()
    }

    /// Uploads files as they are.
    pub fn upload(&self, files: &[(&str, &[u8])]) -> Answer {
        let (content_type, body) = form(files);
        self.server
            .post(&self.address("UploadPackage", ""))
            .bearer(&self.token)
            .bytes(&content_type, body)
            .send()
    }

    /// Uploads packages.
    pub fn try_publish(&self, packages: &[&Package]) -> Answer {
        let files: Vec<(String, Vec<u8>)> = packages
            .iter()
            .map(|package| (package.file_name(), package.build()))
            .collect();
        let files: Vec<(&str, &[u8])> = files
            .iter()
            .map(|(name, content)| (name.as_str(), content.as_slice()))
            .collect();
        self.upload(&files)
    }

    #[track_caller]
    pub fn publish(&self, package: &Package) {
        let answer = self.try_publish(&[package]);
        assert!(answer.status.is_success(), "{} {}", answer.status, answer.text());
        assert_eq!(answer.json()["value"][0]["Status"], "OK", "{}", answer.text());
    }

    /// Deletes `Id:Version` or `Id`.
    pub fn delete(&self, key: &str) -> Answer {
        self.server
            .delete(&self.address(&format!("('{key}')"), ""))
            .bearer(&self.token)
            .send()
    }

    /// The keys that a list answers.
    #[track_caller]
    pub fn keys(&self, function: &str, options: &str) -> Vec<String> {
        let answer = self.get(function, options).expect(200).json();
        let rows = answer["value"].as_array().unwrap();
        rows.iter().map(|row| row["Key"].as_str().unwrap().to_owned()).collect()
    }
}
