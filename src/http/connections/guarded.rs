//! One connection as the HTTP server sees it: a request is read only after the responses before it were sent, a
//! client must take responses in time, and a malformed request gets a refusal in our JSON form.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::http::StatusCode;
use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use super::{Address, Connection};

/// How much to read before the server has had a chance to answer: no more requests than fit here wait in memory.
const READ_AT_ONCE_BYTES: usize = 2_048;
/// A client that takes nothing of a response for this long is disconnected.
const TAKEN_WITHIN: Duration = Duration::from_mins(1);
/// The HTTP server's own refusals are shorter than this.
const REFUSAL_BYTES_MAX: usize = 512;

/// The headers of the HTTP server's own refusals.
const BARE: [&str; 3] = ["content-length: 0", "connection: ", "date: "];

thread_local! {
    /// The buffer of one read, copied to the server's buffer afterwards: clearing that buffer for each read would
    /// cost more.
    static READ: RefCell<[u8; READ_AT_ONCE_BYTES]> = const { RefCell::new([0; READ_AT_ONCE_BYTES]) };
}

/// Creates the response to a malformed request, with the status that the server chose.
pub(super) type Refusals = dyn Fn(StatusCode) -> Bytes + Send + Sync;

pub struct Guarded {
    io: TcpStream,
    connection: Arc<Connection>,
    refusals: Arc<Refusals>,
    _address: Option<Address>,
    read_bytes: usize,
    /// Runs while the client takes nothing of a response.
    untaken: Option<Pin<Box<Sleep>>>,
    /// True if the last write was incomplete.
    is_begun: bool,
    instead: Option<Instead>,
}

/// A response that is written in place of another one.
struct Instead {
    rest: Bytes,
    /// Length of the response that it replaces.
    of: usize,
}

impl Guarded {
    pub(super) fn new(
        io: TcpStream,
        connection: Arc<Connection>,
        refusals: Arc<Refusals>,
        address: Option<Address>,
    ) -> Self {
        Self {
            io,
            connection,
            refusals,
            _address: address,
            read_bytes: 0,
            untaken: None,
            is_begun: false,
            instead: None,
        }
    }

    pub(in crate::http) const fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// Reads nothing, but detects if the client has left or has sent more.
    fn poll_left(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut byte = [0];
        match self.io.poll_peek(cx, &mut ReadBuf::new(&mut byte)) {
            Poll::Ready(Ok(0)) => {
                self.connection.leave();
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => {
                self.connection.leave();
                Poll::Ready(Err(error))
            }
            Poll::Ready(Ok(_)) => {
                if self.connection.holds_back(cx) {
                    return Poll::Pending;
                }
                // The request was answered meanwhile: read the waiting bytes in the next turn.
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            // Bytes that arrive later wake the server.
            Poll::Pending => Poll::Pending,
        }
    }

    fn poll_read_io(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.untaken.is_some() {
            return Poll::Pending;
        }
        if self.connection.is_answering() {
            return self.poll_left(cx);
        }
        let room = READ_AT_ONCE_BYTES.saturating_sub(self.read_bytes).min(buffer.remaining());
        if room == 0 {
            // Read the rest in the next turn.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let (read, length) = READ.with_borrow_mut(|bytes| {
            let mut part = ReadBuf::new(bytes.get_mut(..room).unwrap_or_default());
            let read = Pin::new(&mut self.io).poll_read(cx, &mut part);
            buffer.put_slice(part.filled());
            (read, part.filled().len())
        });
        self.read_bytes += length;
        self.connection.has_read(length);
        if matches!(read, Poll::Ready(Err(_))) || (read.is_ready() && length == 0) {
            self.connection.leave();
        }
        read
    }

    fn poll_write_io(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        if written.is_ready() {
            if self.untaken.take().is_some() {
                // Read what was left unread meanwhile in the next turn.
                cx.waker().wake_by_ref();
            }
            return written;
        }
        self.connection.is_cut_or_waits(cx)?;
        let untaken = self.untaken.get_or_insert_with(|| Box::pin(sleep(TAKEN_WITHIN)));
        if untaken.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
    }
}

impl AsyncRead for Guarded {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.connection.is_cut()? {
            return Poll::Ready(Ok(()));
        }
        let read = this.poll_read_io(cx, buffer);
        if read.is_pending() && this.connection.is_cut_or_waits(cx)? {
            return Poll::Ready(Ok(()));
        }
        read
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.read_bytes = 0;
        this.connection.is_cut()?;
        if this.instead.is_none()
            && !this.is_begun
            && let Some(status) = refusal(bytes)
        {
            this.instead = Some(Instead { rest: (this.refusals)(status), of: bytes.len() });
        }
        while let Some(mut instead) = this.instead.take() {
            let written = this.poll_write_io(cx, &instead.rest);
            let Poll::Ready(Ok(length)) = written else {
                this.instead = Some(instead);
                return written;
            };
            instead.rest.advance(length);
            if instead.rest.is_empty() {
                return Poll::Ready(Ok(instead.of));
            }
            this.instead = Some(instead);
        }
        let written = this.poll_write_io(cx, bytes);
        this.is_begun = !matches!(written, Poll::Ready(Ok(length)) if length == bytes.len());
        written
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.read_bytes = 0;
        Pin::new(&mut this.io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}

/// Returns the status if this is a refusal by the HTTP server itself, which has only a few headers. Ours have more.
fn refusal(bytes: &[u8]) -> Option<StatusCode> {
    if !bytes.starts_with(b"HTTP/1.1 4") || bytes.len() > REFUSAL_BYTES_MAX {
        return None;
    }
    let mut headers = std::str::from_utf8(bytes).ok()?.strip_suffix("\r\n\r\n")?.split("\r\n").skip(1);
    if !headers
        .all(|header| BARE.iter().any(|bare| header.get(..bare.len()).is_some_and(|h| h.eq_ignore_ascii_case(bare))))
    {
        return None;
    }
    let status = StatusCode::from_bytes(bytes.get(9..12)?).ok()?;
    let own = [StatusCode::BAD_REQUEST, StatusCode::REQUEST_TIMEOUT, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE];
    own.contains(&status).then_some(status)
}

#[cfg(test)]
mod tests;
