//! Starting and what keeps the server from it.

use std::sync::Arc;

use orchestrion::config::Options;
use orchestrion::{build, doctor};

fn first_start() -> accounts::FirstStart {
    accounts::FirstStart {
        admin_password: None,
        bootstrap_client: None,
        announce: Arc::new(|_| {}),
    }
}

#[test]
fn a_database_does_not_start_without_its_master_key_and_doctor_says_so() {
    let place = tempfile::tempdir().unwrap();
    let config = Options {
        data: Some(place.path().to_owned()),
        ..Options::default()
    }
    .resolve()
    .unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let problems = || {
        let findings = runtime.block_on(doctor::examine(&config));
        findings
            .into_iter()
            .filter_map(|finding| finding.result.err())
            .collect::<Vec<_>>()
    };
    let start = || {
        runtime
            .block_on(build(&config, Arc::new(context::SystemClock), first_start()))
            .map(drop)
    };
    assert!(problems().is_empty(), "{:?}", problems());
    start().unwrap();
    assert!(problems().is_empty(), "{:?}", problems());
    std::fs::remove_file(place.path().join("master.key")).unwrap();
    let error = start().unwrap_err().to_string();
    assert!(error.contains("master key"), "{error}");
    assert!(
        problems().iter().any(|problem| problem.contains("master key")),
        "{:?}",
        problems()
    );
    assert!(
        !place.path().join("master.key").exists(),
        "no key was made that opens nothing"
    );
}

#[test]
fn a_password_that_nobody_chose_is_told_once() {
    let place = tempfile::tempdir().unwrap();
    let config = Options {
        data: Some(place.path().to_owned()),
        ..Options::default()
    }
    .resolve()
    .unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    for _ in 0..2 {
        let told = told.clone();
        let announce = move |password: &vault::Secret| told.lock().unwrap().push(password.clone());
        let first = accounts::FirstStart {
            announce: Arc::new(announce),
            ..first_start()
        };
        runtime
            .block_on(build(&config, Arc::new(context::SystemClock), first))
            .unwrap();
    }
    assert_eq!(told.lock().unwrap().len(), 1);
}
