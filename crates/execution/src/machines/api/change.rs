//! Changes a machine. `PUT /odata/Machines({key})`, `PATCH /odata/Machines({key})`

use context::Error;
use http::Method;
use serde_json::{Map, Value};
use store::Entity as _;
use web::{Operation, Request, Response, Shape, reply};

use super::SET;
use crate::machines::input::MachineInput;
use crate::machines::model::Machine;
use crate::machines::{read, service};

pub fn replace() -> Operation {
    Operation::orchestrator(Method::PUT, "/odata/Machines({key})", "Machines_PutById")
        .summary("Replaces a machine. Its type and its keys stay what they are.")
        .scope("OR.Machines.Write")
        .permission("Machines.Edit")
        .takes_entity(Machine::model())
        .answers(200, Shape::Entity(Machine::model()))
        .handler(|request: Request| async move {
            let body = request.value()?;
            save(request, Body::Whole(body)).await
        })
}

pub fn patch() -> Operation {
    Operation::orchestrator(Method::PATCH, "/odata/Machines({key})", "Machines_PatchById")
        .summary("Changes the members of a machine that the body names.")
        .scope("OR.Machines.Write")
        .permission("Machines.Edit")
        .takes_entity(Machine::model())
        .answers(200, Shape::Entity(Machine::model()))
        .handler(|request: Request| async move {
            let Value::Object(members) = request.value()? else {
                return Err(Error::field("machineDto", "machineDto must not be null"));
            };
            save(request, Body::Part(members)).await
        })
}

enum Body {
    Whole(Value),
    Part(Map<String, Value>),
}

impl Body {
    /// The whole machine as the request wants it; `current` is its wire form.
    fn over(&self, current: Value) -> Value {
        match self {
            Self::Whole(body) => body.clone(),
            Self::Part(members) => {
                let mut whole = match current {
                    Value::Object(whole) => whole,
                    _ => Map::new(),
                };
                for (name, value) in members {
                    let known = whole.keys().find(|known| known.eq_ignore_ascii_case(name)).cloned();
                    whole.insert(known.unwrap_or_else(|| name.clone()), value.clone());
                }
                Value::Object(whole)
            }
        }
    }
}

/// The answer has a body although the contract shows none: some clients parse one after every call.
async fn save(request: Request, body: Body) -> Result<Response, Error> {
    let (tenant, ctx, id) = (request.tenant()?.clone(), request.ctx.clone(), request.integer("key")?);
    let (value, key) = request
        .store()
        .write(move |tx| {
            let current = read::by_id(&mut tx.tenant(tenant.id), id)?;
            let draft = web::bind::<MachineInput>(body.over(current))?.check()?;
            let machine = service::replace(tx, &ctx, &tenant, id, &draft)?;
            let key = machine.license_key;
            Ok::<_, Error>((read::one(&mut tx.tenant(tenant.id), machine)?, key))
        })
        .await?;
    super::forget(&request, &[key])?;
    reply::entity(&request, 200, SET, Machine::model(), None, value)
}
