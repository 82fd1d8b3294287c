//! Plain HTTP/1.1 over a socket: what is sent is what the story says, nothing else.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's value, by its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The cookie that the answer sets, as it would be sent back.
    pub fn cookie(&self) -> Option<String> {
        self.header("set-cookie").and_then(|value| value.split(';').next()).map(str::to_owned)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

pub fn get(url: &str) -> Answer {
    request("GET", url, &[], "").expect("an answer")
}

pub fn get_with(url: &str, headers: &[(&str, &str)]) -> Answer {
    request("GET", url, headers, "").expect("an answer")
}

pub fn head(url: &str) -> Answer {
    request("HEAD", url, &[], "").expect("an answer")
}

pub fn post(url: &str, form: &str) -> Answer {
    let kind = ("Content-Type", "application/x-www-form-urlencoded");
    request("POST", url, &[kind], form).expect("an answer")
}

/// Many GETs of one URL, pipelined on one connection. Gives how many were answered with 200, which
/// must be all of them.
pub fn flood(url: &str, count: u64) -> u64 {
    flood_with(url, &[], count)
}

/// [`flood`] with these headers in each request.
pub fn flood_with(url: &str, headers: &[(&str, &str)], count: u64) -> u64 {
    let rest = url.strip_prefix("http://").expect("a plain URL");
    let (host, path) = rest.split_once('/').expect("a path");
    let mut stream = TcpStream::connect(host).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a time limit");
    let more: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let request = |last: bool| {
        let end = if last { "Connection: close\r\n" } else { "" };
        format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\n{more}{end}\r\n")
    };
    let requests: String = (1..=count).map(|number| request(number == count)).collect();
    let mut answers = Vec::new();
    std::thread::scope(|scope| {
        let mut writer = stream.try_clone().expect("a second handle");
        scope.spawn(move || writer.write_all(requests.as_bytes()));
        stream.read_to_end(&mut answers).expect("answers");
    });
    let answers = String::from_utf8_lossy(&answers);
    let answered = answers.matches("HTTP/1.1 200 OK").count() as u64;
    assert_eq!(answered, count, "the picture is served whatever the disk does");
    answered
}

/// One request on a connection of its own; an error when it was cut off before a whole answer.
pub fn request(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> std::io::Result<Answer> {
    let rest = url.strip_prefix("http://").expect("a plain URL");
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.set_nodelay(true)?;
    let mut text = format!("{method} /{path} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|(name, _)| *name == "Host") {
        text.push_str(&format!("Host: {host}\r\n"));
    }
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body);
    stream.write_all(text.as_bytes())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    parse(method, &bytes).ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
}

fn parse(method: &str, bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let mut answer = Answer { status, head, body: bytes[end + 4..].to_vec() };
    if method != "HEAD" {
        answer.body = whole_body(&answer)?;
    }
    Some(answer)
}

/// The body without its transfer coding; none when it was cut off.
fn whole_body(answer: &Answer) -> Option<Vec<u8>> {
    if let Some(length) = answer.header("content-length") {
        return (answer.body.len() == length.parse::<usize>().ok()?).then(|| answer.body.clone());
    }
    if answer.header("transfer-encoding") != Some("chunked") {
        return Some(answer.body.clone());
    }
    let (mut rest, mut body) = (answer.body.as_slice(), Vec::new());
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).ok()?, 16).ok()?;
        let chunk = rest.get(end + 2..end + 2 + size)?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(chunk);
        rest = rest.get(end + 4 + size..)?;
    }
}
