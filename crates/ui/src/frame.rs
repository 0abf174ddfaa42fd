//! What stands around a page: the switchers, the navigation, the folder tree, the user.

use crate::Tone;

/// Colours chosen by the visitor; without a choice the system decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// `light`, `dark`, anything else is no choice.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "light" => Some(Self::Light),
            "dark" => Some(Self::Dark),
            _ => None,
        }
    }

    /// `light` or `dark`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// A name with an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Link {
    /// What is shown.
    pub title: String,
    /// Where it leads.
    pub href: String,
}

impl Link {
    /// A name with an address.
    pub fn new(title: &str, href: &str) -> Self {
        Self {
            title: title.to_owned(),
            href: href.to_owned(),
        }
    }
}

/// The current one of several (organizations, tenants) and the way to the others.
#[derive(Debug, Clone, Default)]
pub struct Switcher {
    /// Name of the current one; empty hides the switcher.
    pub current: String,
    /// The others.
    pub others: Vec<Link>,
}

/// An entry of the navigation.
#[derive(Debug, Clone, Default)]
pub struct NavItem {
    /// What is shown.
    pub title: String,
    /// Name of an icon, see [`crate::icon`].
    pub icon: &'static str,
    /// Where it leads.
    pub href: String,
    /// Whether the page belongs to it.
    pub active: bool,
}

/// Entries under a heading: Organization, Tenant, Folder, You.
#[derive(Debug, Clone, Default)]
pub struct NavGroup {
    /// The heading.
    pub title: String,
    /// The entries.
    pub items: Vec<NavItem>,
}

/// A folder in the tree, in the order of display.
#[derive(Debug, Clone, Default)]
pub struct TreeNode {
    /// Its name.
    pub title: String,
    /// Its page.
    pub href: String,
    /// 0 for a root folder.
    pub depth: usize,
    /// Whether it is the current folder.
    pub active: bool,
    /// Ancestors the visitor has no access to are shown, but lead nowhere.
    pub selectable: bool,
}

/// The signed-in person.
#[derive(Debug, Clone, Default)]
pub struct Person {
    /// Shown name; empty hides the menu.
    pub name: String,
    /// Second line, for instance the e-mail address.
    pub detail: String,
    /// Entries of the menu before the theme and "Sign out".
    pub menu: Vec<Link>,
}

/// What waits for the visitor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bell {
    /// How many are unread, as it is told: `3`, `99+`; empty for none.
    pub count: String,
    /// The gravest of them: severity and text, with the place they are about.
    pub entries: Vec<(Tone, Link)>,
    /// Ways on: all of them, preferences.
    pub links: Vec<Link>,
}

/// Everything around the content of a page.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// Title of the page.
    pub title: String,
    /// The organization and the others the person may enter.
    pub organization: Switcher,
    /// The tenant and the organization's others.
    pub tenants: Switcher,
    /// The navigation.
    pub navigation: Vec<NavGroup>,
    /// The folder tree; hidden when empty.
    pub folders: Vec<TreeNode>,
    /// The signed-in person.
    pub user: Person,
    /// What waits for the visitor; `None` hides the bell.
    pub bell: Option<Bell>,
    /// Chosen colours.
    pub theme: Option<Theme>,
    /// A message about what was just done.
    pub flash: Option<String>,
    /// The anti-forgery token of the session.
    pub csrf: String,
    /// The way from the top to this page; the last one is the page itself.
    pub breadcrumb: Vec<Link>,
    /// Where the product name leads; `/console` when empty.
    pub home: String,
    /// Address that ends the session by POST; `/console/sign-out` when empty.
    pub sign_out: String,
    /// Address that takes `theme` = `light`, `dark` or `system` by POST (and redirects back); no theme buttons when empty.
    pub theme_action: String,
}
