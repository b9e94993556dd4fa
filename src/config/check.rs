//! Finds values that are each in range but contradict one another.

use super::{Config, MailTls, Smtp};

/// A key whose value contradicts that of another key.
pub(super) struct Contradiction {
    pub(super) key: &'static str,
    pub(super) reason: String,
}

/// Fails on the first pair of values that contradict one another.
pub(super) fn contradictions(config: &Config) -> Result<(), Contradiction> {
    let refuse = |key, reason| Err(Contradiction { key, reason });
    let (pacing, simulator) = (config.pacing, &config.simulator);
    if pacing.gap_ms_min > pacing.gap_ms_max {
        let gap_ms_max = pacing.gap_ms_max;
        return refuse("pacing.gap_ms_min", format!("must be 0 to {gap_ms_max}, the value of pacing.gap_ms_max"));
    }
    if simulator.clock_rate != 1 && !simulator.enabled {
        return refuse("simulator.clock_rate", "must be 1 unless simulator.enabled = true".to_owned());
    }
    mail(&config.smtp)
}

fn mail(smtp: &Smtp) -> Result<(), Contradiction> {
    let refuse = |key, reason: &str| Err(Contradiction { key, reason: reason.to_owned() });
    if smtp.user.is_some() && smtp.password_file.is_none() {
        return refuse("smtp.user", "must be set together with smtp.password_file");
    }
    if smtp.user.is_none() && smtp.password_file.is_some() {
        return refuse("smtp.password_file", "must be set together with smtp.user");
    }
    let is_far = smtp.host.as_ref().is_some_and(|host| !host.is_near());
    if smtp.tls == MailTls::None && smtp.user.is_some() && is_far {
        let reason =
            "must be \"starttls\" or \"tls\": with smtp.user set, a password would go over the network in clear";
        return refuse("smtp.tls", reason);
    }
    Ok(())
}
