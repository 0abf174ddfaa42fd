//! The `.nuspec` file: what NuGet knows about a package.

use context::Error;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::{invalid, too_long};

/// Elements within elements.
const DEEPEST: usize = 16;
/// Packages that a package depends on.
const MOST_DEPENDENCIES: usize = 1_000;
/// Characters of long and of short texts.
const LONG: usize = 35_000;
const SHORT: usize = 4_000;
const TITLE: usize = 256;

/// The members of `metadata` that are used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Nuspec {
    pub id: String,
    pub version: String,
    pub title: Option<String>,
    pub authors: Option<String>,
    pub owners: Option<String>,
    pub description: Option<String>,
    pub summary: Option<String>,
    pub release_notes: Option<String>,
    pub tags: Option<String>,
    pub project_url: Option<String>,
    pub license_url: Option<String>,
    pub icon_url: Option<String>,
    pub dependencies: Vec<Dependency>,
}

/// A package that this one needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    pub id: String,
    /// A range as NuGet writes it.
    pub range: String,
    /// The framework it is needed for; empty for all.
    pub framework: String,
}

impl Nuspec {
    /// Reads the text. A document type is refused: entities of its own are nothing that a specification needs.
    ///
    /// # Errors
    /// 400 when it is not well formed (1654) or something in it is too long (1688).
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut reader = Reader::from_str(text);
        let (mut nuspec, mut path, mut content) = (Self::default(), Vec::<String>::new(), String::new());
        let mut framework = String::new();
        loop {
            match reader.read_event().map_err(|_| malformed())? {
                Event::Start(element) => {
                    nuspec.enter(&path, &element, &mut framework)?;
                    path.push(local_name(&element));
                    if path.len() > DEEPEST {
                        return Err(malformed());
                    }
                    content.clear();
                }
                Event::Empty(element) => nuspec.enter(&path, &element, &mut framework)?,
                Event::End(_) => {
                    if let [package, metadata, member] = path.as_slice()
                        && package == "package"
                        && metadata == "metadata"
                    {
                        nuspec.set(member, content.trim())?;
                    }
                    if path.pop().as_deref() == Some("group") {
                        framework.clear();
                    }
                    content.clear();
                }
                Event::Text(piece) => content.push_str(&piece),
                Event::CData(piece) => content.push_str(&piece),
                Event::GeneralRef(reference) => {
                    if let Some(letter) = reference.resolve_char_ref().map_err(|_| malformed())? {
                        content.push(letter);
                    } else {
                        content.push_str(resolve_xml_entity(&reference).ok_or_else(malformed)?);
                    }
                }
                Event::DocType(_) => return Err(invalid("The .nuspec file must not have a document type.")),
                Event::Eof => break,
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            }
        }
        if !path.is_empty() || nuspec.id.is_empty() || nuspec.version.is_empty() {
            return Err(malformed());
        }
        Ok(nuspec)
    }

    /// Looks at an element that begins below `path`.
    fn enter(&mut self, path: &[String], element: &BytesStart<'_>, framework: &mut String) -> Result<(), Error> {
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        match (names.as_slice(), local_name(element).as_str()) {
            (["package", "metadata", "dependencies"], "group") => {
                *framework = attribute(element, "targetFramework")?.unwrap_or_default();
            }
            (
                ["package", "metadata", "dependencies"] | ["package", "metadata", "dependencies", "group"],
                "dependency",
            ) => {
                if self.dependencies.len() == MOST_DEPENDENCIES {
                    return Err(invalid("The package has too many dependencies."));
                }
                let Some(id) = attribute(element, "id")? else {
                    return Err(malformed());
                };
                self.dependencies.push(Dependency {
                    id,
                    range: attribute(element, "version")?.unwrap_or_default(),
                    framework: framework.clone(),
                });
            }
            _ => {}
        }
        Ok(())
    }

    fn set(&mut self, member: &str, text: &str) -> Result<(), Error> {
        if text.is_empty() {
            return Ok(());
        }
        if text.contains('\0') {
            return Err(malformed());
        }
        let (place, most) = match member {
            "id" => {
                text.clone_into(&mut self.id);
                return Ok(());
            }
            "version" => {
                text.clone_into(&mut self.version);
                return Ok(());
            }
            "title" => (&mut self.title, TITLE),
            "authors" => (&mut self.authors, SHORT),
            "owners" => (&mut self.owners, SHORT),
            "description" => (&mut self.description, LONG),
            "summary" => (&mut self.summary, SHORT),
            "releaseNotes" => (&mut self.release_notes, LONG),
            "tags" => (&mut self.tags, SHORT),
            "projectUrl" => (&mut self.project_url, SHORT),
            "licenseUrl" => (&mut self.license_url, SHORT),
            "iconUrl" => (&mut self.icon_url, SHORT),
            _ => return Ok(()),
        };
        if text.chars().count() > most {
            return Err(too_long(&format!("The member {member}"), most));
        }
        *place = Some(text.to_owned());
        Ok(())
    }
}

fn local_name(element: &BytesStart<'_>) -> String {
    element.local_name().as_ref().to_owned()
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Result<Option<String>, Error> {
    let Some(attribute) = element.try_get_attribute(name).map_err(|_| malformed())? else {
        return Ok(None);
    };
    let value = attribute
        .normalized_value(XmlVersion::Implicit1_0)
        .map_err(|_| malformed())?;
    if value.contains('\0') || value.chars().count() > SHORT {
        return Err(malformed());
    }
    Ok(Some(value.into_owned()))
}

fn malformed() -> Error {
    invalid("The .nuspec file is not well formed, or has no id or version.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_read_with_or_without_a_namespace() {
        let text = r#"<?xml version="1.0" encoding="utf-8"?>
            <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
              <metadata minClientVersion="3.3">
                <id> calc </id><version>1.2.3</version><title>Tom &amp; J&#233;r&#xF4;me</title>
                <authors><![CDATA[A <b>]]></authors><releaseNotes/>
                <dependencies>
                  <dependency id="X" version="[1.0]"/>
                  <group targetFramework="net6.0"><dependency id="Y" version="2.0" exclude="Build"></dependency></group>
                  <dependency id="Z"/>
                </dependencies>
              </metadata>
              <files><file><id>other</id></file></files>
            </package>"#;
        let nuspec = Nuspec::parse(text).unwrap();
        assert_eq!((nuspec.id.as_str(), nuspec.version.as_str()), ("calc", "1.2.3"));
        assert_eq!(nuspec.title.as_deref(), Some("Tom & Jérôme"));
        assert_eq!(nuspec.authors.as_deref(), Some("A <b>"));
        assert_eq!(nuspec.release_notes, None);
        let dependencies: Vec<(&str, &str, &str)> = nuspec
            .dependencies
            .iter()
            .map(|one| (one.id.as_str(), one.range.as_str(), one.framework.as_str()))
            .collect();
        assert_eq!(
            dependencies,
            [("X", "[1.0]", ""), ("Y", "2.0", "net6.0"), ("Z", "", "")]
        );
    }

    #[test]
    fn entities_of_strangers_are_refused() {
        let bomb = r#"<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>
            <package><metadata><id>&b;</id><version>1.0</version></metadata></package>"#;
        assert!(Nuspec::parse(bomb).unwrap_err().message.contains("document type"));
        let unknown = "<package><metadata><id>&b;</id><version>1.0</version></metadata></package>";
        assert!(Nuspec::parse(unknown).is_err());
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        let deep = "<a>".repeat(17) + &"</a>".repeat(17);
        for text in [
            "",
            "x",
            "<package>",
            "<package><metadata><id>a</id></metadata></package>",
            "<a></b>",
            deep.as_str(),
        ] {
            assert!(Nuspec::parse(text).is_err(), "{text}");
        }
        let long = format!(
            "<package><metadata><id>a</id><version>1</version><title>{}</title></metadata></package>",
            "x".repeat(257)
        );
        assert_eq!(
            Nuspec::parse(&long).unwrap_err().code,
            context::codes::PACKAGE_FIELD_LIMIT_EXCEEDED
        );
    }
}
