//! The console pages of queues and their items, as forms and links.

use serde_json::{Value, json};
use testkit::{Browser, Server, each_database};

use crate::assets_support::create_folder;
use crate::queues_support::Queues;
use crate::support::{assign_folder_role, assign_tenant_role, create_user};

const EVIL: &str = "<script>alert(1)</script>";
const ESCAPED: &str = "&lt;script&gt;alert(1)&lt;/script&gt;";

fn pages(folder: i64) -> String {
    format!("/console/default/tenants/Default/folders/{folder}/queues")
}

fn on_console(test: impl Fn(&Server, &Browser<'_>, &Queues<'_>, &str)) {
    each_database(|server| {
        let queues = Queues::of(server);
        test(server, &server.admin_session(), &queues, &pages(queues.folder));
    });
}

fn submit(browser: &Browser<'_>, page: &str, fields: &[(&str, &str)]) -> testkit::Answer {
    browser.fill(page, page, fields)
}

/// How bulk actions name an item.
fn versioned(item: &Value) -> String {
    format!("{}.{}", item["Id"], item["RowVersion"].as_str().unwrap())
}

const NEW: [(&str, &str); 4] = [
    ("final_action", "Delete"),
    ("final_period", "30"),
    ("stale_action", "Delete"),
    ("stale_period", "180"),
];

/// The fields of a queue's form, these and the defaults of the others.
fn with_defaults<'a>(fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = fields.to_vec();
    all.extend(
        NEW.iter()
            .filter(|(name, _)| !fields.iter().any(|(given, _)| given == name)),
    );
    all
}

#[test]
fn the_list_shows_numbers_searches_and_sorts() {
    on_console(|server, browser, queues, list| {
        let empty = browser.get(list).expect(200).text();
        assert!(
            empty.contains("No queues in this folder") && empty.contains("Add queue"),
            "{empty}"
        );
        queues.create(&json!({"Name": "Invoices", "Description": EVIL, "Tags": [{"Name": "env", "Value": "prod"}]}));
        queues.queue("Letters");
        for _ in 0..3 {
            queues.add(&json!({"Name": "Invoices"}));
        }
        let taken = queues.start("Invoices");
        server.clock.advance(90);
        queues.succeed(&taken["Id"]);
        queues.start("Invoices");
        let page = browser.get(list).expect(200).text();
        assert!(page.contains(ESCAPED) && !page.contains(EVIL));
        assert!(
            page.contains("env: prod") && page.contains("1 min 30 s") && page.contains("1–2 / 2"),
            "{page}"
        );
        assert!(
            page.contains("?state=New\">1</a>") && page.contains("?state=InProgress\">1</a>"),
            "{page}"
        );
        assert!(page.contains("class=\"sparkline\""));
        let searched = browser.get(&format!("{list}?q=LETT")).expect(200).text();
        assert!(searched.contains("Letters") && !searched.contains("Invoices"));
        let sorted = browser.get(&format!("{list}?sort=-ItemsToProcess")).expect(200).text();
        assert!(sorted.find("Invoices").unwrap() < sorted.find("Letters").unwrap());
        let sorted = browser.get(&format!("{list}?sort=ItemsToProcess")).expect(200).text();
        assert!(sorted.find(">Letters").unwrap() < sorted.find(">Invoices").unwrap());
        assert!(
            browser
                .get(&format!("{list}?q=it%27s"))
                .expect(200)
                .text()
                .contains("No results")
        );
    });
}

#[test]
fn the_form_adds_and_changes_a_queue_and_shows_what_is_wrong() {
    on_console(|_, browser, queues, list| {
        let new = format!("{list}/new");
        let wrong = with_defaults(&[
            ("name", ""),
            ("sla", "5"),
            ("risk", "6"),
            ("retry_failed", "true"),
            ("max_retries", "51"),
        ]);
        let refused = submit(browser, &new, &wrong);
        assert_eq!(refused.status, 400);
        let text = refused.text();
        for said in [
            "Name needs 1 to 50",
            "Risk SLA must not be more than SLA",
            "Max # of retries must be between 0 and 50",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
        let no_schema = submit(
            browser,
            &new,
            &with_defaults(&[("name", "Q"), ("specific", "{\"type\": 7}")]),
        );
        assert_eq!(no_schema.status, 400);
        assert!(
            no_schema.text().contains("Specific data is not a valid JSON schema"),
            "{}",
            no_schema.text()
        );

        let fields = with_defaults(&[
            ("name", "Q"),
            ("description", "Work"),
            ("retry_failed", "true"),
            ("retry_abandoned", "true"),
            ("max_retries", "2"),
            ("unique", "true"),
            ("encrypted", "true"),
            ("specific", "{\"type\": \"object\"}"),
            ("sla", "60"),
            ("risk", "30"),
            ("tags", "env=prod"),
            ("final_period", "7"),
            ("stale_action", "None"),
        ]);
        let added = submit(browser, &new, &fields);
        assert_eq!(added.status, 303, "{}", added.text());
        let page = browser.follow(added).text();
        assert!(
            page.contains("Queue “Q” was added") || page.contains("No items in this queue"),
            "{page}"
        );
        let queue = queues.get("/odata/QueueDefinitions").json()["value"][0].clone();
        let expected = json!({
            "MaxNumberOfRetries": 2, "AcceptAutomaticallyRetry": true, "RetryAbandonedItems": true, "EnforceUniqueReference": true,
            "Encrypted": true, "SlaInMinutes": 60, "RiskSlaInMinutes": 30, "Description": "Work",
            "SpecificDataJsonSchema": "{\"type\": \"object\"}", "RetentionPeriod": 7, "StaleRetentionAction": "None",
        });
        for (member, value) in expected.as_object().unwrap() {
            assert_eq!(&queue[member], value, "{member}");
        }
        let again = submit(browser, &new, &with_defaults(&[("name", "q")]));
        assert_eq!(again.status, 409);
        assert!(again.text().contains("already used"));

        let edit = format!("{list}/{}/edit", queue["Id"]);
        let shown = browser.get(&edit).expect(200).text();
        assert!(
            shown.contains("value=\"Q\"")
                && shown.contains("env=prod")
                && shown.contains("{&quot;type&quot;: &quot;object&quot;}")
        );
        let changed = submit(
            browser,
            &edit,
            &with_defaults(&[("name", "R"), ("description", "Other")]),
        );
        assert_eq!(changed.status, 303, "{}", changed.text());
        let queue = queues.get("/odata/QueueDefinitions").json()["value"][0].clone();
        assert_eq!(
            (
                &queue["Name"],
                &queue["MaxNumberOfRetries"],
                &queue["SpecificDataJsonSchema"],
                &queue["Encrypted"]
            ),
            (&json!("R"), &json!(0), &Value::Null, &json!(true))
        );
        let overview = browser
            .get(&format!("{list}/{}/overview?range=month", queue["Id"]))
            .expect(200)
            .text();
        assert!(
            overview.contains("Finished transactions") && overview.contains("Enforce")
                || overview.contains("Unique references")
        );
    });
}

#[test]
fn queues_are_deleted_one_by_one_or_together() {
    on_console(|_, browser, queues, list| {
        let ids: Vec<String> = ["a", "b", "c"]
            .iter()
            .map(|name| queues.queue(name).to_string())
            .collect();
        assert_eq!(
            browser.fill(list, &format!("{list}/{}/delete", ids[0]), &[]).status,
            303
        );
        let both = [("id", ids[1].as_str()), ("id", ids[2].as_str())];
        assert_eq!(browser.fill(list, &format!("{list}/delete"), &both).status, 303);
        assert_eq!(queues.get("/odata/QueueDefinitions").json()["value"], json!([]));
        let gone = browser.get(&format!("{list}/{}", ids[0]));
        assert_eq!(gone.status, 404);
        let forged = browser.send(browser.server().post(&format!("{list}/delete")).form(&[("id", "1")]));
        assert_eq!(forged.status, 400, "a form without its anti-forgery field");
    });
}

#[test]
fn the_items_of_a_queue_are_filtered_searched_and_paged() {
    on_console(|_, browser, queues, list| {
        let page = format!("{list}/{}", queues.queue("Q"));
        assert!(browser.get(&page).expect(200).text().contains("No items in this queue"));
        for number in 0..12 {
            let priority = if number == 0 { "High" } else { "Normal" };
            queues.add(&json!({"Name": "Q", "Reference": format!("INV-{number}"), "Priority": priority}));
        }
        queues.add(&json!({"Name": "Q", "Reference": EVIL}));
        let failed = queues.start("Q");
        queues.fail(&failed["Id"], "BusinessException");
        let all = browser.get(&format!("{page}?size=10")).expect(200).text();
        assert!(
            all.contains("1–10 / 13") && all.contains(ESCAPED) && !all.contains(EVIL),
            "{all}"
        );
        assert!(all.contains("New<b>12</b>") && all.contains("Failed<b>1</b>"), "{all}");
        let new = browser
            .get(&format!("{page}?state=New&size=10&page=2"))
            .expect(200)
            .text();
        assert!(
            new.contains("11–12 / 12") && new.contains("aria-current=\"true\""),
            "{new}"
        );
        let exceptions = browser
            .get(&format!("{page}?exception=BusinessException"))
            .expect(200)
            .text();
        assert!(
            exceptions.contains(">INV-0<")
                && exceptions.contains("Business exception")
                && !exceptions.contains(">INV-1<")
        );
        let searched = browser.get(&format!("{page}?q=inv-1&size=10")).expect(200).text();
        assert!(searched.contains(">INV-1<") && searched.contains(">INV-11<") && !searched.contains(">INV-2<"));
        // What nobody counts is paged all the same.
        let normal = browser
            .get(&format!("{page}?priority=Normal&size=10&sort=-CreationTime"))
            .expect(200)
            .text();
        assert!(normal.contains("1–10 / …") && normal.contains("page=2"), "{normal}");
        let rest = browser
            .get(&format!("{page}?priority=Normal&size=10&page=2"))
            .expect(200)
            .text();
        assert!(rest.contains("11–12") && !rest.contains("page=3"), "{rest}");
        let nonsense = browser
            .get(&format!("{page}?state=x&priority=y&sort=Progress&q=it%27s"))
            .expect(200)
            .text();
        assert!(nonsense.contains("No results"));
    });
}

#[test]
fn an_item_is_added_edited_erased_and_deleted() {
    on_console(|server, browser, queues, list| {
        let id = queues.create(&json!({"Name": "Q", "EnforceUniqueReference": true}))["Id"].clone();
        let (page, new) = (format!("{list}/{id}"), format!("{list}/{id}/items/new"));
        let refused = submit(browser, &new, &[("mode", "rows"), ("priority", "Normal")]);
        assert_eq!(refused.status, 400);
        assert!(refused.text().contains("Reference is required"), "{}", refused.text());
        let past = [
            ("reference", "A"),
            ("priority", "Low"),
            ("due", "2001-01-01T10:00"),
            ("mode", "json"),
            ("json", "["),
        ];
        let refused = submit(browser, &new, &past);
        assert!(
            refused.status == 400 && refused.text().contains("not valid JSON"),
            "{}",
            refused.text()
        );
        let refused = submit(
            browser,
            &new,
            &[("reference", "A"), ("due", "2001-01-01T10:00"), ("mode", "rows")],
        );
        assert!(
            refused.status == 400 && refused.text().contains("Deadline must not be in the past"),
            "{}",
            refused.text()
        );
        let fields = [
            ("reference", "A"),
            ("priority", "High"),
            ("due", "2099-01-02T03:04"),
            ("mode", "rows"),
            ("name-0", "Customer"),
            ("value-0", EVIL),
            ("name-1", ""),
            ("value-1", ""),
        ];
        assert_eq!(submit(browser, &new, &fields).status, 303);
        let again = submit(browser, &new, &fields);
        assert!(
            again.status == 409 && again.text().contains("Duplicate"),
            "{}",
            again.text()
        );
        let item = queues.get("/odata/QueueItems").json()["value"][0].clone();
        assert_eq!(
            (&item["Priority"], &item["DueDate"], &item["SpecificContent"]),
            (
                &json!("High"),
                &json!("2099-01-02T03:04:00Z"),
                &json!({"Customer": EVIL})
            )
        );
        let one = format!("{page}/items/{}", item["Id"]);
        let shown = browser.get(&one).expect(200).text();
        assert!(shown.contains(ESCAPED) && !shown.contains(EVIL) && shown.contains("Customer"));
        assert!(shown.contains("History") && shown.contains("Added"), "{shown}");

        let edit = format!("{one}/edit");
        let form = browser.get(&edit).expect(200);
        assert!(form.text().contains("2099-01-02T03:04"), "{}", form.text());
        let changes = [
            ("priority", "Low"),
            ("due", "2099-01-02T03:04"),
            ("mode", "json"),
            ("json", "{\"n\": 1}"),
        ];
        assert_eq!(browser.submit(&edit, &form, &changes).status, 303);
        let stale = browser.submit(&edit, &form, &changes);
        assert!(
            stale.status == 409 && stale.text().contains("changed by somebody else"),
            "{}",
            stale.text()
        );
        let now = queues.item(&item["Id"]);
        assert_eq!(
            (&now["Priority"], &now["SpecificContent"]),
            (&json!("Low"), &json!({"n": 1}))
        );

        let taken = queues.start("Q");
        server.clock.advance(1);
        queues.succeed(&taken["Id"]);
        assert_eq!(browser.fill(&one, &format!("{one}/erase"), &[]).status, 303);
        assert_eq!(queues.item(&item["Id"])["SpecificContent"], json!({}));
        let back = browser.fill(
            &one,
            &format!("{page}/items/delete?state=Successful"),
            &[("id", &versioned(&queues.item(&item["Id"])))],
        );
        assert_eq!(
            (back.status.as_u16(), back.header("location")),
            (303, format!("{page}?state=Successful").as_str())
        );
        assert_eq!(queues.item(&item["Id"])["Status"], "Deleted");
        assert_eq!(
            browser
                .get(&format!("{list}/{}/items/{}", queues.queue("Other"), item["Id"]))
                .status,
            404
        );
    });
}

#[test]
fn failed_items_are_reviewed_assigned_and_retried() {
    on_console(|_, browser, queues, list| {
        let page = format!("{list}/{}", queues.queue("Q"));
        let mut failed = Vec::new();
        for reference in ["A", "B", "C"] {
            queues.add(&json!({"Name": "Q", "Reference": reference}));
            let taken = queues.start("Q");
            queues.fail(&taken["Id"], "BusinessException");
            failed.push(queues.item(&taken["Id"]));
        }
        let ids: Vec<String> = failed.iter().map(versioned).collect();
        let review = format!("{page}/items/review");
        let two = [("status", "InReview"), ("id", ids[0].as_str()), ("id", ids[1].as_str())];
        let done = browser.fill(&page, &review, &two);
        assert_eq!(done.status, 303);
        assert!(browser.follow(done).text().contains("2 items were set in review"));
        // A version that is old by now changes nothing.
        let stale = browser.follow(browser.fill(
            &page,
            &review,
            &[("status", "Verified"), ("id", ids[0].as_str()), ("id", ids[2].as_str())],
        ));
        assert!(stale.text().contains("1 of 2 items were verified"), "{}", stale.text());

        let now = versioned(&queues.item(&failed[0]["Id"]));
        let choose = browser
            .fill(&page, &format!("{page}/items/reviewer"), &[("id", &now)])
            .expect(200);
        let text = choose.text();
        assert!(
            text.contains(&format!("name=\"id\" value=\"{now}\"")) && text.contains("admin"),
            "{text}"
        );
        let assign = format!("{page}/items/assign");
        let unknown = browser.submit(&assign, &choose, &[("reviewer", "987654")]);
        assert!(
            unknown.status == 400 && unknown.text().contains("cannot review"),
            "{}",
            unknown.text()
        );
        let reviewers = "/odata/QueueItems/UiPath.Server.Configuration.OData.GetReviewers";
        let reviewer = queues.get(reviewers).expect(200).json()["value"][0].clone();
        assert_eq!(
            browser
                .submit(&assign, &choose, &[("reviewer", &reviewer["Id"].to_string())])
                .status,
            303
        );
        assert_eq!(queues.item(&failed[0]["Id"])["ReviewerUserId"], reviewer["Id"]);
        assert!(
            browser
                .get(&page)
                .text()
                .contains(reviewer["UserName"].as_str().unwrap())
        );

        let one = format!("{page}/items/{}", failed[0]["Id"]);
        let shown = browser.get(&one).expect(200).text();
        assert!(
            shown.contains("Business exception") && shown.contains("Retry"),
            "{shown}"
        );
        let again = browser.fill(
            &one,
            &format!("{review}?from={}", failed[0]["Id"]),
            &[("status", "Retried")],
        );
        assert_eq!(again.header("location"), one);
        let shown = browser.follow(again).text();
        assert!(
            shown.contains("There is a newer attempt") && shown.contains("Attempts"),
            "{shown}"
        );
        assert_eq!(queues.list("$filter=Status eq 'New'", "Reference"), [json!("A")]);
    });
}

#[test]
fn comments_are_added_changed_and_removed() {
    on_console(|_, browser, queues, list| {
        let page = format!("{list}/{}", queues.queue("Q"));
        let item = queues.add(&json!({"Name": "Q"}))["Id"].clone();
        let one = format!("{page}/items/{item}");
        let comments = format!("{one}/comments");
        assert_eq!(browser.fill(&one, &comments, &[("text", EVIL)]).status, 303);
        assert_eq!(browser.fill(&one, &comments, &[("text", "")]).status, 303);
        let stored = queues.get("/odata/QueueItemComments").json()["value"].clone();
        assert_eq!(
            (stored.as_array().unwrap().len(), &stored[0]["Text"]),
            (1, &json!(EVIL))
        );
        let shown = browser.get(&one).expect(200).text();
        assert!(shown.contains(ESCAPED) && !shown.contains(EVIL), "{shown}");
        let (own, id) = (format!("{comments}/{}", stored[0]["Id"]), stored[0]["Id"].to_string());
        assert_eq!(
            browser.fill(&one, &own, &[(&format!("text-{id}"), "checked")]).status,
            303
        );
        assert!(browser.get(&one).text().contains("checked"));
        let other = queues
            .post(
                "/odata/QueueItemComments",
                &json!({"QueueItemId": item, "Text": "from afar"}),
            )
            .expect(201)
            .json();
        let theirs = format!("{comments}/{}", other["Id"]);
        let refused = browser.fill(&one, &theirs, &[(&format!("text-{}", other["Id"]), "mine")]);
        assert_eq!(refused.status, 400);
        assert_eq!(browser.fill(&one, &format!("{own}/delete"), &[]).status, 303);
        let left = queues.get("/odata/QueueItemComments").json()["value"].clone();
        assert_eq!(
            (left.as_array().unwrap().len(), &left[0]["Text"]),
            (1, &json!("from afar"))
        );
    });
}

#[test]
fn a_file_becomes_items_and_its_bad_rows_are_named() {
    on_console(|_, browser, queues, list| {
        let id = queues.create(&json!({"Name": "Q", "EnforceUniqueReference": true}))["Id"].clone();
        let upload = format!("{list}/{id}/upload");
        for (text, said) in [
            ("", "no header"),
            ("Reference\n", "no rows"),
            ("a,a\n1,2\n", "more than once"),
        ] {
            let refused = submit(browser, &upload, &[("csv", text)]);
            assert!(
                refused.status == 400 && refused.text().contains(said),
                "{text}: {}",
                refused.text()
            );
        }
        let good = "Reference,Priority,DueDate,Amount\r\nA,High,2099-01-01T00:00:00Z,\"1,5\"\r\nB,,,2\r\n";
        assert_eq!(submit(browser, &upload, &[("csv", good)]).status, 303);
        let added = queues.list("$orderby=Reference", "SpecificContent");
        assert_eq!(added, [json!({"Amount": "1,5"}), json!({"Amount": "2"})]);
        let bad = format!("Reference,Priority,DeferDate,Amount\nC,,,3\nA,,,4\n{EVIL},Urgent,,5\nD,,soon,6\nE,,7\n");
        let told = submit(browser, &upload, &[("csv", &bad)]).expect(200).text();
        assert!(
            told.contains("1 of 5 rows were added") && told.contains("Duplicate Reference"),
            "{told}"
        );
        for row in ["3", "4", "5", "6"] {
            assert!(told.contains(&format!("<b>{row}</b>")), "row {row}: {told}");
        }
        assert!(told.contains(ESCAPED) && !told.contains(EVIL));
        assert_eq!(
            queues.list("$orderby=Reference", "Reference"),
            ["A", "B", "C"].map(Value::from)
        );
    });
}

#[test]
fn pages_offer_and_do_only_what_the_visitor_may() {
    on_console(|server, _, queues, list| {
        let id = queues.queue("Q");
        let item = queues.add(&json!({"Name": "Q", "Reference": "secret-ref"}));
        let failed = queues.start("Q");
        queues.fail(&failed["Id"], "BusinessException");
        let visitor = |name: &str, permissions: &[&str]| {
            let user = create_user(server, name);
            let granted: Vec<Value> = permissions
                .iter()
                .map(|name| json!({"Name": name, "IsGranted": true}))
                .collect();
            let role = json!({"Name": format!("Only {name}"), "Type": "Folder", "Permissions": granted});
            server
                .post("/odata/Roles")
                .bearer(&server.token("OR.Users"))
                .json(&role)
                .send()
                .expect(201);
            let known = assign_tenant_role(server, &user.id, "DirectoryUser", "Allow to be Automation User");
            assign_folder_role(server, known, queues.folder, &format!("Only {name}"));
            user.session(server)
        };
        let looks = visitor("ann", &["Queues.View", "Transactions.View"]);
        let page = format!("{list}/{id}");
        let one = format!("{page}/items/{}", item["Id"]);
        for path in [list.to_owned(), page.clone(), format!("{page}/overview"), one.clone()] {
            let shown = looks.get(&path).expect(200).text();
            for hidden in [
                "Add queue",
                "Add item",
                "Upload",
                "/delete\"",
                "name=\"status\"",
                "Settings</a>",
                "Add comment",
                "Reviewer…",
            ] {
                assert!(!shown.contains(hidden), "{path} offers {hidden}");
            }
        }
        for path in [
            "/new",
            &format!("/{id}/edit"),
            &format!("/{id}/items/new"),
            &format!("/{id}/upload"),
        ] {
            assert_eq!(looks.get(&format!("{list}{path}")).status, 403, "{path}");
        }
        for path in [
            "items/delete",
            "items/review",
            "items/reviewer",
            "items/assign",
            "delete",
        ] {
            let refused = looks.fill(
                &page,
                &format!("{page}/{path}"),
                &[("id", "1.x"), ("status", "Verified")],
            );
            assert_eq!(refused.status, 403, "{path}");
        }
        assert_eq!(
            looks.fill(&page, &format!("{one}/comments"), &[("text", "x")]).status,
            403
        );

        let queues_only = visitor("bob", &["Queues.View"]);
        let shown = queues_only.get(&page).expect(200).text();
        assert!(
            shown.contains("not at its items") && !shown.contains("secret-ref"),
            "{shown}"
        );
        assert_eq!(queues_only.get(&one).status, 403);
        assert_eq!(queues_only.get(&format!("{page}/live")).status, 403);
        assert_eq!(looks.get(&format!("{list}/987654/live")).status, 404);
        let stranger = visitor("eve", &["Assets.View"]);
        assert_eq!(stranger.get(list).status, 403);
    });
}

#[test]
fn links_are_managed_from_both_sides_and_items_exported() {
    on_console(|server, browser, queues, list| {
        let finance = create_folder(server, "Finance");
        let id = queues.queue("Work");
        queues.add(&json!({"Name": "Work"}));
        let links = format!("{list}/{id}/links");
        let (here, there) = (queues.folder.to_string(), finance.to_string());
        assert!(browser.get(&links).expect(200).text().contains("Finance"));
        let both = [("shown", here.as_str()), ("folders", &here), ("folders", &there)];
        assert_eq!(submit(browser, &links, &both).status, 303);
        assert_eq!(queues.in_folder(finance).list("", "Status"), ["New"]);
        assert!(browser.get(list).expect(200).text().contains("2 folders"));
        let none = [("shown", here.as_str()), ("shown", &there)];
        assert_eq!(submit(browser, &links, &none).status, 409);

        let other = create_folder(server, "Other");
        let link = list.replace(&format!("/folders/{here}/"), &format!("/folders/{other}/")) + "/link";
        assert!(browser.get(&link).expect(200).text().contains("Work"));
        assert_eq!(submit(browser, &link, &[("id", &id.to_string())]).status, 303);
        assert_eq!(queues.in_folder(other).list("", "Status"), ["New"]);

        let page = format!("{list}/{id}?state=New");
        let asked = browser.fill(&page, &format!("{list}/{id}/export?state=New"), &[]);
        assert_eq!(asked.status, 303);
        assert!(browser.follow(asked).text().contains("Work.csv"));
    });
}
