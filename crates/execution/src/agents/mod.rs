//! The calls of our own robots, whose form is told in `robot-protocol`.

pub mod api;
mod bearer;
pub mod bells;
mod files;
pub mod service;

use std::sync::Arc;

use access::Access;
use web::Module;

use crate::Execution;

pub fn module() -> Module {
    let mut operations = api::operations();
    operations.extend(files::operations());
    Module {
        operations,
        seed: Some(Arc::new(|app| {
            Box::pin(async move {
                let access = app.state::<Access>()?;
                access
                    .bearers
                    .register(service::TOKEN_PREFIX, bearer::JobBearer::new(access.clone()));
                app.state::<Execution>()?.bells.watch(app.store());
                Ok(())
            })
        })),
        ..Module::default()
    }
}
