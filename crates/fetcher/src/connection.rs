//! One request on a connection of its own.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::fetched::{Body, FetchProblem};

/// The most bytes of an answer's head.
const HEAD_BYTES: usize = 64 * 1024;

/// A connection task, which ends with its request.
#[derive(Debug)]
struct Driver(tokio::task::JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// An answer whose body may still be read.
pub(crate) struct Answer {
    pub(crate) response: Response<Incoming>,
    _driver: Driver,
}

/// The first of these addresses that accepts a connection.
pub(crate) async fn connect(
    addresses: &[IpAddr],
    port: u16,
    limit: Duration,
) -> Result<TcpStream, FetchProblem> {
    let mut problem = FetchProblem::NoSuchHost;
    for address in addresses {
        let connecting = TcpStream::connect(SocketAddr::new(*address, port));
        match tokio::time::timeout(limit, connecting).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => problem = FetchProblem::Connect(short(&error)),
            Err(_) => problem = FetchProblem::Timeout(limit.as_secs()),
        }
    }
    Err(problem)
}

/// An error of the system without its number.
pub(crate) fn short(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(at) => text.get(..at).unwrap_or_default().to_lowercase(),
        None => text,
    }
}

/// Sends a request and waits for the head of its answer.
pub(crate) async fn send(
    stream: TcpStream,
    tls: Option<(&TlsConnector, ServerName<'static>)>,
    request: Request<Full<Bytes>>,
) -> Result<Answer, FetchProblem> {
    match tls {
        None => exchange(stream, request).await,
        Some((connector, name)) => {
            let stream = connector.connect(name, stream).await;
            exchange(stream.map_err(|error| FetchProblem::Tls(error.to_string()))?, request).await
        }
    }
}

async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Answer, FetchProblem>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEAD_BYTES);
    let (mut sender, connection) =
        builder.handshake(TokioIo::new(stream)).await.map_err(|error| not_http(&error))?;
    let driver = Driver(tokio::spawn(async move {
        // What goes wrong comes out of the request.
        let _ = connection.await;
    }));
    let response = sender.send_request(request).await.map_err(|error| not_http(&error))?;
    Ok(Answer { response, _driver: driver })
}

fn not_http(error: &hyper::Error) -> FetchProblem {
    let source = std::error::Error::source(error);
    FetchProblem::NotHttp(source.map_or_else(|| error.to_string(), ToString::to_string))
}

impl Answer {
    /// Reads up to `most` bytes of the body, of which the first `kept` are kept. A body that is cut
    /// off counts as far as it came.
    pub(crate) async fn body(self, kept: usize, most: u64) -> Body {
        let Self { response, _driver } = self;
        let mut body = response.into_body();
        let announced = body.size_hint().exact();
        let (mut start, mut read) = (Vec::new(), 0);
        while read < most {
            let Some(frame) = body.frame().await else {
                return Body { start, bytes: Some(announced.unwrap_or(read)) };
            };
            let Some(data) = frame.ok().and_then(|frame| frame.into_data().ok()) else { break };
            read += data.len() as u64;
            let room = kept.saturating_sub(start.len()).min(data.len());
            start.extend_from_slice(data.get(..room).unwrap_or_default());
            if start.len() >= kept && announced.is_some() {
                break;
            }
        }
        let bytes = announced.or_else(|| (read >= most).then_some(read));
        Body { start, bytes }
    }
}
