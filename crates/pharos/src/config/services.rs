//! The settings of the services that nodes share: store, bus, limits.

use std::num::NonZeroU32;
use std::time::Duration;

use toml::Spanned;

use super::checked::{Bus, Checked, Checker};
use super::file;

/// The default. Long enough for a slow relay, short enough that a lost node's deliveries do not
/// wait for a working day.
const LEASE: Duration = Duration::from_secs(15 * 60);
/// A lease must outlast a claimed batch and a database outage of some seconds.
const SHORTEST_LEASE: Duration = Duration::from_secs(4);

/// Machines that check a message do so while or just after it is taken; nobody reads it by then.
const SOON_AFTER_DELIVERY: Duration = Duration::from_secs(2);

impl Checker<'_> {
    /// By default, a SQLite file in the data folder.
    pub(super) fn store(&self, file: &file::File) -> Checked<store::Location> {
        let Some(typed) = &file.store else {
            return Ok(store::Location::Sqlite(self.beside(&file.data).join("pharos.sqlite")));
        };
        let password =
            self.password_of("store_password_file", file.store_password_file.as_ref())?;
        let ca_file = file.store_ca_file.as_ref().map(|path| self.beside(path.get_ref()));
        let folder = self.beside("");
        store::Location::parse(typed.get_ref(), &folder, password.as_deref(), ca_file.as_deref())
            .map_err(|problem| self.wrong("store", typed, &problem.to_string()))
    }

    pub(super) fn bus(&self, file: &file::File) -> Checked<Bus> {
        let Some(typed) = &file.bus else { return Ok(Bus::Local) };
        if typed.get_ref() == "local" {
            return Ok(Bus::Local);
        }
        let password = self.password_of("bus_password_file", file.bus_password_file.as_ref())?;
        let ca_file = file.bus_ca_file.as_ref().map(|path| self.beside(path.get_ref()));
        bus::RedisServer::parse(typed.get_ref(), password.as_deref(), ca_file.as_deref())
            .map(Bus::Redis)
            .map_err(|problem| {
                self.wrong("bus", typed, &format!("should be \"local\" or Redis: {problem}"))
            })
    }

    pub(super) fn soon_after_delivery(&self, typed: &file::ReportTable) -> Checked<Duration> {
        match &typed.soon_after_delivery {
            Some(typed) if typed.get_ref() == "off" => Ok(Duration::ZERO),
            Some(typed) => self.duration("report.soon_after_delivery", typed),
            None => Ok(SOON_AFTER_DELIVERY),
        }
    }

    pub(super) fn messages_per_minute(
        &self,
        relay: &file::RelayTable,
    ) -> Checked<Option<NonZeroU32>> {
        Ok(relay.messages_per_minute.as_ref().and_then(|typed| NonZeroU32::new(*typed.get_ref())))
    }

    pub(super) fn lease(&self, relay: &file::RelayTable) -> Checked<Duration> {
        let Some(typed) = &relay.lease else { return Ok(LEASE) };
        let lease = self.duration("relay.lease", typed)?;
        if lease < SHORTEST_LEASE {
            return Err(self.wrong("relay.lease", typed, "should be at least 4s"));
        }
        Ok(lease)
    }

    fn password_of(
        &self,
        field: &'static str,
        typed: Option<&Spanned<String>>,
    ) -> Checked<Option<String>> {
        typed.map(|typed| self.password(field, typed)).transpose()
    }

    /// The password in a file of its own.
    pub(super) fn password(&self, field: &'static str, typed: &Spanned<String>) -> Checked<String> {
        let path = self.beside(typed.get_ref());
        let password = std::fs::read_to_string(&path).map_err(|error| {
            let what = format!("names {}, which can't be read: {error}", path.display());
            self.wrong(field, typed, &what)
        })?;
        Ok(password.trim_end().to_owned())
    }
}
