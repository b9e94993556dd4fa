//! Receivers over HTTP: what they accept, show, answer and refuse.

use actix_web::App;
use actix_web::http::Method;
use actix_web::http::header::HeaderValue;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use serde_json::{Value, json};

use super::super::access::Access;
use super::super::tests::{clock, exchange};
use super::{Echo, routes};

const DEMO: &str = "/sim/v1/echo/demo";
const REQUESTS: &str = "/sim/v1/echo/demo/requests";
const SETTINGS: &str = "/sim/v1/echo/demo/settings";

/// Sends one request to a new app with this echo; returns the answer and how long it took, in milliseconds.
async fn ask(echo: &Echo, request: TestRequest) -> (actix_web::dev::ServiceResponse, u64) {
    let app =
        init_service(App::new().configure(|cfg| routes::configure(cfg, Access::without_key(), echo.clone()))).await;
    let before = echo.now();
    let answer = call_service(&app, request.to_request()).await;
    (answer, echo.now().since_ms(before))
}

#[tokio::test(start_paused = true)]
async fn a_receiver_shows_the_newest_request_first_with_headers_body_and_time() {
    let echo = Echo::new(clock(60));
    let first = TestRequest::post().uri(&format!("{DEMO}?a=1")).insert_header(("webhook-id", "msg_1"));
    let first = first.append_header(("x-twice", "one")).append_header(("x-twice", "two"));
    assert_eq!(ask(&echo, first.set_payload(r#"{"text":"hé"}"#)).await.0.status().as_u16(), 200);
    tokio::time::advance(std::time::Duration::from_millis(25)).await;
    ask(&echo, TestRequest::with_uri(DEMO).method(Method::PUT).set_payload(vec![0xff, b'!'])).await;
    let shown = read_body(ask(&echo, TestRequest::get().uri(REQUESTS)).await.0).await;
    let shown: Value = serde_json::from_slice(&shown).expect("JSON");
    let rows = json!([
        {"at": "1970-01-01T00:00:01.500Z", "method": "PUT", "query": "", "headers": {"content-length": "2"}, "body": "\u{fffd}!",
            "body_bytes": 2, "body_cut": false, "status": 200},
        {"at": "1970-01-01T00:00:00.000Z", "method": "POST", "query": "a=1",
            "headers": {"content-length": "14", "webhook-id": "msg_1", "x-twice": "one, two"}, "body": "{\"text\":\"hé\"}",
            "body_bytes": 14, "body_cut": false, "status": 200},
    ]);
    assert_eq!(shown, json!({"data": rows, "page": {"next": null, "prev": null}}));
}

#[tokio::test(start_paused = true)]
async fn a_receiver_answers_as_it_was_told_until_it_is_told_otherwise() {
    let echo = Echo::new(clock(1));
    let told = json!({"status": 503, "delay_ms": 16_000, "retry_after": 30});
    let (answer, _) = ask(&echo, TestRequest::put().uri(SETTINGS).set_payload(told.to_string())).await;
    assert_eq!(serde_json::from_slice::<Value>(&read_body(answer).await).expect("JSON"), told);
    let (answer, ms) = ask(&echo, TestRequest::post().uri(DEMO)).await;
    assert_eq!((answer.status().as_u16(), ms), (503, 16_000));
    assert_eq!(answer.headers().get("retry-after").map(HeaderValue::as_bytes), Some(&b"30"[..]));
    assert_eq!(ask(&echo, TestRequest::post().uri("/sim/v1/echo/other")).await.0.status().as_u16(), 200);
    ask(&echo, TestRequest::put().uri(SETTINGS).set_payload("{}")).await;
    let (answer, ms) = ask(&echo, TestRequest::post().uri(DEMO)).await;
    assert_eq!((answer.status().as_u16(), ms, answer.headers().get("retry-after")), (200, 0, None));
}

#[tokio::test(start_paused = true)]
async fn a_receiver_waits_by_the_clock_of_the_simulator() {
    let echo = Echo::new(clock(60));
    ask(&echo, TestRequest::put().uri(SETTINGS).set_payload(r#"{"delay_ms":60000}"#)).await;
    let began = tokio::time::Instant::now();
    let (_, ms) = ask(&echo, TestRequest::post().uri(DEMO)).await;
    assert!((60_000..60_200).contains(&ms), "{ms}");
    assert!((1_000..1_010).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_request_is_kept_before_its_answer_is_due() {
    let echo = Echo::new(clock(1));
    ask(&echo, TestRequest::put().uri(SETTINGS).set_payload(r#"{"delay_ms":60000}"#)).await;
    let hurried = tokio::time::timeout(std::time::Duration::from_secs(15), ask(&echo, TestRequest::post().uri(DEMO)));
    assert!(hurried.await.is_err(), "it did not wait");
    assert_eq!(echo.requests(&super::Name::parse("demo").expect("a name")).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_receiver_does_not_take_is_refused_and_not_kept() {
    let long = "x".repeat((2 << 20) + 1);
    let longest_name = format!("/sim/v1/echo/{}", "n".repeat(101));
    for ((method, uri, body), status, named) in [
        (("POST", DEMO, long.as_str()), 400, "too long"),
        (("POST", "/sim/v1/echo/a.b", ""), 400, "`name`"),
        (("POST", "/sim/v1/echo/a%2Fb", ""), 400, "`name`"),
        (("POST", &longest_name, ""), 400, "`name`"),
        (("PUT", SETTINGS, r#"{"status":100}"#), 400, "`status`"),
        (("PUT", SETTINGS, r#"{"delay_ms":600001}"#), 400, "`delay_ms`"),
        (("PUT", SETTINGS, r#"{"retry_after":"soon"}"#), 400, "`retry_after`"),
        (("PUT", SETTINGS, "500"), 400, "JSON"),
        (("POST", SETTINGS, "{}"), 405, "methods"),
        (("DELETE", REQUESTS, ""), 405, "methods"),
        (("POST", "/sim/v1/echo", ""), 404, "address"),
    ] {
        let answers = exchange(&[(method, uri, body), ("GET", REQUESTS, "")]).await;
        let (answered, view) = &answers[0];
        assert_eq!((*answered, &view["status"], &view["data"]), (status, &json!(status), &json!({})), "{method} {uri}");
        assert!(view["message"].as_str().is_some_and(|text| text.contains(named)), "{method} {uri}: {view}");
        assert_eq!(answers[1].1["data"], json!([]), "{method} {uri}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_longest_body_is_taken_and_its_beginning_kept() {
    let long = "x".repeat(2 << 20);
    let answers = exchange(&[("POST", DEMO, &long), ("GET", REQUESTS, "")]).await;
    let row = &answers[1].1["data"][0];
    let kept = row["body"].as_str().map(str::len);
    assert_eq!((answers[0].0, kept, &row["body_bytes"]), (200, Some(64 << 10), &json!(2 << 20)));
    assert_eq!(row["body_cut"], true);
}
