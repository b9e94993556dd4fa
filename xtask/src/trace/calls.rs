//! Parses the system calls in a file written by strace with `-f -y`.

use std::collections::BTreeMap;
use std::path::Path;

/// A system call; `started` and `ended` are line numbers, which strace writes in the order of events.
#[derive(Debug, PartialEq, Eq)]
pub struct Call {
    pub thread: String,
    pub name: String,
    pub arguments: String,
    pub started: usize,
    pub ended: Option<End>,
}

/// The end of a call.
#[derive(Debug, PartialEq, Eq)]
pub struct End {
    pub line: usize,
    pub result: String,
}

impl Call {
    /// Returns the file of its first argument, if that is a descriptor of a file.
    pub fn file(&self) -> Option<&Path> {
        self.descriptor().filter(|name| name.starts_with('/')).map(Path::new)
    }

    /// True if its first argument is a socket.
    pub fn is_on_socket(&self) -> bool {
        self.descriptor().is_some_and(|name| name.starts_with("socket:") || name.starts_with("TCP"))
    }

    /// Returns the line of its end, if it succeeded.
    pub fn succeeded_at(&self) -> Option<usize> {
        self.ended.as_ref().filter(|end| !end.result.starts_with(['-', '?'])).map(|end| end.line)
    }

    fn descriptor(&self) -> Option<&str> {
        let (number, rest) = self.arguments.split_once('<')?;
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| rest.split('>').next()).flatten()
    }
}

/// Parses the calls, in the order in which they started.
pub fn parse(trace: &str) -> Vec<Call> {
    let mut calls = Vec::new();
    let mut unfinished: BTreeMap<&str, usize> = BTreeMap::new();
    for (line, text) in trace.lines().enumerate() {
        let Some((thread, rest)) = text.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if rest.starts_with("<... ") {
            let call = unfinished.remove(thread).and_then(|index: usize| calls.get_mut(index));
            if let Some(Call { ended, .. }) = call {
                *ended = result(rest).map(|result| End { line, result });
            }
        } else if let Some(call) = begun(thread, rest, line) {
            if call.ended.is_none() {
                unfinished.insert(thread, calls.len());
            }
            calls.push(call);
        }
    }
    calls
}

fn begun(thread: &str, text: &str, line: usize) -> Option<Call> {
    let (name, rest) = text.split_once('(')?;
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if name.is_empty() || !is_name {
        return None;
    }
    let (arguments, ended) = match rest.strip_suffix("<unfinished ...>") {
        Some(arguments) => (arguments.trim_end(), None),
        None => (rest.rsplit_once(')')?.0, result(rest).map(|result| End { line, result })),
    };
    Some(Call {
        thread: thread.to_owned(),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
        started: line,
        ended,
    })
}

fn result(text: &str) -> Option<String> {
    text.rsplit_once(" = ").map(|(_, result)| result.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "\
71 pwrite64(9</data/db>, \"a = (b)\", 7, 0) = 7
72 fdatasync(9</data/db> <unfinished ...>
71 write(1</dev/null>, \"x\", 1)         = 1
72 <... fdatasync resumed>)               = 0
72 sendto(11<socket:[4711]>, \"HTTP/1.1 200 OK\", 15, MSG_NOSIGNAL, NULL, 0) = 15
71 fdatasync(9</data/db>)                 = -1 EIO (Input/output error)
71 --- SIGTERM {si_signo=SIGTERM} ---
71 +++ killed by SIGKILL +++
";

    #[test]
    fn a_call_that_was_interrupted_ends_where_it_is_resumed() {
        let calls = parse(TRACE);
        assert_eq!(calls.len(), 5);
        assert_eq!((calls[1].name.as_str(), calls[1].started, calls[1].succeeded_at()), ("fdatasync", 1, Some(3)));
        assert_eq!(calls[0].succeeded_at(), Some(0));
        assert_eq!(calls[0].arguments, "9</data/db>, \"a = (b)\", 7, 0");
    }

    #[test]
    fn files_and_sockets_are_told_apart() {
        let calls = parse(TRACE);
        assert_eq!(calls[0].file(), Some(Path::new("/data/db")));
        assert!(!calls[0].is_on_socket());
        assert!(calls[3].is_on_socket());
        assert_eq!(calls[3].file(), None);
    }

    #[test]
    fn a_failed_call_did_not_succeed() {
        assert_eq!(parse(TRACE)[4].succeeded_at(), None);
    }
}
