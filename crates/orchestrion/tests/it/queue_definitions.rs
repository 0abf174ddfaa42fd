//! Queues: making, reading, listing, changing and deleting them, and how long their items are kept.

use access::outbox;
use context::Error;
use serde_json::{Value, json};
use store::params;
use testkit::each_database;

use crate::assets_support::{Member, create_folder, names};
use crate::queues_support::{Queues, SET, bound};

#[track_caller]
fn members(value: &Value, expected: &Value) {
    for (member, expected) in expected.as_object().unwrap() {
        assert_eq!(&value[member], expected, "{member}");
    }
}

#[test]
fn a_new_queue_is_answered_with_every_member() {
    each_database(|server| {
        let queues = Queues::of(server);
        let queue = queues.create(&json!({"name": "Invoices", "Unknown": 1}));
        let context = queue["@odata.context"].as_str().unwrap();
        assert!(
            context.ends_with("/odata/$metadata#QueueDefinitions/$entity"),
            "{context}"
        );
        let expected = json!({
            "Name": "Invoices", "Description": null, "MaxNumberOfRetries": 0, "AcceptAutomaticallyRetry": false,
            "RetryAbandonedItems": false, "EnforceUniqueReference": false, "Encrypted": false,
            "SpecificDataJsonSchema": null, "OutputDataJsonSchema": null, "AnalyticsDataJsonSchema": null,
            "ProcessScheduleId": null, "SlaInMinutes": 0, "RiskSlaInMinutes": 0, "ReleaseId": null,
            "IsProcessInCurrentFolder": null, "FoldersCount": 1, "OrganizationUnitId": queues.folder,
            "OrganizationUnitFullyQualifiedName": "Shared", "Tags": [], "RetentionAction": "Delete", "RetentionPeriod": 30,
            "RetentionBucketId": null, "StaleRetentionAction": "Delete", "StaleRetentionPeriod": 180,
            "StaleRetentionBucketId": null
        });
        members(&queue, &expected);
        assert!(queue["Id"].is_i64() && queue["Key"].as_str().unwrap().len() == 36);
        assert!(queue["CreationTime"].is_string());
        assert_eq!(
            queue.as_object().unwrap().len(),
            expected.as_object().unwrap().len() + 4
        );
        assert_eq!(queues.read(&queue["Id"]).expect(200).json(), queue);
        let by_key = bound(&format!("GetByKey(identifier={})", queue["Key"].as_str().unwrap()));
        assert_eq!(queues.get(&by_key).expect(200).json(), queue);
        let newer = bound(&format!("GetQueue(id={})", queue["Id"]));
        assert_eq!(queues.get(&newer).expect(200).json(), queue);
    });
}

#[test]
fn everything_a_queue_can_say_is_kept() {
    each_database(|server| {
        let queues = Queues::of(server);
        let said = json!({
            "Name": "q", "Description": "d", "MaxNumberOfRetries": 3, "AcceptAutomaticallyRetry": true,
            "RetryAbandonedItems": true, "EnforceUniqueReference": true, "Encrypted": true,
            "SpecificDataJsonSchema": "{\"type\": \"object\"}", "OutputDataJsonSchema": "{}",
            "AnalyticsDataJsonSchema": "{\"title\":\"a\"}", "SlaInMinutes": 60, "RiskSlaInMinutes": 50,
            "RetentionAction": "None", "RetentionPeriod": 7, "StaleRetentionAction": "Delete", "StaleRetentionPeriod": 8
        });
        let mut body = said.clone();
        body["Tags"] = json!([{"Name": "red"}, {"Name": "owner", "Value": "ann"}]);
        let queue = queues.post(&bound("CreateQueue"), &body).expect(201).json();
        members(&queue, &said);
        assert_eq!(queue["Tags"][0]["DisplayName"], "red");
        assert_eq!(queue["Tags"][1]["DisplayValue"], "ann");
        members(&queues.read(&queue["Id"]).expect(200).json(), &said);
    });
}

#[test]
fn what_is_wrong_is_refused_with_the_reason() {
    each_database(|server| {
        let queues = Queues::of(server);
        let long = |length: usize| "x".repeat(length);
        let cases = [
            (json!({}), "Name"),
            (json!({"Name": " "}), "Name"),
            (json!({"Name": long(51)}), "Name"),
            (json!({"Name": "a", "Description": long(251)}), "Description"),
            (json!({"Name": "a", "MaxNumberOfRetries": 51}), "MaxNumberOfRetries"),
            (json!({"Name": "a", "MaxNumberOfRetries": -1}), "MaxNumberOfRetries"),
            (json!({"Name": "a", "MaxNumberOfRetries": "many"}), "MaxNumberOfRetries"),
            (json!({"Name": "a", "SlaInMinutes": 129_601}), "SlaInMinutes"),
            (
                json!({"Name": "a", "SlaInMinutes": 5, "RiskSlaInMinutes": 6}),
                "RiskSlaInMinutes",
            ),
            (json!({"Name": "a", "Tags": [{"Name": ""}]}), "A tag needs a name."),
            (json!({"Name": "a", "RetentionPeriod": 0}), "RetentionPeriod"),
            (json!({"Name": "a", "RetentionPeriod": 181}), "RetentionPeriod"),
            (
                json!({"Name": "a", "StaleRetentionPeriod": 181}),
                "StaleRetentionPeriod",
            ),
            (json!({"Name": "a", "RetentionAction": "Burn"}), "RetentionAction"),
            (json!({"Name": "a", "RetentionAction": "Archive"}), "RetentionBucketId"),
            (
                json!({"Name": "a", "RetentionAction": "Archive", "RetentionBucketId": 7}),
                "The bucket with id 7 does not exist.",
            ),
        ];
        for (body, member) in cases {
            for path in [SET, &*bound("CreateQueue")] {
                let answer = queues.post(path, &body).expect(400);
                assert_eq!(answer.error_code(), 1009, "{body}");
                assert!(answer.text().contains(member), "{body}: {}", answer.text());
            }
        }
        let release = queues
            .post(SET, &json!({"Name": "a", "SlaInMinutes": 5, "ReleaseId": 7}))
            .expect(400);
        assert_eq!(release.error_code(), 1861);
        assert!(queues.names("").is_empty(), "nothing was made");
    });
}

#[test]
fn a_name_is_taken_once_in_a_folder_whatever_its_case() {
    each_database(|server| {
        let queues = Queues::of(server);
        let first = queues.named("Invoices");
        let clash = queues.post(SET, &json!({"Name": "iNVOICES"})).expect(409);
        assert_eq!(clash.error_code(), 1001);
        let elsewhere = queues.in_folder(create_folder(server, "Elsewhere"));
        let other = elsewhere.named("Invoices");
        elsewhere.named("Orders");
        let second = queues.named("Payments");
        assert_eq!(
            queues
                .replace(&second["Id"], &json!({"Name": "invoices"}))
                .expect(409)
                .error_code(),
            1001
        );
        queues.replace(&first["Id"], &json!({"Name": "INVOICES"})).expect(200);
        assert_eq!(queues.names("$orderby=Name"), ["INVOICES", "Payments"]);
        // Visible in both folders: a new name must be free in both.
        queues.link(&second, elsewhere.folder, "payments");
        let taken = queues.replace(&second["Id"], &json!({"Name": "orders"})).expect(409);
        assert_eq!(taken.error_code(), 1001);
        queues.replace(&second["Id"], &json!({"Name": "Bills"})).expect(200);
        assert_eq!(elsewhere.names("$orderby=Name"), ["Bills", "Invoices", "Orders"]);
        queues.delete(&format!("{SET}({})", first["Id"])).expect(204);
        assert_ne!(queues.named("Invoices")["Id"], first["Id"], "the name is free again");
        assert_eq!(elsewhere.read(&other["Id"]).expect(200).json()["Name"], "Invoices");
    });
}

#[test]
fn a_queue_is_found_in_its_own_folder_only() {
    each_database(|server| {
        let queues = Queues::of(server);
        let queue = queues.named("here");
        let elsewhere = queues.in_folder(create_folder(server, "Elsewhere"));
        let (id, key) = (&queue["Id"], queue["Key"].as_str().unwrap());
        let paths = [
            format!("{SET}({id})"),
            bound(&format!("GetByKey(identifier={key})")),
            bound(&format!("GetQueue(id={id})")),
            format!("{SET}({id})/UiPathODataSvc.GetJsonSchemaDefinition(jsonSchemaType='SpecificData')"),
            format!("/odata/QueueRetention({id})"),
        ];
        for path in &paths {
            assert_eq!(elsewhere.get(path).expect(404).error_code(), 1002, "{path}");
        }
        elsewhere.replace(id, &json!({"Name": "there"})).expect(404);
        elsewhere
            .post(&bound("EditQueue"), &json!({"Id": id, "Name": "there"}))
            .expect(404);
        elsewhere.delete(&paths[0]).expect(404);
        let setting = format!("/odata/QueueRetention({id})");
        elsewhere
            .put(&setting, &json!({"Action": "Delete", "Period": 3}))
            .expect(404);
        elsewhere.delete(&setting).expect(404);
        assert_eq!(queues.read(&json!(999_999)).expect(404).error_code(), 1002);
        let without_folder = server.get(&paths[0]).bearer(&queues.token).send().expect(400);
        assert_eq!(without_folder.error_code(), 1101);
    });
}

#[test]
fn a_folder_is_listed_filtered_sorted_and_paged() {
    each_database(|server| {
        let queues = Queues::of(server);
        queues.create(&json!({"Name": "Banana", "SlaInMinutes": 5}));
        queues.create(&json!({"Name": "apple", "Description": "sour", "EnforceUniqueReference": true}));
        queues.create(&json!({"Name": "Cherry", "MaxNumberOfRetries": 2, "AcceptAutomaticallyRetry": true}));
        let cases: [(&str, &[&str]); 8] = [
            ("$orderby=Name", &["apple", "Banana", "Cherry"]),
            ("$orderby=Name desc&$top=1&$skip=1", &["Banana"]),
            ("$filter=Name eq 'APPLE'", &["apple"]),
            ("$filter=contains(Description,'OUR')", &["apple"]),
            ("$filter=EnforceUniqueReference eq true", &["apple"]),
            ("$filter=SlaInMinutes gt 0", &["Banana"]),
            (
                "$filter=MaxNumberOfRetries eq 2 and AcceptAutomaticallyRetry",
                &["Cherry"],
            ),
            ("$filter=FoldersCount gt 1", &[]),
        ];
        for (options, expected) in cases {
            assert_eq!(queues.names(options), expected, "{options}");
        }
        let counted = queues.get(&format!("{SET}?$top=1&$count=true")).expect(200).json();
        assert_eq!(counted["@odata.count"], 3);
        let newer = queues
            .get(&format!("{}?$orderby=Name", bound("ListQueues")))
            .expect(200);
        assert_eq!(names(&newer.json()), ["apple", "Banana", "Cherry"]);
        let narrow = queues
            .get(&format!("{SET}?$select=Name&$orderby=Name"))
            .expect(200)
            .json();
        assert_eq!(narrow["value"][0], json!({"Name": "apple"}));
    });
}

#[test]
fn without_a_folder_the_queues_of_all_folders_within_reach_are_listed_once() {
    each_database(|server| {
        let queues = Queues::of(server);
        let open = queues.in_folder(create_folder(server, "Open"));
        let closed = queues.in_folder(create_folder(server, "Closed"));
        let (shared, hidden) = (open.named("shared"), closed.named("hidden"));
        open.link(&shared, closed.folder, "shared");
        let everywhere = |token: &str| server.get(&format!("{SET}?$orderby=Name")).bearer(token).send();
        let all = everywhere(&queues.token).expect(200).json();
        assert_eq!(names(&all), ["hidden", "shared"]);
        assert_eq!(all["value"][1]["FoldersCount"], 2);
        assert_eq!(all["value"][1]["OrganizationUnitId"], Value::Null);
        let member = Member::new(server, "reader");
        everywhere(&member.token(server)).expect(403);
        member.allow(server, open.folder, &["Queues.View"]);
        assert_eq!(names(&everywhere(&member.token(server)).expect(200).json()), ["shared"]);
        closed.delete(&format!("{SET}({})", hidden["Id"])).expect(204);
        assert_eq!(names(&everywhere(&queues.token).expect(200).json()), ["shared"]);
    });
}

#[test]
fn rights_are_asked_for_one_by_one() {
    each_database(|server| {
        let queues = Queues::of(server);
        let queue = queues.create(&json!({"Name": "q", "SpecificDataJsonSchema": "{}"}));
        let folder = create_folder(server, "Mine");
        let mine = queues.in_folder(folder).named("mine");
        let member = Member::new(server, "viewer");
        member.allow(server, folder, &["Queues.View"]);
        let viewer = queues.in_folder(folder).as_caller(&member.token(server));
        viewer.read(&mine["Id"]).expect(200);
        viewer.post(SET, &json!({"Name": "new"})).expect(403);
        viewer.replace(&mine["Id"], &json!({"Name": "new"})).expect(403);
        viewer.delete(&format!("{SET}({})", mine["Id"])).expect(403);
        let schema = "UiPathODataSvc.GetJsonSchemaDefinition(jsonSchemaType='SpecificData')";
        viewer.get(&format!("{SET}({})/{schema}", mine["Id"])).expect(403);
        viewer.in_folder(queues.folder).read(&queue["Id"]).expect(404);
    });
}

#[test]
fn a_queue_is_replaced_but_what_only_newer_clients_know_stays() {
    each_database(|server| {
        let queues = Queues::of(server);
        let queue = queues.create(&json!({
            "Name": "q", "Description": "d", "MaxNumberOfRetries": 3, "AcceptAutomaticallyRetry": true,
            "RetryAbandonedItems": true, "SlaInMinutes": 60, "Tags": [{"Name": "red"}],
            "SpecificDataJsonSchema": "{}", "OutputDataJsonSchema": "{}", "RetentionPeriod": 7
        }));
        let id = &queue["Id"];
        let answer = queues
            .replace(id, &json!({"Name": "r", "MaxNumberOfRetries": 5}))
            .expect(200)
            .json();
        let expected = json!({
            "Id": id, "Key": queue["Key"], "Name": "r", "Description": null, "MaxNumberOfRetries": 5,
            "AcceptAutomaticallyRetry": false, "RetryAbandonedItems": true, "SlaInMinutes": 0, "Tags": queue["Tags"],
            "SpecificDataJsonSchema": "{}", "OutputDataJsonSchema": "{}", "RetentionPeriod": 7,
            "CreationTime": queue["CreationTime"]
        });
        members(&answer, &expected);
        let body = json!({"Id": id, "Name": "s", "RetryAbandonedItems": false, "MaxNumberOfRetries": 5,
            "OutputDataJsonSchema": null, "AnalyticsDataJsonSchema": "{\"title\":\"x\"}", "Tags": [],
            "StaleRetentionPeriod": 9});
        let edited = queues.post(&bound("EditQueue"), &body).expect(200);
        assert_eq!(edited.json()["Name"], "s");
        let expected = json!({
            "Name": "s", "MaxNumberOfRetries": 0, "RetryAbandonedItems": false, "SpecificDataJsonSchema": "{}",
            "OutputDataJsonSchema": null, "AnalyticsDataJsonSchema": "{\"title\":\"x\"}", "Tags": [],
            "RetentionPeriod": 7, "StaleRetentionPeriod": 9
        });
        members(&queues.read(id).expect(200).json(), &expected);
        let other = json!({"Id": 999_999, "Name": "s"});
        queues.replace(id, &other).expect(400);
        queues.post(&bound("EditQueue"), &other).expect(404);
        queues.post(&bound("EditQueue"), &json!({"Name": "s"})).expect(400);
        // What a client read can be sent back as it is.
        let read = queues.read(id).expect(200).json();
        assert_eq!(queues.replace(id, &read).expect(200).json(), read);
    });
}

#[test]
fn rules_on_references_and_encryption_cannot_change() {
    each_database(|server| {
        let queues = Queues::of(server);
        let queue = queues.create(&json!({"Name": "q", "EnforceUniqueReference": true}));
        let id = &queue["Id"];
        for change in [json!({"EnforceUniqueReference": false}), json!({"Encrypted": true})] {
            let mut body = change;
            body["Name"] = json!("renamed");
            assert_eq!(queues.replace(id, &body).expect(400).error_code(), 1854);
        }
        let same = json!({"Name": "q", "EnforceUniqueReference": true, "Encrypted": false});
        queues.replace(id, &same).expect(200);
        let left = queues.replace(id, &json!({"Name": "q"})).expect(200).json();
        assert_eq!(left["EnforceUniqueReference"], true);
    });
}

#[test]
fn schemas_are_checked_listed_and_sent_as_files() {
    each_database(|server| {
        let queues = Queues::of(server);
        let schema = r#"{"type": "object", "properties": {"a": {"type": "string"}}}"#;
        let long = format!("{{\"title\": \"{}\"}}", "x".repeat(256 << 10));
        for wrong in ["{", "7", r#"{"type": 7}"#, r#"{"$ref": "http://127.0.0.1/s"}"#, &long] {
            let body = json!({"Name": "q", "OutputDataJsonSchema": wrong});
            assert_eq!(queues.post(SET, &body).expect(400).error_code(), 1857);
        }
        let queue = queues.create(&json!({"Name": "q", "SpecificDataJsonSchema": schema, "OutputDataJsonSchema": ""}));
        assert_eq!(queue["OutputDataJsonSchema"], Value::Null, "an empty text is none");
        queues.named("plain");
        let list = queues.get(&format!("{SET}?$orderby=Name")).expect(200).json();
        assert_eq!(list["value"][0]["SpecificDataJsonSchema"], Value::Null);
        assert_eq!(list["value"][1]["SpecificDataJsonSchema"], schema);
        let file = |of: &str| {
            queues.get(&format!(
                "{SET}({})/UiPathODataSvc.GetJsonSchemaDefinition(jsonSchemaType='{of}')",
                queue["Id"]
            ))
        };
        let sent = file("SpecificData").expect(200);
        assert_eq!(sent.text(), schema);
        assert_eq!(sent.header("content-type"), "application/octet-stream");
        assert_eq!(file("OutputData").expect(400).error_code(), 1860);
        assert_eq!(file("Pictures").expect(400).error_code(), 1859);
        let wrong = json!({"Name": "q", "SpecificDataJsonSchema": "["});
        assert_eq!(queues.replace(&queue["Id"], &wrong).expect(400).error_code(), 1857);
        queues
            .replace(&queue["Id"], &json!({"Name": "q", "SpecificDataJsonSchema": null}))
            .expect(200);
        assert_eq!(file("SpecificData").expect(400).error_code(), 1860);
    });
}

#[test]
fn a_list_whose_schemas_are_too_long_says_how_to_ask_for_less() {
    each_database(|server| {
        let queues = Queues::of(server);
        let long = format!("{{\"title\": \"{}\"}}", "x".repeat(250 << 10));
        for number in 0..23 {
            queues.create(
                &json!({"Name": format!("q{number}"), "SpecificDataJsonSchema": long, "OutputDataJsonSchema": long,
                "AnalyticsDataJsonSchema": long}),
            );
        }
        let refused = queues.get(SET).expect(400);
        assert!(refused.text().contains("$select"), "{}", refused.text());
        queues.get(&format!("{SET}?$top=2")).expect(200);
        assert_eq!(queues.names("$select=Name").len(), 23);
    });
}

#[test]
fn a_deleted_queue_is_gone_from_all_folders() {
    each_database(|server| {
        let queues = Queues::of(server);
        let elsewhere = queues.in_folder(create_folder(server, "Elsewhere"));
        let queue = queues.named("q");
        queues.link(&queue, elsewhere.folder, "q");
        assert_eq!(elsewhere.read(&queue["Id"]).expect(200).json()["FoldersCount"], 2);
        queues.delete(&format!("{SET}({})", queue["Id"])).expect(204);
        queues.delete(&format!("{SET}({})", queue["Id"])).expect(404);
        for place in [&queues, &elsewhere] {
            place.read(&queue["Id"]).expect(404);
            place.replace(&queue["Id"], &json!({"Name": "q"})).expect(404);
            assert!(place.names("").is_empty());
        }
    });
}

#[test]
fn a_folder_with_queues_is_not_deleted_by_mistake() {
    each_database(|server| {
        let queues = Queues::of(server);
        let folder = create_folder(server, "Finance");
        let finance = queues.in_folder(folder);
        let (own, shared) = (finance.named("own"), finance.named("shared"));
        finance.link(&shared, queues.folder, "shared");
        let token = server.token("OR.Folders");
        let delete = || {
            server
                .delete(&format!("/odata/Folders({folder})"))
                .bearer(&token)
                .send()
        };
        delete().expect(409);
        finance.delete(&format!("{SET}({})", own["Id"])).expect(204);
        delete().expect(409);
        assert_eq!(queues.read(&shared["Id"]).expect(200).json()["FoldersCount"], 2);
    });
}

#[test]
fn a_folder_that_goes_takes_the_queues_that_are_nowhere_else() {
    each_database(|server| {
        let queues = Queues::of(server);
        let finance = queues.in_folder(create_folder(server, "Finance"));
        let (own, shared) = (finance.named("own"), finance.named("shared"));
        finance.link(&shared, queues.folder, "shared");
        let contents = server.app.state::<access::Access>().unwrap().contents.all();
        let kept = contents.into_iter().find(|kind| kind.kind() == "Queues").unwrap();
        let (ctx, folder) = (server.app.system(), finance.folder);
        let removed = server.run(server.app.store().write(move |tx| {
            let mut scope = tx.tenant(1);
            let before = kept.count(&mut scope, &[folder])?;
            kept.remove(&mut scope, &ctx, &[folder])?;
            Ok::<_, Error>((before, kept.count(&mut scope, &[folder])?))
        }));
        assert_eq!(removed.unwrap(), (2, 0));
        finance.read(&own["Id"]).expect(404);
        finance.read(&shared["Id"]).expect(404);
        assert_eq!(queues.read(&shared["Id"]).expect(200).json()["FoldersCount"], 1);
        assert_eq!(queues.names(""), ["shared"]);
    });
}

#[test]
fn how_long_items_are_kept_is_said_per_queue_and_kind() {
    each_database(|server| {
        let queues = Queues::of(server);
        let queue = queues.named("q");
        let id = &queue["Id"];
        let path = format!("/odata/QueueRetention({id})");
        let get = |options: &str| queues.get(&format!("{path}{options}")).expect(200).json();
        let finished = get("");
        assert!(
            finished["@odata.context"]
                .as_str()
                .unwrap()
                .ends_with("$metadata#QueueRetention/$entity")
        );
        members(
            &finished,
            &json!({"QueueDefinitionId": id, "Action": "Delete", "Period": 30, "BucketId": null, "Type": "Final"}),
        );
        let stale =
            json!({"QueueDefinitionId": id, "Action": "Delete", "Period": 180, "BucketId": null, "Type": "Stale"});
        members(&get("?retentionType=Stale"), &stale);
        queues.get(&format!("{path}?retentionType=Fresh")).expect(400);

        let body = json!({"QueueDefinitionId": id, "Action": "None", "Type": "Stale"});
        members(
            &queues.put(&path, &body).expect(200).json(),
            &json!({"Action": "None", "Type": "Stale"}),
        );
        queues.put(&path, &json!({"Action": "Delete", "Period": 1})).expect(200);
        members(&get(""), &json!({"Action": "Delete", "Period": 1}));
        members(
            &queues.read(id).expect(200).json(),
            &json!({"RetentionPeriod": 1, "StaleRetentionAction": "None", "Name": "q"}),
        );
        for (body, member) in [
            (json!({"Period": 3}), "Action"),
            (json!({"Action": "Delete"}), "Period"),
            (json!({"Action": "Delete", "Period": 0}), "Period"),
            (json!({"Action": "Delete", "Period": 181}), "Period"),
            (
                json!({"Action": "Archive", "Period": 3, "BucketId": 4}),
                "The bucket with id 4 does not exist.",
            ),
            (json!({"Action": "Archive", "Period": 3}), "BucketId"),
            (json!({"Action": "Delete", "Period": 3, "Type": "Fresh"}), "Type"),
            (
                json!({"Action": "Delete", "Period": 3, "QueueDefinitionId": 999_999}),
                "QueueDefinitionId",
            ),
        ] {
            let answer = queues.put(&path, &body).expect(400);
            assert_eq!(answer.error_code(), 1009, "{body}");
            assert!(answer.text().contains(member), "{body}: {}", answer.text());
        }
        queues.named("other");
        let list = |options: &str| {
            queues
                .get(&format!("/odata/QueueRetention?{options}"))
                .expect(200)
                .json()
        };
        assert_eq!(list("$count=true")["@odata.count"], 4);
        let metadata = server
            .get("/odata/$metadata")
            .bearer(&queues.token)
            .send()
            .expect(200)
            .text();
        let kind = metadata
            .split("EntityType Name=\"QueueRetentionSettingDto\"")
            .nth(1)
            .unwrap();
        assert!(
            kind.split("</EntityType>")
                .next()
                .unwrap()
                .contains("<PropertyRef Name=\"QueueDefinitionId\"")
        );
        let stale = list("$filter=Type eq 'Stale' and Action eq 'None'");
        assert_eq!(stale["value"].as_array().unwrap().len(), 1);
        assert_eq!(&stale["value"][0]["QueueDefinitionId"], id);
        assert!(stale["value"][0].get("Id").is_none());

        queues.delete(&path).expect(204);
        members(&get(""), &json!({"Action": "Delete", "Period": 30}));
        members(
            &get("?retentionType=Stale"),
            &json!({"Action": "Delete", "Period": 180}),
        );
    });
}

#[test]
fn changes_are_written_into_the_audit_log() {
    each_database(|server| {
        let queues = Queues::of(server);
        let queue = queues.create(&json!({"Name": "q", "SpecificDataJsonSchema": "{\"title\":\"quiet\"}"}));
        queues.replace(&queue["Id"], &json!({"Name": "r"})).expect(200);
        let retention = format!("/odata/QueueRetention({})", queue["Id"]);
        queues.put(&retention, &json!({"Action": "None"})).expect(200);
        queues.delete(&retention).expect(204);
        queues.delete(&format!("{SET}({})", queue["Id"])).expect(204);
        let logs = server
            .get("/odata/AuditLogs?$filter=Component eq 'Queues'&$orderby=Id&$expand=Entities")
            .bearer(&server.token("OR.Audit"))
            .send()
            .expect(200);
        assert!(!logs.text().contains("quiet"), "schemas are not repeated");
        let rows = logs.json()["value"].as_array().unwrap().clone();
        let told: Vec<&str> = rows.iter().map(|row| row["Action"].as_str().unwrap()).collect();
        assert_eq!(told, ["Create", "Update", "Update", "Update", "Delete"]);
        assert!(rows.iter().all(|row| row["EntityId"] == queue["Id"]));
        assert!(rows[0]["OperationText"].as_str().unwrap().ends_with("created queue q"));
        assert!(
            rows[0]["Entities"][0]["CustomData"]
                .as_str()
                .unwrap()
                .contains("SpecificDataJsonSchema")
        );
    });
}

#[test]
fn subscribers_are_told_once_per_folder() {
    each_database(|server| {
        let queues = Queues::of(server);
        let elsewhere = create_folder(server, "Elsewhere");
        queues.named("before anybody listened");
        let subscribed = server.run(
            server
                .app
                .store()
                .write(|tx| outbox::subscribe(&mut tx.tenant(1), "webhooks/7", "*")),
        );
        subscribed.unwrap();
        let queue = queues.create(&json!({"Name": "q", "Tags": [{"Name": "red"}]}));
        queues.link(&queue, elsewhere, "q");
        queues.replace(&queue["Id"], &json!({"Name": "r"})).expect(200);
        queues.delete(&format!("{SET}({})", queue["Id"])).expect(204);
        let entries = server.run(
            server
                .app
                .store()
                .read(|tx| Ok::<_, Error>(tx.tenant(1).find::<outbox::Entry>("true order by id", params![])?)),
        );
        let entries = entries.unwrap();
        let told: Vec<(&str, Option<i64>)> = entries
            .iter()
            .map(|entry| (entry.event_type.as_str(), entry.folder_id))
            .collect();
        let (here, there) = (Some(queues.folder), Some(elsewhere));
        assert_eq!(
            told,
            [
                ("queue.created", here),
                ("queue.updated", here),
                ("queue.updated", there),
                ("queue.deleted", here),
                ("queue.deleted", there),
            ]
        );
        let first = &entries[0];
        assert_eq!(
            first.entity_key.map(|key| key.to_string()),
            queue["Key"].as_str().map(str::to_owned)
        );
        let body = &first.body.0["Queues"][0];
        members(
            body,
            &json!({"Id": queue["Id"], "Name": "q", "Tags": queue["Tags"], "ReleaseKey": null}),
        );
        assert_eq!(entries[2].body.0["Queues"][0]["Name"], "r");
        assert_ne!(entries[1].key, entries[2].key);
    });
}
