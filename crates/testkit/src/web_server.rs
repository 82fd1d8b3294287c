//! A web server on the loopback interface that answers as a test tells it, also as no good server
//! would: never, endlessly, or with what is no HTTP.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebRequest {
    pub method: String,
    /// With its query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
}

impl WebRequest {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub enum WebAnswer {
    Reply {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// Nothing, for as long as the client waits.
    Silence,
    /// A body that never ends, with this type.
    Endless(&'static str),
    /// These bytes, whatever they are.
    Raw(&'static [u8]),
}

impl WebAnswer {
    pub fn status(status: u16) -> Self {
        Self::Reply { status, headers: Vec::new(), body: Vec::new() }
    }

    pub fn page() -> Self {
        Self::of("text/html; charset=utf-8", b"<p>here</p>")
    }

    pub fn of(content_type: &str, body: &[u8]) -> Self {
        let headers = vec![("Content-Type", content_type.to_owned())];
        Self::Reply { status: 200, headers, body: body.to_vec() }
    }

    pub fn redirect(status: u16, to: impl Into<String>) -> Self {
        Self::Reply { status, headers: vec![("Location", to.into())], body: Vec::new() }
    }
}

type Script = dyn Fn(&WebRequest) -> WebAnswer + Send + Sync;

/// A running server; it takes no connection any more when it is dropped.
pub struct WebServer {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<WebRequest>>>,
    most_at_once: Arc<Mutex<(usize, usize)>>,
    ends: Arc<AtomicBool>,
}

impl WebServer {
    /// Over plain HTTP.
    pub fn start(script: impl Fn(&WebRequest) -> WebAnswer + Send + Sync + 'static) -> Self {
        Self::run(None, Arc::new(script))
    }

    /// Over TLS, with files as [`crate::certificate`] makes them.
    pub fn with_tls(
        (key, certificate): (&Path, &Path),
        script: impl Fn(&WebRequest) -> WebAnswer + Send + Sync + 'static,
    ) -> Self {
        let key = PrivateKeyDer::from_pem_file(key).expect("a key");
        let certificate = CertificateDer::from_pem_file(certificate).expect("a certificate");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|it| it.with_no_client_auth().with_single_cert(vec![certificate], key))
            .expect("a TLS server");
        Self::run(Some(Arc::new(config)), Arc::new(script))
    }

    fn run(tls: Option<Arc<ServerConfig>>, script: Arc<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let server = Self {
            address: listener.local_addr().expect("an address"),
            requests: Arc::default(),
            most_at_once: Arc::default(),
            ends: Arc::default(),
        };
        let (requests, ends) = (Arc::clone(&server.requests), Arc::clone(&server.ends));
        let most = Arc::clone(&server.most_at_once);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ends.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (tls, script) = (tls.clone(), Arc::clone(&script));
                let (requests, most) = (Arc::clone(&requests), Arc::clone(&most));
                std::thread::spawn(move || {
                    let answer = |request: &WebRequest| {
                        let mut now = most.lock().unwrap();
                        *now = (now.0 + 1, now.1.max(now.0 + 1));
                        drop(now);
                        let answer = script(request);
                        most.lock().unwrap().0 -= 1;
                        answer
                    };
                    let _ = match tls {
                        Some(config) => ServerConnection::new(config)
                            .map_err(std::io::Error::other)
                            .and_then(|it| serve(StreamOwned::new(it, stream), &answer, &requests)),
                        None => serve(stream, &answer, &requests),
                    };
                });
            }
        });
        server
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// What it was asked, in the order in which that came.
    pub fn requests(&self) -> Vec<WebRequest> {
        self.requests.lock().unwrap().clone()
    }

    /// The methods with which a path was asked for, in order.
    pub fn methods(&self, path: &str) -> Vec<String> {
        let asked = self.requests().into_iter().filter(|request| request.path == path);
        asked.map(|request| request.method).collect()
    }

    /// The most requests whose answers it ever thought of at the same time: between the end of a
    /// request and the start of its answer, as a connection may end later than its client goes on.
    pub fn most_at_once(&self) -> usize {
        self.most_at_once.lock().unwrap().1
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        // So that the listener looks.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(
    mut stream: impl Read + Write,
    script: &impl Fn(&WebRequest) -> WebAnswer,
    requests: &Mutex<Vec<WebRequest>>,
) -> std::io::Result<()> {
    let Some(request) = read(&mut stream)? else { return Ok(()) };
    requests.lock().unwrap().push(request.clone());
    match script(&request) {
        WebAnswer::Silence => wait_for_the_end(&mut stream),
        WebAnswer::Raw(bytes) => stream.write_all(bytes)?,
        WebAnswer::Endless(content_type) => {
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n\r\n")?;
            if request.method == "HEAD" {
                return stream.flush();
            }
            loop {
                // Fails when the client has closed the connection.
                stream.write_all(&[b'x'; 16 * 1024])?;
            }
        }
        WebAnswer::Reply { status, headers, body } => {
            let mut head = format!("HTTP/1.1 {status} Said\r\nContent-Length: {}\r\n", body.len());
            for (name, value) in headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes())?;
            if request.method != "HEAD" {
                stream.write_all(&body)?;
            }
        }
    }
    stream.flush()
}

fn wait_for_the_end(stream: &mut impl Read) {
    let mut byte = [0];
    while stream.read(&mut byte).is_ok_and(|read| read > 0) {}
}

/// The head of a request; its body is left where it is.
fn read(stream: &mut impl Read) -> std::io::Result<Option<WebRequest>> {
    let mut lines = BufReader::new(stream).lines();
    let Some(first) = lines.next() else { return Ok(None) };
    let first = first?;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = Vec::new();
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    Ok(Some(WebRequest { method, path, headers }))
}
