//! A web site on a loopback address that answers as the test wants and keeps the requests.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The bytes to answer with; then the connection is closed.
#[derive(Clone)]
pub enum Reply {
    Bytes(Vec<u8>),
    /// The first bytes, then the second ones again and again without an end.
    Endless(Vec<u8>, Vec<u8>),
    /// The first bytes, and then one byte after each pause.
    Slow(Vec<u8>, Duration),
    /// These bytes, as soon as they are set.
    Later(watch::Receiver<Option<Vec<u8>>>),
    /// Nothing, and the connection stays open.
    Silence,
}

impl Reply {
    /// A successful answer with this body and its correct length.
    pub fn file(body: &[u8]) -> Self {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        Self::Bytes([head.as_bytes(), body].concat())
    }

    pub fn status(status: u16) -> Self {
        Self::Bytes(format!("HTTP/1.1 {status} X\r\nContent-Length: 4\r\n\r\nbody").into_bytes())
    }

    pub fn redirect(to: &str) -> Self {
        Self::Bytes(format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n").into_bytes())
    }
}

pub struct Site {
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    written: Arc<AtomicUsize>,
}

impl Site {
    /// Starts a site on this loopback address that always gives the same reply.
    pub async fn on(ip: &str, reply: Reply) -> Self {
        Self::answering(ip, move |_| reply.clone()).await
    }

    /// Starts a site whose reply depends on the path.
    pub async fn answering(ip: &str, reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        Self::listening(TcpListener::bind((ip, 0)).await.unwrap(), reply)
    }

    /// Starts two sites that differ only in their addresses.
    pub async fn on_one_port([first, second]: [&str; 2], reply: Reply) -> [Self; 2] {
        loop {
            let one = TcpListener::bind((first, 0)).await.unwrap();
            let port = one.local_addr().unwrap().port();
            if let Ok(other) = TcpListener::bind((second, port)).await {
                return [one, other].map(|listener| {
                    let reply = reply.clone();
                    Self::listening(listener, move |_| reply.clone())
                });
            }
        }
    }

    fn listening(listener: TcpListener, reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let address = listener.local_addr().unwrap();
        let (requests, written) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<AtomicUsize>::default());
        let (kept, counted, reply) = (Arc::clone(&requests), Arc::clone(&written), Arc::new(reply));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (kept, counted, reply) = (Arc::clone(&kept), Arc::clone(&counted), Arc::clone(&reply));
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    let request = request(&mut stream).await;
                    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                    kept.lock().unwrap().push(request);
                    let _ = write(stream.into_inner(), reply(&path), &counted).await;
                });
            }
        });
        Self { address, requests, written }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Returns the requests so far, with headers and bodies; an empty one for a connection that sent nothing.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// Returns the number of bytes sent so far as the endless part of a reply.
    pub fn written(&self) -> usize {
        self.written.load(Ordering::SeqCst)
    }
}

/// Starts a site on its own thread; it runs until the test program ends.
pub fn site(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Site {
    site_on("127.0.0.1", reply)
}

/// Like [`site`], on this loopback address.
pub fn site_on(ip: &'static str, reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Site {
    let (made, site) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            made.send(Site::answering(ip, reply).await).unwrap();
            std::future::pending::<()>().await;
        });
    });
    site.recv().unwrap()
}

async fn request(stream: &mut BufReader<TcpStream>) -> String {
    let mut request = String::new();
    while !request.ends_with("\r\n\r\n") && stream.read_line(&mut request).await.is_ok_and(|bytes| bytes > 0) {}
    let length = request.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or_default()];
    let whole = stream.read_exact(&mut body).await.is_ok();
    request + &String::from_utf8_lossy(if whole { &body } else { b"" })
}

async fn write(mut stream: TcpStream, reply: Reply, written: &AtomicUsize) -> std::io::Result<()> {
    match reply {
        Reply::Bytes(bytes) => stream.write_all(&bytes).await?,
        Reply::Endless(first, more) => {
            stream.write_all(&first).await?;
            loop {
                written.fetch_add(stream.write(&more).await?, Ordering::SeqCst);
            }
        }
        Reply::Slow(first, pause) => {
            stream.write_all(&first).await?;
            loop {
                tokio::time::sleep(pause).await;
                stream.write_all(b"a").await?;
            }
        }
        Reply::Later(mut bytes) => {
            let bytes = bytes.wait_for(Option::is_some).await.map(|bytes| bytes.clone().unwrap_or_default());
            stream.write_all(&bytes.unwrap_or_default()).await?;
        }
        Reply::Silence => std::future::pending().await,
    }
    stream.shutdown().await
}
