//! `tidings explain`: the meaning of a code and what to do about it.

use super::args::ExplainArgs;
use super::exit::{Exit, Failure};
use crate::codes::{self, Code};

/// Explains one code, or lists all of them.
pub(super) fn run(json: bool, args: &ExplainArgs) -> Result<(), Failure> {
    let Some(name) = &args.code else { return super::print(&list(json)) };
    let code = codes::find(name).ok_or_else(|| unknown(name))?;
    super::print(&if json { format!("{}\n", code.view()) } else { page(code) })
}

fn list(json: bool) -> String {
    let width = codes::all().map(|code| code.name.len()).max().unwrap_or_default();
    let row = |code: &Code| match code.status() {
        _ if json => format!("{}\n", code.view()),
        Some(status) => format!("{:<width$}  {status}  {}\n", code.name, code.meaning),
        None => format!("{:<width$}       {}\n", code.name, code.meaning),
    };
    codes::all().map(row).collect()
}

fn page(code: &Code) -> String {
    let causes: Vec<String> = code.causes.iter().map(|cause| format!("  - {cause}")).collect();
    let example = format!("{:#}", code.example()).replace('\n', "\n  ");
    format!(
        "{} ({})\n{}\n\nLikely causes\n{}\n\nWhat to do\n  {}\n\nCredits\n  {}\n\nExample\n  {example}\n",
        code.name,
        code.kind.words(),
        code.meaning,
        causes.join("\n"),
        code.remedy,
        code.credits.words()
    )
}

fn unknown(name: &str) -> Failure {
    let hint = match codes::nearest(name) {
        Some(code) => format!("did you mean {}?", code.name),
        None => "`tidings explain` lists all codes".to_owned(),
    };
    Failure::new(Exit::NotFound, format!("there is no code {name}")).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_what_to_do_and_what_becomes_of_the_credits() {
        let page = codes::find("not_on_whatsapp").map(page).unwrap_or_default();
        for words in ["not_on_whatsapp (failure of a message)", "landline", "What to do", "refunded in full"] {
            assert!(page.contains(words), "{words}: {page}");
        }
    }

    #[test]
    fn the_list_has_one_line_for_each_code() {
        assert_eq!(list(false).lines().count(), codes::all().count());
        assert!(list(true).lines().all(|line| line.starts_with("{\"code\":")));
    }

    #[test]
    fn an_unknown_code_is_not_found_and_the_likeliest_is_named() {
        let refused = unknown("insuficient_credits");
        assert_eq!(
            (refused.exit, refused.hint.as_deref()),
            (Exit::NotFound, Some("did you mean insufficient_credits?"))
        );
        assert_eq!(unknown("x").hint.as_deref(), Some("`tidings explain` lists all codes"));
    }
}
