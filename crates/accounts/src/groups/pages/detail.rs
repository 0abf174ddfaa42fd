//! One group and its members. `GET|POST /console/{org}/admin/accounts/groups/{group}`

use context::Error;
use http::Method;
use maud::html;
use ui::{Confirm, Form, Grid, MenuItem, Row, Tone, chip, field};
use web::page::field as value_of;
use web::{Operation, Request, Response, page};

use crate::console::{Errors, base, csrf, grid_query, mendable};
use crate::directory::service::{self as directory, Kind};
use crate::groups::{GroupType, service};
use crate::users::Failure;

const PATH: &str = "/{org}/admin/accounts/groups/{group}";

pub fn operations() -> [Operation; 5] {
    let action = |path, id, summary| {
        Operation::page(Method::POST, path, id)
            .summary(summary)
            .administrator()
            .takes_form()
    };
    [
        Operation::page(Method::GET, PATH, "Console_Group")
            .summary("One group and its members.")
            .administrator()
            .handler(show),
        action(PATH, "Console_RenameGroup", "Renames a group.").handler(rename),
        action(
            "/{org}/admin/accounts/groups/{group}/members",
            "Console_AddMember",
            "Puts somebody into a group.",
        )
        .handler(add),
        action(
            "/{org}/admin/accounts/groups/{group}/members/{member}/remove",
            "Console_RemoveMember",
            "Takes somebody out of a group.",
        )
        .handler(remove),
        action(
            "/{org}/admin/accounts/groups/{group}/delete",
            "Console_DeleteGroup",
            "Deletes a group.",
        )
        .handler(delete),
    ]
}

async fn show(request: Request) -> Result<Response, Error> {
    render(&request, &Vec::new()).await
}

async fn rename(request: Request) -> Result<Response, Error> {
    let (organization, id, ctx) = (request.organization()?, request.guid("group")?, request.ctx.clone());
    let name = value_of(&request.form(), "name").to_owned();
    let renamed = request.store().write(move |tx| {
        service::update(&mut tx.organization(organization), &ctx, id, Some(&name), &[], &[]).map_err(Failure::from)
    });
    finish(
        &request,
        renamed.await.map(|group| format!("Group {} was saved.", group.name)),
    )
    .await
}

async fn add(request: Request) -> Result<Response, Error> {
    let (organization, id, ctx) = (request.organization()?, request.guid("group")?, request.ctx.clone());
    let name = value_of(&request.form(), "member").to_owned();
    let added = request.store().write(move |tx| {
        let mut scope = tx.organization(organization);
        let group = service::get(&mut scope, id)?;
        let found = match directory::by_name(&mut scope, Kind::User, &name)? {
            Some(user) => Some(user),
            None => directory::by_name(&mut scope, Kind::Application, &name)?,
        };
        let Some(member) = found else {
            return Err(Failure::from(Error::field(
                "member",
                format!("There is no user or application called “{name}”."),
            )));
        };
        service::add_member(&mut scope, &ctx, &group, member.id)?;
        Ok(format!("{} was added.", member.name))
    });
    finish(&request, added.await).await
}

async fn remove(request: Request) -> Result<Response, Error> {
    let (organization, id, ctx) = (request.organization()?, request.guid("group")?, request.ctx.clone());
    let member = request.guid("member")?;
    let removed = request.store().write(move |tx| {
        let mut scope = tx.organization(organization);
        let group = service::get(&mut scope, id)?;
        service::remove_member(&mut scope, &ctx, &group, member).map_err(Failure::from)
    });
    finish(&request, removed.await.map(|()| "The member was removed.".to_owned())).await
}

async fn delete(request: Request) -> Result<Response, Error> {
    let (organization, id, ctx) = (request.organization()?, request.guid("group")?, request.ctx.clone());
    request
        .store()
        .write(move |tx| service::delete(&mut tx.organization(organization), &ctx, id))
        .await?;
    page::done(
        &format!("{}/admin/accounts/groups", base(&request)?),
        "The group was deleted.",
    )
}

async fn finish(request: &Request, outcome: Result<String, Failure>) -> Result<Response, Error> {
    match outcome {
        Ok(message) => page::done(
            &format!("{}/admin/accounts/groups/{}", base(request)?, request.guid("group")?),
            &message,
        ),
        Err(failure) => render(request, &mendable(failure)?).await,
    }
}

async fn render(request: &Request, errors: &Errors) -> Result<Response, Error> {
    let (organization, id, base, query) = (
        request.organization()?,
        request.guid("group")?,
        base(request)?,
        grid_query(request),
    );
    let found = request.store().read(move |tx| {
        let mut scope = tx.organization(organization);
        Ok::<_, Error>((service::get(&mut scope, id)?, directory::members_of(&mut scope, id)?))
    });
    let (group, members) = found.await?;
    let own = format!("{base}/admin/accounts/groups/{id}");
    let everyone = service::is_everyone(&group);
    let built_in = group.kind == GroupType::BuiltIn;
    let wanted = store::fold(&query.search);
    let shown = members.iter().filter(|member| {
        store::fold(&member.name).contains(&wanted) || store::fold(&member.display_name).contains(&wanted)
    });
    let rows = shown.map(|member| {
        let confirm = Confirm::new(
            &format!("Remove “{}”?", member.name),
            "Roles given to the group no longer count for this member.",
            "Remove",
        );
        let remove = MenuItem::delete(
            "Remove",
            &format!("{own}/members/{}/remove", member.id),
            csrf(request),
            confirm,
        );
        let kind = if member.kind == Kind::Application {
            "Application"
        } else {
            "User"
        };
        Row::new(&member.id.to_string(), &member.name)
            .cell(&member.name)
            .cell(&member.display_name)
            .cell(chip(kind, Tone::Neutral))
            .menu(vec![remove])
    });
    let grid = Grid::new("members", "Members", &query)
        .column("Name")
        .column("Display name")
        .optional()
        .column("Type")
        .rows(rows)
        .search("Name")
        .api("GET", &format!("/identity_/api/Group/{organization}/{id}"))
        .render();
    let content = html! {
        (ui::page_header(&group.name, if built_in { "Built-in group" } else { "Custom group" }, html! {}))
        @if everyone {
            (ui::callout(Tone::Info, html! { "Every account of the organization is in this group. Its members cannot be edited." }))
        } @else {
            (ui::section("Members", html! {
                (Form::new(csrf(request), &format!("{own}/members")).errors(errors).submit("Add").unguarded().render(html! {
                    (field::text("member", "User name, e-mail or application name").required().autocomplete("off").error_in(errors))
                }))
                (grid)
            }))
        }
        @if !built_in {
            (ui::section("Name", Form::new(csrf(request), &own).submit("Rename").render(html! {
                (field::text("name", "Name").value(&group.name).required().max(256).error_in(errors))
            })))
        }
    };
    page::render_with(
        request,
        if errors.is_empty() { 200 } else { 400 },
        &group.name,
        "accounts",
        content,
    )
    .await
}
