//! Lists of assets and what narrows them.

use serde_json::{Value, json};
use testkit::each_database;

use crate::assets_support::{Assets, Member, bound, create_folder, names};

fn fill(assets: &Assets<'_>) {
    assets.text("Banana", "yellow");
    assets.text("apple", "red");
    assets.create(&json!({"Name": "Cherry", "ValueScope": "Global", "ValueType": "Integer", "IntValue": 3, "Description": "sour"}));
    assets.create(&json!({"Name": "date", "ValueScope": "Global", "ValueType": "Secret", "SecretValue": "s"}));
}

#[test]
fn a_folder_is_listed_filtered_sorted_and_paged() {
    each_database(|server| {
        let assets = Assets::of(server);
        fill(&assets);
        let cases: [(&str, &[&str]); 12] = [
            ("$orderby=Name", &["apple", "Banana", "Cherry", "date"]),
            ("$orderby=Name desc&$top=2", &["date", "Cherry"]),
            ("$orderby=name&$skip=1&$top=2", &["Banana", "Cherry"]),
            ("$filter=contains(Name,'an')", &["Banana"]),
            ("$filter=Name eq 'APPLE'", &["apple"]),
            ("$filter=ValueType eq 'Text'&$orderby=Name", &["apple", "Banana"]),
            ("$filter=ValueType eq '4'", &["Cherry"]),
            ("$filter=ValueType ne 'Text' and startswith(Name,'d')", &["date"]),
            ("$filter=IntValue gt 2", &["Cherry"]),
            ("$filter=Value eq 'yellow'", &["Banana"]),
            ("$filter=contains(Description,'SOUR')", &["Cherry"]),
            ("$top=0", &[]),
        ];
        for (options, expected) in cases {
            assert_eq!(assets.list("GetFiltered", options), expected, "{options}");
        }
        let id = assets.get("/odata/Assets?$filter=Name eq 'apple'").json()["value"][0]["Key"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(assets.list("GetFiltered", &format!("$filter=Key in ({id})")), ["apple"]);
        assert_eq!(
            assets.list("GetFiltered", &format!("$filter=Key eq guid'{id}'")),
            ["apple"]
        );
    });
}

#[test]
fn the_number_of_all_rows_is_told_when_it_is_asked_for() {
    each_database(|server| {
        let assets = Assets::of(server);
        fill(&assets);
        let count = |options: &str| {
            assets
                .get(&format!("{}?{options}", bound("GetFiltered")))
                .expect(200)
                .json()["@odata.count"]
                .clone()
        };
        assert_eq!(count("$top=1"), Value::Null);
        assert_eq!(count("$top=1&$count=true"), 4);
        assert_eq!(count("$top=1&$count=True&$filter=contains(Name,'e')"), 3);
        assert_eq!(count("$top=1&$count=true&$filter=ValueType eq 'Text'"), 2);
        assert_eq!(count("$top=1&$count=true&$filter=IntValue eq 3"), 1);
        assert_eq!(count("$top=1&$count=true&$filter=length(Name) eq 4"), 1);
    });
}

#[test]
fn the_deprecated_list_leaves_out_what_its_clients_cannot_read() {
    each_database(|server| {
        let assets = Assets::of(server);
        fill(&assets);
        let old = assets.get("/odata/Assets?$orderby=Name&$count=true").expect(200).json();
        assert_eq!(names(&old), ["apple", "Banana", "Cherry"]);
        assert_eq!(old["@odata.count"], 3);
        assert_eq!(assets.names().len(), 4);
    });
}

#[test]
fn members_are_chosen_and_values_are_expanded() {
    each_database(|server| {
        let assets = Assets::of(server);
        assets.text("a", "x");
        let row = assets
            .get(&format!("{}?$select=id,NAME", bound("GetFiltered")))
            .expect(200)
            .json()["value"][0]
            .clone();
        assert_eq!(row.as_object().unwrap().keys().collect::<Vec<_>>(), ["Id", "Name"]);
        let row = assets
            .get(&format!("{}?$expand=UserValues,RobotValues", bound("GetFiltered")))
            .expect(200)
            .json()["value"][0]
            .clone();
        assert_eq!((&row["UserValues"], &row["RobotValues"]), (&json!([]), &json!([])));
    });
}

#[test]
fn options_that_make_no_sense_are_refused() {
    each_database(|server| {
        let assets = Assets::of(server);
        for options in [
            "$filter=Nonsense eq 1",
            "$filter=Name eq",
            "$top=1001",
            "$orderby=UserValues",
            "$filter=CredentialPassword eq 'x'",
        ] {
            let answer = assets.get(&format!("{}?{options}", bound("GetFiltered"))).expect(400);
            assert_eq!(answer.error_code(), 1000, "{options}");
        }
    });
}

#[test]
fn all_folders_are_listed_as_far_as_the_caller_may_see() {
    each_database(|server| {
        let assets = Assets::of(server);
        let finance = create_folder(server, "Finance");
        let shared = assets.text("in both", "x");
        assets.text("in Shared", "x");
        assets.in_folder(finance).text("in Finance", "x");
        assets.share(&[&shared["Id"]], &[finance], &[]).expect(204);
        let across = |token: &str, options: &str| {
            let path = format!("{}?$orderby=Name&{options}", bound("GetAssetsAcrossFolders"));
            names(&server.get(&path).bearer(token).send().expect(200).json())
        };
        assert_eq!(across(&assets.token, ""), ["in both", "in Finance", "in Shared"]);
        assert_eq!(
            across(&assets.token, &format!("excludeFolderId={finance}")),
            ["in Shared"]
        );
        let member = Member::new(server, "in Finance only");
        assert_eq!(across(&member.token(server), ""), Vec::<String>::new());
        member.allow(server, finance, &["Assets.View"]);
        assert_eq!(across(&member.token(server), ""), ["in both", "in Finance"]);
        server.get(&bound("GetAssetsAcrossFolders")).send().expect(401);
    });
}

#[test]
fn a_folder_without_access_does_not_exist() {
    each_database(|server| {
        let assets = Assets::of(server);
        let member = Member::new(server, "nowhere");
        let answer = assets.as_caller(&member.token(server)).get("/odata/Assets").expect(404);
        assert_eq!(answer.error_code(), 1100);
    });
}
