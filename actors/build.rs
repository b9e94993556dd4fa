//! Names the rules: a digest of every source that folds a state, so that no snapshot outlives the rules that made it.

use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    let mut sources = Vec::new();
    for folder in ["src", "../events/src"] {
        println!("cargo:rerun-if-changed={folder}");
        gather(Path::new(folder), &mut sources)?;
    }
    sources.sort();
    let mut digest = FNV_OFFSET;
    for source in sources {
        let text = std::fs::read(source)?;
        // A checkout with other line ends has the same rules.
        for byte in text.into_iter().filter(|byte| *byte != b'\r') {
            digest = (digest ^ u64::from(byte)).wrapping_mul(FNV_PRIME);
        }
    }
    println!("cargo:rustc-env=TIDINGS_RULES={digest}");
    Ok(())
}

/// The 64-bit FNV-1a hash: <http://www.isthe.com/chongo/tech/comp/fnv/>.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

/// All sources but those of tests.
fn gather(folder: &Path, sources: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let is_test = path.file_stem().is_some_and(|name| name == "tests" || name == "spec");
        if path.is_dir() && !is_test {
            gather(&path, sources)?;
        } else if !is_test && path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(path);
        }
    }
    Ok(())
}
