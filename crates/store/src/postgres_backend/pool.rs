use std::{cell::RefCell, collections::HashMap};

use deadpool::managed::QueueMode;
use diesel_async::{
    AsyncPgConnection,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
        deadpool::{Object, Pool as Deadpool},
    },
};
use futures::FutureExt;

use super::connect::connect;
use crate::StoreError;

thread_local! {
    static POOLS: RefCell<HashMap<String, Pool>> = RefCell::new(HashMap::new());
}

/// Connections to PostgreSQL. Each thread has its own pool, because the task that drives a connection lives on the runtime that
/// opened it.
#[derive(Clone)]
pub struct Pool(Deadpool<AsyncPgConnection>);

impl Pool {
    /// This thread's pool for the URL.
    pub fn of_thread(url: &str, size: usize) -> Result<Self, StoreError> {
        POOLS.with_borrow_mut(|pools| match pools.get(url) {
            Some(pool) => Ok(pool.clone()),
            None => {
                let pool = Self::new(url, size)?;
                pools.insert(url.to_owned(), pool.clone());
                Ok(pool)
            }
        })
    }

    /// A pool for the URL; connections are opened on demand.
    fn new(url: &str, size: usize) -> Result<Self, StoreError> {
        let mut config = ManagerConfig::default();
        // A closed connection is noticed by its own driver; a check each time would be another round trip.
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(|url| {
            let url = url.to_owned();
            async move { connect(&url).await.map(|(connection, _)| connection) }.boxed()
        });
        let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new_with_config(url, config);
        let pool = Deadpool::builder(manager)
            .max_size(size)
            // The last used connection comes first: its server process is warm.
            .queue_mode(QueueMode::Lifo)
            .build()
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self(pool))
    }

    /// A connection.
    pub async fn get(&self) -> Result<Object<AsyncPgConnection>, StoreError> {
        let connection = self.0.get().await;
        connection.map_err(|error| StoreError::Unavailable(error.to_string()))
    }
}
