//! `bench`: measures accepts and writes the figures into the table of promises.

use anyhow::{Context, Result};

use crate::process::{cargo, root, run_reading};

const BEGIN: &str = "<!-- figures: begin -->";
const END: &str = "<!-- figures: end -->";

/// Runs the bench; its Markdown replaces what stands between the two marks of `benches/README.md`.
pub fn run() -> Result<()> {
    let page = root().join("benches").join("README.md");
    let text = std::fs::read_to_string(&page).with_context(|| format!("cannot read {}", page.display()))?;
    between_marks(&text, "")?;
    let mut figures = String::new();
    run_reading(&mut cargo(["bench", "--bench", "accepts"]), |line| figures.extend([line, "\n"]))?;
    std::fs::write(&page, between_marks(&text, &figures)?)?;
    println!("written into {}", page.display());
    Ok(())
}

fn between_marks(text: &str, figures: &str) -> Result<String> {
    let (before, rest) = text.split_once(BEGIN).with_context(|| format!("the page has no mark {BEGIN}"))?;
    let (_, after) = rest.split_once(END).with_context(|| format!("the page has no mark {END}"))?;
    Ok(format!("{before}{BEGIN}\n{}\n{END}{after}", figures.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let text = format!("# A\n{BEGIN}\nold\n{END}\nz\n");
        assert_eq!(between_marks(&text, "\nnew\n").unwrap(), format!("# A\n{BEGIN}\nnew\n{END}\nz\n"));
    }

    #[test]
    fn a_page_without_both_marks_is_refused() {
        assert!(between_marks("# A\n", "new").is_err());
        assert!(between_marks(&format!("{END}\n{BEGIN}\n"), "new").is_err());
    }
}
