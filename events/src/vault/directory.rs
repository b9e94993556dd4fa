//! Knows at which number in the files each block lies. Four bytes a block.

use std::collections::HashMap;

use super::place::BlockName;
use crate::ids::WorkspaceId;

/// The blocks of each workspace in the order of their indices, which have no gaps.
#[derive(Default)]
pub(super) struct Directory {
    numbers: HashMap<u64, Vec<u32>>,
}

impl Directory {
    /// Returns how many blocks a workspace has.
    pub(super) fn count(&self, workspace: WorkspaceId) -> u32 {
        self.numbers.get(&workspace.number()).map_or(0, |numbers| u32::try_from(numbers.len()).unwrap_or(u32::MAX))
    }

    /// Returns the block's number in the files; `None` if there is no such block.
    pub(super) fn number(&self, (workspace, index): BlockName) -> Option<u32> {
        self.numbers.get(&workspace)?.get(usize::try_from(index).ok()?).copied()
    }

    /// Adds a block. False if it is not the next one of its workspace, and so cannot be.
    pub(super) fn add(&mut self, (workspace, index): BlockName, number: u32) -> bool {
        let numbers = self.numbers.entry(workspace).or_default();
        let is_next = usize::try_from(index).is_ok_and(|index| index == numbers.len());
        if is_next {
            numbers.push(number);
        }
        is_next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_blocks_of_a_workspace_have_no_gaps() {
        let mut directory = Directory::default();
        assert!(directory.add((1001, 0), 1) && directory.add((1002, 0), 2) && directory.add((1001, 1), 3));
        assert!(!directory.add((1001, 1), 4) && !directory.add((1001, 3), 4) && !directory.add((1003, 1), 4));
        assert_eq!([1001, 1002, 1003].map(|id| directory.count(WorkspaceId::new(id).unwrap())), [2, 1, 0]);
        assert_eq!([(1001, 1), (1001, 2), (1003, 0)].map(|name| directory.number(name)), [Some(3), None, None]);
    }
}
