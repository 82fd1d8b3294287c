//! The listeners, bound before anything else starts so that a port in use stops the start.

use std::io;
use std::net::{SocketAddr, TcpListener};

use anyhow::Context as _;
use tokio::net::TcpSocket;

use crate::cli::Role;
use crate::config::{Config, Listen};
use crate::roles::Roles;

/// Connections that may wait for each thread of the beacon to accept them.
const WAITING: u32 = 1_024;

pub(crate) struct Listeners {
    /// One for each thread, on one address; none without the role.
    pub beacon: Vec<TcpListener>,
    pub web: Option<TcpListener>,
    /// Report pages, health and metrics.
    pub admin: Option<TcpListener>,
    /// Health and metrics alone.
    pub ops: Option<TcpListener>,
}

impl Listeners {
    /// To be called within a runtime.
    pub(crate) fn bind(config: &Config, roles: &Roles) -> anyhow::Result<Self> {
        let beacon = match roles.has(Role::Beacon) {
            true => bind_shared("beacon.listen", config.beacon, config.beacon_threads)?,
            false => Vec::new(),
        };
        Ok(Self {
            beacon,
            web: roles.has(Role::Web).then(|| bind("web.listen", config.web)).transpose()?,
            // A node without pages needs it only for want of a listener for operations.
            admin: (roles.has(Role::Web) || config.ops.is_none())
                .then(|| bind("admin.listen", config.admin))
                .transpose()?,
            ops: config.ops.map(|listen| bind("ops.listen", listen)).transpose()?,
        })
    }
}

fn bind(field: &str, Listen(address): Listen) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).with_context(|| taken(field, address))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn taken(field: &str, address: SocketAddr) -> String {
    format!("can't listen on {address} ({field}); is another Pharos or another program using it?")
}

/// Listeners between which the system distributes the connections to one address.
fn bind_shared(field: &str, listen: Listen, threads: usize) -> anyhow::Result<Vec<TcpListener>> {
    match threads {
        0 | 1 => Ok(vec![bind(field, listen)?]),
        _ => reuse_port(listen.0, threads).with_context(|| taken(field, listen.0)),
    }
}

fn reuse_port(mut address: SocketAddr, threads: usize) -> io::Result<Vec<TcpListener>> {
    let mut sockets = Vec::new();
    for _ in 0..threads {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        }?;
        socket.set_reuseaddr(true)?;
        // The first one shares its port only once it has it: otherwise a second server would get
        // a part of the connections to a port that is in use, instead of an error.
        if !sockets.is_empty() {
            socket.set_reuseport(true)?;
        }
        socket.bind(address)?;
        socket.set_reuseport(true)?;
        // Port 0 is any free one, and the same for all.
        address = socket.local_addr()?;
        sockets.push(socket);
    }
    sockets.into_iter().map(|socket| socket.listen(WAITING)?.into_std()).collect()
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    fn any_port() -> SocketAddr {
        "127.0.0.1:0".parse().unwrap()
    }

    #[tokio::test]
    async fn connections_to_one_address_reach_several_listeners() {
        let listeners = bind_shared("beacon.listen", Listen(any_port()), 3).unwrap();
        let address = listeners[0].local_addr().unwrap();
        let mut reached = [0; 3];
        let clients: Vec<_> = (0..60).map(|_| TcpStream::connect(address).unwrap()).collect();
        for (listener, reached) in listeners.iter().zip(&mut reached) {
            assert_eq!(listener.local_addr().unwrap(), address);
            while listener.accept().is_ok() {
                *reached += 1;
            }
        }
        assert_eq!(reached.iter().sum::<usize>(), clients.len());
        // Two of three get nothing once in 10^17 runs.
        assert!(reached.iter().filter(|it| **it > 0).count() > 1, "{reached:?}");
    }

    #[tokio::test]
    async fn a_port_in_use_is_an_error_even_if_its_user_shares_it() {
        let shared = bind_shared("beacon.listen", Listen(any_port()), 2).unwrap();
        let address = shared[0].local_addr().unwrap();
        for threads in [1, 2] {
            let refused = bind_shared("beacon.listen", Listen(address), threads).unwrap_err();
            assert!(refused.to_string().contains("beacon.listen"), "{refused:#}");
        }
        drop(shared);
        let alone = bind_shared("beacon.listen", Listen(any_port()), 1).unwrap();
        let address = alone[0].local_addr().unwrap();
        assert!(bind_shared("beacon.listen", Listen(address), 2).is_err());
    }
}
