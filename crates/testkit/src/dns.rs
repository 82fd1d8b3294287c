//! A DNS server on the loopback interface that knows a few names: A, AAAA, MX and TXT records over
//! UDP. It answers like a server with authority: other names don't exist, other types are empty.

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

const CLASS_IN: u16 = 1;
const TYPE_A: u16 = 1;
const TYPE_MX: u16 = 15;
const TYPE_TXT: u16 = 16;
const TYPE_AAAA: u16 = 28;
/// An answer (RFC 1035 section 4.1.1) with authority, recursion desired and available.
const ANSWERED: u16 = 0x8580;
const NO_SUCH_NAME: u16 = 3;
/// How long the server waits before it looks whether it should end.
const LOOK: Duration = Duration::from_millis(50);

/// A record of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DnsRecord {
    Address(IpAddr),
    /// The host that takes mail; `.` for nobody.
    MailHost(String),
    Text(String),
}

type Zone = HashMap<String, Vec<DnsRecord>>;

/// A running server; it ends when it is dropped.
pub struct Dns {
    address: SocketAddr,
    zone: Arc<Mutex<Zone>>,
    asked: Arc<AtomicUsize>,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Dns {
    /// A server that knows no name yet.
    pub fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        socket.set_read_timeout(Some(LOOK)).expect("a time limit");
        let address = socket.local_addr().expect("an address");
        let (zone, asked) = (Arc::<Mutex<Zone>>::default(), Arc::<AtomicUsize>::default());
        let ends = Arc::<AtomicBool>::default();
        let thread = {
            let (zone, asked, ends) = (Arc::clone(&zone), Arc::clone(&asked), Arc::clone(&ends));
            std::thread::spawn(move || serve(&socket, &zone, &asked, &ends))
        };
        Self { address, zone, asked, ends, thread: Some(thread) }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Adds a record to a name, which exists from now on.
    pub fn add(&self, name: &str, record: DnsRecord) {
        self.zone.lock().unwrap().entry(name.to_owned()).or_default().push(record);
    }

    /// Adds addresses to a name.
    pub fn host(&self, name: &str, addresses: &[&str]) {
        for address in addresses {
            self.add(name, DnsRecord::Address(address.parse().expect("an address")));
        }
    }

    /// Takes a name away.
    pub fn forget(&self, name: &str) {
        self.zone.lock().unwrap().remove(name);
    }

    /// How many questions it was asked.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for Dns {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(socket: &UdpSocket, zone: &Mutex<Zone>, asked: &AtomicUsize, ends: &AtomicBool) {
    let mut packet = [0; 1_500];
    while !ends.load(Ordering::SeqCst) {
        let Ok((length, from)) = socket.recv_from(&mut packet) else { continue };
        asked.fetch_add(1, Ordering::SeqCst);
        if let Some(answer) = answer(&packet[..length], &zone.lock().unwrap()) {
            let _ = socket.send_to(&answer, from);
        }
    }
}

fn answer(question: &[u8], zone: &Zone) -> Option<Vec<u8>> {
    let (name, end) = name_in(question, 12)?;
    let kind = u16::from_be_bytes(question.get(end..end + 2)?.try_into().ok()?);
    let name = name.to_ascii_lowercase();
    let records = zone.get(&name);
    let exists = records.is_some() || parents(zone).contains(&name);
    let fitting: Vec<Vec<u8>> =
        records.into_iter().flatten().filter_map(|record| record.data(kind)).collect();
    let flags = ANSWERED | if exists { 0 } else { NO_SUCH_NAME };
    let mut answer = question.get(..2)?.to_vec();
    for number in [flags, 1, u16::try_from(fitting.len()).ok()?, 0, 0] {
        answer.extend(number.to_be_bytes());
    }
    answer.extend(question.get(12..end + 4)?);
    for data in fitting {
        // The name of the question, the type, the class, no time to live.
        answer.extend([0xc0, 12]);
        answer.extend([kind, CLASS_IN, 0, 0].into_iter().flat_map(u16::to_be_bytes));
        answer.extend(u16::try_from(data.len()).ok()?.to_be_bytes());
        answer.extend(data);
    }
    Some(answer)
}

/// Names that exist because there are names below them.
fn parents(zone: &Zone) -> BTreeSet<String> {
    let above = |name: &String| {
        name.match_indices('.').map(|(at, _)| name[at + 1..].to_owned()).collect::<Vec<_>>()
    };
    zone.keys().flat_map(above).collect()
}

/// The name that begins at a byte, and where it ends. Questions have no pointers.
fn name_in(packet: &[u8], mut at: usize) -> Option<(String, usize)> {
    let mut labels = Vec::new();
    loop {
        let length = usize::from(*packet.get(at)?);
        at += 1;
        if length == 0 {
            return Some((labels.join("."), at));
        }
        labels.push(String::from_utf8_lossy(packet.get(at..at + length)?).into_owned());
        at += length;
    }
}

impl DnsRecord {
    /// Its data, if it is of that type.
    fn data(&self, kind: u16) -> Option<Vec<u8>> {
        match (self, kind) {
            (Self::Address(IpAddr::V4(v4)), TYPE_A) => Some(v4.octets().to_vec()),
            (Self::Address(IpAddr::V6(v6)), TYPE_AAAA) => Some(v6.octets().to_vec()),
            (Self::MailHost(host), TYPE_MX) => {
                let mut data = 10_u16.to_be_bytes().to_vec();
                for label in host.split('.').filter(|label| !label.is_empty()) {
                    data.push(u8::try_from(label.len()).ok()?);
                    data.extend(label.as_bytes());
                }
                data.push(0);
                Some(data)
            }
            (Self::Text(text), TYPE_TXT) => {
                let mut data = Vec::new();
                for piece in text.as_bytes().chunks(255) {
                    data.push(u8::try_from(piece.len()).ok()?);
                    data.extend(piece);
                }
                Some(data)
            }
            _ => None,
        }
    }
}
