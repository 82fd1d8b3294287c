//! Owns one connection: opens it when there is work, uses it for one delivery after the other,
//! replaces it when it is worn or in doubt.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use store::Outcome;
use tokio_util::sync::CancellationToken;

use crate::connection::Connection;
use crate::deliver::{Delivered, Desk, Way};
use crate::health::Health;
use crate::metrics::{Metrics, count, uncount};
use crate::queue::{Job, Queue};
use crate::settings::Relay;
use crate::settler::Settler;
use crate::tls::TlsClient;

/// A connection without work is closed after this.
const IDLE: Duration = Duration::from_secs(5);

/// Outcomes per connection that may wait for a store that nodes share.
const UNSETTLED: usize = 20;
/// While too many wait.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// What couriers share.
pub(crate) struct Office {
    pub(crate) desk: Desk,
    pub(crate) relay: Arc<Relay>,
    pub(crate) tls: Option<TlsClient>,
    pub(crate) queue: Rc<Queue>,
    pub(crate) health: Rc<Health>,
    pub(crate) settler: Rc<Settler>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) shutdown: CancellationToken,
}

/// Delivers until shutdown. What is under way is finished.
pub(crate) async fn run(office: Rc<Office>) {
    let mut courier = Courier { office, connection: None, buffer: Vec::new() };
    while courier.wait_for_work().await {
        if !courier.connect().await {
            continue;
        }
        if !courier.admitted().await {
            continue;
        }
        let low_at = courier.office.desk.settings.batch;
        if let Some(job) = courier.office.queue.take(low_at) {
            courier.deliver(job).await;
        } else {
            courier.office.health.give_back();
        }
    }
    courier.disconnect().await;
}

struct Courier {
    office: Rc<Office>,
    connection: Option<Connection>,
    buffer: Vec<u8>,
}

impl Courier {
    /// Whether there is work; false at shutdown.
    async fn wait_for_work(&mut self) -> bool {
        let office = Rc::clone(&self.office);
        loop {
            let idle = tokio::select! {
                biased;
                () = office.shutdown.cancelled() => return false,
                () = office.queue.ready() => return true,
                () = tokio::time::sleep(IDLE), if self.connection.is_some() => true,
            };
            if idle {
                self.disconnect().await;
            }
        }
    }

    /// Whether there is a connection to work with.
    async fn connect(&mut self) -> bool {
        if let Some(connection) = &self.connection {
            if connection.is_usable().await {
                return true;
            }
            self.disconnect().await;
        }
        let office = Rc::clone(&self.office);
        tokio::select! {
            () = office.shutdown.cancelled() => return false,
            () = office.health.admit() => {}
        }
        match Connection::open(&office.relay, office.tls.as_ref()).await {
            Ok(connection) => {
                count(&office.metrics.connections);
                self.connection = Some(connection);
                true
            }
            Err(broken) => {
                office.health.bad(&broken.to_string());
                false
            }
        }
    }

    /// Waits until the store has taken enough of what was sent, and for the limit on messages, if
    /// there is one; false at shutdown.
    async fn admitted(&self) -> bool {
        let office = &self.office;
        let most = UNSETTLED * office.relay.connections.max(1);
        // A node that is lost for good takes its journal along: what it sent and could not settle
        // is in doubt then.
        while office.desk.store.is_shared() && office.settler.backlog() >= most {
            let wait = office.shutdown.run_until_cancelled(tokio::time::sleep(LOOK_AGAIN));
            if wait.await.is_none() {
                office.health.give_back();
                return false;
            }
        }
        let Some(throttle) = &self.office.desk.settings.throttle else { return true };
        tokio::select! {
            () = self.office.shutdown.cancelled() => {
                self.office.health.give_back();
                false
            }
            () = throttle.permit() => true,
        }
    }

    async fn disconnect(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.quit().await;
            uncount(&self.office.metrics.connections);
        }
    }

    async fn deliver(&mut self, mut job: Job) {
        let office = Rc::clone(&self.office);
        let Some(connection) = &mut self.connection else { return };
        let Delivered { outcome, intent, way } =
            office.desk.deliver(&mut job, connection, &mut self.buffer).await;
        self.tally(&outcome);
        office.settler.ended(job.attempt(), outcome, intent);
        match way {
            Way::Works => office.health.good(),
            Way::Unknown => office.health.give_back(),
            Way::Dropped => {
                self.drop_connection();
                office.health.give_back();
            }
            Way::Broken(what) => {
                self.drop_connection();
                office.health.bad(&what);
            }
        }
    }

    /// Without goodbye: the relay may be waiting for the rest of a message.
    fn drop_connection(&mut self) {
        if self.connection.take().is_some() {
            uncount(&self.office.metrics.connections);
        }
    }

    fn tally(&self, outcome: &Outcome) {
        let metrics = &self.office.metrics;
        count(match outcome {
            Outcome::Sent { .. } => &metrics.sent,
            Outcome::Failed { .. } => &metrics.failed,
            Outcome::Retry { .. } => &metrics.retried,
            Outcome::Suppressed => &metrics.suppressed,
            Outcome::Skipped { .. } => &metrics.skipped,
            Outcome::InDoubt => &metrics.in_doubt,
            Outcome::Released => return,
        });
    }
}
