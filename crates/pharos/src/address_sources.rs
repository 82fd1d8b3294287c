//! By what the addresses of an import are looked at: lists, and DNS.

use std::path::PathBuf;
use std::sync::Arc;

use audience::{AddressLists, AddressSources, MailAnswer, MailDomains};
use fetcher::{LookupProblem, Resolver};

use crate::config::Config;
use crate::resolver::resolver;

/// What every import of this process looks at addresses by.
#[derive(Clone)]
pub(crate) struct ImportChecks {
    disposable_domains: Option<PathBuf>,
    /// None when this machine's resolver can't be used: then nobody is asked.
    mail: Option<Arc<dyn MailDomains>>,
}

impl ImportChecks {
    pub(crate) fn of(config: &Config) -> Self {
        let resolver = resolver(config);
        let resolver = resolver.inspect_err(|why| {
            tracing::warn!(%why, "can't ask DNS which domains take mail");
        });
        let mail = resolver.ok().map(|it| Arc::new(DnsMail(it)) as Arc<dyn MailDomains>);
        Self { disposable_domains: config.disposable_domains.clone(), mail }
    }

    /// For the import that begins now: the file of domains may be another one than before.
    pub(crate) async fn sources(&self) -> AddressSources {
        let mail = self.mail.clone();
        let Some(path) = self.disposable_domains.clone() else {
            return AddressSources { mail, ..AddressSources::default() };
        };
        let shown = path.display().to_string();
        let read = move || AddressLists::default().with_file(&path);
        let lists = match tokio::task::spawn_blocking(read).await {
            Ok(Ok(lists)) => lists,
            Ok(Err(why)) => {
                tracing::warn!(
                    %why, file = %shown, "can't read contacts.disposable_domains; the built-in list is used"
                );
                AddressLists::default()
            }
            Err(_) => AddressLists::default(),
        };
        AddressSources { lists: Arc::new(lists), mail }
    }
}

/// Asks the DNS servers that everything else here asks.
struct DnsMail(Resolver);

impl MailDomains for DnsMail {
    fn takes_mail<'a>(&'a self, domain: &'a str) -> MailAnswer<'a> {
        Box::pin(async move {
            match self.0.mail_hosts(domain).await {
                // A null MX (RFC 7505) is one without a name.
                Ok(hosts) if !hosts.is_empty() => Some(hosts.iter().any(|host| !host.is_empty())),
                // Without an MX the domain's own addresses take its mail (RFC 5321 section 5.1).
                Ok(_) => match self.0.addresses(domain).await {
                    Ok(addresses) => Some(!addresses.is_empty()),
                    Err(LookupProblem::NoSuchName) => Some(false),
                    Err(LookupProblem::Unanswered(_)) => None,
                },
                Err(LookupProblem::NoSuchName) => Some(false),
                Err(LookupProblem::Unanswered(_)) => None,
            }
        })
    }
}
