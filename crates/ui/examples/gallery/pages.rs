//! Sample pages with invented data; together they show every component.

use maud::{Markup, html};
use ui::field::Choice;
use ui::{
    Bell, Confirm, Form, Frame, Grid, GridQuery, Link, Matrix, MatrixRow, MenuItem, NavGroup, NavItem, Person, Picker,
    PickerGroup, PickerItem, Row, Slice, Snippet, Step, Switcher, Theme, TimelineEntry, Tone, TreeNode, button, chip,
    field, link_button,
};

const CSRF: &str = "token-of-the-session";

/// Every page with its file name.
pub fn all(theme: Option<Theme>) -> Vec<(&'static str, Markup)> {
    vec![
        ("sign-in", sign_in(theme, false)),
        ("sign-in-refused", sign_in(theme, true)),
        ("consent", consent(theme)),
        (
            "error",
            themed(
                ui::error_page(
                    404,
                    "There is no folder with this key.",
                    "4bf92f3577b34da6a3ce929d0e0e4736",
                ),
                theme,
            ),
        ),
        ("home", home(theme)),
        ("applications", applications(theme)),
        ("applications-empty", applications_empty(theme)),
        ("application-add", application_add(theme)),
        ("application-secret", application_secret(theme)),
        ("application", application(theme)),
        ("folder", folder(theme)),
        ("assets-grid", assets(theme)),
        ("asset-add", asset_add(theme)),
        ("role", role(theme)),
        ("components", components(theme)),
    ]
}

/// Plain pages follow the system; the gallery wants to see both.
fn themed(page: Markup, theme: Option<Theme>) -> Markup {
    let attribute = theme.map(|theme| format!("<html lang=\"en\" data-theme=\"{}\"", theme.name()));
    maud::PreEscaped(attribute.map_or(page.0.clone(), |attribute| {
        page.0.replace("<html lang=\"en\"", &attribute)
    }))
}

fn frame(theme: Option<Theme>, title: &str, active: &str) -> Frame {
    let item = |name: &str, icon| NavItem {
        title: name.into(),
        icon,
        href: format!("{}.html", name.to_lowercase()),
        active: name == active,
    };
    let node = |title: &str, depth, selectable| TreeNode {
        title: title.into(),
        href: "folder.html".into(),
        depth,
        active: title == active,
        selectable,
    };
    Frame {
        title: title.into(),
        organization: Switcher {
            current: "Northwind Mills".into(),
            others: vec![Link::new("Contoso <Labs>", "/console/contoso")],
        },
        tenants: Switcher {
            current: "Production".into(),
            others: vec![Link::new("Staging", "#"), Link::new("Development", "#")],
        },
        navigation: vec![
            NavGroup {
                title: String::new(),
                items: vec![item("Home", "home")],
            },
            NavGroup {
                title: "Organization".into(),
                items: vec![
                    item("External applications", "application"),
                    item("Accounts and groups", "users"),
                    item("Tenants", "tenant"),
                    item("Audit log", "audit"),
                ],
            },
            NavGroup {
                title: "Tenant".into(),
                items: vec![item("Folders", "folders"), item("Manage access", "shield")],
            },
            NavGroup {
                title: "Folder".into(),
                items: vec![item("Assets", "asset"), item("Members", "group")],
            },
        ],
        folders: vec![
            node("Shared", 0, true),
            node("Finance", 0, false),
            node("Invoices", 1, true),
            node("Accounts payable in Central Europe", 2, true),
            node("Human Resources", 0, true),
        ],
        user: Person {
            name: "Ada Wren".into(),
            detail: "ada.wren@northwind.example".into(),
            menu: vec![Link::new("Preferences", "#"), Link::new("Personal access tokens", "#")],
        },
        bell: Some(Bell {
            count: "3".into(),
            entries: vec![(Tone::Danger, Link::new("The job Invoices #4711 faulted.", "#"))],
            links: vec![Link::new("See all alerts", "#")],
        }),
        theme,
        flash: None,
        csrf: CSRF.into(),
        breadcrumb: vec![
            Link::new("Northwind Mills", "#"),
            Link::new("External applications", "applications.html"),
            Link::new(title, ""),
        ],
        home: "home.html".into(),
        sign_out: String::new(),
        theme_action: "/console/theme".into(),
    }
}

fn sign_in(theme: Option<Theme>, refused: bool) -> Markup {
    let form = Form::new(CSRF, "/console/sign-in").unguarded().submit("Sign in");
    let form = if refused {
        form.error("", "The user name or the password is wrong.")
    } else {
        form
    };
    let page = ui::plain_page(
        "Sign in",
        html! {
            p.lead { "to Northwind Mills" }
            (form.render(html! {
                (field::text("organization", "Organization").value("northwind").autocomplete("organization").required())
                (field::text("login", "User name or e-mail").autocomplete("username").required().autofocus())
                (field::password("password", "Password").autocomplete("current-password").required())
            }))
        },
    );
    themed(page, theme)
}

fn consent(theme: Option<Theme>) -> Markup {
    let page = ui::plain_page(
        "Let “Invoice Desk” act for you?",
        html! {
            p.lead { "It asks for the following, signed in as " b { "ada.wren" } "." }
            (ui::consent_list(&[("Read assets", "OR.Assets.Read"), ("Read folders", "OR.Folders.Read"), ("Stay signed in", "offline_access")]))
            (Form::new(CSRF, "/identity/consent").unguarded().render(html! {
                div.form-actions { (button("Allow").primary().name("decision", "allow")) (button("Refuse").name("decision", "refuse")) }
            }))
            p.muted { "You will be sent to " code { "https://desk.example" } "." }
        },
    );
    themed(page, theme)
}

fn home(theme: Option<Theme>) -> Markup {
    let step = |title: &str, text: &str, done| Step {
        title: title.into(),
        text: text.into(),
        href: "#".into(),
        done,
    };
    let mut frame = frame(theme, "Home", "Home");
    frame.breadcrumb.clear();
    frame.flash = Some("Signed in. Your last visit was on Friday.".into());
    ui::page(
        &frame,
        html! {
            (ui::page_header("Good morning, Ada", "Production tenant of Northwind Mills", html! {}))
            (ui::tiles(html! {
                (ui::stat("External applications", "12", html! { (ui::sparkline("New per week", &[1.0, 0.0, 2.0, 1.0, 3.0, 2.0, 3.0])) }))
                (ui::stat("Tokens issued today", "4 812", html! { (ui::sparkline("Tokens per hour", &[120.0, 180.0, 160.0, 240.0, 420.0, 380.0, 510.0, 470.0])) }))
                (ui::stat("Failed sign-ins", "3", html! { (ui::sparkline("Failures per day", &[0.0, 1.0, 0.0, 0.0, 5.0, 2.0, 3.0])) }))
            }))
            br;
            (ui::checklist("First steps", &[
                step("Change the initial password", "The one printed at first start should not live on.", true),
                step("Register an external application", "Gives a program its own ID, secret and scopes.", true),
                step("Give it a role in a folder", "Scopes say what it may ask for; roles say where.", false),
                step("Store an asset", "A value your automations read at run time.", false),
            ]))
            (ui::card("Tokens by application", html! { (link_button("All applications", "applications.html").small()) }, html! {
                (ui::donut("Last 24 hours", &[Slice::new("Invoice Desk", 2310.0), Slice::new("Warehouse sync", 1490.0), Slice::new("Reporting", 720.0), Slice::new("Others", 292.0)]))
            }))
        },
    )
}

fn applications(theme: Option<Theme>) -> Markup {
    let mut frame = frame(theme, "External applications", "External applications");
    frame.breadcrumb = vec![
        Link::new("Northwind Mills", "#"),
        Link::new("External applications", ""),
    ];
    frame.flash = Some("“Reporting” was saved.".into());
    let query = GridQuery::parse("applications.html", "sort=name");
    let row = |id: &str, name: &str, confidential: bool, scopes: &[&str], used: &str| {
        Row::new(id, name)
            .link(name, "application.html")
            .cell(ui::copyable(id))
            .cell(if confidential {
                "Confidential"
            } else {
                "Non-confidential"
            })
            .cell(ui::chips(scopes, 2))
            .cell(if used.is_empty() {
                ui::muted("never")
            } else {
                ui::time(used)
            })
            .menu(vec![
                MenuItem::link("Edit", "edit", "application.html"),
                MenuItem::link("Connection details", "code", "application.html"),
                MenuItem::copy("Copy App ID", id),
                MenuItem::Separator,
                MenuItem::delete(
                    "Delete",
                    "#",
                    CSRF,
                    Confirm::delete(name)
                        .explain("Programs that use it stop working at once.")
                        .type_name(name),
                ),
            ])
    };
    ui::page(
        &frame,
        html! {
            (ui::page_header("External applications", "Programs that call the APIs with their own identity: each has an ID, scopes, and for confidential ones secrets.", html! {
                (link_button("Add application", "application-add.html").primary().icon("plus"))
            }))
            (Grid::new("applications", "External applications", &query)
                .sorted("Application name", "name").column("App ID").optional().sorted("Type", "type").column("Scopes").sorted("Last used", "used")
                .search("Name or App ID")
                .filter("type", "Type", vec![Choice::new("confidential", "Confidential"), Choice::new("public", "Non-confidential")])
                .bulk(CSRF, "#", vec![button("Delete").danger().icon("trash").confirm(Confirm::new("Delete the selected applications?", "Programs that use them stop working at once.", "Delete"))])
                .rows([
                    row("0b7c1a52-6f0e-4f6a-9f39-51a8a3a1f0c2", "Invoice Desk", true, &["OR.Assets", "OR.Folders.Read", "OR.Jobs"], "2026-11-23T09:12:00Z"),
                    row("a3c9d0b1-8a54-4a0a-8d3d-9be0c0e2f7aa", "Reporting", true, &["OR.Folders.Read", "OR.Monitoring.Read"], "2026-11-22T18:40:00Z"),
                    row("5f2d6c3e-2b41-4a9c-a0f7-2f61b0c9d8e4", "Studio on the desktop", false, &["OR.Default"], ""),
                    row("9e81f7d2-70cd-4f5c-bb52-33b5a1c4e6f0", "Warehouse sync", true, &["OR.Queues", "OR.Assets.Read", "OR.Buckets", "OR.Folders"], "2026-10-02T07:00:00Z"),
                ])
                .total(112)
                .api("GET", "/portal_/api/external-apps?sortBy=name")
                .render())
        },
    )
}

fn applications_empty(theme: Option<Theme>) -> Markup {
    let frame = frame(theme, "External applications", "External applications");
    ui::page(
        &frame,
        html! {
            (ui::page_header("External applications", "", html! {}))
            (Grid::new("applications", "External applications", &GridQuery::parse("applications.html", "")).empty(
                ui::empty_state("application", "No application yet", "Register one to let a program call the APIs with its own identity.", html! {
                    (link_button("Add application", "application-add.html").primary().icon("plus"))
                })).render())
            (Grid::new("narrowed", "External applications", &GridQuery::parse("applications.html", "q=zzz")).search("Name or App ID").render())
        },
    )
}

fn scopes() -> Vec<PickerGroup> {
    let item = |value: &str, hint: &str, ticked| PickerItem {
        value: value.into(),
        hint: hint.into(),
        ticked,
    };
    vec![
        PickerGroup {
            key: "Orchestrator".into(),
            label: "Orchestrator API Access".into(),
            tabs: vec![
                vec![
                    item(
                        "OR.Assets.Read",
                        "See assets in the folders the person has access to",
                        true,
                    ),
                    item("OR.Folders.Read", "See folders", false),
                ],
                vec![
                    item("OR.Assets", "See and change assets", true),
                    item("OR.Assets.Read", "See assets", false),
                    item("OR.Folders", "See and change folders", true),
                    item(
                        "OR.Default",
                        "Exactly what the roles given to the application allow",
                        false,
                    ),
                ],
            ],
        },
        PickerGroup {
            key: "PM".into(),
            label: "Platform Management API Access".into(),
            tabs: vec![
                vec![item("PM.User.Read", "See accounts", false)],
                vec![item("PM.OAuthApp", "Register applications", false)],
            ],
        },
    ]
}

fn application_add(theme: Option<Theme>) -> Markup {
    let frame = frame(theme, "Add application", "External applications");
    let errors = vec![(
        "redirect".to_owned(),
        "A redirect URL is needed because there are user scopes.".to_owned(),
    )];
    ui::page(
        &frame,
        html! {
            (ui::page_header("Add application", "", html! {}))
            (Form::new(CSRF, "/console/applications").errors(&errors).submit("Add").cancel("applications.html").render(html! {
                (field::text("name", "Application name").required().max(200).value("Invoice Desk"))
                (field::radio("type", "Application type", vec![
                    Choice::new("confidential", "Confidential application").hint("Runs on a server and can keep a secret. May act for itself or for people."),
                    Choice::new("public", "Non-confidential application").hint("Runs on a desktop, a phone or in a browser. Acts for people only."),
                ]).value("confidential").hint("Cannot be changed later."))
                fieldset.field {
                    legend { "Resources" }
                    p.hint { "What the application may ask for." }
                    (Picker::new("scopes", "Resource", "Add scopes").tab("User scopes", "user_scope", None).tab("Application scopes", "application_scope", Some("type=confidential")).groups(scopes()))
                }
                (field::tokens("redirect", "Redirect URL").placeholder("https://app.example/callback").value("https://desk.example/oidc")
                    .hint("Where people are sent back to after sign-in. Compared character by character.").error_in(&errors))
            }))
        },
    )
}

fn application_secret(theme: Option<Theme>) -> Markup {
    let frame = frame(theme, "Invoice Desk", "External applications");
    ui::page(
        &frame,
        html! {
            (ui::page_header("Invoice Desk", "Confidential application", html! {}))
            (ui::secret_dialog("“Invoice Desk” is registered", "This is the only time the secret is shown. Store it where the program finds it.", &[
                ("App ID", "0b7c1a52-6f0e-4f6a-9f39-51a8a3a1f0c2"), ("App Secret", "w9?Xk2~uPqL7(vBz-Ty4Rn8sHc1MdEf6"),
            ], "application.html"))
        },
    )
}

fn application(theme: Option<Theme>) -> Markup {
    let frame = frame(theme, "Invoice Desk", "External applications");
    let entry = |time: &str, title: &str, detail: &str, tone| TimelineEntry {
        time: time.into(),
        title: html! { (title) },
        detail: detail.into(),
        tone,
    };
    ui::page(
        &frame,
        html! {
            (ui::page_header("Invoice Desk", "Confidential application", html! {
                (link_button("Edit", "application-add.html").icon("edit"))
                (ui::menu("app-more", button("More"), &[
                    MenuItem::post("Sign out everywhere", "sign-out", "#", CSRF),
                    MenuItem::Separator,
                    MenuItem::delete("Delete", "#", CSRF, Confirm::delete("Invoice Desk").type_name("Invoice Desk")),
                ]))
            }))
            (ui::link_tabs("Invoice Desk", &[("Connection details", "#", true), ("Secrets", "#", false), ("Access", "#", false), ("Activity", "#", false)]))
            (ui::card("Connection", html! {}, ui::definitions(&[
                ("App ID", ui::copyable("0b7c1a52-6f0e-4f6a-9f39-51a8a3a1f0c2")),
                ("Token endpoint", ui::copyable("https://orchestrion.northwind.example/identity/connect/token")),
                ("Scopes", ui::chips(&["OR.Assets", "OR.Folders"], 5)),
                ("Current secret", ui::secret_value("secret-now", "Current secret", "abc123")),
                ("Created", ui::time("2026-11-20T10:00:00Z")),
            ])))
            (ui::card("Get a token", html! {}, ui::snippets("token", &[
                Snippet::new("curl", "curl https://orchestrion.northwind.example/identity/connect/token \\\n  -u \"$APP_ID:$APP_SECRET\" \\\n  -d grant_type=client_credentials \\\n  -d scope=\"OR.Assets OR.Folders\""),
                Snippet::new("Python", "import httpx\n\ntoken = httpx.post(\n    \"https://orchestrion.northwind.example/identity/connect/token\",\n    auth=(app_id, app_secret),\n    data={\"grant_type\": \"client_credentials\", \"scope\": \"OR.Assets\"},\n).json()[\"access_token\"]"),
                Snippet::new("TypeScript", "const answer = await fetch(tokenEndpoint, { method: \"POST\", body, headers });\nconst { access_token } = await answer.json();"),
            ])))
            (ui::card("Granted but not used for 90 days", html! {}, html! {
                (ui::callout(Tone::Warning, html! { "Two scopes have never been asked for. Taking them away makes a lost secret less dangerous." }))
                br;
                (Form::new(CSRF, "#").submit("Remove the ticked scopes").danger().unguarded().confirm(Confirm::new("Remove 2 scopes?", "New tokens will not carry them.", "Remove")).render(html! {
                    (field::checks("scope", "Unused scopes", vec![Choice::new("OR.Folders", "OR.Folders").hint("See and change folders"), Choice::new("OR.Jobs", "OR.Jobs")]).values(["OR.Folders", "OR.Jobs"]))
                }))
            }))
            (ui::card("Activity", html! {}, html! {
                (ui::bars("Tokens per day", &[("17", 12.0), ("18", 31.0), ("19", 28.0), ("20", 44.0), ("21", 4.0), ("22", 2.0), ("23", 37.0)].map(|(day, value)| Slice::new(&format!("{day} Nov"), value))))
                br;
                (ui::timeline(&[
                    entry("2026-11-23T09:12:00Z", "Token issued", "10.1.4.20", Tone::Success),
                    entry("2026-11-22T08:00:00Z", "Wrong secret", "203.0.113.9", Tone::Danger),
                    entry("2026-11-20T10:00:00Z", "Registered", "Ada Wren", Tone::Neutral),
                ]))
            }))
        },
    )
}

fn folder(theme: Option<Theme>) -> Markup {
    let mut frame = frame(theme, "Invoices", "Invoices");
    frame.breadcrumb = vec![
        Link::new("Production", "#"),
        Link::new("Finance", ""),
        Link::new("Invoices", ""),
    ];
    let query = GridQuery::parse("folder.html", "");
    let member = |name: &str, kind: &'static str, roles: &[&str], inherited: bool| {
        Row::new(name, name)
            .cell(ui::with_icon(kind, name))
            .cell(html! { (ui::chips(roles, 3)) @if inherited { " " (ui::muted("from Finance")) } })
            .menu(if inherited {
                vec![]
            } else {
                vec![
                    MenuItem::link("Edit roles", "edit", "#"),
                    MenuItem::delete(
                        "Remove",
                        "#",
                        CSRF,
                        Confirm::new(
                            "Remove from the folder?",
                            "The account keeps its other roles.",
                            "Remove",
                        ),
                    ),
                ]
            })
    };
    ui::page(
        &frame,
        html! {
            (ui::page_header("Invoices", "Reads, checks and books incoming invoices.", html! {
                (button("New subfolder").opens("new-folder").icon("plus"))
                (ui::menu("folder-more", button("More"), &[MenuItem::open("Rename", "edit", "new-folder"), MenuItem::link("Move", "move", "#"), MenuItem::Separator,
                    MenuItem::delete("Delete", "#", CSRF, Confirm::delete("Invoices").explain("The folder holds 14 assets. They are deleted with it.").type_name("Invoices"))]))
            }))
            (ui::tiles(html! {
                (ui::stat("Assets", "14", html! {})) (ui::stat("Subfolders", "1", html! {})) (ui::stat("Members", "3", html! {}))
            }))
            (ui::section("Members", Grid::new("members", "Members of Invoices", &query).column("Name").column("Roles")
                .search("Name")
                .actions(html! { (button("Assign account").opens("assign").icon("plus")) })
                .rows([member("Ada Wren", "user", &["Folder Administrator"], false), member("Automation Users", "group", &["Automation User", "Allow to be Automation User"], true), member("Invoice Desk", "application", &["Automation User"], false)])
                .total(3).api("GET", "/odata/Folders/UiPath.Server.Configuration.OData.GetUsersForFolder(key=7,includeInherited=true)").render()))
            (ui::dialog("new-folder", "New subfolder", Form::new(CSRF, "#").submit("Create").render(html! {
                (field::text("folder-name", "Folder name").required().max(115))
                (field::textarea("folder-description", "Description", 3).max(500))
            })))
            (ui::side_panel("assign", "Assign account", Form::new(CSRF, "#").submit("Assign").render(html! {
                (field::text("account", "Account, group or application").required().placeholder("At least two characters"))
                (field::checks("role", "Roles", vec![Choice::new("1", "Folder Administrator").hint("Everything in the folder"), Choice::new("2", "Automation User").hint("Runs automations"), Choice::new("3", "Allow to be Automation Publisher")]))
            })))
        },
    )
}

fn assets(theme: Option<Theme>) -> Markup {
    let mut frame = frame(theme, "Assets", "Assets");
    frame.breadcrumb = vec![
        Link::new("Production", "#"),
        Link::new("Invoices", "folder.html"),
        Link::new("Assets", ""),
    ];
    let query = GridQuery::parse("assets-grid.html", "type=Text&sort=-modified&page=2&size=10");
    let row = |name: &str, kind: &str, value: &str, shared: u8| {
        Row::new(name, name)
            .link(name, "asset-add.html")
            .cell(kind)
            .cell(html! { code { (value) } })
            .cell(html! { @if shared > 1 { span.with-icon title="In 3 folders" { (ui::icon("link")) (shared) } } @else { (ui::muted("–")) } })
            .cell(ui::time("2026-11-21T12:00:00Z"))
            .menu(vec![MenuItem::link("Edit", "edit", "asset-add.html"), MenuItem::link("Manage links", "link", "#"), MenuItem::delete("Delete", "#", CSRF, Confirm::delete(name))])
    };
    ui::page(
        &frame,
        html! {
            (ui::page_header("Assets", "Values and credentials that automations in this folder read at run time.", html! {
                (ui::menu("add-asset", button("Add").primary().icon("plus"), &[MenuItem::link("Add asset", "asset", "asset-add.html"), MenuItem::link("Link from other folders", "link", "#")]))
            }))
            (Grid::new("assets", "Assets", &query)
                .sorted("Name", "name").sorted("Type", "type").column("Value").column("Folders").numeric().sorted("Modified", "modified").optional()
                .search("Name")
                .filter("type", "Type", ["Text", "Bool", "Integer", "Credential", "Secret"].map(|kind| Choice::new(kind, kind)).into())
                .bulk(CSRF, "#", vec![button("Delete").danger().icon("trash")])
                .rows([
                    row("InvoiceInbox", "Text", "invoices@northwind.example", 3),
                    row("MaxInvoicesPerRun", "Integer", "250", 1),
                    row("<script>alert(1)</script>", "Text", "\"quoted\" & <b>bold</b>", 1),
                    row("SapLogin", "Credential", "svc-invoices / *****", 1),
                    row("BookToLedger", "Bool", "True", 1),
                ])
                .total(37).api("GET", "/odata/Assets?$filter=ValueType eq 'Text'&$top=10&$skip=10").render())
        },
    )
}

fn asset_add(theme: Option<Theme>) -> Markup {
    let frame = frame(theme, "Add asset", "Assets");
    ui::page(
        &frame,
        html! {
            (ui::page_header("Add asset", "", html! {}))
            (Form::new(CSRF, "#").submit("Create").cancel("assets-grid.html").render(html! {
                (field::text("asset-name", "Asset name").required().max(256))
                (field::select("type", "Type", ["Text", "Bool", "Integer", "Credential", "Secret"].map(|kind| Choice::new(kind, kind)).into()).value("Credential").hint("Fixed after creation."))
                (field::textarea("description", "Description", 2).max(250))
                (field::toggle("global", "Global value").on(true).hint("Used wherever an account has no value of its own."))
                (field::textarea("text", "Value", 3).show_when("type", "Text"))
                (field::radio("bool", "Value", vec![Choice::new("true", "True"), Choice::new("false", "False")]).value("true").show_when("type", "Bool"))
                (field::number("integer", "Value").show_when("type", "Integer").range(i64::from(i32::MIN), i64::from(i32::MAX)))
                (field::text("username", "User name").show_when("type", "Credential").autocomplete("off"))
                (field::password("secret", "Password").show_when("type", "Credential|Secret"))
            }))
        },
    )
}

fn role(theme: Option<Theme>) -> Markup {
    let mut frame = frame(theme, "Invoice clerk", "Manage access");
    frame.breadcrumb = vec![
        Link::new("Production", "#"),
        Link::new("Roles", "#"),
        Link::new("Invoice clerk", ""),
    ];
    let rows = |names: &[&str]| {
        names
            .iter()
            .enumerate()
            .map(|(line, name)| MatrixRow {
                label: (*name).into(),
                cells: ["View", "Edit", "Create", "Delete"]
                    .iter()
                    .enumerate()
                    .map(|(index, action)| {
                        (line + index != 5).then(|| (format!("{name}.{action}"), index == 0 || line == 1))
                    })
                    .collect(),
            })
            .collect::<Vec<_>>()
    };
    ui::page(
        &frame,
        html! {
            (ui::page_header("Invoice clerk", "Folder role", html! { (chip("Custom", Tone::Info)) }))
            (Form::new(CSRF, "#").submit("Save").cancel("#").render(html! {
                (field::text("role-name", "Name").required().max(64).value("Invoice clerk"))
                (Matrix::new("permission", "Permission", &["View", "Edit", "Create", "Delete"])
                    .group("Resources", rows(&["Assets", "Storage files", "Queues", "Transactions"]))
                    .group("Execution", rows(&["Processes", "Jobs", "Triggers"])))
            }))
        },
    )
}

fn components(theme: Option<Theme>) -> Markup {
    let frame = frame(theme, "Components", "Components");
    ui::page(
        &frame,
        html! {
            (ui::page_header("Components", "The small parts, side by side.", html! {}))
            (ui::section("Buttons", html! { div.actions {
                (button("Primary").primary()) (button("Plain")) (button("With icon").icon("refresh")) (button("Danger").danger()) (button("Quiet").quiet())
                (button("Small").small()) (button("Search").icon("search").icon_only()) (button("Disabled").disabled()) (button("Copy").copies("text").icon("copy"))
            } }))
            (ui::section("Chips", html! { div.actions {
                (chip("Neutral", Tone::Neutral)) (chip("Pending", Tone::Info)) (chip("Active", Tone::Success)) (chip("Expires soon", Tone::Warning)) (chip("Revoked", Tone::Danger)) (ui::toggle_mark(false, "On", "Off"))
            } }))
            (ui::section("Notes", ui::stack(html! {
                @for tone in [Tone::Neutral, Tone::Info, Tone::Success, Tone::Warning, Tone::Danger] { (ui::callout(tone, html! { "A sentence that says what matters, and " a href="#" { "where to go" } "." })) }
            })))
            (ui::section("Fields", Form::new(CSRF, "#").error("", "The whole form is odd.").error("port", "Give a number from 1 to 65535.").submit("Save").also(html! { (button("Save and add another").name("more", "1")) }).cancel("#").render(html! {
                (field::email("mail", "E-mail").hint("Only for notices."))
                (field::url("site", "Web address").readonly().value("https://northwind.example"))
                (field::number("port", "Port").range(1, 65535).value("0").error(Some("Give a number from 1 to 65535.")))
                (field::date("expires", "Expires"))
                (field::toggle("alerts", "Send alerts"))
                (field::text("disabled", "Not available").disabled(true).value("until later"))
                (field::hidden("hidden", "x"))
            })))
            (ui::section("Live", ui::live("clock", "/console/live/clock", html! { p { "waiting for news" } })))
            (ui::section("Icons", html! { div.actions {
                @for name in ["home", "app", "key", "token", "user", "users", "robot", "shield", "folder", "folders", "asset", "audit", "building", "tenant", "settings", "search", "plus", "dots", "check", "copy", "eye", "close", "info", "warning", "error", "success", "sun", "moon", "system", "sign-out", "link", "clock", "trash", "edit", "external", "code", "refresh", "download", "lock", "move", "book", "filter", "menu"] {
                    span.with-icon title=(name) { (ui::icon(name)) }
                }
            } }))
        },
    )
}
