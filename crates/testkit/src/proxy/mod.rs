//! A TCP proxy in front of a server, which breaks connections on demand.
//!
//! It has one thread with its own runtime, so that it keeps running while a test blocks, and so
//! that a test may drop it anywhere. It keeps the order: a client's messages are passed on one
//! after the other, and only complete ones.

mod connection;
mod framing;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};

use connection::ProxiedConnection;
use framing::Framing;

/// More connections than this wait until others have ended.
const MOST_CONNECTIONS: usize = 512;
const ACCEPT_AGAIN: Duration = Duration::from_millis(20);
const CUT_LIMIT: Duration = Duration::from_secs(10);

/// What goes wrong when a message arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection is reset before the message reaches the server.
    CutBefore,
    /// The message reaches the server, the answer to it is swallowed and the connection reset:
    /// what a client sees when a commit succeeded and nobody told it.
    ///
    /// The reset comes when the server has answered all it was asked, two seconds later at the
    /// latest; a tenth of a second later when the message is one that gets no answer of its own
    /// (a Parse, Bind or Execute before its Sync).
    CutAfter,
    /// The message is lost: the proxy ends its sending side towards the server, keeps the client's
    /// side open for 300 ms, then closes that as well.
    HalfClose,
    /// The message waits this long, then everything goes on.
    Delay(Duration),
}

/// A TCP proxy in front of a server, which breaks connections on demand.
///
/// It has one thread with its own runtime, so that it keeps running while a test blocks, and so
/// that a test may drop it anywhere. It keeps the order: a client's messages are passed on one
/// after the other, and only complete ones.
pub struct Proxy {
    port: u16,
    shared: Arc<ProxyState>,
    thread: Option<JoinHandle<()>>,
}

/// What the test wants, as every connection sees it.
#[derive(Debug, Clone, Default)]
struct ProxyControl {
    refuse: bool,
    frozen: bool,
    delay: Duration,
    /// How often everything was cut. A connection older than the last cut resets itself.
    cuts: u64,
    stop: bool,
}

#[derive(Default)]
struct Meter {
    messages: u64,
    /// The number of the message that is struck.
    armed: Option<(u64, Fault)>,
}

struct ProxyState {
    server_port: u16,
    framing: fn() -> Framing,
    control: watch::Sender<ProxyControl>,
    meter: Mutex<Meter>,
    /// How many connections are open, by the number of cuts there were when they came.
    open: Mutex<BTreeMap<u64, usize>>,
    closed: Condvar,
}

impl Proxy {
    /// Listens on a free loopback port and forwards to the PostgreSQL server at `127.0.0.1:port`.
    pub fn to(port: u16) -> Self {
        Self::start(port, Framing::postgres)
    }

    /// The same in front of another server, for example Redis. Its messages are not told apart:
    /// every chunk that arrives from a client counts as one.
    pub fn raw_to(port: u16) -> Self {
        Self::start(port, Framing::raw)
    }

    fn start(server_port: u16, framing: fn() -> Framing) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a listener that does not block");
        let port = listener.local_addr().expect("its address").port();
        let shared = Arc::new(ProxyState {
            server_port,
            framing,
            control: watch::Sender::default(),
            meter: Mutex::default(),
            open: Mutex::default(),
            closed: Condvar::new(),
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let for_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("proxy".to_owned())
            .spawn(move || runtime.block_on(accept(listener, for_thread)))
            .expect("a thread");
        Self { port, shared, thread: Some(thread) }
    }

    /// The proxy's own port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Resets every open connection. They are gone when this returns. One that the proxy has not
    /// taken yet, through which nothing can have come back, is not open in this sense.
    pub fn cut(&self) {
        self.shared.cut();
    }

    /// While true, every new connection is accepted and closed at once. Cuts the open ones.
    pub fn refuse(&self, yes: bool) {
        self.shared.control.send_modify(|control| control.refuse = yes);
        if yes {
            self.cut();
        }
    }

    /// Every chunk waits this long, each way, before it is passed on.
    pub fn delay(&self, each_way: Duration) {
        self.shared.control.send_modify(|control| control.delay = each_way);
    }

    /// While true nothing is passed on in either direction; connections stay open, and new ones
    /// are taken.
    pub fn freeze(&self, yes: bool) {
        self.shared.control.send_modify(|control| control.frozen = yes);
    }

    /// Arms one fault, in place of one that has not struck yet. It strikes the message that comes
    /// after so many others: 0 is the very next. Counted over all connections; how a connection
    /// begins (startup, questions about encryption) does not count.
    pub fn arm(&self, after_messages: u64, fault: Fault) {
        let mut meter = self.shared.meter();
        meter.armed = Some((meter.messages + after_messages, fault));
    }

    /// How many messages have come from clients so far.
    pub fn messages(&self) -> u64 {
        self.shared.meter().messages
    }

    /// Whether the fault has not struck yet.
    pub fn armed(&self) -> bool {
        self.shared.meter().armed.is_some()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.control.send_modify(|control| control.stop = true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Takes connections until the proxy is dropped. The connections end with the runtime.
async fn accept(listener: TcpListener, shared: Arc<ProxyState>) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut control = shared.control.subscribe();
    let take = async {
        loop {
            let permit = Arc::clone(&places).acquire_owned().await;
            let Ok((client, _)) = listener.accept().await else {
                // Out of file handles: those that end will give some back.
                tokio::time::sleep(ACCEPT_AGAIN).await;
                continue;
            };
            if shared.control.borrow().refuse {
                continue;
            }
            let connection = ProxiedConnection::new(Arc::clone(&shared));
            tokio::spawn(async move {
                connection.run(client).await;
                drop(permit);
            });
        }
    };
    tokio::select! {
        () = take => {}
        _ = control.wait_for(|control| control.stop) => {}
    }
}

impl ProxyState {
    fn cut(&self) {
        self.control.send_modify(|control| control.cuts += 1);
        let cuts = self.control.borrow().cuts;
        let older = |open: &mut BTreeMap<u64, usize>| open.keys().any(|born| *born < cuts);
        let open = self.open.lock().expect("the open connections");
        let waited = self.closed.wait_timeout_while(open, CUT_LIMIT, older).expect("no panic");
        let late = waited.1.timed_out();
        drop(waited);
        assert!(!late, "connections are still open {CUT_LIMIT:?} after the cut");
    }

    /// Counts a message; gives the fault that strikes it.
    fn count(&self) -> Option<Fault> {
        let mut meter = self.meter();
        let number = meter.messages;
        meter.messages += 1;
        let (_, fault) = meter.armed.take_if(|(at, _)| *at == number)?;
        Some(fault)
    }

    fn meter(&self) -> MutexGuard<'_, Meter> {
        self.meter.lock().expect("the meter")
    }
}
