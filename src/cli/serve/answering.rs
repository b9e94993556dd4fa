//! Sends the gateway a liveness request over TCP, so that it is reported ready only when it really answers.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::super::exit::{Exit, Failure};

/// How long a gateway that has just started may take to answer, even on a busy machine.
const ANSWERS_WITHIN: Duration = Duration::from_secs(30);
const REQUEST: &[u8] = b"GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\n";

/// Fails if the listener at `bound` does not answer like a gateway.
pub(super) async fn itself(bound: SocketAddr) -> Result<(), Failure> {
    let address = within_reach(bound);
    let why = match tokio::time::timeout(ANSWERS_WITHIN, ask(address)).await {
        Ok(Ok(answer)) if answer == ANSWER => return Ok(()),
        Ok(Ok(_)) => "the answer is not that of a gateway".to_owned(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {} s", ANSWERS_WITHIN.as_secs()),
    };
    Err(Failure::new(Exit::Failed, format!("the gateway does not answer itself at {address}: {why}"))
        .hint("allow it more open files and threads (ulimit -n, ulimit -u)"))
}

async fn ask(address: SocketAddr) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(REQUEST).await?;
    let mut answer = vec![0; ANSWER.len()];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}

/// Returns the address at which this machine can reach its own listener.
fn within_reach(bound: SocketAddr) -> SocketAddr {
    let ip = match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, bound.port())
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn something_else_that_listens_there_is_no_gateway() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let bound = listener.local_addr().unwrap();
        let other = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"220 mail.example ESMTP\r\n").await.unwrap();
            stream
        };
        let (asked, _) = tokio::join!(itself(bound), other);
        assert!(asked.unwrap_err().message.contains("not that of a gateway"));
    }

    #[tokio::test]
    async fn nobody_there_is_no_gateway_either() {
        let bound = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        assert!(itself(bound).await.unwrap_err().message.contains("does not answer itself"));
    }

    #[test]
    fn everybodys_address_is_reached_from_here() {
        assert_eq!(within_reach("0.0.0.0:80".parse().unwrap()), "127.0.0.1:80".parse().unwrap());
        assert_eq!(within_reach("[::]:80".parse().unwrap()), "[::1]:80".parse().unwrap());
        assert_eq!(within_reach("10.0.0.1:80".parse().unwrap()), "10.0.0.1:80".parse().unwrap());
    }
}
