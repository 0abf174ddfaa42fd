//! The real server inside a test: both databases, a clock that a test moves, and an HTTP client.
//!
//! ```no_run
//! testkit::each_database(|server| {
//!     let token = server.token("OR.Assets.Read");
//!     let answer = server.get("/odata/Assets").bearer(&token).folder(1).send();
//!     assert_eq!(answer.status, 200);
//! });
//! ```
//!
//! Everything goes through a socket, so a test sees what a client sees.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot be set up must fail loudly"
)]

mod answer;
mod beside;
mod browser;
mod call;
pub mod chromium;
pub mod require;
mod server;
mod template;

pub use answer::Answer;
pub use beside::Beside;
pub use browser::Browser;
pub use call::Call;
pub use server::{ADMIN_PASSWORD, CLIENT_ID, CLIENT_SECRET, Server, ServerBuilder, claims};

/// Runs a behavioural test on SQLite and on PostgreSQL, each with a server of its own.
///
/// Where PostgreSQL is not installed that half is skipped with a visible line; `ORCHESTRION_REQUIRE_ALL=1` makes it fail.
pub fn each_database(test: impl Fn(&Server)) {
    test(&Server::start());
    if let Some(server) = Server::start_on_postgres() {
        test(&server);
    }
}

/// As [`each_database`], with servers that do nothing by themselves: the test calls the reconcilers it is about, when it is time.
pub fn each_database_at_rest(test: impl Fn(&Server)) {
    for builder in [Server::builder(), Server::builder().postgres()] {
        if let Some(server) = builder.at_rest().start() {
            test(&server);
        }
    }
}
