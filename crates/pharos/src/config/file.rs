//! The configuration file as typed. Every value remembers its line.

use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub data: String,
    pub store: Option<Spanned<String>>,
    pub store_password_file: Option<Spanned<String>>,
    pub store_ca_file: Option<Spanned<String>>,
    pub bus: Option<Spanned<String>>,
    pub bus_password_file: Option<Spanned<String>>,
    pub bus_ca_file: Option<Spanned<String>>,
    pub shutdown_timeout: Spanned<String>,
    #[serde(default)]
    pub organisation: OrganisationTable,
    #[serde(default)]
    pub brand: BrandTable,
    pub public: PublicTable,
    pub topics: Vec<TopicTable>,
    pub beacon: BeaconTable,
    pub web: WebTable,
    pub admin: AdminTable,
    pub ops: Option<OpsTable>,
    #[serde(default)]
    pub relay: RelayTable,
    pub retry: RetryTable,
    #[serde(default)]
    pub media: MediaTable,
    #[serde(default)]
    pub retention: RetentionTable,
    #[serde(default)]
    pub report: ReportTable,
    #[serde(default)]
    pub contacts: ContactsTable,
    #[serde(default)]
    pub check: CheckTable,
    pub log: LogTable,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct MediaTable {
    pub files: Option<Spanned<String>>,
    pub endpoint: Option<Spanned<String>>,
    pub region: Option<Spanned<String>>,
    pub access_key: Option<Spanned<String>>,
    pub secret_key_file: Option<Spanned<String>>,
    pub ca_file: Option<Spanned<String>>,
    pub attachment_max_mib: Option<Spanned<usize>>,
    pub attachments_max_mib: Option<Spanned<usize>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RetentionTable {
    pub events: Option<Spanned<String>>,
    pub engagements: Option<Spanned<String>>,
    pub visitors: Option<Spanned<String>>,
    pub hours: Option<Spanned<String>>,
    pub messages: Option<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct ReportTable {
    pub soon_after_delivery: Option<Spanned<String>>,
    pub honeypot_link: Option<bool>,
    pub networks: Option<Spanned<String>>,
    pub country_file: Option<Spanned<String>>,
    pub network_file: Option<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct ContactsTable {
    pub disposable_domains: Option<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckTable {
    pub spam_filter: Option<Spanned<String>>,
    #[serde(default)]
    pub private_hosts: Vec<Spanned<String>>,
    #[serde(default)]
    pub dns_servers: Vec<Spanned<String>>,
    pub timeout: Option<Spanned<String>>,
    pub ca_file: Option<Spanned<String>>,
}

/// What is missing here may stand in the store.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct OrganisationTable {
    pub name: Option<Spanned<String>>,
    pub postal_address: Option<Spanned<String>>,
    pub domain: Option<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct BrandTable {
    pub name: Option<Spanned<String>>,
    pub logo: Option<Spanned<String>>,
    pub logo_dark: Option<Spanned<String>>,
    pub logo_alt: Option<Spanned<String>>,
    pub logo_width: Option<Spanned<i64>>,
    pub colour: Option<Spanned<String>>,
    pub colour_dark: Option<Spanned<String>>,
    pub background: Option<Spanned<String>>,
    pub font: Option<Spanned<String>>,
    pub website: Option<Spanned<String>>,
    pub legal: Option<Spanned<Vec<Spanned<String>>>>,
    pub social: Option<Spanned<Vec<SocialTable>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SocialTable {
    pub name: Spanned<String>,
    pub url: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PublicTable {
    pub beacon_url: Spanned<String>,
    pub web_url: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TopicTable {
    pub slug: Spanned<String>,
    pub name: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BeaconTable {
    pub listen: Spanned<String>,
    pub threads: Option<Spanned<usize>>,
    pub cookie: Spanned<String>,
    pub cookie_same_site: Option<Spanned<String>>,
    pub cookie_partitioned: Option<Spanned<bool>>,
    #[serde(default)]
    pub trusted_proxies: Vec<Spanned<String>>,
    pub max_connections: Spanned<usize>,
    pub journal_segment_mib: Spanned<usize>,
    pub journal_max_mib: Spanned<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WebTable {
    pub listen: Spanned<String>,
    pub accounts: Option<bool>,
    pub privacy_contact: Option<Spanned<String>>,
    pub forms: Option<FormsTable>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct FormsTable {
    pub confirm_within: Option<Spanned<String>>,
    pub evidence: Option<Spanned<String>>,
    pub joins_per_hour: Option<Spanned<u32>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AdminTable {
    pub listen: Spanned<String>,
    pub url: Option<Spanned<String>>,
    #[serde(default)]
    pub allow_remote: bool,
    pub api_requests_per_second: Option<Spanned<usize>>,
    #[serde(default)]
    pub trusted_proxies: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OpsTable {
    pub listen: Spanned<String>,
}

/// What is missing here may stand in the store, or is what standalone.toml shows.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RelayTable {
    pub host: Option<Spanned<String>>,
    pub port: Option<Spanned<u16>>,
    pub tls: Option<Spanned<String>>,
    #[serde(default)]
    pub allow_plaintext: bool,
    pub username: Option<Spanned<String>>,
    pub password_file: Option<Spanned<String>>,
    /// Of the store; the file only names another one.
    #[serde(skip)]
    pub password: Option<Spanned<String>>,
    pub ca_file: Option<Spanned<String>>,
    pub hello_name: Option<Spanned<String>>,
    pub connections: Option<Spanned<usize>>,
    pub messages_per_connection: Option<Spanned<usize>>,
    pub connect_timeout: Option<Spanned<String>>,
    pub reply_timeout: Option<Spanned<String>>,
    pub data_timeout: Option<Spanned<String>>,
    pub return_path: Option<Spanned<String>>,
    pub messages_per_minute: Option<Spanned<u32>>,
    pub lease: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RetryTable {
    pub first: Spanned<String>,
    pub longest: Spanned<String>,
    pub give_up_after: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogTable {
    pub level: Spanned<String>,
    pub format: Spanned<String>,
}
