//! What the operator may say at the first start.

use std::sync::Arc;

use vault::Secret;

/// Parameters of the first start; later starts look at none of them.
pub struct FirstStart {
    /// Password of the first administrators; without one it is made up and announced.
    pub admin_password: Option<Secret>,
    /// Id and secret of an application for automated set-up.
    pub bootstrap_client: Option<(String, Secret)>,
    /// Shows a made-up password to the operator, once.
    pub announce: Arc<dyn Fn(&Secret) + Send + Sync>,
}

impl std::fmt::Debug for FirstStart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FirstStart")
            .field("admin_password", &self.admin_password.is_some())
            .field("bootstrap_client", &self.bootstrap_client.is_some())
            .finish_non_exhaustive()
    }
}
