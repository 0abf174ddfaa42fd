use access::Permit;
use access::folders::links::sharing::share;
use access::folders::links::{Permits, Sharing, contents};
use resources::assets::model::Asset;
use serde_json::json;
use store::params;

use crate::fixture::{FINANCE, Fixture, SHARED, on_both};

fn count(fixture: &Fixture, table: &'static str) -> i64 {
    fixture.write(move |scope| {
        let row = scope
            .row(&format!("select count(*) from {table} where {{scope}}"), params![])?
            .unwrap();
        Ok(row.get(0)?)
    })
}

fn link_everywhere(fixture: &Fixture, id: i64) {
    let (ctx, permits) = (
        fixture.ctx.clone(),
        Permits::<Asset>::new(&Permit::everything()).unwrap(),
    );
    let sharing = Sharing {
        ids: vec![id],
        add: vec![SHARED, FINANCE],
        remove: vec![],
    };
    fixture.write(move |scope| share(scope, &ctx, &permits, &sharing));
}

#[test]
fn a_folder_that_goes_takes_the_assets_that_are_nowhere_else() {
    on_both(|fixture| {
        let shared = fixture.create(SHARED, json!({"Name": "both", "ValueScope": "Global"}));
        fixture.create(SHARED, json!({"Name": "here", "ValueScope": "Global"}));
        link_everywhere(fixture, shared);
        assert_eq!(
            fixture.write(|scope| contents::<Asset>().count(scope, &[SHARED, FINANCE])),
            2
        );

        let ctx = fixture.ctx.clone();
        fixture.write(move |scope| contents::<Asset>().remove(scope, &ctx, &[SHARED]));
        assert_eq!(count(fixture, "assets"), 1);
        assert_eq!(
            fixture.write(|scope| contents::<Asset>().count(scope, &[SHARED, FINANCE])),
            1
        );
    });
}

#[test]
fn nothing_sealed_is_kept_in_clear() {
    on_both(|fixture| {
        fixture.create(
            SHARED,
            json!({"Name": "s", "ValueScope": "Global", "ValueType": "Secret", "SecretValue": "hunter2"}),
        );
        let sealed: Vec<u8> = fixture.write(|scope| {
            let row = scope
                .row("select sealed from assets where {scope}", params![])?
                .unwrap();
            Ok(row.get(0)?)
        });
        assert!(!sealed.windows(7).any(|window| window == b"hunter2"));
    });
}
