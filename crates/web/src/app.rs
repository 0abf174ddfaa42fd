//! The running server as its parts see it.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use context::{Caller, Clock, Ctx, Error};
use store::Store;

use crate::gate::Gatekeeper;
use crate::limits::OrganizationLimits;
use crate::live::Live;
use crate::metrics::Metrics;
use crate::module::{Module, NavigationEntry, Reconciler, Seed};
use crate::operation::Operation;
use crate::origin::Origins;
use crate::router::Router;

/// What an operator decides.
#[derive(Debug, Clone)]
pub struct Settings {
    pub origins: Origins,
    /// Addresses of reverse proxies whose `X-Forwarded-*` headers are believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Bound requests per organization to the identity API.
    pub rate_limits: bool,
    /// Bounds of OData query options.
    pub odata: odata::Limits,
    /// Product version, as `GET /api/Status/Version` tells it.
    pub version: &'static str,
}

/// Shared by every request; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Arc<dyn Clock>,
    random: Arc<dyn vault::Random + Send + Sync>,
    settings: Settings,
    states: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
    gatekeeper: Arc<dyn Gatekeeper>,
    router: Router,
    navigation: Vec<NavigationEntry>,
    entity_sets: Vec<odata::EntitySet>,
    seeds: Vec<Seed>,
    reconcilers: Vec<Reconciler>,
    metrics: Metrics,
    limits: OrganizationLimits,
    live: Live,
}

impl App {
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    pub fn gatekeeper(&self) -> &dyn Gatekeeper {
        &*self.0.gatekeeper
    }

    pub fn router(&self) -> &Router {
        &self.0.router
    }

    pub(crate) fn limits(&self) -> &OrganizationLimits {
        &self.0.limits
    }

    /// Turns true when the server is about to stop: whoever holds a request open answers it.
    pub fn over(&self) -> tokio::sync::watch::Receiver<bool> {
        self.0.live.over()
    }

    pub(crate) fn live(&self) -> &Live {
        &self.0.live
    }

    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Entries of the console's navigation, in the order they are shown.
    pub fn navigation(&self) -> &[NavigationEntry] {
        &self.0.navigation
    }

    pub fn entity_sets(&self) -> &[odata::EntitySet] {
        &self.0.entity_sets
    }

    pub fn seeds(&self) -> &[Seed] {
        &self.0.seeds
    }

    pub fn reconcilers(&self) -> &[Reconciler] {
        &self.0.reconcilers
    }

    /// State that was registered at start.
    ///
    /// # Errors
    /// When nothing of this type was registered: a fault of the wiring.
    pub fn state<T: Send + Sync + 'static>(&self) -> Result<Arc<T>, Error> {
        let state = self.0.states.get(&TypeId::of::<T>()).cloned();
        state
            .and_then(|state| state.downcast().ok())
            .ok_or_else(|| Error::internal(format!("no state of type {}", std::any::type_name::<T>())))
    }

    /// A context for `caller`, now.
    pub fn ctx(&self, caller: Caller) -> Ctx {
        Ctx::new(caller, self.0.clock.now(), self.0.random.clone())
    }

    /// A context for background work.
    pub fn system(&self) -> Ctx {
        self.ctx(Caller::system())
    }
}

/// Puts an [`App`] together.
pub struct AppBuilder {
    store: Store,
    clock: Arc<dyn Clock>,
    random: Arc<dyn vault::Random + Send + Sync>,
    settings: Settings,
    states: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
    modules: Vec<Module>,
    navigation: &'static [&'static str],
}

impl AppBuilder {
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        random: Arc<dyn vault::Random + Send + Sync>,
        settings: Settings,
    ) -> Self {
        Self {
            store,
            clock,
            random,
            settings,
            states: HashMap::new(),
            modules: Vec::new(),
            navigation: &[],
        }
    }

    /// Registers state for [`App::state`].
    pub fn state<T: Send + Sync + 'static>(mut self, state: Arc<T>) -> Self {
        self.states.insert(TypeId::of::<T>(), state);
        self
    }

    pub fn module(mut self, module: Module) -> Self {
        self.modules.push(module);
        self
    }

    /// Entries of the navigation that come first, by name and in this order; the others follow as the modules named them.
    pub fn navigation(mut self, first: &'static [&'static str]) -> Self {
        self.navigation = first;
        self
    }

    /// # Errors
    /// Two operations that cannot be told apart.
    pub fn build(self, gatekeeper: Arc<dyn Gatekeeper>) -> Result<App, String> {
        let (mut navigation, mut entity_sets, mut reconcilers) = (Vec::new(), Vec::new(), Vec::new());
        let (mut operations, mut seeds): (Vec<&'static Operation>, _) = (Vec::new(), Vec::new());
        for module in self.modules {
            // Operations live as long as the process; leaking them once spares a reference count on every request.
            operations.extend(
                module
                    .operations
                    .into_iter()
                    .map(|operation| &*Box::leak(Box::new(operation))),
            );
            navigation.extend(module.navigation);
            entity_sets.extend(module.entity_sets);
            seeds.extend(module.seed);
            reconcilers.extend(module.reconcilers);
        }
        let first = self.navigation;
        navigation.sort_by_key(|entry: &NavigationEntry| {
            first.iter().position(|name| *name == entry.name).unwrap_or(first.len())
        });
        let metrics = Metrics::new(operations.iter().map(|operation| operation.id));
        Ok(App(Arc::new(Inner {
            store: self.store,
            clock: self.clock,
            random: self.random,
            settings: self.settings,
            states: self.states,
            gatekeeper,
            router: Router::new(operations)?,
            navigation,
            entity_sets,
            seeds,
            reconcilers,
            metrics,
            live: Live::new(),
            limits: OrganizationLimits::default(),
        })))
    }
}
