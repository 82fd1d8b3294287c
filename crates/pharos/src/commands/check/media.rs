//! Where the media library's files are, and whether every node sees them there.

use media::{FileStore, FileStoreLocation};

use super::Finding;
use crate::config::{Bus, Config};

pub(super) async fn look(config: &Config) -> Finding {
    let place = config.media.place();
    if let FileStoreLocation::Folder(folder) = &config.media {
        let is_cluster = matches!(config.bus, Bus::Redis(_))
            || matches!(config.store, store::Location::Postgres(_));
        if is_cluster {
            return Finding::warning(
                "media",
                format!(
                    "{place} is a folder of this machine, unless you share it: with several nodes every \
                     web and mailer node must see the same files, so share it or set media.files to a bucket"
                ),
            );
        }
        if !folder.exists() {
            return Finding::good("media", format!("{place} will be created when it is needed"));
        }
    }
    let probed = match FileStore::open(&config.media) {
        Ok(files) => files.probe().await,
        Err(error) => Err(error),
    };
    match probed {
        Ok(()) => Finding::good("media", format!("{place} can be read")),
        Err(error) => Finding::bad("media", error.to_string()),
    }
}
