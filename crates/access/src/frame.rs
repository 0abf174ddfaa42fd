//! What stands around a console page: switchers, navigation, the folder tree, the person.

use std::collections::HashMap;

use context::{Error, Reach, Rights};
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use ui::{Frame, Link, NavGroup, NavItem, Person, Switcher, Theme, TreeNode};
use web::{Area, FolderRef, NavigationEntry, Request, page};

use crate::Access;
use crate::folders::model::Folder;
use crate::folders::tree::Tree;
use crate::permit::{VIEW_FOLDERS, requirement};

/// Folders that the tree of a page shows at most; the folders page has them all.
const MOST_FOLDERS: usize = 500;
/// Cookie that keeps the chosen colours.
const THEME_COOKIE: &str = "theme";

/// A text as one segment of a path.
pub fn segment(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Where a page lives.
#[derive(Debug, Clone)]
pub struct Place {
    /// `/console/{org}`
    pub organization: String,
    /// `/console/{org}/tenants/{tenant}`
    pub tenant: Option<String>,
    /// `/console/{org}/tenants/{tenant}/folders/{folder}`
    pub folder: Option<String>,
}

impl Place {
    /// The place of the page that is asked for.
    pub fn of(request: &Request) -> Result<Self, Error> {
        let organization = format!("/console/{}", segment(&request.text("org")?));
        let tenant = request
            .tenant()
            .ok()
            .map(|tenant| format!("{organization}/tenants/{}", segment(&tenant.name)));
        let folder = match (&tenant, request.integer("folder")) {
            (Some(tenant), Ok(folder)) => Some(format!("{tenant}/folders/{folder}")),
            _ => None,
        };
        Ok(Self {
            organization,
            tenant,
            folder,
        })
    }
}

/// Where the theme is chosen, with the way back to this page if it can be asked for again.
fn theme_action(request: &Request) -> String {
    let here = request
        .parts
        .uri
        .path_and_query()
        .filter(|_| request.parts.method == Method::GET);
    let here = here.map_or("/console", |here| here.as_str());
    format!(
        "/console/theme?returnUrl={}",
        utf8_percent_encode(here, NON_ALPHANUMERIC)
    )
}

/// The frame around the page that is asked for.
pub(crate) async fn build(access: &Access, request: &Request, title: &str, active: &str) -> Result<Frame, Error> {
    let caller = &request.ctx.caller;
    let mut frame = Frame {
        title: title.to_owned(),
        theme: page::cookie(request, THEME_COOKIE).and_then(Theme::parse),
        flash: page::flash(request),
        csrf: caller
            .session
            .as_ref()
            .map(|session| session.csrf.to_string())
            .unwrap_or_default(),
        theme_action: theme_action(request),
        ..Frame::default()
    };
    if let Some(id) = caller.user()
        && let Some(user) = access.accounts.user(id).await?
    {
        frame.user = Person {
            name: user.display.to_string(),
            detail: user.email.as_deref().unwrap_or(&user.user_name).to_owned(),
            menu: Vec::new(),
        };
    }
    let Some(organization) = caller.organization else {
        return Ok(frame);
    };
    let organization = access.accounts.require_organization(organization).await?;
    let place = match Place::of(request) {
        Ok(place) => place,
        Err(_) => Place {
            organization: format!("/console/{}", segment(&organization.url_name)),
            tenant: None,
            folder: None,
        },
    };
    frame.home.clone_from(&place.organization);
    frame.organization = Switcher {
        current: organization.name.to_string(),
        others: Vec::new(),
    };

    let tenants = access.tenants(organization.id).await?;
    let chosen = match request.tenant() {
        Ok(tenant) => Some(tenant.clone()),
        Err(_) => access.tenant(organization.id, None).await?,
    };
    let tenant_path = chosen
        .as_ref()
        .map(|tenant| format!("{}/tenants/{}", place.organization, segment(&tenant.name)));
    if let Some(chosen) = &chosen {
        let current = tenants.iter().find(|tenant| tenant.id == chosen.id);
        let others = tenants
            .iter()
            .filter(|tenant| tenant.active && tenant.id != chosen.id)
            .map(|tenant| {
                Link::new(
                    &tenant.display_name,
                    &format!("{}/tenants/{}", place.organization, segment(&tenant.name)),
                )
            });
        frame.tenants = Switcher {
            current: current.map(|tenant| tenant.display_name.clone()).unwrap_or_default(),
            others: others.collect(),
        };
    }

    // Pages of the organization show the tenant's navigation too, so that the way back is one click.
    let rights = match &chosen {
        Some(tenant) => access.rights(caller, tenant).await?,
        None => Rights::None,
    };
    let administrator = access.accounts.is_administrating(caller).await?;
    let folder = folder_of(access, request, &rights).await?;
    let folder = folder.as_ref();
    let shown = |entry: &&NavigationEntry| match entry.area {
        Area::Person => true,
        Area::Organization => administrator,
        Area::Tenant => rights.allow_somewhere(&entry.requirement),
        Area::Folder => folder.is_some_and(|folder| rights.allow(&entry.requirement, Some(folder.id))),
    };
    let bases: HashMap<&str, Option<String>> = HashMap::from([
        ("me", Some(format!("{}/me", place.organization))),
        ("admin", Some(format!("{}/admin", place.organization))),
        ("tenant", tenant_path.clone()),
        ("folder", place.folder.clone()),
    ]);
    let group = |area: Area, base: &str, title: &str| {
        let base = bases.get(base).cloned().flatten();
        let items = base.into_iter().flat_map(|base| {
            let all = request.app.navigation().iter().filter(|entry| entry.area == area);
            all.filter(shown)
                .map(move |entry| item(entry, &base, active))
                .collect::<Vec<_>>()
        });
        NavGroup {
            title: title.to_owned(),
            items: items.collect(),
        }
    };
    frame.user.menu = group(Area::Person, "me", "")
        .items
        .into_iter()
        .map(|item| Link::new(&item.title, &item.href))
        .collect();
    frame.navigation = vec![
        group(
            Area::Folder,
            "folder",
            folder.map_or("", |folder| last_name(&folder.path)),
        ),
        group(Area::Tenant, "tenant", "Tenant"),
        group(Area::Organization, "admin", "Organization"),
    ];
    frame.navigation.retain(|group| !group.items.is_empty());

    if let (Some(chosen), Some(tenant_path)) = (&chosen, &tenant_path) {
        let tree = access.tree(chosen.id).await?;
        let view = rights.reach(&requirement(VIEW_FOLDERS)?);
        let reach = union(view, rights.assigned());
        let own = rights.assigned_itself();
        frame.folders = nodes(&tree, &reach, &own, tenant_path, folder.map(|folder| folder.id));
    }
    frame.bell = access.panels.bell(request).await?;
    frame.breadcrumb = breadcrumb(&frame, &place, folder, title);
    Ok(frame)
}

/// The folder in the address, however the page declared it.
async fn folder_of(access: &Access, request: &Request, rights: &Rights) -> Result<Option<FolderRef>, Error> {
    if let Some(folder) = request.chosen_folder() {
        return Ok(Some(folder.clone()));
    }
    let (Ok(tenant), Ok(id)) = (request.tenant(), request.integer("folder")) else {
        return Ok(None);
    };
    let visible = rights.is_assigned(id) || rights.allow(&requirement(VIEW_FOLDERS)?, Some(id));
    let tree = access.tree(tenant.id).await?;
    Ok(tree.get(id).filter(|_| visible).map(Folder::to_ref))
}

fn last_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn item(entry: &NavigationEntry, base: &str, active: &str) -> NavItem {
    NavItem {
        title: entry.title.to_owned(),
        icon: entry.icon,
        href: format!("{base}{}", entry.path),
        active: entry.name == active,
    }
}

/// Folders that either of two answers opens.
pub(crate) fn union(one: Reach, other: Reach) -> Reach {
    match (one, other) {
        (Reach::All, _) | (_, Reach::All) => Reach::All,
        (Reach::Only(mut one), Reach::Only(other)) => {
            one.extend(other);
            one.sort_unstable();
            one.dedup();
            Reach::Only(one)
        }
    }
}

fn nodes(tree: &Tree, reach: &Reach, own: &[i64], tenant_path: &str, active: Option<i64>) -> Vec<TreeNode> {
    let visible = tree.visible(reach, own);
    visible
        .into_iter()
        .take(MOST_FOLDERS)
        .map(|(folder, selectable)| TreeNode {
            title: folder.display_name.clone(),
            href: format!("{tenant_path}/folders/{}", folder.id),
            depth: usize::try_from(folder.depth).unwrap_or_default(),
            active: active == Some(folder.id),
            selectable,
        })
        .collect()
}

fn breadcrumb(frame: &Frame, place: &Place, folder: Option<&FolderRef>, title: &str) -> Vec<Link> {
    let mut links = Vec::new();
    if let Some(tenant) = &place.tenant {
        links.push(Link::new(&frame.tenants.current, tenant));
    }
    if let (Some(folder), Some(path)) = (folder, &place.folder) {
        links.push(Link::new(&folder.path, path));
    }
    if links.last().is_none_or(|last| last.title != title) {
        links.push(Link::new(title, ""));
    }
    links
}
