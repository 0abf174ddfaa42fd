//! Users, groups, directory and audit over the identity API and the console (reference: identity 4, 7 rows 84 to 95, 142 to 147).

use serde_json::{Value, json};
use testkit::{Browser, Server};

use crate::support::{code_flow, create_user, group, user};

const REDIRECT: &str = "http://localhost:9/callback";

fn codes(answer: &Value) -> Vec<&str> {
    answer["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["code"].as_str().unwrap())
        .collect()
}

fn is_signed_in(browser: &Browser<'_>) -> bool {
    browser.get("/console/default/me").status == 200
}

#[test]
fn a_user_is_created_read_changed_and_deleted() {
    testkit::each_database(|server| {
        let token = server.token("PM.User PM.Group");
        let (organization, users) = (server.organization(), group(server, "Automation Users"));
        let body = json!({ "partitionGlobalId": organization, "userName": "ada", "email": "ada@example.com", "name": "Ada",
            "surname": "L", "password": "a-long-passw0rd", "type": "user", "groupIDs": [users] });
        let answer = server
            .post("/identity_/api/User")
            .bearer(&token)
            .json(&body)
            .send()
            .expect(200)
            .json();
        assert_eq!(answer, json!({ "succeeded": true, "errors": [] }));
        let ada = user(server, "ADA@");
        assert_eq!(
            (
                ada["userName"].as_str(),
                ada["displayName"].as_str(),
                ada["type"].as_str()
            ),
            (Some("ada"), Some("Ada L"), Some("user"))
        );
        let groups: Vec<&str> = ada["groupIDs"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        assert_eq!(groups, [users.as_str(), group(server, "Everyone").as_str()]);
        let path = format!("/identity_/api/User/{}", ada["id"].as_str().unwrap());
        let change = json!({ "displayName": "Countess", "groupIDsToRemove": [users] });
        server.put(&path).bearer(&token).json(&change).send().expect(200);
        let ada = server.get(&path).bearer(&token).send().expect(200).json();
        assert_eq!(
            (ada["displayName"].as_str(), ada["surname"].as_str()),
            (Some("Countess"), Some("L"))
        );
        assert_eq!(ada["groupIDs"].as_array().unwrap().len(), 1);
        server.delete(&path).bearer(&token).send().expect(204);
        server.get(&path).bearer(&token).send().expect(404);
        // The name is free again.
        server
            .post("/identity_/api/User")
            .bearer(&token)
            .json(&body)
            .send()
            .expect(200);
    });
}

#[test]
fn faults_of_a_new_user_have_their_codes() {
    testkit::each_database(|server| {
        create_user(server, "taken");
        let token = server.token("PM.User.Write");
        let check = |body: Value, expected: &[&str]| {
            let answer = server
                .post("/identity_/api/User")
                .bearer(&token)
                .json(&body)
                .send()
                .expect(400)
                .json();
            assert_eq!(codes(&answer), expected, "{body}");
            assert_eq!(answer["succeeded"], false);
        };
        check(
            json!({ "userName": "TAKEN", "email": "Taken@Example.com" }),
            &["DuplicateUserName", "DuplicateEmail"],
        );
        check(json!({ "userName": "" }), &["InvalidUserName"]);
        check(json!({ "userName": "<script>" }), &["InvalidUserName"]);
        check(json!({ "userName": "x", "email": "no address" }), &["InvalidEmail"]);
        check(
            json!({ "userName": "x", "displayName": "a\u{202e}b" }),
            &["InvalidName"],
        );
        check(
            json!({ "userName": "x", "password": "short" }),
            &["PasswordTooShort", "PasswordRequiresDigit"],
        );
        check(json!({ "userName": "x", "type": "robot" }), &["InvalidType"]);
        let result = server.post("/identity_/api/User/BulkCreate").bearer(&token);
        let body = json!({ "users": [{ "userName": "one" }, { "userName": "taken" }] });
        assert_eq!(
            codes(&result.json(&body).send().expect(400).json()),
            ["DuplicateUserName"]
        );
        assert!(user(server, "one").is_null(), "all or none");
    });
}

#[test]
fn another_organization_is_refused_whether_it_exists_or_not() {
    testkit::each_database(|server| {
        let token = server.token("PM.User PM.Group PM.Audit");
        let host = accounts::HOST.to_string();
        let admin_of_host = server.run(
            server
                .app
                .store()
                .read(|tx| accounts::users::service::by_login(&mut tx.organization(accounts::HOST), "admin")),
        );
        let admin_of_host = admin_of_host.unwrap().unwrap().id;
        for other in [host.as_str(), "33333333-3333-4333-8333-333333333333"] {
            let check = |answer: testkit::Answer| assert_eq!(answer.status, 403, "{other}");
            check(
                server
                    .get(&format!("/identity_/api/User/users/{other}"))
                    .bearer(&token)
                    .send(),
            );
            check(
                server
                    .get(&format!("/identity_/api/Group/{other}"))
                    .bearer(&token)
                    .send(),
            );
            check(
                server
                    .get(&format!("/identity_/api/AuditQuery/{other}"))
                    .bearer(&token)
                    .send(),
            );
            check(
                server
                    .get(&format!("/identity_/api/Directory/Search/{other}"))
                    .bearer(&token)
                    .send(),
            );
            let user = json!({ "partitionGlobalId": other, "userName": "mole", "password": "a-long-passw0rd" });
            check(server.post("/identity_/api/User").bearer(&token).json(&user).send());
            let users = json!({ "partitionGlobalId": other, "users": [user] });
            check(
                server
                    .post("/identity_/api/User/BulkCreate")
                    .bearer(&token)
                    .json(&users)
                    .send(),
            );
            let victims = json!({ "partitionGlobalId": other, "userIds": [admin_of_host] });
            check(
                server
                    .delete("/identity_/api/User")
                    .bearer(&token)
                    .json(&victims)
                    .send(),
            );
            let group = json!({ "partitionGlobalId": other, "name": "moles" });
            check(server.post("/identity_/api/Group").bearer(&token).json(&group).send());
        }
        // Ids of another organization within one's own do not exist.
        let own = server.organization();
        let path = format!("/identity_/api/User/{admin_of_host}");
        server.get(&path).bearer(&token).send().expect(404);
        server
            .put(&path)
            .bearer(&token)
            .json(&json!({ "name": "x" }))
            .send()
            .expect(404);
        server.delete(&path).bearer(&token).send().expect(404);
        let body = json!({ "partitionGlobalId": own, "name": "g", "directoryUserMemberIDs": [admin_of_host] });
        server
            .post("/identity_/api/Group")
            .bearer(&token)
            .json(&body)
            .send()
            .expect(404);
    });
}

#[test]
fn nobody_makes_himself_an_administrator() {
    let server = Server::start();
    let administrators = group(&server, "Administrators");
    let mallory = create_user(&server, "mallory");
    let path = format!("/identity_/api/User/{}", mallory.id);
    let promote = json!({ "groupIDsToAdd": [administrators] });
    // An application with the users' scope but not the groups'.
    let token = server.token("PM.User");
    server.put(&path).bearer(&token).json(&promote).send().expect(403);
    let body = json!({ "userName": "twin", "password": "a-long-passw0rd", "groupIDs": [administrators] });
    server
        .post("/identity_/api/User")
        .bearer(&token)
        .json(&body)
        .send()
        .expect(403);
    let bulk = json!({ "users": [{ "userName": "twin" }], "groupIDs": [administrators] });
    server
        .post("/identity_/api/User/BulkCreate")
        .bearer(&token)
        .json(&bulk)
        .send()
        .expect(403);
    // Nor does it become one by setting an administrator's password.
    let admin = user(&server, "admin");
    let admin_path = format!("/identity_/api/User/{}", admin["id"].as_str().unwrap());
    server
        .put(&admin_path)
        .bearer(&token)
        .json(&json!({ "password": "a-long-passw0rd" }))
        .send()
        .expect(403);
    // A user who is no administrator, with every user scope there is.
    let app = server.register("Console", false, REDIRECT, &["PM.User:user", "PM.Group:user"]);
    let session = mallory.session(&server);
    let token = code_flow(&session, app["id"].as_str().unwrap(), REDIRECT, "PM.User PM.Group");
    server.put(&path).bearer(&token).json(&promote).send().expect(403);
    server.get(&path).bearer(&token).send().expect(403);
    let body = json!({ "partitionGlobalId": server.organization(), "directoryUserIDsToAdd": [mallory.id] });
    server
        .put(&format!("/identity_/api/Group/{administrators}"))
        .bearer(&token)
        .json(&body)
        .send()
        .expect(403);
    session.get("/console/default/admin/accounts").expect(403);
    // An administrator may.
    let token = server.token("PM.Group.Write");
    server
        .put(&format!("/identity_/api/Group/{administrators}"))
        .bearer(&token)
        .json(&body)
        .send()
        .expect(200);
    session.get("/console/default/admin/accounts").expect(200);
}

#[test]
fn the_last_administrator_and_built_in_groups_stay() {
    testkit::each_database(|server| {
        let token = server.token("PM.User PM.Group");
        let (organization, administrators) = (server.organization(), group(server, "Administrators"));
        let admin = user(server, "admin")["id"].as_str().unwrap().to_owned();
        let path = format!("/identity_/api/User/{admin}");
        server.delete(&path).bearer(&token).send().expect(400);
        server
            .put(&path)
            .bearer(&token)
            .json(&json!({ "isActive": false }))
            .send()
            .expect(400);
        let body = json!({ "partitionGlobalId": organization, "directoryUserIDsToRemove": [admin] });
        server
            .put(&format!("/identity_/api/Group/{administrators}"))
            .bearer(&token)
            .json(&body)
            .send()
            .expect(400);
        server
            .delete(&format!("/identity_/api/Group/{organization}/{administrators}"))
            .bearer(&token)
            .send()
            .expect(400);
        let rename = json!({ "partitionGlobalId": organization, "name": "Rulers" });
        server
            .put(&format!("/identity_/api/Group/{administrators}"))
            .bearer(&token)
            .json(&rename)
            .send()
            .expect(400);
        let everyone = group(server, "Everyone");
        let body = json!({ "partitionGlobalId": organization, "directoryUserIDsToAdd": [admin] });
        server
            .put(&format!("/identity_/api/Group/{everyone}"))
            .bearer(&token)
            .json(&body)
            .send()
            .expect(400);
        assert_eq!(
            server.get(&path).bearer(&token).send().expect(200).json()["isActive"],
            true
        );
    });
}

#[test]
fn deactivation_and_deletion_end_sessions_at_once() {
    let server = Server::start();
    let token = server.token("PM.User");
    let (one, two) = (create_user(&server, "one"), create_user(&server, "two"));
    let (first, second) = (one.session(&server), two.session(&server));
    assert!(is_signed_in(&first) && is_signed_in(&second));
    server
        .put(&format!("/identity_/api/User/{}", one.id))
        .bearer(&token)
        .json(&json!({ "isActive": false }))
        .send()
        .expect(200);
    server
        .delete(&format!("/identity_/api/User/{}", two.id))
        .bearer(&token)
        .send()
        .expect(204);
    assert!(!is_signed_in(&first) && !is_signed_in(&second));
    server
        .browser()
        .try_sign_in("default", "one", &one.password)
        .expect(400);
    server
        .browser()
        .try_sign_in("default", "two", &two.password)
        .expect(400);
}

#[test]
fn groups_are_made_changed_and_deleted() {
    testkit::each_database(|server| {
        let token = server.token("PM.Group");
        let (organization, member) = (server.organization(), create_user(server, "member"));
        let body =
            json!({ "partitionGlobalId": organization, "name": "Finance", "directoryUserMemberIDs": [member.id] });
        let made = server
            .post("/identity_/api/Group")
            .bearer(&token)
            .json(&body)
            .send()
            .expect(201)
            .json();
        assert_eq!(
            (made["type"].as_str(), made["members"][0]["objectType"].as_str()),
            (Some("custom"), Some("DirectoryUser"))
        );
        server
            .post("/identity_/api/Group")
            .bearer(&token)
            .json(&body)
            .send()
            .expect(409);
        let path = format!("/identity_/api/Group/{}", made["id"].as_str().unwrap());
        let change =
            json!({ "partitionGlobalId": organization, "name": "Treasury", "directoryUserIDsToRemove": [member.id] });
        let changed = server.put(&path).bearer(&token).json(&change).send().expect(200).json();
        assert_eq!(
            (changed["name"].as_str(), changed["members"].as_array().unwrap().len()),
            (Some("Treasury"), 0)
        );
        let path = format!("/identity_/api/Group/{organization}/{}", made["id"].as_str().unwrap());
        server.get(&path).bearer(&token).send().expect(200);
        server.delete(&path).bearer(&token).send().expect(204);
        server.get(&path).bearer(&token).send().expect(404);
    });
}

#[test]
fn names_are_resolved_twenty_at_a_time() {
    let server = Server::start();
    create_user(&server, "ada");
    let (token, organization) = (server.token("OR.Folders.Read"), server.organization());
    let path = format!("/identity_/api/Directory/BulkResolveByName/{organization}");
    let ask = |names: Vec<String>, kind: &str| {
        server
            .post(&path)
            .bearer(&token)
            .json(&json!({ "entityNames": names, "entityType": kind }))
            .send()
    };
    let found = ask(vec!["ADA".into(), "nobody".into()], "user").expect(200).json();
    assert_eq!(found.as_object().unwrap().len(), 1);
    assert_eq!(found["ADA"]["name"], "ada");
    assert_eq!(
        ask(vec!["Everyone".into()], "group").expect(200).json()["Everyone"]["objectType"],
        "DirectoryGroup"
    );
    let refused = ask((0..21).map(|number| format!("n{number}")).collect(), "user")
        .expect(400)
        .json();
    assert_eq!(refused["StatusCode"], 400);
    ask(vec!["x".into()], "robot").expect(400);
    let path = format!(
        "/identity_/api/Directory/Search/{organization}?startsWith=a&sourceFilter=localUsers&sourceFilter=localGroups"
    );
    let found = server.get(&path).bearer(&token).send().expect(200).json();
    let names: Vec<&str> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["identityName"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "ada",
            "admin",
            "Administrators",
            "Automation Developers",
            "Automation Express",
            "Automation Users"
        ]
    );
}

#[test]
fn what_happens_is_in_the_audit_log_without_secrets() {
    testkit::each_database(|server| {
        let user = create_user(server, "watched");
        user.session(server);
        server
            .browser()
            .try_sign_in("default", "watched", "wrong-Passw0rd-typed")
            .expect(400);
        let token = server.token("PM.Audit.Read");
        let path = format!("/identity_/api/AuditQuery/{}", server.organization());
        let page = server.get(&format!("{path}?top=100")).bearer(&token).send().expect(200);
        let text = page.text();
        assert!(!text.contains(&user.password) && !text.contains("wrong-Passw0rd-typed") && !text.contains("argon2"));
        let rows = page.json()["results"].clone();
        let has = |action: &str, user: &str| {
            rows.as_array()
                .unwrap()
                .iter()
                .any(|row| row["action"] == action && row["userName"] == user)
        };
        assert!(has("User Login", "watched"));
        assert!(
            rows.as_array()
                .unwrap()
                .iter()
                .any(|row| row["action"] == "User Created")
        );
        let csv = server
            .get(&format!("{path}/download"))
            .bearer(&token)
            .send()
            .expect(200)
            .text();
        assert!(
            csv.lines().next().unwrap().contains("createdOn") && csv.contains("\"failure\""),
            "{csv}"
        );
        server
            .get(&format!("{path}?top=10000"))
            .bearer(&token)
            .send()
            .expect(400);
    });
}

#[test]
fn administrators_work_with_accounts_in_the_console() {
    testkit::each_database(|server| {
        let admin = server.admin_session();
        let accounts = "/console/default/admin/accounts";
        let add = format!("{accounts}/users/new");
        let refused = admin
            .fill(&add, &add, &[("username", "admin"), ("password", "a-long-passw0rd")])
            .expect(400);
        assert!(refused.text().contains("already taken"));
        admin
            .fill(
                &add,
                &add,
                &[
                    ("username", "grace"),
                    ("name", "Grace"),
                    ("password", "a-long-passw0rd"),
                ],
            )
            .expect(303);
        assert!(
            admin
                .get(&format!("{accounts}?q=grace"))
                .expect(200)
                .text()
                .contains("grace")
        );
        let id = user(server, "grace")["id"].as_str().unwrap().to_owned();
        let own = format!("{accounts}/users/{id}");
        let users = group(server, "Automation Users");
        admin
            .fill(
                &own,
                &own,
                &[("name", "Grace"), ("displayName", "Admiral"), ("groups", &users)],
            )
            .expect(303);
        assert_eq!(user(server, "grace")["groupIDs"].as_array().unwrap().len(), 2);
        admin
            .fill(&own, &format!("{own}/password"), &[("password", "another-passw0rd")])
            .expect(303);
        server.browser().sign_in("default", "grace", "another-passw0rd");
        admin.fill(&own, &format!("{own}/disable"), &[]).expect(303);
        assert_eq!(user(server, "grace")["isActive"], false);
        admin.fill(&own, &format!("{own}/enable"), &[]).expect(303);
        let groups = format!("{accounts}/groups");
        let made = admin.fill(&groups, &groups, &[("name", "Navy")]).expect(303);
        let navy = made.header("location").to_owned();
        admin
            .fill(&navy, &format!("{navy}/members"), &[("member", "nobody")])
            .expect(400);
        admin
            .fill(&navy, &format!("{navy}/members"), &[("member", "grace")])
            .expect(303);
        assert!(admin.get(&navy).expect(200).text().contains("Admiral"));
        admin
            .fill(&navy, &format!("{navy}/members/{id}/remove"), &[])
            .expect(303);
        admin.fill(&navy, &format!("{navy}/delete"), &[]).expect(303);
        admin.fill(&own, &format!("{own}/delete"), &[]).expect(303);
        let audit = admin
            .get("/console/default/admin/audit?category=Users&days=7")
            .expect(200)
            .text();
        assert!(audit.contains("User Deleted") && !audit.contains("another-passw0rd"));
        admin
            .get("/console/default/admin/audit/download?category=Users")
            .expect(200);
        admin.get("/console/default/admin/security").expect(200);
    });
}

#[test]
fn colours_are_kept_in_a_cookie() {
    let server = Server::start();
    let admin = server.admin_session();
    let chosen = admin.fill(
        "/console/default/me",
        "/console/theme",
        &[("theme", "dark"), ("returnUrl", "/console/default/me")],
    );
    assert_eq!(chosen.expect(303).header("location"), "/console/default/me");
    assert_eq!(admin.cookie("theme").as_deref(), Some("dark"));
    assert!(admin.get("/console/default/me").expect(200).text().contains("dark"));
}
