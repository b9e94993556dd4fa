//! Tests that every key is documented, and that every mistake is reported with its source and its remedy.

use std::io::Write as _;

use super::*;

const NO_FILE: Option<&Path> = None;

/// Loads these variables without a file.
fn from_environment(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::load(NO_FILE, variables.iter().copied(), Overrides::default())
}

/// Loads a file with this text, and these variables.
fn from_file(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    Config::load(Some(file.path()), variables.iter().copied(), Overrides::default())
}

/// Returns the refusal's message, with the temporary file's name replaced.
fn refusal(result: Result<Config, ConfigError>) -> String {
    let error = result.unwrap_err().to_string();
    let start = error.find(std::env::temp_dir().to_str().unwrap());
    let Some(start) = start else { return error };
    let end = error[start..].find([':', ';', ' ', ')']).map_or(error.len(), |length| start + length);
    format!("{}FILE{}", &error[..start], &error[end..])
}

#[test]
fn without_anything_the_documented_defaults_hold() {
    let config = from_environment(&[]).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.pacing, Pacing { gap_ms_min: 1_500, gap_ms_max: 2_500 });
    assert_eq!((config.admin_key, config.public_url, config.simulator.url), (None, None, None));
    assert_eq!((config.outbound.retry_s.len(), config.outbound.timeout_s), (10, 15));
    assert_eq!((config.limits.body_bytes, config.log.cache_mb, config.disk_reserve_mb), (1_048_576, 256, 256));
}

#[test]
fn flags_win_over_the_environment_and_the_environment_over_the_file() {
    let file = "listen = \"127.0.0.1:1\"\ndata_dir = \"file\"\npublic_url = \"https://file.example\"\n";
    let variables = [("TIDINGS_LISTEN", "127.0.0.1:2"), ("TIDINGS_DATA_DIR", "variable")];
    let config = from_file(file, &variables).unwrap();
    assert_eq!((config.listen.port(), config.data_dir.to_str()), (2, Some("variable")));
    assert_eq!(config.public_url.unwrap().as_str(), "https://file.example");

    let flags = Overrides { listen: Some(SocketAddr::from(([127, 0, 0, 1], 3))), data_dir: Some("flag".into()) };
    let config = Config::load(NO_FILE, variables, flags).unwrap();
    assert_eq!((config.listen.port(), config.data_dir.to_str()), (3, Some("flag")));
}

#[test]
fn variables_nest_by_two_underscores_and_lists_are_comma_separated() {
    let config = from_environment(&[
        ("TIDINGS_SIMULATOR__CLOCK_RATE", "60"),
        ("TIDINGS_COMPAT__STRICT_ERRORS", "true"),
        ("TIDINGS_GUARD__ALLOW_NETWORKS", "127.0.0.0/8, fd00::/8"),
        ("TIDINGS_OUTBOUND__RETRY_S", "1,2,3"),
        ("TIDINGS_OUTBOUND__SUCCESS", "200"),
    ])
    .unwrap();
    assert_eq!(config.simulator.clock_rate, 60);
    assert!(config.compat.strict_errors);
    assert_eq!(config.guard.allow_networks, ["127.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()]);
    assert_eq!((config.outbound.retry_s, config.outbound.success), (vec![1, 2, 3], Success::Only200));
    assert!(from_environment(&[("TIDINGS_GUARD__ALLOW_NETWORKS", "")]).unwrap().guard.allow_networks.is_empty());
}

#[test]
fn variables_of_the_command_line_and_of_tests_are_left_alone() {
    let others = ["TIDINGS_CONFIG", "TIDINGS_URL", "TIDINGS_LOG", "TIDINGS_SIMULATION_SEED", "TIDINGS_TEST_X", "PATH"];
    assert!(Config::load(NO_FILE, others.map(|name| (name, "x")), Overrides::default()).is_ok());
}

/// Kubernetes sets these in every container of the namespace of a Service whose name begins with tidings.
#[test]
fn variables_of_a_kubernetes_service_are_passed_over_and_slips_that_look_like_them_are_not() {
    let service = [
        ("TIDINGS_SERVICE_HOST", "10.0.0.1"),
        ("TIDINGS_SERVICE_PORT", "8080"),
        ("TIDINGS_SERVICE_PORT_HTTP", "8080"),
        ("TIDINGS_PORT", "tcp://10.0.0.1:8080"),
        ("TIDINGS_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
        ("TIDINGS_PORT_8080_TCP_PROTO", "tcp"),
        ("TIDINGS_PORT_8080_TCP_PORT", "8080"),
        ("TIDINGS_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("TIDINGS_SIMULATOR_SERVICE_HOST", "10.0.0.2"),
        ("TIDINGS_SIMULATOR_PORT", "udp://[fd00::1]:8090"),
    ];
    assert_eq!(from_environment(&service).unwrap().listen.port(), 8080);
    for (name, value, wanted) in [
        ("TIDINGS_PORT", "9090", ""),
        ("TIDINGS_SMTP_PORT", "587", "; did you mean `TIDINGS_SMTP__PORT`?"),
        ("TIDINGS_PORTS", "tcp://10.0.0.1:8080", ""),
        ("TIDINGS_PORT_HTTP", "8080", ""),
        ("TIDINGS_SERVICE_HOSTS", "10.0.0.1", ""),
    ] {
        let words = refusal(from_environment(&[(name, value)]));
        assert!(words.starts_with(&format!("unknown environment variable {name:?}")), "{words}");
        assert!(words.ends_with(wanted), "{words}");
    }
}

#[test]
fn an_unknown_key_is_named_with_its_file_and_the_nearest_key() {
    for (text, wanted) in [
        ("lisen = \"127.0.0.1:1\"", "unknown key `lisen` in FILE; did you mean `listen`?"),
        ("gap_ms_min = 1", "unknown key `gap_ms_min` in FILE; did you mean `pacing.gap_ms_min`?"),
        ("[pacing]\ngap_min_ms = 1", "unknown key `pacing.gap_min_ms` in FILE; did you mean `pacing.gap_ms_min`?"),
        ("[billing]", "unknown key `billing` in FILE"),
        ("[smtp.host]\nname = \"x\"", "unknown key `smtp.host.name` in FILE; did you mean `smtp.host`?"),
    ] {
        assert_eq!(refusal(from_file(text, &[])), wanted);
    }
    assert!(from_file("[pacing]\n[guard]\n", &[]).is_ok());
}

#[test]
fn an_unknown_variable_is_named_with_the_nearest_variable() {
    for (name, wanted) in [
        ("TIDINGS_LSITEN", "; did you mean `TIDINGS_LISTEN`?"),
        ("TIDINGS_PACING_GAP_MS_MIN", "; did you mean `TIDINGS_PACING__GAP_MS_MIN`?"),
        ("TIDINGS_listen", "; did you mean `TIDINGS_LISTEN`?"),
        ("TIDINGS_CONFG", "; did you mean `TIDINGS_CONFIG`?"),
        ("TIDINGS_QQQ", ""),
    ] {
        let words = refusal(from_environment(&[(name, "x")]));
        assert_eq!(words, format!("unknown environment variable {name:?}{wanted}"));
    }
}

#[test]
fn a_value_that_does_not_fit_is_named_with_its_source_and_what_would_fit() {
    for (name, value, wanted) in [
        ("TIDINGS_SIMULATOR__CLOCK_RATE", "0", "simulator.clock_rate = 0 (from {}) must be 1 to 3600"),
        ("TIDINGS_SIMULATOR__CLOCK_RATE", "fast", "simulator.clock_rate = \"fast\" (from {}) must be a whole number"),
        ("TIDINGS_SIMULATOR__ENABLED", "yes", "simulator.enabled = \"yes\" (from {}) must be true or false"),
        ("TIDINGS_LISTEN", "8080", "listen = \"8080\" (from {}) must be an IP address and a port"),
        ("TIDINGS_DATA_DIR", "", "data_dir = \"\" (from {}) must be a path"),
        ("TIDINGS_PUBLIC_URL", "https://a.example/", "public_url = \"https://a.example/\" (from {}) must be an http"),
        ("TIDINGS_PUBLIC_URL", "ftp://a.example", "public_url = \"ftp://a.example\" (from {}) must be an http"),
        (
            "TIDINGS_SIMULATOR__URL",
            "http://10.0.0.1:1",
            "simulator.url = \"http://10.0.0.1:1\" (from {}) must be http on",
        ),
        ("TIDINGS_SIMULATOR__URL", "https://[::1]", "simulator.url = \"https://[::1]\" (from {}) must be http on"),
        (
            "TIDINGS_OUTBOUND__RETRY_S",
            "1,-1",
            "outbound.retry_s = [1, -1] (from {}) must be 1 to 10 numbers, each 0 to",
        ),
        ("TIDINGS_OUTBOUND__SUCCESS", "201", "outbound.success = \"201\" (from {}) must be \"2xx\" or \"200\""),
        ("TIDINGS_SMTP__HOST", "mail.example:25", "smtp.host = \"mail.example:25\" (from {}) must be a name or an IP"),
        ("TIDINGS_SMTP__HOST", "smtp://mail", "smtp.host = \"smtp://mail\" (from {}) must be a name or an IP"),
        ("TIDINGS_SMTP__TLS", "ssl", "smtp.tls = \"ssl\" (from {}) must be \"starttls\", \"tls\" or \"none\""),
        ("TIDINGS_SMTP__FROM", "nobody", "smtp.from = \"nobody\" (from {}) must be a mail address"),
        (
            "TIDINGS_GUARD__ALLOW_NETWORKS",
            "10.0.0.0/8,x",
            "guard.allow_networks = [\"10.0.0.0/8\", \"x\"] (from {}) must be",
        ),
    ] {
        let words = refusal(from_environment(&[(name, value)]));
        assert!(words.starts_with(&wanted.replace("{}", name)), "{words}");
    }
    assert_eq!(
        refusal(from_file("[pacing]\ngap_ms_max = \"2500\"", &[])),
        "pacing.gap_ms_max = \"2500\" (from FILE) must be a whole number"
    );
}

#[test]
fn contradictions_name_both_keys() {
    for (name, value, wanted) in [
        (
            "TIDINGS_PACING__GAP_MS_MIN",
            "2501",
            "pacing.gap_ms_min = 2501 (from {}) must be 0 to 2500, the value of pacing",
        ),
        ("TIDINGS_SMTP__USER", "x", "smtp.user = \"x\" (from {}) must be set together with smtp.password_file"),
        (
            "TIDINGS_SMTP__PASSWORD_FILE",
            "x",
            "smtp.password_file = \"x\" (from {}) must be set together with smtp.user",
        ),
    ] {
        let words = refusal(from_environment(&[(name, value)]));
        assert!(words.starts_with(&wanted.replace("{}", name)), "{words}");
    }
    assert!(from_environment(&[("TIDINGS_PACING__GAP_MS_MIN", "2500")]).is_ok());
    let off = from_environment(&[("TIDINGS_SIMULATOR__ENABLED", "false"), ("TIDINGS_SIMULATOR__CLOCK_RATE", "2")]);
    assert!(refusal(off).contains("must be 1 unless simulator.enabled = true"));
}

#[test]
fn a_password_goes_in_clear_to_nobody_who_may_be_far_away() {
    let load = |host, tls, user: &str| {
        let file = if user.is_empty() { "" } else { "password" };
        let keys = ["TIDINGS_SMTP__HOST", "TIDINGS_SMTP__TLS", "TIDINGS_SMTP__USER", "TIDINGS_SMTP__PASSWORD_FILE"];
        let values = [host, tls, user, file];
        Config::load(NO_FILE, keys.into_iter().zip(values), Overrides::default())
    };
    for host in ["mail.example", "192.0.2.1", "2001:db8::1", "[2001:db8::1]", "localhost.example"] {
        let words = refusal(load(host, "none", "ann"));
        assert!(words.starts_with("smtp.tls = \"none\" (from TIDINGS_SMTP__TLS) must be \"starttls\" or"), "{words}");
        assert!(load(host, "starttls", "ann").is_ok() && load(host, "none", "").is_ok(), "{host}");
    }
    for host in ["localhost", "127.0.0.2", "10.1.2.3", "192.168.0.9", "::1", "[fd00::1]"] {
        assert!(load(host, "none", "ann").is_ok(), "{host}");
    }
}

#[test]
fn no_refusal_shows_a_secret() {
    let canary = "adm_canary";
    for words in [
        refusal(from_environment(&[("TIDINGS_ADMIN_KEY", canary)])),
        refusal(from_environment(&[("TIDINGS_PUBLIC_URL", "https://a:canary@crm.example")])),
        refusal(from_file(&format!("admin_key = {canary}"), &[])),
        refusal(from_file(&format!("admin_key = [\"{canary}\"]"), &[])),
        refusal(from_file(&format!("listen = \"127.0.0.1:1\"\nadmin_key = \"{canary}"), &[])),
        format!("{:?}", from_environment(&[("TIDINGS_ADMIN_KEY", &format!("{canary:x<32}"))]).unwrap()),
    ] {
        assert!(!words.contains("canary"), "{words}");
    }
}

#[test]
fn a_broken_file_is_named_with_line_and_column() {
    let words = refusal(from_file("listen = \"127.0.0.1:1\"\ndata_dir data\n", &[]));
    assert!(words.starts_with("FILE is not valid TOML: TOML parse error at line 2, column 10: "), "{words}");
    let missing = Config::load(Some(Path::new("no/such.toml")), [("", ""); 0], Overrides::default());
    assert_eq!(missing.unwrap_err().to_string(), "cannot read the configuration file no/such.toml");
}

#[test]
fn users_get_an_address_that_they_can_type() {
    let config = from_environment(&[]).unwrap();
    assert_eq!(config.base_url("0.0.0.0:81".parse().unwrap()), "http://127.0.0.1:81");
    assert_eq!(config.base_url("[::]:81".parse().unwrap()), "http://[::1]:81");
    let config = from_environment(&[("TIDINGS_PUBLIC_URL", "https://crm.example/tidings")]).unwrap();
    assert_eq!(config.base_url("0.0.0.0:81".parse().unwrap()), "https://crm.example/tidings");
}

#[test]
fn a_gateway_for_other_machines_is_warned_of_what_it_lacks_or_shows() {
    let words = |set: &[(&str, &str)], ip: &str| -> Vec<&str> {
        from_environment(set).unwrap().warnings(ip.parse().unwrap()).collect()
    };
    let named = [("TIDINGS_PUBLIC_URL", "https://crm.example")];
    let [closed, both] = [[("TIDINGS_SIMULATOR__ENABLED", "false")], [("TIDINGS_SIMULATOR__ENABLED", "true")]];
    for ip in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
        assert_eq!(words(&[], ip), [""; 0], "{ip}");
    }
    for ip in ["0.0.0.0", "::", "10.0.0.1"] {
        assert_eq!(words(&both, ip), [super::EXPOSED_SIMULATOR, super::NO_PUBLIC_URL], "{ip}");
        assert_eq!(words(&named, ip), [super::EXPOSED_SIMULATOR], "{ip}");
        assert_eq!(words(&closed, ip), [super::NO_PUBLIC_URL], "{ip}");
    }
}

/// Lists key with section, value and comment of all documented defaults.
fn documented() -> Vec<(String, String, String)> {
    let (mut section, mut comment, mut found) = (String::new(), String::new(), Vec::new());
    for line in DEFAULTS.lines() {
        if let Some(words) = line.strip_prefix("# ") {
            comment = format!("{comment} {words}");
        } else if let Some(name) = line.strip_prefix('[') {
            section = format!("{}.", name.trim_end_matches(']'));
            comment.clear();
        } else if let Some((key, value)) = line.split_once(" = ") {
            found.push((format!("{section}{key}"), value.to_owned(), std::mem::take(&mut comment)));
        } else {
            comment.clear();
        }
    }
    found
}

#[test]
fn every_key_says_its_default() {
    let keys = documented();
    assert_eq!(keys.len(), 49, "keys in config/tidings.toml; a new one raises this number");
    for (key, value, comment) in keys {
        assert!(comment.ends_with(&format!("Default: {value}.")), "{key}: {comment}");
    }
}

#[test]
fn every_range_that_is_documented_is_the_range_that_is_checked() {
    let mut ranges = 0;
    for (key, _, comment) in documented() {
        let Some((_, range)) = comment.split_once("Range: ") else { continue };
        let (range, _) = range.split_once('.').unwrap();
        let (min, max): (i64, i64) =
            range.split_once(" to ").map(|(a, b)| (a.parse().unwrap(), b.parse().unwrap())).unwrap();
        let name = format!("TIDINGS_{}", key.to_uppercase().replace('.', "__"));
        for (value, fits) in [(min - 1, false), (min, true), (max, true), (max + 1, false)] {
            let words = from_environment(&[(&name, &value.to_string())]).err().map(|error| error.to_string());
            let refused = words.as_ref().is_some_and(|words| words.ends_with(&format!("must be {range}")));
            assert_eq!(refused, !fits, "{key} = {value}; documented: {range}; answered: {words:?}");
        }
        ranges += 1;
    }
    assert_eq!(ranges, 27, "ranges in config/tidings.toml; a new one raises this number");
}
