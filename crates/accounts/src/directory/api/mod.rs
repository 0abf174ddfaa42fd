//! `/api/Directory` (reference: identity 4.1): known from the live service, not in the published contract.

mod resolve;
mod search;

use web::Operation;

pub(crate) fn operations() -> Vec<Operation> {
    vec![search::operation(), resolve::operation()]
}
