//! The groups of the organization, and adding one. `GET|POST /console/{org}/admin/accounts/groups`

use context::Error;
use http::Method;
use maud::html;
use ui::{Confirm, Form, Grid, MenuItem, Row, Tone, button, chip, field};
use web::page::field as value_of;
use web::{Operation, Request, Response, page};

use crate::console::{Errors, account_tabs, base, csrf, grid_query, mendable, moment};
use crate::groups::{GroupType, service};
use crate::users::Failure;

const PATH: &str = "/{org}/admin/accounts/groups";

pub fn operations() -> [Operation; 2] {
    [
        Operation::page(Method::GET, PATH, "Console_Groups")
            .summary("The groups of the organization.")
            .administrator()
            .handler(show),
        Operation::page(Method::POST, PATH, "Console_CreateGroup")
            .summary("Adds a group.")
            .administrator()
            .takes_form()
            .handler(create),
    ]
}

async fn show(request: Request) -> Result<Response, Error> {
    render(&request, "", &Vec::new()).await
}

async fn create(request: Request) -> Result<Response, Error> {
    let (organization, ctx, form) = (request.organization()?, request.ctx.clone(), request.form());
    let name = value_of(&form, "name").to_owned();
    let wanted = name.clone();
    let created = request.store().write(move |tx| {
        service::create(&mut tx.organization(organization), &ctx, &wanted, &[]).map_err(Failure::from)
    });
    match created.await {
        Ok(group) => page::done(
            &format!("{}/admin/accounts/groups/{}", base(&request)?, group.id),
            &format!("Group {} was added.", group.name),
        ),
        Err(failure) => render(&request, &name, &mendable(failure)?).await,
    }
}

async fn render(request: &Request, name: &str, errors: &Errors) -> Result<Response, Error> {
    let (organization, base, query) = (request.organization()?, base(request)?, grid_query(request));
    let found = request.store().read(move |tx| {
        let mut scope = tx.organization(organization);
        let groups = service::list(&mut scope)?;
        groups
            .into_iter()
            .map(|group| {
                let members = service::members(&mut scope, group.id)?.len();
                Ok::<_, Error>((group, members))
            })
            .collect::<Result<Vec<_>, _>>()
    });
    let groups = found.await?;
    let wanted = store::fold(&query.search);
    let rows = groups
        .iter()
        .filter(|(group, _)| store::fold(&group.name).contains(&wanted))
        .map(|(group, members)| {
            let own = format!("{base}/admin/accounts/groups/{}", group.id);
            let built_in = group.kind == GroupType::BuiltIn;
            let mut menu = vec![MenuItem::link("Members", "users", &own)];
            if !built_in {
                let confirm =
                    Confirm::delete(&group.name).explain("Its members lose the roles that the group was given.");
                menu.push(MenuItem::delete(
                    "Delete",
                    &format!("{own}/delete"),
                    csrf(request),
                    confirm,
                ));
            }
            Row::new(&group.id.to_string(), &group.name)
                .link(&group.name, &own)
                .cell(if built_in {
                    chip("Built-in", Tone::Neutral)
                } else {
                    chip("Custom", Tone::Info)
                })
                .cell(if service::is_everyone(group) {
                    "all accounts".to_owned()
                } else {
                    members.to_string()
                })
                .cell(moment(Some(group.created_at)))
                .menu(menu)
        });
    let grid = Grid::new("groups", "Groups", &query)
        .column("Name")
        .column("Type")
        .column("Members")
        .numeric()
        .column("Created")
        .optional()
        .rows(rows)
        .search("Name")
        .api("GET", &format!("/identity_/api/Group/{organization}"))
        .render();
    let form = Form::new(csrf(request), &format!("{base}/admin/accounts/groups"))
        .errors(errors)
        .submit("Add")
        .render(html! {
            (field::text("name", "Name").value(name).required().max(256).error_in(errors))
        });
    let content = html! {
        (ui::page_header("Accounts and groups", "Roles are best given to groups: who joins one has what it has.",
            html! { (button("Add group").primary().icon("plus").opens("add-group")) }))
        (account_tabs(&base, true))
        @if errors.is_empty() { (ui::dialog("add-group", "Add group", form)) } @else { (ui::section("Add group", form)) }
        (grid)
    };
    page::render_with(
        request,
        if errors.is_empty() { 200 } else { 400 },
        "Groups",
        "accounts",
        content,
    )
    .await
}
