//! Sign-in, sessions and sign-out as a browser meets them (reference: identity 7, rows 9, 97 to 109).

use http::Method;
use testkit::{ADMIN_PASSWORD, Answer, Browser, Server};

use crate::support::{User, create_user};

const LOGIN: &str = "/identity/web/login";
const OWN_PAGE: &str = "/console/default/me";

fn is_signed_in(browser: &Browser<'_>) -> bool {
    browser.get(OWN_PAGE).status == 200
}

/// The body without what differs from visit to visit.
fn comparable(answer: &Answer, typed: &str) -> String {
    let hidden = answer
        .text()
        .split("name=\"_csrf\" value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next().map(str::to_owned));
    answer
        .text()
        .replace(&hidden.unwrap_or_default(), "")
        .replace(typed, "")
}

fn login_results(server: &Server, user: &User) -> Vec<String> {
    let path = format!("/identity_/api/User/{}/loginAttempts?top=100", user.id);
    let page = server
        .get(&path)
        .bearer(&server.token("PM.UserLoginAttempt.Read"))
        .send()
        .expect(200)
        .json();
    page["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["result"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn whoever_signs_in_lands_where_he_wanted_to_go() {
    testkit::each_database(|server| {
        let browser = server.browser();
        let sent = browser.get(OWN_PAGE).expect(303);
        assert_eq!(
            sent.header("location"),
            "/identity/web/login?returnUrl=%2Fconsole%2Fdefault%2Fme"
        );
        let form = browser.get(sent.header("location")).expect(200);
        let fields = [
            ("organization", "DEFAULT"),
            ("username", "Admin"),
            ("password", ADMIN_PASSWORD),
        ];
        let answer = browser.submit(LOGIN, &form, &fields).expect(303);
        assert_eq!(answer.header("location"), OWN_PAGE);
        assert!(is_signed_in(&browser));
        let cookie = answer
            .headers
            .get_all("set-cookie")
            .iter()
            .find_map(|value| value.to_str().ok().filter(|text| text.starts_with("idsrv=")));
        let flags = cookie.unwrap().split_once(';').unwrap().1;
        assert_eq!(flags, " Path=/; HttpOnly; SameSite=Lax");
    });
}

#[test]
fn nobody_is_sent_to_another_origin_after_sign_in() {
    let server = Server::start();
    for evil in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/%5Cevil.example",
        "/%2F%2Fevil.example",
        "javascript:alert(1)",
    ] {
        let browser = server.browser();
        let encoded: String = url::form_urlencoded::byte_serialize(evil.as_bytes()).collect();
        let form = browser.get(&format!("{LOGIN}?returnUrl={encoded}")).expect(200);
        let fields = [
            ("organization", "default"),
            ("username", "admin"),
            ("password", ADMIN_PASSWORD),
            ("returnUrl", evil),
        ];
        let answer = browser.submit(LOGIN, &form, &fields).expect(303);
        assert_eq!(answer.header("location"), "/console/default", "{evil}");
    }
}

#[test]
fn the_page_that_waits_names_organization_and_user() {
    let server = Server::start();
    let waiting = "/identity/connect/authorize/callback?acr_values=tenantName%3Adefault&login_hint=ada";
    let encoded: String = url::form_urlencoded::byte_serialize(waiting.as_bytes()).collect();
    let page = server
        .browser()
        .get(&format!("{LOGIN}?returnUrl={encoded}"))
        .expect(200)
        .text();
    assert!(
        page.contains("value=\"default\"") && page.contains("value=\"ada\""),
        "{page}"
    );
}

#[test]
fn a_wrong_password_a_wrong_name_and_a_wrong_organization_get_the_same_answer() {
    testkit::each_database(|server| {
        create_user(server, "known");
        let browser = server.browser();
        let wrong_password = browser.try_sign_in("default", "known", "no").expect(400);
        let wrong_name = browser.try_sign_in("default", "nobody", "no").expect(400);
        let wrong_place = browser.try_sign_in("nowhere", "known", "no").expect(400);
        assert_eq!(comparable(&wrong_password, "known"), comparable(&wrong_name, "nobody"));
        assert_eq!(
            comparable(&wrong_password, "known"),
            comparable(&wrong_place, "known").replace("nowhere", "default")
        );
    });
}

#[test]
fn ten_wrong_passwords_lock_the_account_for_five_minutes() {
    testkit::each_database(|server| {
        let user = create_user(server, "locked");
        let browser = server.browser();
        let wrong = (0..10)
            .map(|_| browser.try_sign_in("default", &user.name, "wrong"))
            .last()
            .unwrap();
        let right = browser.try_sign_in("default", &user.name, &user.password).expect(400);
        assert_eq!(comparable(&wrong, ""), comparable(&right, ""));
        let results = login_results(server, &user);
        assert_eq!(
            (results.len(), results[0].as_str(), results[10].as_str()),
            (11, "lockedOut", "invalidPassword")
        );
        server.clock.advance(301);
        browser.try_sign_in("default", &user.name, &user.password).expect(303);
        assert_eq!(login_results(server, &user)[0], "success");
    });
}

#[test]
fn wrong_passwords_in_change_password_count_towards_the_lockout() {
    let server = Server::start();
    let user = create_user(&server, "changer");
    let path = format!("/identity_/api/User/{}/changepassword", user.id);
    let token = server.token("PM.User.Write");
    for _ in 0..10 {
        let body = serde_json::json!({ "oldPassword": "wrong", "newPassword": "another-l0ng-password" });
        let answer = server.post(&path).bearer(&token).json(&body).send().expect(400).json();
        assert_eq!(answer["errors"][0]["code"], "PasswordMismatch");
    }
    server
        .browser()
        .try_sign_in("default", &user.name, &user.password)
        .expect(400);
    server.clock.advance(301);
    server
        .browser()
        .try_sign_in("default", &user.name, &user.password)
        .expect(303);
}

#[test]
fn one_address_that_tries_many_accounts_is_slowed_down_and_locks_nobody() {
    let server = Server::start();
    let user = create_user(&server, "innocent");
    let browser = server.browser();
    let answers: Vec<Answer> = (0..31)
        .map(|number| browser.try_sign_in("default", &format!("user{number}"), "Spring2026"))
        .collect();
    let last = answers.last().unwrap();
    assert_eq!(last.status, 429);
    assert!(last.header("retry-after").parse::<u32>().unwrap() > 0);
    assert!(answers[..30].iter().all(|answer| answer.status == 400));
    server.clock.advance(301);
    server
        .browser()
        .try_sign_in("default", &user.name, &user.password)
        .expect(303);
}

#[test]
fn a_form_without_its_own_value_is_refused() {
    let server = Server::start();
    let fields = [
        ("organization", "default"),
        ("username", "admin"),
        ("password", ADMIN_PASSWORD),
    ];
    server.browser().send(server.post(LOGIN).form(&fields)).expect(400);
    let browser = server.browser();
    let mut page = browser.get(LOGIN).expect(200);
    let foreign = [
        fields.as_slice(),
        &[("_csrf", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")],
    ]
    .concat();
    page.bytes = Vec::new();
    browser.submit(LOGIN, &page, &foreign).expect(400);
    assert!(!is_signed_in(&browser));
    // With a session the value is that of the session, and the one of another session is worth nothing.
    let (one, other) = (server.admin_session(), server.admin_session());
    let page = other.get(OWN_PAGE).expect(200);
    one.submit(OWN_PAGE, &page, &[("name", "Mallory")]).expect(400);
}

#[test]
fn a_session_id_that_somebody_put_into_the_browser_before_sign_in_is_worth_nothing() {
    let server = Server::start();
    let planted = "plantedplantedplantedplantedplantedplantedA";
    let browser = server.browser();
    browser.set_cookie("idsrv", planted);
    let browser = browser.sign_in("default", "admin", ADMIN_PASSWORD);
    let first = browser.cookie("idsrv").unwrap();
    assert_ne!(first, planted);
    // A second sign-in in the same browser replaces the session.
    let browser = browser.sign_in("default", "admin", ADMIN_PASSWORD);
    assert_ne!(browser.cookie("idsrv").unwrap(), first);
    let thief = server.browser();
    for stolen in [planted, &first] {
        thief.set_cookie("idsrv", stolen);
        assert!(!is_signed_in(&thief));
    }
}

#[test]
fn sign_out_ends_the_session_on_the_server() {
    testkit::each_database(|server| {
        let browser = server.admin_session();
        let (other, cookie) = (server.admin_session(), browser.cookie("idsrv").unwrap());
        // A link signs nobody out.
        let question = browser.get("/identity/web/logout").expect(200);
        assert!(is_signed_in(&browser));
        browser.submit("/identity/web/logout", &question, &[]).expect(303);
        assert!(browser.cookie("idsrv").is_none());
        let replay = server.browser();
        replay.set_cookie("idsrv", &cookie);
        assert!(!is_signed_in(&replay));
        assert!(is_signed_in(&other), "other sessions go on");
    });
}

#[test]
fn sign_out_everywhere_ends_the_sessions_of_all_browsers() {
    let server = Server::start();
    let (one, two) = (server.admin_session(), server.admin_session());
    one.fill(OWN_PAGE, "/console/default/me/sign-out-everywhere", &[])
        .expect(303);
    assert!(!is_signed_in(&one) && !is_signed_in(&two));
}

#[test]
fn an_idle_session_ends_and_what_loads_by_itself_does_not_keep_it() {
    let server = Server::start();
    let (active, idle) = (server.admin_session(), server.admin_session());
    for _ in 0..4 {
        server.clock.advance(20 * 60);
        assert!(is_signed_in(&active));
        idle.send(server.get(OWN_PAGE).header("x-background", "1"));
    }
    assert!(!is_signed_in(&idle));
    // However busy it is, a session ends after a day.
    for _ in 0..80 {
        server.clock.advance(20 * 60);
        active.get(OWN_PAGE);
    }
    assert!(!is_signed_in(&active));
}

#[test]
fn with_one_session_per_user_the_second_sign_in_ends_the_first() {
    let server = Server::start();
    let first = server.admin_session();
    let settings = [
        ("minimumLength", "12"),
        ("expirationDays", "0"),
        ("previousRefused", "1"),
        ("attempts", "10"),
        ("seconds", "300"),
        ("idleMinutes", "60"),
        ("absoluteHours", "24"),
        ("longestDays", "360"),
        ("perUser", "5"),
        ("lowerCase", "true"),
        ("digit", "true"),
        ("lockout", "true"),
        ("onePerUser", "true"),
    ];
    let page = "/console/default/admin/security";
    first.fill(page, page, &settings).expect(303);
    assert!(is_signed_in(&first));
    let second = server.admin_session();
    assert!(!is_signed_in(&first) && is_signed_in(&second));
}

#[test]
fn a_password_that_an_administrator_set_must_be_changed_before_anything_else() {
    testkit::each_database(|server| {
        let admin = server.admin_session();
        let page = "/console/default/admin/accounts/users/new";
        let fields = [
            ("username", "fresh"),
            ("password", "given-by-admin-1"),
            ("change", "true"),
        ];
        admin.fill(page, page, &fields).expect(303);
        let browser = server.browser();
        let answer = browser.try_sign_in("default", "fresh", "given-by-admin-1").expect(303);
        assert!(
            answer.header("location").starts_with("/identity/web/password"),
            "{}",
            answer.header("location")
        );
        assert!(!is_signed_in(&browser));
        let before = browser.cookie("idsrv").unwrap();
        let change = "/identity/web/password";
        let same = browser
            .fill(
                change,
                change,
                &[("new", "given-by-admin-1"), ("again", "given-by-admin-1")],
            )
            .expect(400);
        assert!(same.text().contains("used before"), "{}", same.text());
        browser
            .fill(change, change, &[("new", "short"), ("again", "short")])
            .expect(400);
        browser
            .fill(
                change,
                change,
                &[("new", "chosen-by-myself-1"), ("again", "chosen-by-myself-1")],
            )
            .expect(303);
        assert!(is_signed_in(&browser));
        assert_ne!(
            browser.cookie("idsrv").unwrap(),
            before,
            "the cookie changes with what it can do"
        );
        server
            .browser()
            .try_sign_in("default", "fresh", "given-by-admin-1")
            .expect(400);
    });
}

#[test]
fn a_new_password_ends_the_other_sessions() {
    let server = Server::start();
    let user = create_user(&server, "walker");
    let (here, there) = (user.session(&server), user.session(&server));
    let change = "/identity/web/password";
    let wrong = here.fill(
        change,
        change,
        &[
            ("old", "wrong"),
            ("new", "chosen-by-myself-1"),
            ("again", "chosen-by-myself-1"),
        ],
    );
    wrong.expect(400);
    here.fill(
        change,
        change,
        &[
            ("old", &user.password),
            ("new", "chosen-by-myself-1"),
            ("again", "chosen-by-myself-1"),
        ],
    )
    .expect(303);
    assert!(is_signed_in(&here) && !is_signed_in(&there));
}

#[test]
fn pages_of_sign_in_cannot_be_framed_or_kept() {
    let server = Server::start();
    for path in [LOGIN, "/identity_/ui/account/login", "/identity/web/signed-out"] {
        let answer = server.get(path).send().expect(200);
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert!(
            answer
                .header("content-security-policy")
                .contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
}

#[test]
fn system_administrators_have_their_own_page_and_no_organization() {
    let server = Server::start();
    let user = create_user(&server, "stuck");
    let host = server.browser().sign_in("host", "admin", ADMIN_PASSWORD);
    let page = host.get("/identity/management").expect(200);
    assert!(page.text().contains("default"));
    host.get(OWN_PAGE).expect(403);
    // A locked account is let in again.
    let browser = server.browser();
    for _ in 0..10 {
        browser.try_sign_in("default", &user.name, "wrong");
    }
    let organization = server.organization();
    let fields = [("organization", organization.as_str()), ("user", user.id.as_str())];
    host.fill("/identity/management", "/identity/management/unlock", &fields)
        .expect(303);
    browser.try_sign_in("default", &user.name, &user.password).expect(303);
    // Closing the organization ends its sessions; everybody else may not.
    let action = format!("/identity/management/organizations/{organization}/disable");
    let (admin, me) = (server.admin_session(), server.admin_session());
    let form = admin.get(OWN_PAGE).expect(200);
    me.submit(&action, &me.get(OWN_PAGE), &[]).expect(403);
    admin.submit(&action, &form, &[]).expect(403);
    host.fill("/identity/management", &action, &[]).expect(303);
    assert!(!is_signed_in(&admin));
    server
        .browser()
        .try_sign_in("default", "admin", ADMIN_PASSWORD)
        .expect(400);
    server.call(Method::GET, "/identity/management").send().expect(303);
}
