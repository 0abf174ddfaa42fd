//! Tenants: who sees which.

use testkit::Server;

use crate::access_support::admin_token;

#[test]
fn the_portal_names_the_organization_and_its_tenants_by_name_and_by_guid() {
    testkit::each_database(|server| {
        let organization = server.organization();
        let token = admin_token(server);
        for named in [organization.as_str(), "default", "DEFAULT"] {
            let path = format!("/{named}/portal_/api/filtering/leftnav/tenantsAndOrganizationInfo");
            let told = server.get(&path).bearer(&token).send().expect(200).json();
            assert_eq!(
                (
                    told["organization"]["id"].as_str(),
                    told["organization"]["name"].as_str()
                ),
                (Some(organization.as_str()), Some("default"))
            );
            assert_eq!(told["tenants"][0]["name"], "Default");
        }
        let path = "/somebody/portal_/api/filtering/leftnav/tenantsAndOrganizationInfo";
        server.get(path).bearer(&token).send().expect(403);
    });
}

#[test]
fn only_the_host_reads_tenants() {
    let server = Server::start();
    server
        .get("/odata/Tenants")
        .bearer(&server.token("OR.Administration"))
        .send()
        .expect(403);
    server
        .get("/odata/Tenants")
        .bearer(&admin_token(&server))
        .send()
        .expect(403);
    server.get("/odata/Tenants(1)").send().expect(401);
}

#[test]
fn a_tenant_is_named_in_the_address_by_name_or_guid_in_any_case() {
    let server = Server::start();
    let token = server.token("OR.Folders.Read");
    let organization = server.organization();
    let path = format!("/{organization}/portal_/api/filtering/leftnav/tenantsAndOrganizationInfo");
    let tenant = server.get(&path).bearer(&token).send().expect(200).json()["tenants"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for base in [
        format!("/{organization}/{tenant}/orchestrator_"),
        "/default/default/orchestrator_".to_owned(),
        "/Default/Default".to_owned(),
    ] {
        let answer = server
            .get(&format!("{base}/odata/Folders"))
            .bearer(&token)
            .send()
            .expect(200);
        assert!(
            answer.json()["@odata.context"]
                .as_str()
                .unwrap()
                .contains(&format!("{base}/odata/$metadata#Folders"))
        );
    }
    for base in ["/default/nothing/orchestrator_", "/nothing/Default/orchestrator_"] {
        server
            .get(&format!("{base}/odata/Folders"))
            .bearer(&token)
            .send()
            .expect(403);
    }
    server
        .get("/odata/Folders")
        .bearer(&token)
        .header("x-uipath-tenantname", "nothing")
        .send()
        .expect(403);
    server
        .get("/odata/Folders")
        .bearer(&token)
        .header("x-uipath-tenantname", "default")
        .send()
        .expect(200);
}

#[test]
fn version_metadata_and_first_run_answer() {
    let server = Server::start();
    let version = server
        .get("/orchestrator_/api/status/version")
        .send()
        .expect(200)
        .json();
    assert!(version["version"].is_string() && version["deployment"].is_null());
    server.get("/api/status").send().expect(200);
    server.get("/api/health/startup").send().expect(200);
    let metadata = server.get("/odata/$metadata").send().expect(200).text();
    assert!(
        metadata.contains("FolderDto") && metadata.contains("EntitySet Name=\"Roles\""),
        "{metadata}"
    );
    let token = admin_token(&server);
    for path in ["/api/StudioWeb/TryEnableFirstRun", "/api/StudioWeb/AcquireLicense"] {
        server.post(path).bearer(&token).send().expect(200);
    }
    let probe = |url: &str| {
        server
            .get(&format!("/api/Status/VerifyHostAvailibility?url={url}"))
            .bearer(&token)
            .send()
    };
    let inner = probe(&server.base()).expect(200).json();
    assert_eq!(
        (inner["canConnect"].as_bool(), inner["connectionError"].as_str()),
        (Some(false), Some("HostNotFound"))
    );
    probe("ftp://example.com").expect(400);
}
