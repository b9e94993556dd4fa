//! The effective configuration for display, with all secrets hidden.

use std::ffi::OsString;
use std::path::Path;

use config::ValueKind;
use serde_json::Value;

use super::error::{ConfigError, Origin};
use super::layers::Settings;
use super::{Config, Overrides, check};

/// One key with its value and origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// The key with its section, such as `pacing.gap_ms_min`.
    pub key: String,
    /// Its value; `"[hidden]"` for a secret.
    pub value: Value,
    /// The source of the value.
    pub origin: Origin,
}

/// Returns every key, those without a section first; fails on whatever [`Config::load`] refuses.
pub fn effective<I, N, V>(
    file: Option<&Path>,
    environment: I,
    overrides: Overrides,
) -> Result<Vec<Effective>, ConfigError>
where
    I: IntoIterator<Item = (N, V)>,
    N: Into<OsString>,
    V: Into<OsString>,
{
    let mut settings = Settings::load(file, environment)?;
    let config: Config = settings.typed()?;
    check::contradictions(&config).map_err(|found| settings.blame(found.key, found.reason))?;
    if let Some(listen) = overrides.listen {
        settings.read_flag("listen", "--listen", listen.to_string())?;
    }
    if let Some(data_dir) = overrides.data_dir {
        settings.read_flag("data_dir", "--data-dir", data_dir.display().to_string())?;
    }
    let shown = settings.shown();
    let mut keys: Vec<Effective> = shown
        .map(|(key, value, origin)| Effective { key: key.to_owned(), value: json(&value), origin: origin.clone() })
        .collect();
    keys.sort_by_key(|found| found.key.contains('.'));
    Ok(keys)
}

fn json(value: &ValueKind) -> Value {
    match value {
        ValueKind::Boolean(flag) => (*flag).into(),
        ValueKind::I64(number) => (*number).into(),
        ValueKind::Array(items) => items.iter().map(|item| json(&item.kind)).collect(),
        other => other.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "adm_TheseFortyLettersOpenNothingButThisTests";

    fn find(keys: &[Effective], key: &str) -> Effective {
        keys.iter().find(|found| found.key == key).unwrap().clone()
    }

    #[test]
    fn every_key_says_who_set_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("t.toml");
        std::fs::write(&file, "[pacing]\ngap_ms_min = 1000\n").unwrap();
        let overrides = Overrides { listen: None, data_dir: Some("d".into()) };
        let keys = effective(Some(&file), [("TIDINGS_OUTBOUND__RETRY_S", "5,30")], overrides).unwrap();

        let wanted = [
            ("disk_reserve_mb", Value::from(256), Origin::BuiltIn),
            ("pacing.gap_ms_min", 1_000.into(), Origin::File(file)),
            ("outbound.retry_s", vec![5, 30].into(), Origin::Variable("TIDINGS_OUTBOUND__RETRY_S".to_owned())),
            ("data_dir", "d".into(), Origin::Flag("--data-dir")),
        ];
        for (key, value, origin) in wanted {
            assert_eq!(find(&keys, key), Effective { key: key.to_owned(), value, origin });
        }
        assert!(!keys[0].key.contains('.') && keys.last().unwrap().key.contains('.'));
    }

    #[test]
    fn the_operators_key_is_hidden_and_said_to_be_set() {
        let shown = |environment: &[(&str, &str)]| {
            let keys = effective(None, environment.iter().copied(), Overrides::default()).unwrap();
            find(&keys, "admin_key").value
        };
        assert_eq!(shown(&[("TIDINGS_ADMIN_KEY", KEY)]), "[hidden]");
        assert_eq!(shown(&[]), "");
    }

    #[test]
    fn what_would_not_start_is_not_shown() {
        assert!(effective(None, [("TIDINGS_PACING__GAP_MS_MIN", "2501")], Overrides::default()).is_err());
        assert!(effective(None, [("TIDINGS_SIMULATR__ENABLED", "true")], Overrides::default()).is_err());
    }
}
