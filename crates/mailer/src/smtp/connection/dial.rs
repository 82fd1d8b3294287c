//! From a host name to a TCP connection: addresses are tried in parallel (RFC 8305).
//!
//! A host whose first address swallows packets, like an IPv6 address behind a broken route, costs a
//! quarter of a second instead of the whole connect timeout.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// The Connection Attempt Delay of RFC 8305 section 5.
const NEXT_ATTEMPT: Duration = Duration::from_millis(250);
/// How many addresses of one host are tried.
const MAX_ADDRESSES: usize = 8;

/// Connects to the first address of `host` that answers; each may take `limit`.
///
/// # Errors
/// Says what happened with every address.
pub(super) async fn dial(host: &str, port: u16, limit: Duration) -> Result<TcpStream, String> {
    let found = timeout(limit, tokio::net::lookup_host((host, port))).await;
    let addresses = found
        .map_err(|_| format!("looking up {host} took longer than {limit:?}"))?
        .map_err(|error| format!("can't look up {host}: {error}"))?;
    first_to_answer(in_turn(addresses), limit)
        .await
        .map_err(|problems| format!("can't connect to {host}:{port}: {problems}"))
}

/// Alternates IPv6 and IPv4, starting with the family that the system prefers (RFC 8305 section 4).
fn in_turn(addresses: impl Iterator<Item = SocketAddr>) -> VecDeque<SocketAddr> {
    let mut distinct: Vec<SocketAddr> = Vec::new();
    for address in addresses {
        if !distinct.contains(&address) {
            distinct.push(address);
        }
    }
    let first_is_v6 = distinct.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) =
        distinct.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut ordered = VecDeque::new();
    while ordered.len() < MAX_ADDRESSES {
        let before = ordered.len();
        ordered.extend(first.next());
        ordered.extend(second.next());
        if ordered.len() == before {
            break;
        }
    }
    ordered.truncate(MAX_ADDRESSES);
    ordered
}

async fn first_to_answer(
    mut addresses: VecDeque<SocketAddr>,
    limit: Duration,
) -> Result<TcpStream, String> {
    // Dropping the set ends the attempts that are still under way.
    let mut attempts = JoinSet::new();
    let mut problems = Vec::new();
    loop {
        if let Some(address) = addresses.pop_front() {
            attempts.spawn(async move { (address, connect(address, limit).await) });
        }
        let ended = tokio::select! {
            ended = attempts.join_next() => ended,
            () = sleep(NEXT_ATTEMPT), if !addresses.is_empty() => continue,
        };
        match ended {
            None if problems.is_empty() => return Err("it has no address".to_owned()),
            None => return Err(problems.join("; ")),
            Some(Ok((_, Ok(stream)))) => return Ok(stream),
            Some(Ok((address, Err(error)))) => problems.push(format!("{}: {error}", address.ip())),
            Some(Err(error)) => problems.push(error.to_string()),
        }
    }
}

async fn connect(address: SocketAddr, limit: Duration) -> io::Result<TcpStream> {
    timeout(limit, TcpStream::connect(address)).await.unwrap_or_else(|_| {
        let text = format!("no answer within {limit:?}");
        Err(io::Error::new(io::ErrorKind::TimedOut, text))
    })
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};
    use std::time::Instant;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(15);

    /// A listener whose backlog is full, so that the system answers no further connection: like an
    /// address that swallows packets.
    struct BlackHole {
        address: SocketAddr,
        _held: (TcpListener, Vec<std::net::TcpStream>),
    }

    impl BlackHole {
        fn new() -> Self {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
            let listener = socket.listen(1).unwrap().into_std().unwrap();
            let address = listener.local_addr().unwrap();
            let mut streams = Vec::new();
            // A queue of one holds two; then SYNs are dropped.
            while let Ok(stream) =
                std::net::TcpStream::connect_timeout(&address, Duration::from_millis(100))
            {
                streams.push(stream);
                assert!(streams.len() < 64, "the queue does not fill");
            }
            Self { address, _held: (listener, streams) }
        }
    }

    fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    fn closed() -> SocketAddr {
        listener().1
    }

    #[tokio::test]
    async fn an_address_that_swallows_packets_does_not_keep_the_next_one_waiting() {
        let hole = BlackHole::new();
        let (_open, address) = listener();
        let began = Instant::now();
        // As good as for ever: only the next attempt, made beside this one, can succeed.
        let connecting = first_to_answer([hole.address, address].into(), PATIENCE * 100);
        let stream = timeout(PATIENCE, connecting).await.unwrap().unwrap();
        assert_eq!(stream.peer_addr().unwrap(), address);
        assert!(began.elapsed() >= NEXT_ATTEMPT, "the first address was not tried");
    }

    #[tokio::test]
    async fn an_address_that_refuses_is_followed_by_the_next_one_and_all_are_told_of() {
        let (_open, address) = listener();
        let limit = Duration::from_secs(20);
        let stream = first_to_answer([closed(), address].into(), limit).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), address);
        let hole = BlackHole::new();
        let all = [closed(), hole.address].into();
        let told = first_to_answer(all, Duration::from_millis(300)).await.unwrap_err();
        assert!(told.starts_with("127.0.0.1: Connection refused"), "{told}");
        assert!(told.ends_with("; 127.0.0.1: no answer within 300ms"), "{told}");
        assert_eq!(first_to_answer([].into(), limit).await.unwrap_err(), "it has no address");
    }

    #[test]
    fn families_take_turns_and_the_systems_choice_comes_first() {
        let ordered = |hosts: &[&str]| {
            let addresses = hosts.iter().map(|host| SocketAddr::new(host.parse().unwrap(), 25));
            in_turn(addresses).iter().map(|it| it.ip().to_string()).collect::<Vec<_>>().join(" ")
        };
        let found = ["2001:db8::1", "2001:db8::2", "2001:db8::2", "192.0.2.1"];
        assert_eq!(ordered(&found), "2001:db8::1 192.0.2.1 2001:db8::2");
        assert_eq!(ordered(&["192.0.2.1", "192.0.2.2"]), "192.0.2.1 192.0.2.2");
        assert_eq!(ordered(&["192.0.2.1", "2001:db8::1"]), "192.0.2.1 2001:db8::1");
        let many: Vec<SocketAddr> =
            (0..50).map(|last| SocketAddr::new([192, 0, 2, last].into(), 25)).collect();
        assert_eq!(in_turn(many.into_iter()).len(), MAX_ADDRESSES);
    }
}
