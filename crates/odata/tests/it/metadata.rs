//! The `$metadata` document and the OpenAPI schema.

use odata::{Kind, Operation, TypeRef, json_schema, metadata};
use serde_json::json;

use crate::model::{JOB, SETS};

#[test]
fn the_document_names_sets_types_and_operations() {
    let operations = [Operation {
        name: "UiPath.Server.Configuration.OData.StartJobs",
        is_function: false,
        binding: TypeRef::Entities(&JOB),
        parameters: vec![("count", TypeRef::Value(Kind::Int32))],
        returns: Some(TypeRef::Entities(&JOB)),
    }];
    let xml = metadata(&SETS, &operations);
    for part in [
        r#"<Schema Namespace="UiPath.Server.Configuration.OData" xmlns="http://docs.oasis-open.org/odata/ns/edm">"#,
        r#"<PropertyRef Name="Id" />"#,
        r#"<Property Name="Name" Type="Edm.String" Nullable="false" MaxLength="256" />"#,
        r#"<Property Name="Priority" Type="Edm.Int32" />"#,
        r#"<Property Name="State" Type="UiPath.Server.Configuration.OData.JobState" Nullable="false" />"#,
        r#"<Property Name="Tags" Type="Collection(Edm.String)" Nullable="false" />"#,
        r#"<NavigationProperty Name="Steps" Type="Collection(UiPath.Server.Configuration.OData.StepDto)" />"#,
        r#"<ComplexType Name="PlaceDto">"#,
        r#"<Member Name="On-Hold" Value="7" />"#,
        r#"<Action Name="StartJobs" IsBound="true">"#,
        r#"<Parameter Name="bindingParameter" Type="Collection(UiPath.Server.Configuration.OData.JobDto)" />"#,
        r#"<NavigationPropertyBinding Path="Release" Target="Releases" />"#,
    ] {
        assert!(xml.contains(part), "{part} is missing in\n{xml}");
    }
    assert_eq!(xml.matches("<EntityType ").count(), 3);
}

#[test]
fn the_schema_describes_every_member() {
    let schema = json_schema(&JOB);
    let member = |name: &str| schema["properties"][name].clone();
    assert_eq!(member("Name"), json!({"type": "string", "maxLength": 256}));
    assert_eq!(
        member("Priority"),
        json!({"type": "integer", "format": "int32", "nullable": true})
    );
    assert_eq!(
        member("State")["enum"],
        json!(["Pending", "Running", "Faulted", "On-Hold"])
    );
    assert_eq!(member("Place"), json!({"$ref": "#/components/schemas/PlaceDto"}));
    assert_eq!(
        member("Steps"),
        json!({"type": "array", "items": {"$ref": "#/components/schemas/StepDto"}})
    );
}
