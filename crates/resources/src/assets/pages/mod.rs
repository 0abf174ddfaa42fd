//! Console pages of assets.

mod editor;
mod entry;
mod link;
mod links;
mod list;
mod remove;

use context::{Error, Requirement};
use web::{Operation, Request};

/// All pages.
pub fn operations() -> Vec<Operation> {
    [
        list::operations(),
        editor::operations(),
        links::operations(),
        link::operations(),
        remove::operations(),
    ]
    .concat()
}

/// Name of the navigation entry these pages belong to.
const ACTIVE: &str = "assets";
const LIST: &str = "/{org}/tenants/{tenant}/folders/{folder}/assets";

/// The address of the folder's asset list, as it stands in the request's own address.
fn list_path(request: &Request) -> String {
    first_segments(request.parts.uri.path(), 7)
}

/// The address of the tenant, from which other pages are reached.
fn tenant_path(request: &Request) -> String {
    first_segments(request.parts.uri.path(), 4)
}

fn first_segments(path: &str, count: usize) -> String {
    let end = path.match_indices('/').nth(count).map_or(path.len(), |(at, _)| at);
    path[..end].to_owned()
}

fn csrf(request: &Request) -> String {
    request
        .ctx
        .caller
        .session
        .as_ref()
        .map(|session| session.csrf.to_string())
        .unwrap_or_default()
}

/// Whether the caller has a permission in the folder of the page.
fn may(request: &Request, permission: &str) -> Result<bool, Error> {
    let folder = request.folder()?.id;
    let requirement = Requirement::parse(permission).map_err(Error::internal)?;
    Ok(request.rights.allow(&requirement, Some(folder)))
}

/// The folder as API clients name it, for the hint below a list.
fn api_folder(request: &Request) -> Result<String, Error> {
    Ok(format!("X-UIPATH-OrganizationUnitId: {}", request.folder()?.id))
}

#[cfg(test)]
mod tests {
    use super::first_segments;

    #[test]
    fn addresses_of_pages_above_are_cut_out_of_the_pages_own() {
        let list = "/console/o/tenants/t%20u/folders/7/assets";
        assert_eq!(first_segments(list, 7), list);
        assert_eq!(first_segments(&format!("{list}/3/links"), 7), list);
        assert_eq!(first_segments(list, 4), "/console/o/tenants/t%20u");
    }
}
