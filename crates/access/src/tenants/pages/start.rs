//! Ways to the right page. `GET /`, `GET /console/{org}`, and the choice of colours, `POST /console/theme`

use context::{Error, codes};
use http::Method;
use web::{Operation, Request, Response, Shape, page, reply};

use crate::Access;
use crate::console::organization_path;
use crate::frame::segment;

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::root(Method::GET, "/", "Root_Start")
            .summary("Leads to the console.")
            .answers(303, Shape::Nothing)
            .handler(|_: Request| async { reply::see_other("/console") }),
        Operation::page(Method::GET, "/{org}", "Console_Organization")
            .summary("Leads to the home of the organization's first tenant.")
            .answers(303, Shape::Nothing)
            .handler(to_tenant),
        Operation::page(Method::POST, "/theme", "Console_Theme")
            .summary("Keeps the colours the visitor chose.")
            .takes_form()
            .answers(303, Shape::Nothing)
            .handler(choose_theme),
    ]
}

async fn to_tenant(cx: Request) -> Result<Response, Error> {
    let path = organization_path(&cx)?;
    match cx.state::<Access>()?.tenant(cx.organization()?, None).await? {
        Some(tenant) => reply::see_other(&format!("{path}/tenants/{}", segment(&tenant.name))),
        None => Err(Error::missing(
            codes::ITEM_NOT_FOUND,
            "This organization has no active tenant.",
        )),
    }
}

async fn choose_theme(cx: Request) -> Result<Response, Error> {
    let form = cx.form();
    let chosen = page::field(&form, "theme");
    let cookie = match ui::Theme::parse(chosen) {
        Some(theme) => format!(
            "theme={}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly",
            theme.name()
        ),
        None => "theme=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly".to_owned(),
    };
    let back = cx
        .header("referer")
        .and_then(|referer| referer.strip_prefix(&cx.origin))
        .filter(|path| path.starts_with("/console"));
    let mut response = reply::see_other(back.unwrap_or("/console"))?;
    reply::set_header(&mut response, http::header::SET_COOKIE, &cookie);
    Ok(response)
}
