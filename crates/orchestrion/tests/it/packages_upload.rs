//! Uploads of packages and libraries: what is taken, what is refused, and what is known afterwards.

use serde_json::{Value, json};
use testkit::{Server, each_database};

use crate::packages_support::{Feed, Package, command_package, form, python_package};

#[test]
fn a_python_package_is_published_and_known_with_its_entry_points() {
    each_database(|server| {
        let feed = Feed::of(server);
        let package = python_package("calc", "0.0.1").metadata("<tags>a b</tags><releaseNotes>First.</releaseNotes>");
        let answer = feed.try_publish(&[&package]).expect(200).json();
        assert_eq!(answer["value"][0]["Key"], "calc.0.0.1.nupkg");
        assert_eq!(answer["value"][0]["Status"], "OK");
        let body: Value = serde_json::from_str(answer["value"][0]["Body"].as_str().unwrap()).unwrap();
        assert_eq!(body, json!({"Id": "calc", "Version": "0.0.1"}));

        let row = feed.get("", "$filter=Id eq 'CALC'").expect(200).json()["value"][0].clone();
        assert_eq!(row["Key"], "calc:0.0.1");
        assert_eq!(
            (row["Id"].as_str(), row["Version"].as_str()),
            (Some("calc"), Some("0.0.1"))
        );
        assert_eq!(row["Title"], "calc");
        assert_eq!(row["Description"], "What calc does.");
        assert_eq!(
            (row["Authors"].as_str(), row["Tags"].as_str()),
            (Some("Ada Lovelace"), Some("a b"))
        );
        assert_eq!(row["ReleaseNotes"], "First.");
        assert_eq!(
            (row["IsActive"].as_bool(), row["IsLatestVersion"].as_bool()),
            (Some(false), Some(true))
        );
        assert_eq!(
            (row["PackageType"].as_str(), row["ProjectType"].as_str()),
            (Some("Process"), Some("Process"))
        );
        assert_eq!(row["TargetFramework"], "Portable");
        assert_eq!(row["SupportsMultipleEntryPoints"], true);
        assert_eq!(row["MainEntryPointPath"], "main");
        assert_eq!(row["RequiresUserInteraction"], false);
        assert!(
            row["Arguments"]["Input"]
                .as_str()
                .unwrap()
                .contains("\"required\":[\"a\"]")
        );
        assert_eq!(row.get("EntryPoints"), None);

        let key = "(key='calc:0.0.1')";
        let arguments = feed.get(&format!("GetArguments{key}"), "").expect(200).json();
        assert_eq!(arguments["Input"], row["Arguments"]["Input"]);
        let version = feed.get(&format!("GetProcessVersion{key}"), "").expect(200).json();
        assert_eq!(version["EntryPoints"][0]["Path"], "main");
        let main = feed
            .get(&format!("GetPackageMainEntryPoint{key}"), "")
            .expect(200)
            .json();
        assert_eq!(main["UniqueId"], "6f1c6d4e-53a7-4f2e-9d0a-6f4b6c1f3a10");
        for function in ["GetPackageEntryPoints", "GetPackageEntryPointsV2"] {
            let entries = feed.get(&format!("{function}{key}"), "").expect(200).json();
            assert_eq!(entries["value"][0]["Id"], main["Id"]);
            assert!(
                entries["value"][0]["OutputArguments"]
                    .as_str()
                    .unwrap()
                    .contains("\"b\"")
            );
        }
        let expanded = feed.get("", "$expand=EntryPoints").expect(200).json();
        assert_eq!(expanded["value"][0]["EntryPoints"][0]["Path"], "main");
    });
}

#[test]
fn the_file_comes_back_as_it_was_sent() {
    each_database(|server| {
        let feed = Feed::of(server);
        // Longer than a part of the storage and than a piece of the way.
        let mut state = 1_u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        })
        .take(9 << 20)
        .collect();
        let package = command_package("big", "1.0.0", "#!/bin/sh\n").part("content/noise.bin", &noise);
        let bytes = package.build();
        assert!(bytes.len() > 8 << 20);
        feed.upload(&[("big.1.0.0.nupkg", &bytes)]).expect(200);
        let answer = feed.get("DownloadPackage(key='big:1.0.0')", "").expect(200);
        assert_eq!(answer.header("content-type"), "application/octet-stream");
        assert_eq!(
            answer.header("content-disposition"),
            "attachment; filename=\"big.1.0.0.nupkg\""
        );
        assert_eq!(answer.header("content-length"), bytes.len().to_string());
        assert!(answer.bytes == bytes);
        // Percent-encoded, and in another case.
        feed.get("DownloadPackage(key='BIG%3A1.0')", "").expect(200);
    });
}

#[test]
fn what_is_there_already_is_a_conflict_whatever_its_spelling() {
    each_database(|server| {
        let feed = Feed::of(server);
        feed.publish(&python_package("calc", "1.0.0"));
        for again in [
            python_package("calc", "1.0.0"),
            python_package("Calc", "1.0"),
            python_package("calc", "1.0.0+x"),
        ] {
            let answer = feed.try_publish(&[&again]).expect(409);
            assert_eq!(answer.error_code(), 1004, "{}", answer.text());
        }
        let mixed = feed
            .try_publish(&[&python_package("calc", "1.0.0"), &python_package("calc", "1.1.0")])
            .expect(207)
            .json();
        assert_eq!(mixed["value"][0]["Status"], "Conflict");
        let body: Value = serde_json::from_str(mixed["value"][0]["Body"].as_str().unwrap()).unwrap();
        assert_eq!(body["errorCode"], 1004);
        assert_eq!(mixed["value"][1]["Status"], "OK");
        assert_eq!(
            feed.keys("GetProcessVersions(processId='calc')", ""),
            ["calc:1.1.0", "calc:1.0.0"]
        );
    });
}

#[test]
fn what_is_no_package_is_refused_with_its_reason() {
    let server = Server::start();
    let feed = Feed::of(&server);
    let refused = |files: &[(&str, &[u8])], status: u16, code: i64, reason: &str| {
        let answer = feed.upload(files).expect(status);
        assert_eq!(answer.error_code(), code, "{}", answer.text());
        assert!(answer.text().contains(reason), "{}", answer.text());
    };
    let good = python_package("calc", "1.0.0").build();
    refused(&[("calc.zip", &good)], 400, 1663, "not a .nupkg file");
    refused(&[("calc.nupkg", b"hello")], 400, 1654, "not a package");
    refused(&[("calc.nupkg", b"")], 400, 1654, "not a package");
    refused(&[("calc.nupkg", &good[..good.len() - 30])], 400, 1654, "not a package");
    refused(&[], 400, 1664, "no package");
    let eleven: Vec<(&str, &[u8])> = (0..11).map(|_| ("calc.nupkg", good.as_slice())).collect();
    refused(&eleven, 400, 1664, "At most 10");
    let outside = Package::new("calc", "1.0.0").part("../../etc/cron.d/x", "");
    refused(&[("calc.nupkg", &outside.build())], 400, 1654, "not allowed");
    let version = Package::new("calc", "one");
    refused(&[("calc.nupkg", &version.build())], 400, 1654, "not a version");
    let id = Package::new("../calc", "1.0.0");
    refused(&[("calc.nupkg", &id.build())], 400, 1654, "package");
    let json = Package::new("calc", "1.0.0").part("content/operate.json", "{");
    refused(&[("calc.nupkg", &json.build())], 400, 1654, "not JSON");
    let entities = Package::new("calc", "1.0.0").metadata("<title>&xxe;</title>");
    refused(&[("calc.nupkg", &entities.build())], 400, 1654, "not well formed");
    let long = Package::new("calc", "1.0.0").metadata(&format!("<title>{}</title>", "x".repeat(300)));
    refused(&[("calc.nupkg", &long.build())], 400, 1688, "at most 256");
    let bomb = Package::new("calc", "1.0.0").part("content/zeros", vec![0; 70 << 20]);
    refused(&[("calc.nupkg", &bomb.build())], 400, 1654, "more than is reasonable");
    // Nothing of all this is there.
    assert!(feed.keys("", "").is_empty());
}

#[test]
fn a_body_that_is_no_form_is_refused() {
    let server = Server::start();
    let feed = Feed::of(&server);
    let path = "/odata/Processes/UiPath.Server.Configuration.OData.UploadPackage()";
    let send =
        |content_type: &str, body: Vec<u8>| server.post(path).bearer(&feed.token).bytes(content_type, body).send();
    send("application/json", b"{}".to_vec()).expect(415);
    send("multipart/form-data", b"x".to_vec()).expect(415);
    send("multipart/form-data; boundary=x", b"nothing".to_vec()).expect(400);
    let (content_type, body) = form(&[("calc.nupkg", b"PK")]);
    send(&content_type, body[..body.len() - 10].to_vec()).expect(400);
}

#[test]
fn parts_may_have_any_name_and_fields_are_passed_over() {
    let server = Server::start();
    let feed = Feed::of(&server);
    let package = python_package("calc", "1.0.0").build();
    let mut body = b"--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n\
        --b\r\nContent-Disposition: form-data; name=\"uploads[]\"; filename=\"calc.1.0.0.NUPKG\"\r\n\r\n"
        .to_vec();
    body.extend_from_slice(&package);
    body.extend_from_slice(b"\r\n--b--\r\n");
    let answer = server
        .post("/odata/Processes/UiPath.Server.Configuration.OData.UploadPackage")
        .bearer(&feed.token)
        .bytes("multipart/form-data; boundary=b", body)
        .send()
        .expect(200);
    assert_eq!(answer.json()["value"][0]["Key"], "calc.1.0.0.NUPKG");
}

#[test]
fn libraries_have_a_feed_of_their_own() {
    each_database(|server| {
        let (libraries, processes) = (Feed::libraries(server), Feed::of(server));
        let package = Package::new("Lib", "1.0.0-beta.1")
            .metadata("<owners>O</owners><iconUrl>https://x.example/i.png</iconUrl><summary>S</summary>")
            .json(
                "lib/net45/project.json",
                &json!({"designOptions": {"outputType": "Library"}}),
            );
        let answer = libraries.try_publish(&[&package]).expect(207).json();
        assert_eq!(answer["value"][0]["Status"], "OK");
        assert!(processes.keys("", "").is_empty());
        let row = libraries.get("", "searchTerm=LI").expect(200).json()["value"][0].clone();
        assert_eq!(row["Key"], "Lib:1.0.0-beta.1");
        assert_eq!(
            (row["IsPrerelease"].as_bool(), row["ProjectType"].as_str()),
            (Some(true), Some("ProcessLibrary"))
        );
        assert_eq!(
            (row["Owners"].as_str(), row["Summary"].as_str()),
            (Some("O"), Some("S"))
        );
        assert!(row["PackageSize"].as_i64().unwrap() > 100);
        libraries.get("DownloadPackage(key='Lib:1.0.0-beta.1')", "").expect(200);
        assert_eq!(
            libraries.keys("GetVersions(packageId='lib')", "$count=true"),
            ["Lib:1.0.0-beta.1"]
        );
        libraries.delete("Lib:1.0.0-beta.1").expect(204);
        assert!(libraries.keys("", "").is_empty());
    });
}

#[test]
fn an_upload_without_the_right_is_refused_before_it_is_read() {
    let server = Server::start();
    let feed = Feed::of(&server);
    let reader = feed.as_caller(&server.token("OR.Execution.Read"));
    let big = vec![0; 3 << 20];
    reader.upload(&[("calc.nupkg", &big)]).expect(403);
    let (content_type, body) = form(&[("calc.nupkg", &big)]);
    server
        .post("/odata/Processes/UiPath.Server.Configuration.OData.UploadPackage")
        .bytes(&content_type, body)
        .send()
        .expect(401);
}
