//! `tidings completions` and `man`: shell completions and manual pages, generated from the command definitions.

use std::fs;
use std::io;

use clap::{Command, CommandFactory as _};
use clap_complete::Shell;
use clap_mangen::Man;

use super::args::{Cli, ManArgs};
use super::exit::{Exit, Failure};
use super::print_bytes;

/// The heading under which the generator puts the text after the options.
const EXTRA: &str = ".SH EXTRA\n";
/// Replaces it: the usual heading in manuals, without line filling because the lines are commands.
const NOTES: &str = ".SH NOTES\n.nf\n";

/// Prints a shell's completions.
pub(super) fn completions(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "tidings", &mut script);
    print_bytes(&script)
}

/// Prints the main manual page, or writes the pages of all commands to a folder.
pub(super) fn man(args: &ManArgs) -> Result<(), Failure> {
    let failed = |error: &io::Error| Failure::because(Exit::Failed, error);
    let Some(folder) = &args.dir else {
        return print_bytes(page(&Man::new(Cli::command())).map_err(|error| failed(&error))?.as_bytes());
    };
    fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    for page_of in commands() {
        let man = Man::new(page_of);
        let written = page(&man).and_then(|text| fs::write(folder.join(man.get_filename()), text));
        written
            .map_err(|error| Failure::new(Exit::Failed, format!("cannot write to {}: {error}", folder.display())))?;
    }
    Ok(())
}

/// Returns all visible commands, the main one first.
fn commands() -> Vec<Command> {
    let mut whole = Cli::command().disable_help_subcommand(true);
    whole.build();
    let mut commands = vec![whole];
    let mut read = 0;
    while let Some(command) = commands.get(read) {
        let below: Vec<Command> = command.get_subcommands().filter(|below| !below.is_hide_set()).cloned().collect();
        commands.extend(below);
        read += 1;
    }
    commands
}

fn page(man: &Man) -> io::Result<String> {
    let mut page = Vec::new();
    man.render(&mut page)?;
    let page = String::from_utf8_lossy(&page).into_owned();
    let Some((before, notes)) = page.split_once(EXTRA) else { return Ok(page) };
    let (notes, after) = notes.split_at(notes.find("\n.SH ").map_or(notes.len(), |at| at + 1));
    Ok(format!("{before}{NOTES}{notes}.fi\n{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_keep_their_lines() {
        let page = page(&Man::new(Cli::command())).unwrap();
        let (_, notes) = page.split_once(NOTES).unwrap();
        let (notes, after) = notes.split_once(".fi\n").unwrap();
        assert!(notes.starts_with("Examples:\n  tidings ") && !notes.contains(".SH"), "{notes}");
        assert!(after.starts_with(".SH VERSION"), "{after}");
    }

    #[test]
    fn a_page_that_ends_with_its_notes_ends_them() {
        let bare = Command::new("bare").disable_help_flag(true).after_help("Examples:\n  bare");
        assert!(page(&Man::new(bare)).unwrap().ends_with(".SH NOTES\n.nf\nExamples:\n  bare\n.fi\n"));
    }
}
