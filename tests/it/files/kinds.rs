//! The conditions for a file: status 200, and bytes of the kind that the name says. A cookie goes back only to the
//! host that set it.

use std::sync::atomic::{AtomicUsize, Ordering};

use tidings::files::{Fault, Files as _};

use super::site::{Reply, Site};
use super::{PNG, fetch, fetcher};

fn answer(status: u16, headers: &str, body: &[u8]) -> Reply {
    let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    Reply::Bytes([head.as_bytes(), body].concat())
}

async fn fetched(reply: Reply, name: &str) -> Result<&'static str, Fault> {
    let site = Site::on("127.0.0.1", reply).await;
    fetch(&site.url("/x"), name).await.map(|file| file.mime)
}

/// Some servers answer an error with status 200, or wrap the file in text: such a text is not the file.
#[tokio::test]
async fn a_text_is_not_sent_as_a_file_whose_kind_has_a_signature() {
    let texts: [&[u8]; 5] = [
        b"{\"error\":\"not authorized\"}",
        b"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>",
        b"The link has expired.",
        b"JVBERi0xLjcKJeLjz9MK",
        b"data:image/png;base64,iVBORw0KGgo=",
    ];
    for text in texts {
        for name in ["invoice.pdf", "cat.PNG", "photo.jpeg", "all.zip", "offer.docx", "prices.xlsx", "a.mp3", "a.mp4"] {
            let fault = fetched(Reply::file(text), name).await.unwrap_err();
            assert_eq!(fault.code(), "not_the_named_kind", "{name}");
            let begins = std::str::from_utf8(&text[..20]).unwrap();
            let words = fault.to_string();
            assert!(words.contains("status 200") && words.contains(begins), "{words}");
        }
        for name in ["a.txt", "a.json", "a.csv", "a.xml", "a.vcf", "a"] {
            assert!(fetched(Reply::file(text), name).await.is_ok(), "{name}");
        }
    }
}

#[tokio::test]
async fn a_file_of_another_binary_kind_is_let_through() {
    assert_eq!(fetched(Reply::file(PNG), "a.pdf").await, Ok("image/png"));
    assert_eq!(fetched(Reply::file(b"%PDF-1.4\n%%EOF"), "a.pdf").await, Ok("application/pdf"));
}

/// Any other success status means that there is no file, not yet, or only a part of it.
#[tokio::test]
async fn only_status_200_is_a_file() {
    for status in [201, 202, 203, 206, 207, 226, 299] {
        let fault = fetched(answer(status, "", PNG), "a.png").await.unwrap_err();
        assert_eq!((fault.code(), &fault), ("file_http_error", &Fault::Status(status)));
        assert!(fault.to_string().contains(&status.to_string()), "{fault}");
    }
}

/// Storages and proxies also send words that say nothing about the bytes; only those that mean compression count.
#[tokio::test]
async fn only_words_that_mean_compression_mean_it() {
    for word in ["aws-chunked", "utf-8", "none", "binary", "identity", "", "UTF-8, aws-chunked", "gzipped"] {
        let headers = format!("Content-Encoding: {word}\r\n");
        assert_eq!(fetched(answer(200, &headers, PNG), "a.png").await, Ok("image/png"), "{word}");
    }
    for word in ["gzip", "X-GZIP", "deflate", "compress", "br", "zstd", "aws-chunked, gzip", "gzip,aws-chunked"] {
        let headers = format!("Content-Encoding: {word}\r\n");
        assert_eq!(fetched(answer(200, &headers, PNG), "a.png").await, Err(Fault::Compressed), "{word}");
    }
}

/// Some programs export tables and letters as HTML. Under these names they are files, under any other a web page.
#[tokio::test]
async fn html_is_a_file_where_its_name_says_so_and_where_it_is_a_table_of_an_office() {
    let page = b"<html><body>Sign in</body></html>";
    for name in ["a.html", "a.HTM", "a.mht", "a.mhtml", "a.eml"] {
        assert!(fetched(Reply::file(page), name).await.is_ok(), "{name}");
    }
    let table = b"<html xmlns:o=\"urn:schemas-microsoft-com:office:office\" \
        xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><table><tr><td>1</table>";
    let sign_in = b"<html xmlns:o=\"urn:schemas-microsoft-com:office:office\"><form action=/login>";
    for name in ["prices.xls", "LETTER.DOC"] {
        assert!(fetched(Reply::file(table), name).await.is_ok(), "{name}");
        for page in [&page[..], sign_in] {
            assert_eq!(fetched(Reply::file(page), name).await.unwrap_err().code(), "not_a_direct_link", "{name}");
        }
    }
    assert_eq!(fetched(Reply::file(table), "prices.pdf").await.unwrap_err().code(), "not_a_direct_link");
}

/// A sharing site sets a cookie and redirects its visitor to the same URL.
#[tokio::test]
async fn a_redirect_to_itself_with_a_cookie_leads_to_the_file() {
    let visits = AtomicUsize::new(0);
    let site = Site::answering("127.0.0.1", move |_| match visits.fetch_add(1, Ordering::SeqCst) {
        0 => answer(302, "Location: /x\r\nSet-Cookie: FedAuth=77u/PD94bWw=; path=/; HttpOnly\r\n", b""),
        _ => Reply::file(PNG),
    });
    let site = site.await;
    assert_eq!(fetch(&site.url("/x"), "a.png").await.unwrap().mime, "image/png");
    let cookies = |request: &String| request.lines().find(|line| line.starts_with("cookie: ")).map(str::to_owned);
    let sent: Vec<_> = site.requests().iter().map(cookies).collect();
    assert_eq!(sent, [None, Some("cookie: FedAuth=77u/PD94bWw=".to_owned())]);
}

#[tokio::test]
async fn a_cookie_goes_to_no_other_host_and_is_forgotten_after_the_fetch() {
    let other = Site::on("127.0.0.2", Reply::file(PNG)).await;
    let headers = format!("Location: {}\r\nSet-Cookie: secret=1; Domain=0.0.2; Path=/\r\n", other.url("/y"));
    let site = Site::on("127.0.0.1", answer(302, &headers, b"")).await;
    let fetcher = fetcher();
    for _ in 0..2 {
        assert!(fetcher.fetch(&site.url("/x"), "a.png").await.is_ok());
    }
    let all = [site.requests(), other.requests()].concat();
    assert_eq!(all.len(), 4);
    assert!(all.iter().all(|request| !request.contains("cookie")), "{all:?}");
}
