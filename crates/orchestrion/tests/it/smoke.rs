//! The server answers at all.

#[test]
fn status_is_open_to_everyone_and_resources_are_not() {
    testkit::each_database(|server| {
        server.get("/api/Status/Get").send().expect(200);
        server.get("/api/health").send().expect(200);
        server.get("/odata/Folders").send().expect(401);
    });
}
