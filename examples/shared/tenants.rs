//! A policy for each tenant, from a database, for any server on tokio.
//!
//! The provider knows no framework: the examples `tenants` of both adapters are around this file.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cors_core::{
    CorsPolicy, CorsPolicyProvider, PolicyChoice, ProvidedPolicy, ProviderError, RequestContext,
};
use rusqlite::{Connection, OptionalExtension, params};

/// The policies of tenants, each of which has a host name of its own. Its clone is a reference
/// count.
#[derive(Clone)]
pub(crate) struct Tenants {
    shared: Arc<Shared>,
}

struct Shared {
    database: Mutex<Connection>,
    /// Only of tenants that there are, so that clients, which choose the host, cannot fill it.
    cache: Mutex<HashMap<String, Cached>>,
    /// How long another process's change may go unseen.
    time_to_live: Duration,
    /// How long a request waits for the database: all do, and one that hangs must not hold them for ever.
    time_limit: Duration,
}

struct Cached {
    policy: CorsPolicy,
    read_at: Instant,
}

impl Tenants {
    /// Opens a file, which is made if it is not there, or a database in memory.
    pub(crate) fn open(
        file: Option<&Path>,
        time_to_live: Duration,
        time_limit: Duration,
    ) -> rusqlite::Result<Self> {
        let database = match file {
            Some(file) => Connection::open(file)?,
            None => Connection::open_in_memory()?,
        };
        database.execute(
            "CREATE TABLE IF NOT EXISTS tenants (host TEXT PRIMARY KEY, policy TEXT NOT NULL)",
            (),
        )?;
        let (database, cache) = (Mutex::new(database), Mutex::default());
        let shared = Shared { database, cache, time_to_live, time_limit };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Stores the policy of a tenant, for every request from now on.
    pub(crate) async fn store(&self, host: &str, policy: &CorsPolicy) -> Result<(), ProviderError> {
        let host = host.to_ascii_lowercase();
        let text = serde_json::to_string(policy)?;
        self.blocking(move |shared| {
            let database = locked(&shared.database);
            database.execute(
                "INSERT INTO tenants (host, policy) VALUES (?1, ?2)
                 ON CONFLICT (host) DO UPDATE SET policy = excluded.policy",
                params![host, text],
            )?;
            // While the database is locked, so that nobody can put the old policy back.
            locked(&shared.cache).remove(&host);
            Ok(())
        })
        .await
    }

    /// Runs what waits for the disk where waiting does no harm.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, ProviderError> + Send + 'static,
    ) -> Result<T, ProviderError> {
        let shared = Arc::clone(&self.shared);
        tokio::task::spawn_blocking(move || work(&shared)).await?
    }
}

impl CorsPolicyProvider for Tenants {
    fn provide(&self, request: &RequestContext<'_>) -> ProvidedPolicy {
        let Some(host) = request.host_name().map(Cow::into_owned) else {
            return ProvidedPolicy::now(PolicyChoice::None);
        };
        if let Some(policy) = self.shared.cached(&host) {
            return ProvidedPolicy::now(policy);
        }
        let tenants = self.clone();
        ProvidedPolicy::later(async move {
            let read = tenants.blocking(move |shared| shared.read(host));
            // What is late is an error: a preflight is answered with 500, and other requests run, without
            // CORS fields in their responses.
            let policy = tokio::time::timeout(tenants.shared.time_limit, read).await??;
            Ok(PolicyChoice::from(policy))
        })
    }
}

impl Shared {
    fn cached(&self, host: &str) -> Option<CorsPolicy> {
        let cache = locked(&self.cache);
        let cached = cache.get(host)?;
        (cached.read_at.elapsed() < self.time_to_live).then(|| cached.policy.clone())
    }

    /// None where there is no such tenant, who then has no policy.
    fn read(&self, host: String) -> Result<Option<CorsPolicy>, ProviderError> {
        let database = locked(&self.database);
        let mut query = database.prepare_cached("SELECT policy FROM tenants WHERE host = ?1")?;
        let text: Option<String> = query.query_row([&host], |row| row.get(0)).optional()?;
        let Some(text) = text else {
            locked(&self.cache).remove(&host);
            return Ok(None);
        };
        let policy: CorsPolicy = serde_json::from_str(&text)?;
        let cached = Cached { policy: policy.clone(), read_at: Instant::now() };
        locked(&self.cache).insert(host, cached);
        Ok(Some(policy))
    }
}

/// Nothing panics while it holds a lock, and what is behind them is whole at any time.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
