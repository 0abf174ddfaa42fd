//! What a feed offers. `GET /nuget/v3/{feed}/index.json`

use context::Error;
use serde_json::json;
use web::{Operation, Request, Response};

use super::Addressed;

pub fn operations() -> Vec<Operation> {
    vec![
        super::operation("/nuget/v3/{feed}/index.json", "NuGet_Index")
            .summary("The service index of a feed.")
            .handler(handle),
    ]
}

async fn handle(request: Request) -> Result<Response, Error> {
    let base = Addressed::of(&request).await?.base;
    let resource = |kind: &str, path: &str| json!({ "@id": format!("{base}/{path}"), "@type": kind });
    super::json(&json!({
        "version": "3.0.0",
        "resources": [
            resource("SearchQueryService", "query"),
            resource("SearchQueryService/3.0.0-beta", "query"),
            resource("SearchQueryService/3.0.0-rc", "query"),
            resource("SearchQueryService/3.5.0", "query"),
            resource("RegistrationsBaseUrl", "registrations/"),
            resource("RegistrationsBaseUrl/3.0.0-beta", "registrations/"),
            resource("RegistrationsBaseUrl/3.0.0-rc", "registrations/"),
            resource("RegistrationsBaseUrl/3.6.0", "registrations/"),
            resource("PackageBaseAddress/3.0.0", "flat/"),
        ]
    }))
}
