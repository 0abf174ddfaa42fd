//! What a stranger can send before anyone looks at who it is.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use testkit::Server;

#[test]
fn http2_names_the_host_in_its_own_way() {
    let server = Server::start();
    let discovery = server
        .get("/identity_/.well-known/openid-configuration")
        .http2()
        .send()
        .expect(200);
    assert_eq!(discovery.json()["issuer"], format!("{}/identity_", server.base()));
}

#[test]
fn other_hosts_are_not_served() {
    let server = Server::start();
    let path = "/identity_/.well-known/openid-configuration";
    server.get(path).header("host", "evil.example").send().expect(400);
    server
        .get(path)
        .header("host", "localhost:1")
        .header("host", "localhost:2")
        .send()
        .expect(400);
    let forwarded = server
        .get(path)
        .header("x-forwarded-host", "evil.example")
        .send()
        .expect(200);
    assert!(!forwarded.text().contains("evil.example"));
}

#[test]
fn a_proxy_is_believed_when_it_is_trusted() {
    let proxied = Server::builder().configure(|config| {
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        config.public_url = Some("https://orch.example".to_owned());
    });
    let server = proxied.start().unwrap();
    let call = server.get("/identity_/.well-known/openid-configuration");
    let answer = call
        .header("x-forwarded-host", "orch.example")
        .header("x-forwarded-proto", "https")
        .send()
        .expect(200);
    assert_eq!(answer.json()["issuer"], "https://orch.example/identity_");
    assert!(answer.header("strict-transport-security").contains("max-age"));
    let page = server
        .get("/identity/web/login")
        .header("x-forwarded-host", "orch.example")
        .header("x-forwarded-proto", "https");
    for cookie in page.send().headers.get_all("set-cookie") {
        assert!(cookie.to_str().unwrap().contains("Secure"), "{cookie:?}");
    }
}

#[test]
fn bodies_forms_and_queries_are_bounded() {
    let server = Server::start();
    let token = server.token("OR.Assets");
    let large = vec![b'a'; 9 << 20];
    let call = server
        .post("/odata/Assets")
        .bearer(&token)
        .folder(1)
        .bytes("application/json", large);
    assert_eq!(call.send().status, 413);
    let form = vec![b'a'; 300 << 10];
    for path in [
        "/identity_/connect/token",
        "/identity_/connect/authorize",
        "/identity/web/login",
    ] {
        assert_eq!(
            server
                .post(path)
                .bytes("application/x-www-form-urlencoded", form.clone())
                .send()
                .status,
            413,
            "{path}"
        );
    }
    let mut names = String::new();
    for index in 0..12_000 {
        write!(names, "{index:x}&").unwrap();
    }
    let started = Instant::now();
    let call = server
        .post("/identity_/connect/token")
        .bytes("application/x-www-form-urlencoded", names.as_str());
    assert_eq!(call.send().status, 400);
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "the work grows with the square of the names"
    );
    let query = "x".repeat(40 << 10);
    server
        .get(&format!("/odata/Folders?{query}"))
        .bearer(&token)
        .send()
        .expect(400);
    server
        .get(&format!("/odata/{}", "x".repeat(9 << 10)))
        .bearer(&token)
        .send()
        .expect(400);
}

#[test]
fn what_is_not_json_utf8_or_text_is_the_clients_fault() {
    testkit::each_database(|server| {
        let token = server.token("OR.Assets OR.Folders");
        let post = |body: &[u8]| {
            server
                .post("/odata/Folders")
                .bearer(&token)
                .bytes("application/json", body)
                .send()
        };
        let nested = "[".repeat(20_000);
        let hostile: [&[u8]; 6] = [
            b"{",
            b"[]",
            b"null",
            b"\xff\xfe",
            b"{\"DisplayName\":\"a\\u0000b\"}",
            nested.as_bytes(),
        ];
        for body in hostile {
            assert_eq!(post(body).status, 400, "{body:?}");
        }
        server
            .get("/odata/Folders?$filter=DisplayName eq '%00'")
            .bearer(&token)
            .send()
            .expect(400);
        server.get("/odata/%FF").bearer(&token).send().expect(400);
        server.get("/identity/web/login?organization=a%00b").send().expect(400);
    });
}

#[test]
fn every_answer_carries_its_request_id_and_errors_repeat_it() {
    let server = Server::start();
    let given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let answer = server
        .get("/odata/Nothing")
        .header("traceparent", given)
        .send()
        .expect(404);
    assert!(
        answer
            .header("x-request-id")
            .starts_with("00-0af7651916cd43dd8448eb211c80319c-")
    );
    assert_eq!(answer.json()["traceId"], answer.header("x-request-id"));
}

#[test]
fn metrics_are_for_this_machine_only() {
    let server = Server::start();
    server.get("/api/Status/Get").send().expect(200);
    let text = server.get("/metrics").send().expect(200).text();
    assert!(
        text.contains("orchestrion_http_requests_total{operation=\"Status_Get\",status=\"2xx\"} 1"),
        "{text}"
    );
    server
        .get("/metrics")
        .header("x-forwarded-for", "1.2.3.4")
        .send()
        .expect(403);
}

#[test]
fn an_organization_that_asks_too_often_waits_and_others_do_not() {
    let server = Server::builder()
        .configure(|config| config.rate_limits = true)
        .start()
        .unwrap();
    let globex = server.organization_beside("globex");
    let own = server.token("OR.ML.Read");
    let theirs = server.token_of(&globex.client_id, &globex.client_secret, "OR.ML.Read");
    let ask = |token: &str| server.get("/identity_/api/ExternalApiResource").bearer(token).send();
    // A window may end on the way; in two of them the bound is met.
    let refused = (0..602).map(|_| ask(&own)).find(|answer| answer.status != 200).unwrap();
    assert_eq!(refused.status, 429);
    assert!((1..=300).contains(&refused.header("retry-after").parse::<u32>().unwrap()));
    ask(&theirs).expect(200);
    server.clock.advance(300);
    ask(&own).expect(200);
}
