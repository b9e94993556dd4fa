//! Tests what is refused without a name server, and which reason comes first.

use super::*;

/// Owners must first hear of the problem that no other port can solve.
#[test]
fn the_verdict_on_an_address_comes_before_that_on_the_port() {
    for url in ["http://10.0.0.5:9000/", "http://localhost:9000/", "http://[::1]:22/", "http://169.254.169.254:1/"] {
        assert_eq!(judged(&guard(&[]), url), Err(Barred::NotPublic), "{url}");
        assert_eq!(guard(&[]).foresee(url), Err(Barred::NotPublic), "{url}");
    }
    let inside = answering(&["10.0.0.0/8"], &[&["192.168.0.1"]]);
    assert_eq!(judged(&inside, "http://inside.example:9000/"), Err(Barred::NotPublic));
}

#[test]
fn what_can_be_said_without_a_name_server_is_said_without_one() {
    let answers = Answers::new(&[&["93.184.216.34"]]);
    let guard = |networks| guard(networks).resolving_by(Arc::clone(&answers) as Arc<dyn Resolve>);
    for (url, refusal) in [
        ("crm.example/hook", Barred::NotAUrl),
        ("ftp://crm.example/", Barred::Scheme),
        ("https://ada:secret@crm.example/", Barred::Credentials),
        ("http://2130706433/", Barred::NotPublic),
        ("http://0177.1/", Barred::NotPublic),
        ("http://[::ffff:a00:5]/", Barred::NotPublic),
        ("http://crm.localhost/", Barred::NotPublic),
        ("http://crm.example./", Barred::NotPublic),
        ("http://93.184.216.34:22/", Barred::Port),
        ("https://crm.example:9000/", Barred::Port),
        ("https://tidings.example/in/in_x", Barred::Own),
    ] {
        assert_eq!(guard(&[]).foresee(url), Err(refusal), "{url}");
    }
    for url in ["https://crm.example/hook", "http://93.184.216.34/", "http://nowhere.invalid/"] {
        assert_eq!(guard(&[]).foresee(url), Ok(()), "{url}");
    }
    // The name may lead into a network that is open on every port.
    assert_eq!(guard(&["10.0.0.0/8"]).foresee("https://crm.example:9000/"), Ok(()));
    assert_eq!(guard(&["127.0.0.0/8"]).foresee("http://127.0.0.1:8080/in/in_x"), Err(Barred::Own));
    assert_eq!(answers.left(), 1);
}
