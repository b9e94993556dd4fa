//! Tests that commands show the operator's stored key to nobody but the gateway that has its data directory open.

use std::fs;
use std::net::TcpListener;

use crate::harness::Server;
use crate::harness::process::{Finished, run};

const KEY: &str = "adm_0123456789ABCDEFGHIJKL0123456789ABCDEFGH";

/// Asks as somebody who gives no key.
fn list(server: &Server) -> Finished {
    let data_dir = server.data_dir();
    run(&["workspace", "ls", "--data-dir", data_dir.to_str().unwrap()], &Vec::new(), server.dir())
}

#[test]
fn whoever_listens_where_a_killed_gateway_was_gets_no_key() {
    let mut server = Server::start();
    let data_dir = server.data_dir();
    fs::create_dir_all(data_dir.join("secrets")).unwrap();
    fs::write(data_dir.join("secrets/admin_key"), KEY).unwrap();
    let refused = list(&server);
    assert_eq!(refused.code, Some(4), "asked with the stored key, which is another one: {refused:?}");

    server.kill9();
    let stranger = TcpListener::bind(("127.0.0.1", server.port)).unwrap();
    stranger.set_nonblocking(true).unwrap();
    let nobody = list(&server);
    assert_eq!(nobody.code, Some(5), "{nobody:?}");
    assert!(nobody.stderr.contains("no gateway is running on the data directory"), "{nobody:?}");
    assert!(stranger.accept().is_err(), "somebody was asked");
    assert!(data_dir.join("process.json").exists(), "the killed gateway's address is still there");
}
