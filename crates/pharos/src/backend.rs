//! Where a command works: on the installation of this machine, or on a server over its API.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::cli::ServerArgs;
use crate::installation::{Installation, random_name};
use crate::remote::{RemoteClient, read_token};

/// Where a command is to work, as the command line says.
pub(crate) struct Site {
    pub(crate) config: PathBuf,
    pub(crate) server: ServerArgs,
}

/// What a command works with.
pub(crate) enum Backend {
    Local(Box<Installation>),
    Remote(Box<RemoteClient>),
}

impl Site {
    /// The configuration, for a command that works on this machine only.
    pub(crate) fn here(&self, command: &str) -> anyhow::Result<&Path> {
        match self.server.server {
            None => Ok(&self.config),
            Some(_) => Err(here_only(command)),
        }
    }

    pub(crate) async fn open(&self) -> anyhow::Result<Backend> {
        let ServerArgs { server, token_file, server_ca_file } = &self.server;
        let Some(server) = server else {
            return Ok(Backend::Local(Box::new(Installation::open(&self.config).await?)));
        };
        let path = token_file.as_deref().context(
            "--server needs --token-file FILE, with a token that `pharos token create` has made on the \
             server",
        )?;
        let (token, run) = (read_token(path)?, random_name()?);
        let ca_file = server_ca_file.as_deref();
        let client = RemoteClient::new(server.clone(), token, ca_file, run)?;
        Ok(Backend::Remote(Box::new(client)))
    }
}

impl Backend {
    /// The installation, for a command that works on this machine only.
    pub(crate) fn here(&self, command: &str) -> anyhow::Result<&Installation> {
        match self {
            Self::Local(installation) => Ok(installation),
            Self::Remote(_) => Err(here_only(command)),
        }
    }
}

fn here_only(command: &str) -> anyhow::Error {
    anyhow::anyhow!(
        "`pharos {command}` works on this machine only; leave out --server (and PHAROS_SERVER)"
    )
}
