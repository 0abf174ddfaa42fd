//! Assets that several folders share.

use serde_json::{Value, json};
use testkit::each_database;

use crate::assets_support::{Assets, Member, bound, create_folder};

#[test]
fn a_shared_asset_is_one_asset_in_several_folders() {
    each_database(|server| {
        let assets = Assets::of(server);
        let finance = assets.in_folder(create_folder(server, "Finance"));
        let asset = assets.text("rate", "7");
        let id = &asset["Id"];
        assets.share(&[id], &[finance.folder], &[]).expect(204);
        assets.share(&[id], &[finance.folder], &[]).expect(204);
        assert_eq!(finance.read(id).expect(200).json()["FoldersCount"], 2);
        finance
            .put(id, &json!({"Name": "Rate", "ValueScope": "Global", "StringValue": "8"}))
            .expect(200);
        assert_eq!(assets.read(id).expect(200).json()["StringValue"], "8");
        assert_eq!(assets.names(), ["Rate"]);

        let folders = server
            .get(&bound(&format!("GetFoldersForAsset(id={id})")))
            .bearer(&assets.token)
            .send()
            .expect(200)
            .json();
        assert_eq!(folders["TotalFoldersCount"], 2);
        let names: Vec<&Value> = folders["AccessibleFolders"]
            .as_array()
            .unwrap()
            .iter()
            .map(|folder| &folder["FullyQualifiedName"])
            .collect();
        assert_eq!(names, ["Shared", "Finance"]);

        assets.delete(id).expect(204);
        assets.read(id).expect(404);
        assert_eq!(finance.read(id).expect(200).json()["FoldersCount"], 1);
        assets.share(&[id], &[], &[finance.folder]).expect(204);
        finance.read(id).expect(404);
        server
            .get(&bound(&format!("GetFoldersForAsset(id={id})")))
            .bearer(&assets.token)
            .send()
            .expect(404);
    });
}

#[test]
fn a_name_that_is_taken_stops_sharing_and_renaming() {
    each_database(|server| {
        let assets = Assets::of(server);
        let finance = assets.in_folder(create_folder(server, "Finance"));
        let (first, second) = (assets.text("free", "x"), assets.text("taken", "x"));
        finance.text("Taken", "y");
        let answer = assets
            .share(&[&first["Id"], &second["Id"]], &[finance.folder], &[])
            .expect(409);
        assert_eq!(answer.error_code(), 1001);
        assert_eq!(finance.names(), ["Taken"], "nothing of the call was done");
        assets.share(&[&first["Id"]], &[finance.folder], &[]).expect(204);
        let rename = json!({"Name": "TAKEN", "ValueScope": "Global"});
        finance.put(&first["Id"], &rename).expect(409);
        let rename = json!({"Name": "Taken ", "ValueScope": "Global"});
        assets.put(&first["Id"], &rename).expect(409);
    });
}

#[test]
fn unknown_assets_and_folders_are_not_found() {
    each_database(|server| {
        let assets = Assets::of(server);
        let asset = assets.text("a", "x");
        assets.share(&[&json!(999_999)], &[assets.folder], &[]).expect(404);
        assert_eq!(
            assets.share(&[&asset["Id"]], &[999_999], &[]).expect(404).error_code(),
            1100
        );
        assets.share(&[&asset["Id"]], &[], &[999_999]).expect(404);
        assets
            .share(&[&asset["Id"]], &[assets.folder], &[assets.folder])
            .expect(400);
    });
}

#[test]
fn sharing_needs_rights_on_both_sides_and_is_all_or_nothing() {
    each_database(|server| {
        let assets = Assets::of(server);
        let (source, open, closed) = (
            assets.folder,
            create_folder(server, "Open"),
            create_folder(server, "Closed"),
        );
        let asset = assets.text("a", "x");
        let id = &asset["Id"];

        let blind = Member::new(server, "cannot see it");
        blind.allow(server, open, &["Assets.View", "Assets.Create"]);
        assets
            .as_caller(&blind.token(server))
            .share(&[id], &[open], &[])
            .expect(404);

        let member = Member::new(server, "may link");
        member.allow(server, source, &["Assets.View"]);
        member.allow(server, open, &["Assets.View", "Assets.Create"]);
        member.allow(server, closed, &["Assets.View"]);
        let linking = assets.as_caller(&member.token(server));
        let denied = linking.share(&[id], &[open, closed], &[]).expect(403);
        assert_eq!(denied.error_code(), 1017);
        assert_eq!(
            assets.in_folder(open).names(),
            Vec::<String>::new(),
            "the folder that was open got nothing either"
        );
        linking.share(&[id], &[open], &[]).expect(204);
        assert_eq!(linking.share(&[id], &[], &[open]).expect(403).error_code(), 1017);

        let editor = Member::new(server, "would get to edit");
        editor.allow(server, source, &["Assets.View"]);
        editor.allow(server, closed, &["Assets.View", "Assets.Create", "Assets.Edit"]);
        let editing = assets.as_caller(&editor.token(server));
        assert_eq!(editing.share(&[id], &[closed], &[]).expect(403).error_code(), 1017);

        let stranger = Member::new(server, "nowhere at all");
        assets
            .as_caller(&stranger.token(server))
            .share(&[id], &[closed], &[])
            .expect(404);
    });
}

#[test]
fn folders_the_caller_cannot_see_are_counted_but_not_named() {
    each_database(|server| {
        let assets = Assets::of(server);
        let finance = create_folder(server, "Finance");
        let asset = assets.text("a", "x");
        assets.share(&[&asset["Id"]], &[finance], &[]).expect(204);
        let member = Member::new(server, "sees one");
        member.allow(server, finance, &["Assets.View"]);
        let path = bound(&format!("GetFoldersForAsset(id={})", asset["Id"]));
        let folders = server
            .get(&path)
            .bearer(&member.token(server))
            .send()
            .expect(200)
            .json();
        assert_eq!(folders["TotalFoldersCount"], 2);
        assert_eq!(folders["AccessibleFolders"].as_array().unwrap().len(), 1);
        assert_eq!(folders["AccessibleFolders"][0]["Id"], finance);
        let stranger = Member::new(server, "sees none");
        server.get(&path).bearer(&stranger.token(server)).send().expect(404);
    });
}

#[test]
fn a_folder_with_assets_is_not_deleted() {
    each_database(|server| {
        let finance = create_folder(server, "Finance");
        let assets = Assets::of(server).in_folder(finance);
        let asset = assets.text("a", "x");
        let token = server.token("OR.Folders");
        let delete = || {
            server
                .delete(&format!("/odata/Folders({finance})"))
                .bearer(&token)
                .send()
        };
        assert!(delete().expect(409).text().contains("asset"));
        assets.delete(&asset["Id"]).expect(204);
        delete().expect(204);
    });
}
