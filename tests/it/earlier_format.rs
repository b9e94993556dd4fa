//! A data directory of a version before the stored formats were fixed (`earlier_format/`, made by such a version) is
//! refused, whatever is asked of it, and nothing in it is touched.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::process::{Environment, free_port, run};

/// The exit code for a failed integrity check.
const EXIT: Option<i32> = Some(6);
/// The size of the store's file, of which the zeros at the end are left out here.
const DB_BYTES: u64 = 524_287;

fn copy(data: &Path) {
    let (from, to) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/earlier_format"), data.join("log"));
    fs::create_dir_all(to.join("blobs")).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
    fs::OpenOptions::new().write(true).open(to.join("db")).unwrap().set_len(DB_BYTES).unwrap();
}

fn log_files(data: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let paths = fs::read_dir(data.join("log")).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.is_file()).map(|path| (path.clone(), fs::read(&path).unwrap())).collect()
}

#[test]
fn a_directory_of_an_earlier_format_is_refused_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    copy(&data);
    let before = log_files(&data);
    let listen = format!("127.0.0.1:{}", free_port());
    for command in
        [&["serve", "--listen", &listen][..], &["events", "verify"], &["state", "workspace/1001"], &["vault", "rekey"]]
    {
        let said = run(&[command, &["--data-dir", "data"]].concat(), &Environment::new(), folder.path());
        assert_eq!(said.code, EXIT, "{command:?}: {said:?}");
        for words in ["written by an earlier version", "use the version that made this one"] {
            assert!(said.stderr.contains(words), "{command:?}: {said:?}");
        }
        assert!(log_files(&data) == before, "{command:?} changed something");
    }
}
