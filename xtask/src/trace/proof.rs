//! Proves that a message was on the disk before its response was sent.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result};

use super::abridged;
use super::calls::Call;
use super::stored::Part;

/// The three calls, in order.
pub struct Proof<'a> {
    write: &'a Call,
    sync: &'a Call,
    answer: &'a Call,
}

impl fmt::Display for Proof<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "written   {}", abridged(self.write))?;
        writeln!(f, "durable   {}", abridged(self.sync))?;
        write!(f, "answered  {}", abridged(self.answer))
    }
}

/// Finds the response that names `message_id`, and before it a successful sync of the file below `data_dir` to which
/// the part of the record was written. The error says which of them is missing.
pub fn find<'a>(calls: &'a [Call], data_dir: &Path, part: &Part, message_id: &str) -> Result<Proof<'a>> {
    let answer = calls
        .iter()
        .find(|call| call.is_on_socket() && call.arguments.contains(message_id))
        .context("no answer in the trace names the message")?;
    let before: Vec<&Call> = calls.iter().take_while(|call| call.started < answer.started).collect();
    let writes: Vec<&Call> = before.iter().copied().filter(|call| is_write_of(call, data_dir, part)).collect();
    anyhow::ensure!(!writes.is_empty(), "no write before the answer carries the record of the message");
    let proof = writes.into_iter().find_map(|write| {
        let sync = before.iter().find(|call| syncs(call, write, answer))?;
        Some(Proof { write, sync, answer })
    });
    proof.context("the answer left before the write of the message was synced")
}

fn is_write_of(call: &Call, data_dir: &Path, part: &Part) -> bool {
    let is_in_data = call.file().is_some_and(|file| file.starts_with(data_dir));
    call.name.contains("write") && is_in_data && part.iter().any(|end| call.arguments.contains(end.as_str()))
}

fn syncs(call: &Call, write: &Call, answer: &Call) -> bool {
    let is_sync = matches!(call.name.as_str(), "fdatasync" | "fsync") && call.file() == write.file();
    let is_after_write = write.succeeded_at().is_some_and(|line| line < call.started);
    let is_before_answer = call.succeeded_at().is_some_and(|line| line < answer.started);
    is_sync && is_after_write && is_before_answer
}

#[cfg(test)]
mod tests {
    use super::super::calls::parse;
    use super::*;

    const WRITE: &str = "71 pwrite64(9</data/db>, \"..hello..\", 9, 0) = 9";
    const SYNC: &str = "72 fdatasync(5</data/db>) = 0";
    const ANSWER: &str = "70 sendto(11<socket:[4711]>, \"{wa_backend:3EB0}\", 17, MSG_NOSIGNAL, NULL, 0) = 17";

    fn verdict(lines: &[&str]) -> Result<(), String> {
        let calls = parse(&lines.join("\n"));
        find(&calls, Path::new("/data"), &["hello", "none"].map(str::to_owned), "wa_backend:3EB0")
            .map(drop)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn written_synced_answered_is_a_proof() {
        assert_eq!(verdict(&[WRITE, SYNC, ANSWER]), Ok(()));
    }

    #[test]
    fn an_answer_before_the_end_of_the_sync_is_none() {
        let begun = "72 fdatasync(5</data/db> <unfinished ...>";
        let ended = "72 <... fdatasync resumed>) = 0";
        let too_early = Err("the answer left before the write of the message was synced".to_owned());
        assert_eq!(verdict(&[WRITE, begun, ended, ANSWER]), Ok(()));
        assert_eq!(verdict(&[WRITE, begun, ANSWER, ended]), too_early);
        assert_eq!(verdict(&[SYNC, WRITE, ANSWER]), too_early);
        assert_eq!(verdict(&[WRITE, ANSWER, SYNC]), too_early);
    }

    #[test]
    fn a_failed_sync_or_one_of_another_file_is_none() {
        assert!(verdict(&[WRITE, "72 fdatasync(5</data/db>) = -1 EIO (Input/output error)", ANSWER]).is_err());
        assert!(verdict(&[WRITE, "72 fdatasync(5</data/conf>) = 0", ANSWER]).is_err());
        assert!(verdict(&[WRITE, "72 sync_file_range(5</data/db>, 0, 0, 0) = 0", ANSWER]).is_err());
    }

    #[test]
    fn a_write_elsewhere_or_of_another_text_is_none() {
        assert!(verdict(&["71 write(1</tmp/log>, \"..hello..\", 9) = 9", SYNC, ANSWER]).is_err());
        assert!(verdict(&["71 pwrite64(9</data/db>, \"..other..\", 9, 0) = 9", SYNC, ANSWER]).is_err());
        assert!(verdict(&[WRITE, SYNC]).is_err());
    }
}
