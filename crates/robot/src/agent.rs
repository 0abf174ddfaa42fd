//! The robot: keeps its session, hears what is to be done, and has a task per execution (`execution.rs`) that does it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use robot_protocol as protocol;
use robot_protocol::{Attempt, Connect, Connected, Platform, StartJob, StopJob, Work};
use tokio::sync::{Notify, Semaphore, watch};

use crate::config::{Config, Runtime};
use crate::execution;
use crate::home::Home;
use crate::packages::Cache;
use crate::place::{Found, Place};
use crate::runtimes::python::Environments;
use crate::server::{Api, Refused};

/// Executions that are over are remembered, so that a late word about them changes nothing.
const REMEMBERED: usize = 4_096;

/// What is wanted of an execution. Later ones win.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wish {
    Run,
    Stop,
    Kill,
    /// It is not this robot's any more: end it and say nothing.
    Drop,
}

/// How a robot came to its end.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// It was asked to end.
    Asked,
    /// Another robot connected under the same installation.
    TakenOver,
    /// The server does not want it.
    Refused(String),
}

/// A robot.
pub struct Agent {
    pub config: Config,
    pub home: Home,
    pub api: Api,
    pub packages: Cache,
    pub environments: Environments,
    /// A permit per job that may run at the same time.
    pub permits: Arc<Semaphore>,
    pub about: Mutex<About>,
    jobs: Mutex<Jobs>,
    /// Rings when an execution is over.
    over: Notify,
    taken_over: Notify,
}

/// What the server said about where the robot belongs.
#[derive(Clone, Default)]
pub struct About {
    pub machine: String,
    pub organization: Option<protocol::Named>,
    pub tenant: Option<protocol::Named>,
    pub base_url: String,
}

#[derive(Default)]
struct Jobs {
    current: HashMap<Attempt, watch::Sender<Wish>>,
    over: VecDeque<Attempt>,
}

impl Agent {
    /// # Errors
    /// A directory or certificates that cannot be used.
    pub fn new(config: Config) -> anyhow::Result<Arc<Self>> {
        let home = Home::open(&config.data, config.run_as.is_some())?;
        let api = Api::new(&config)?;
        let packages = Cache::open(home.packages(), config.cache.clone());
        let environments = Environments::open(
            home.environments(),
            config.python.clone(),
            config.run_as.clone(),
            config.cache.environments,
        );
        let permits = config
            .slots_limit
            .map_or(Semaphore::MAX_PERMITS, |limit| limit as usize);
        Ok(Arc::new(Self {
            config,
            home,
            api,
            packages,
            environments,
            permits: Arc::new(Semaphore::new(permits)),
            about: Mutex::default(),
            jobs: Mutex::default(),
            over: Notify::new(),
            taken_over: Notify::new(),
        }))
    }

    /// Works until `stop` resolves, or the server wants no more of it. Jobs that run then go on; the next robot of the directory sees
    /// to them.
    pub async fn run(self: &Arc<Self>, stop: impl Future<Output = ()>) -> End {
        tokio::pin!(stop);
        let opening = async {
            self.api.sign_in().await.map_err(|reason| {
                let client = &self.config.client_id;
                format!("the server refuses the credentials of the machine (client id {client}): {reason}")
            })?;
            self.open().await
        };
        let opened = tokio::select! {
            opened = opening => opened,
            () = &mut stop => return End::Asked,
        };
        if let Err(reason) = opened {
            return End::Refused(reason);
        }
        let housekeeping = async {
            loop {
                tokio::time::sleep(Duration::from_secs(600)).await;
                self.packages.note_use();
            }
        };
        let end = tokio::select! {
            () = self.listen() => End::TakenOver,
            () = self.taken_over.notified() => End::TakenOver,
            () = housekeeping => End::Asked,
            () = &mut stop => End::Asked,
        };
        match end {
            End::TakenOver => {
                tracing::error!("another robot connected with the data of this one; ending what runs here");
                self.drop_all();
                let _ = tokio::time::timeout(Duration::from_secs(10), self.idle()).await;
            }
            _ => self.leave().await,
        }
        self.packages.note_use();
        end
    }

    /// Takes stock of the executions an earlier robot left, connects, and goes on with them.
    async fn open(self: &Arc<Self>) -> Result<(), String> {
        Place::sweep(&self.home);
        let found = Place::all(&self.home);
        let holds = found.iter().map(|(place, _)| place.attempt).collect();
        let connected = self.api.connect(&self.introduction(holds)).await;
        let connected = connected.map_err(|refused| format!("the server does not let the robot connect: {refused}"))?;
        self.note(&connected);
        tracing::info!(
            machine = connected.machine,
            tenant = connected.tenant.name,
            slots = connected.slots,
            session = %connected.session,
            "connected"
        );
        for (place, record) in found {
            let how = place.found(&record);
            let dropped = connected.drop.contains(&place.attempt);
            tracing::info!(job = %place.attempt.job, attempt = place.attempt.attempt, dropped, "found, {how:?}");
            if dropped && how != Found::Running {
                let _ = place.remove();
                continue;
            }
            self.begin(record.start, Some(how));
            if dropped {
                self.wish(place.attempt, Wish::Drop);
            }
        }
        Ok(())
    }

    fn introduction(&self, holds: Vec<Attempt>) -> Connect {
        Connect {
            installation_id: self.home.installation,
            host_name: self.config.host_name.clone(),
            service_user_name: crate::users::own_name(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            platform: Platform::Linux,
            runtimes: self
                .config
                .runtimes
                .iter()
                .map(|runtime| runtime.name().to_owned())
                .collect(),
            slots_limit: self.config.slots_limit,
            holds,
        }
    }

    fn note(&self, connected: &Connected) {
        *self.about.lock().unwrap_or_else(PoisonError::into_inner) = About {
            machine: connected.machine.clone(),
            organization: Some(connected.organization.clone()),
            tenant: Some(connected.tenant.clone()),
            base_url: connected.base_url.trim_end_matches('/').to_owned(),
        };
    }

    /// Asks for work and hands it out, until the session is another's.
    async fn listen(self: &Arc<Self>) {
        let mut idle_answers = 0_u32;
        let mut unknown: VecDeque<StopJob> = VecDeque::new();
        loop {
            let asked = Instant::now();
            let (known, stopping) = self.state(&unknown);
            match self.api.poll(known, stopping, protocol::POLL_SECONDS).await {
                Ok(work) => {
                    // Whatever the server means by it: an answer at once that changes nothing is not to be had a thousand times a second.
                    let news = self.hear(work, &mut unknown);
                    idle_answers = if news || asked.elapsed() > Duration::from_secs(1) {
                        0
                    } else {
                        idle_answers + 1
                    };
                    if idle_answers > 3 {
                        tokio::time::sleep(Duration::from_millis(u64::from(idle_answers.min(20)) * 50)).await;
                    }
                }
                Err(Refused::TakenOver) => return,
                Err(Refused::Gone(reason)) => {
                    tracing::warn!("the server has forgotten the session ({reason}); connecting again");
                    if self.reconnect().await {
                        return;
                    }
                }
                Err(refused) => {
                    tracing::error!("{refused}; trying again");
                    tokio::time::sleep(Duration::from_secs(10)).await;
                }
            }
        }
    }

    /// Connects anew. True: the session is another's.
    async fn reconnect(self: &Arc<Self>) -> bool {
        loop {
            let (known, _) = self.state(&VecDeque::new());
            match self.api.connect(&self.introduction(known)).await {
                Ok(connected) => {
                    self.note(&connected);
                    for attempt in connected.drop {
                        self.wish(attempt, Wish::Drop);
                    }
                    return false;
                }
                Err(Refused::TakenOver) => return true,
                Err(refused) => {
                    tracing::error!("the server does not let the robot connect: {refused}; trying again");
                    tokio::time::sleep(Duration::from_secs(10)).await;
                }
            }
        }
    }

    /// What the server is told with a poll.
    fn state(&self, unknown: &VecDeque<StopJob>) -> (Vec<Attempt>, Vec<StopJob>) {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let known = jobs.current.keys().copied().collect();
        let stopping = jobs.current.iter().filter_map(|(attempt, wish)| {
            let kill = match *wish.borrow() {
                Wish::Run | Wish::Drop => return None,
                Wish::Stop => false,
                Wish::Kill => true,
            };
            Some(StopJob {
                attempt: *attempt,
                kill,
            })
        });
        (known, stopping.chain(unknown.iter().copied()).collect())
    }

    /// Does what the server says. False: it said nothing new.
    fn hear(self: &Arc<Self>, work: Work, unknown: &mut VecDeque<StopJob>) -> bool {
        let mut news = false;
        for start in work.start {
            news |= self.begin(start, None);
        }
        for stop in work.stop {
            let wish = if stop.kill { Wish::Kill } else { Wish::Stop };
            match self.wish(stop.attempt, wish) {
                Some(changed) => news |= changed,
                None if unknown.contains(&stop) => {}
                None => {
                    news = true;
                    unknown.push_back(stop);
                    if unknown.len() > 100 {
                        unknown.pop_front();
                    }
                    self.deny(stop.attempt);
                }
            }
        }
        for attempt in work.drop {
            news |= self.wish(attempt, Wish::Drop).unwrap_or(false);
        }
        news
    }

    /// The server believes that an execution runs here which does not: say that it has ended.
    fn deny(self: &Arc<Self>, attempt: Attempt) {
        if self
            .jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .over
            .contains(&attempt)
        {
            return;
        }
        let agent = self.clone();
        tokio::spawn(async move {
            if let Err(error) = execution::report_unknown(&agent, attempt).await {
                tracing::debug!(job = %attempt.job, "{error}");
            }
        });
    }

    /// Starts the task of an execution. False: there is one, or was.
    fn begin(self: &Arc<Self>, start: StartJob, found: Option<Found>) -> bool {
        let (sender, receiver) = watch::channel(Wish::Run);
        {
            let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
            if jobs.current.contains_key(&start.attempt) || jobs.over.contains(&start.attempt) {
                return false;
            }
            jobs.current.insert(start.attempt, sender);
        }
        tokio::spawn(execution::run(self.clone(), start, found, receiver));
        true
    }

    /// Passes a wish on. `None`: there is no such execution; `false`: it was known.
    fn wish(&self, attempt: Attempt, wish: Wish) -> Option<bool> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = jobs.current.get(&attempt)?;
        Some(sender.send_if_modified(|current| {
            let more = wish > *current;
            *current = wish.max(*current);
            more
        }))
    }

    /// An execution is over. `reported`: a word about it that comes later is late.
    pub fn forget(&self, attempt: Attempt, reported: bool) {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.current.remove(&attempt);
        if reported {
            jobs.over.push_back(attempt);
            if jobs.over.len() > REMEMBERED {
                jobs.over.pop_front();
            }
        }
        drop(jobs);
        self.over.notify_waiters();
    }

    /// The server said to one of the executions that the session is another's.
    pub fn lost_session(&self) {
        self.taken_over.notify_one();
    }

    pub fn runs(&self, runtime: Runtime) -> bool {
        self.config.runtimes.contains(&runtime)
    }

    fn drop_all(&self) {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        for sender in jobs.current.values() {
            sender.send_replace(Wish::Drop);
        }
    }

    fn count(&self) -> usize {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).current.len()
    }

    /// Until no execution is left.
    async fn idle(&self) {
        loop {
            let over = self.over.notified();
            if self.count() == 0 {
                return;
            }
            over.await;
        }
    }

    /// Ends the session when nothing runs. What is at its end may still report.
    async fn leave(&self) {
        let _ = tokio::time::timeout(Duration::from_secs(2), self.idle()).await;
        match self.count() {
            0 => self.api.disconnect().await,
            count => tracing::warn!("{count} jobs go on without the robot; start it again to report how they end"),
        }
    }
}
