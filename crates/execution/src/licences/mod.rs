//! What an installation without limits answers to questions about licences (reference: execution 7.7, resources 10). Machines and
//! people have what they ask for; runtime types of a machine can be switched off.

mod consumption;
mod named_users;
mod runtimes;

use web::Module;

pub fn module() -> Module {
    Module {
        operations: vec![
            runtimes::list(),
            runtimes::toggle(),
            named_users::list(),
            consumption::acquire(),
            consumption::release(),
        ],
        ..Module::default()
    }
}
