//! A client of one HTTP server on this machine: keeps connections open; no TLS, no redirects, no proxies.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use ureq::http::{Request, Response};
use ureq::{Agent, Body};

const TIMEOUT: Duration = Duration::from_secs(30);
const BODY_BYTES_MAX: u64 = 64 * 1_048_576;

/// A response, read completely.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    /// `Retry-After` in seconds, if it is present and a number.
    pub retry_after_s: Option<u64>,
}

impl Answer {
    /// Returns the body as JSON, or null if it is not JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Returns the status and the beginning of the body, for an error message.
    pub fn abridged(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        format!("{} {}", self.status, text.chars().take(300).collect::<String>())
    }

    fn read(mut response: Response<Body>) -> Result<Self, ureq::Error> {
        let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
        Ok(Self {
            status: response.status().as_u16(),
            retry_after_s: retry_after.and_then(|seconds| seconds.parse().ok()),
            body: response.body_mut().with_config().limit(BODY_BYTES_MAX).read_to_vec()?,
        })
    }
}

pub struct Client {
    agent: Agent,
    address: SocketAddr,
}

impl Client {
    /// Creates a client for this address; connects later.
    pub fn new(address: SocketAddr) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_connect(Some(TIMEOUT))
            .timeout_send_body(Some(TIMEOUT))
            .timeout_recv_response(Some(TIMEOUT))
            .timeout_recv_body(Some(TIMEOUT));
        Self { agent: config.build().into(), address }
    }

    /// Sends a GET request with extra headers.
    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> io::Result<Answer> {
        self.send("GET", path, headers, b"")
    }

    /// Sends a POST request with a JSON body and extra headers.
    pub fn post(&self, path: &str, headers: &[(&str, &str)], body: &serde_json::Value) -> io::Result<Answer> {
        self.send("POST", path, headers, body.to_string().as_bytes())
    }

    /// Sends a request with any method and extra headers; leaves out an empty body.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<Answer> {
        let ask = || self.exchange(method, path, headers, body);
        // A server may close an idle connection at any time. All requests here are safe to repeat.
        ask().or_else(|_| ask()).map_err(ureq::Error::into_io)
    }

    fn exchange(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer, ureq::Error> {
        let request = Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let response = if body.is_empty() {
            self.agent.run(request.body(())?)?
        } else {
            self.agent.run(request.header("Content-Type", "application/json").body(body)?)?
        };
        Answer::read(response)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;
    use std::thread;

    use serde_json::json;

    use super::*;

    /// A server that answers each connection with one of these responses and closes it; returns the requests at the
    /// end.
    fn server(answers: &'static [&'static str]) -> (Client, thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = Client::new(listener.local_addr().unwrap());
        let serve = move |answer: &&str| {
            let (mut stream, _) = listener.accept().unwrap();
            let asked = request(&mut BufReader::new(&mut stream));
            stream.write_all(answer.as_bytes()).unwrap();
            asked
        };
        (client, thread::spawn(move || answers.iter().map(serve).collect()))
    }

    /// Reads a request in lower case: header names are case-insensitive.
    fn request(reader: &mut impl BufRead) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(reader.read_line(&mut head).unwrap() > 0);
        }
        let mut head = head.to_ascii_lowercase();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
        reader.take(length.unwrap_or(0)).read_to_string(&mut head).unwrap();
        head
    }

    #[test]
    fn a_request_has_its_path_its_headers_and_its_body() {
        let (client, server) = server(&["HTTP/1.1 201 Created\r\nContent-Length: 8\r\n\r\n{\"a\": 1}"]);
        let answer = client.post("/in/x?y=z", &[("Idempotency-Key", "k1")], &json!({"b": 2})).unwrap();
        assert_eq!((answer.status, answer.json()), (201, json!({"a": 1})));
        let asked = server.join().unwrap().concat();
        assert!(asked.starts_with("post /in/x?y=z http/1.1\r\n") && asked.ends_with("\r\n\r\n{\"b\":2}"), "{asked}");
        assert!(asked.contains("\r\nidempotency-key: k1\r\n"), "{asked}");
        assert!(asked.contains("\r\ncontent-type: application/json\r\n"), "{asked}");
    }

    #[test]
    fn an_empty_body_is_left_out_whatever_the_method() {
        const NONE: &str = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
        let (client, server) = server(&[NONE, NONE, NONE]);
        for method in ["GET", "POST", "DELETE"] {
            assert_eq!(client.send(method, "/", &[], b"").unwrap(), Answer { status: 204, ..Answer::default() });
        }
        for asked in server.join().unwrap() {
            assert!(asked.ends_with("\r\n\r\n") && !asked.contains("content-type"), "{asked}");
        }
    }

    #[test]
    fn refusals_and_redirects_are_answers() {
        let (client, server) = server(&[
            "HTTP/1.1 503 Busy\r\nRetry-After: 30\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno",
            "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        ]);
        let busy = Answer { status: 503, body: b"no".to_vec(), retry_after_s: Some(30) };
        assert_eq!(client.get("/", &[]).unwrap(), busy);
        assert_eq!(client.get("/", &[]).unwrap().status, 302);
        server.join().unwrap();
    }

    #[test]
    fn what_breaks_off_is_asked_once_more_and_then_an_error() {
        const WHOLE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";
        const BROKEN: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh";
        let (client, server) = server(&[BROKEN, WHOLE, BROKEN, BROKEN]);
        assert_eq!(client.get("/", &[]).unwrap().body, b"hi");
        assert!(client.get("/", &[]).is_err());
        assert_eq!(server.join().unwrap().len(), 4);
    }
}
