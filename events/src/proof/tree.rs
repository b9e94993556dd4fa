//! The Merkle tree over all lines (RFC 6962, section 2): what a checkpoint signs, so that one message can be proved
//! without the others, and two checkpoints compared without the log.

use crate::personal::Digest;
use crate::vault::sha256;

/// What is hashed before a leaf's content, and before the two hashes below a node.
const LEAF: &[u8] = &[0];
const NODE: &[u8] = &[1];

/// Returns the hash of a leaf.
pub fn leaf(content: &[u8]) -> Digest {
    sha256(&[LEAF, content])
}

/// Returns the hash of a node.
pub fn node(left: &Digest, right: &Digest) -> Digest {
    sha256(&[NODE, &left.0, &right.0])
}

/// The right edge of a growing tree: enough to add leaves and to name the root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// The hashes of the whole subtrees that the leaves make, the largest first: one for each bit of the size.
    peaks: Vec<Digest>,
}

impl Frontier {
    /// Returns the frontier of a tree of so many leaves; `None` unless there is a hash for each bit of the size.
    pub fn new(size: u64, peaks: Vec<Digest>) -> Option<Self> {
        (u64::from(size.count_ones()) == peaks.len() as u64).then_some(Self { size, peaks })
    }

    pub const fn size(&self) -> u64 {
        self.size
    }

    pub fn peaks(&self) -> &[Digest] {
        &self.peaks
    }

    /// Adds the hash of a leaf.
    pub fn push(&mut self, leaf: Digest) {
        self.join(leaf, 0);
    }

    /// Adds a whole subtree of 2^`level` leaves. The size must be a multiple of that.
    pub fn join(&mut self, subtree: Digest, level: u32) {
        let mut hash = subtree;
        for _ in level..(self.size >> level).trailing_ones().saturating_add(level) {
            let Some(left) = self.peaks.pop() else { break };
            hash = node(&left, &hash);
        }
        self.peaks.push(hash);
        self.size = self.size.saturating_add(1 << level);
    }

    /// Returns the frontier of these leaves and, behind them, those of a tree that is smaller than the last subtree.
    #[must_use]
    pub fn beside(&self, behind: &Self) -> Self {
        let peaks = [self.peaks.as_slice(), &behind.peaks].concat();
        Self { size: self.size.saturating_add(behind.size), peaks }
    }

    /// Returns the root's hash.
    pub fn root(&self) -> Digest {
        let folded = self.peaks.iter().rev().copied().reduce(|right, left| node(&left, &right));
        folded.unwrap_or_else(|| sha256(&[]))
    }
}

/// Returns the root of a whole subtree over these hashes, of which there are a power of two.
pub(super) fn fold(mut hashes: Vec<Digest>) -> Option<Digest> {
    while hashes.len() > 1 {
        let pairs = hashes.chunks(2).filter_map(|pair| <[Digest; 2]>::try_from(pair).ok());
        hashes = pairs.map(|[left, right]| node(&left, &right)).collect();
    }
    hashes.pop()
}

/// Gives the hash of the whole subtree of 2^`level` leaves whose number from the left is `nth`.
pub trait Subtrees {
    type Error;

    fn subtree(&mut self, level: u32, nth: u64) -> Result<Digest, Self::Error>;
}

/// Returns the root of the first `size` leaves.
pub fn root<S: Subtrees>(subtrees: &mut S, size: u64) -> Result<Digest, S::Error> {
    if size == 0 { Ok(sha256(&[])) } else { hash(subtrees, 0, size) }
}

/// Returns the proof that leaf `index` is in the tree of `size` leaves: hashes from the leaf upwards. `index` must be
/// below `size`.
pub fn inclusion<S: Subtrees>(subtrees: &mut S, index: u64, size: u64) -> Result<Vec<Digest>, S::Error> {
    let (mut from, mut to, mut path) = (0, size, Vec::new());
    while to.saturating_sub(from) > 1 {
        let middle = from + left_leaves(to - from);
        if index < middle {
            path.push(hash(subtrees, middle, to)?);
            to = middle;
        } else {
            path.push(hash(subtrees, from, middle)?);
            from = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// Returns the proof that the tree of `before` leaves is the beginning of that of `size`, which is not smaller; empty if
/// there is nothing to prove.
pub fn consistency<S: Subtrees>(subtrees: &mut S, before: u64, size: u64) -> Result<Vec<Digest>, S::Error> {
    if before == 0 || before >= size {
        return Ok(Vec::new());
    }
    let (mut from, mut to, mut path) = (0, size, Vec::new());
    while before < to {
        let middle = from + left_leaves(to - from);
        if before <= middle {
            path.push(hash(subtrees, middle, to)?);
            to = middle;
        } else {
            path.push(hash(subtrees, from, middle)?);
            from = middle;
        }
    }
    if from > 0 {
        path.push(hash(subtrees, from, to)?);
    }
    path.reverse();
    Ok(path)
}

/// Returns the hash of the leaves from `from` to before `to`, which are a subtree of some tree.
fn hash<S: Subtrees>(subtrees: &mut S, from: u64, to: u64) -> Result<Digest, S::Error> {
    let leaves = to - from;
    if leaves.is_power_of_two() {
        return subtrees.subtree(leaves.trailing_zeros(), from / leaves);
    }
    let middle = from + left_leaves(leaves);
    let (left, right) = (hash(subtrees, from, middle)?, hash(subtrees, middle, to)?);
    Ok(node(&left, &right))
}

/// The leaves left of the root of so many leaves, two at least: the largest power of two below.
const fn left_leaves(leaves: u64) -> u64 {
    1 << (u64::BITS - 1 - leaves.saturating_sub(1).leading_zeros())
}

/// Returns the root that a proof of inclusion leads to; `None` if the proof has another length.
pub fn root_of_inclusion(leaf: Digest, index: u64, size: u64, path: &[Digest]) -> Option<Digest> {
    if index >= size {
        return None;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in path {
        if last == 0 {
            return None;
        }
        if at % 2 == 1 || at == last {
            hash = node(sibling, &hash);
            while at.is_multiple_of(2) && at != 0 {
                (at, last) = (at / 2, last / 2);
            }
        } else {
            hash = node(&hash, sibling);
        }
        (at, last) = (at / 2, last / 2);
    }
    (last == 0).then_some(hash)
}

/// True if a proof shows that the tree of `before` leaves with this root is the beginning of the other one.
pub fn is_consistent((before, old): (u64, Digest), (size, new): (u64, Digest), path: &[Digest]) -> bool {
    if before == size || before == 0 {
        return before <= size && path.is_empty() && (before == 0 || old == new);
    }
    let mut path = path.iter();
    let first = if before.is_power_of_two() { Some(&old) } else { path.next() };
    let (Some(first), true) = (first, before < size) else { return false };
    let shift = (before - 1).trailing_ones();
    let (mut at, mut last) = ((before - 1) >> shift, (size - 1) >> shift);
    let (mut of_old, mut of_new) = (*first, *first);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at % 2 == 1 || at == last {
            of_old = node(sibling, &of_old);
            of_new = node(sibling, &of_new);
            while at.is_multiple_of(2) && at != 0 {
                (at, last) = (at / 2, last / 2);
            }
        } else {
            of_new = node(&of_new, sibling);
        }
        (at, last) = (at / 2, last / 2);
    }
    last == 0 && of_old == old && of_new == new
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    /// All leaves, hashed anew whenever they are asked for.
    struct Leaves(Vec<Digest>);

    impl Leaves {
        fn first(count: u64) -> Self {
            Self((0..count).map(|nth| leaf(&nth.to_be_bytes())).collect())
        }
    }

    impl Subtrees for Leaves {
        type Error = Infallible;

        fn subtree(&mut self, level: u32, nth: u64) -> Result<Digest, Infallible> {
            let leaves = 1 << level;
            let from = usize::try_from(nth).unwrap() * leaves;
            Ok(naive(&self.0[from..from + leaves]))
        }
    }

    /// The definition of RFC 6962.
    fn naive(leaves: &[Digest]) -> Digest {
        match leaves {
            [] => sha256(&[]),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at((leaves.len().next_power_of_two()) / 2);
                node(&naive(left), &naive(right))
            }
        }
    }

    fn hex(text: &str) -> Digest {
        text.parse().unwrap()
    }

    /// From the test vectors of certificate-transparency-go.
    #[test]
    fn the_known_roots_are_the_roots() {
        let contents: [&[u8]; 8] = [
            &[],
            &[0x00],
            &[0x10],
            &[0x20, 0x21],
            &[0x30, 0x31],
            &[0x40, 0x41, 0x42, 0x43],
            &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
            &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
        ];
        let mut frontier = Frontier::default();
        assert_eq!(frontier.root(), hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
        for content in contents {
            frontier.push(leaf(content));
        }
        assert_eq!(frontier.root(), hex("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"));
    }

    #[test]
    fn the_tree_is_that_of_the_standard_at_every_size() {
        let (leaves, mut frontier) = (Leaves::first(300).0, Frontier::default());
        for (size, leaf) in leaves.iter().enumerate() {
            assert_eq!(frontier.root(), naive(&leaves[..size]));
            assert_eq!(Frontier::new(frontier.size(), frontier.peaks().to_vec()), Some(frontier.clone()));
            frontier.push(*leaf);
        }
    }

    #[test]
    fn whole_subtrees_join_as_their_leaves_do() {
        let mut leaves = Leaves::first(1_100);
        let (mut joined, mut pushed) = (Frontier::default(), Frontier::default());
        for block in 0..4 {
            joined.join(leaves.subtree(8, block).unwrap(), 8);
        }
        leaves.0.iter().take(1_024).for_each(|leaf| pushed.push(*leaf));
        assert_eq!(joined, pushed);
        leaves.0.iter().skip(1_024).for_each(|leaf| joined.push(*leaf));
        assert_eq!(joined.root(), root(&mut leaves, 1_100).unwrap());
    }

    #[test]
    fn every_leaf_is_proved_and_no_other() {
        for size in (1..70).chain([128, 129, 255, 256, 257]) {
            let mut leaves = Leaves::first(size);
            let root = root(&mut leaves, size).unwrap();
            for index in 0..size {
                let path = inclusion(&mut leaves, index, size).unwrap();
                let leaf = leaves.0[usize::try_from(index).unwrap()];
                let leads_to = |leaf, index, size, path: &[Digest]| root_of_inclusion(leaf, index, size, path);
                assert_eq!(leads_to(leaf, index, size, &path), Some(root), "{index} of {size}");
                assert_ne!(leads_to(super::leaf(b"other"), index, size, &path), Some(root));
                assert_ne!(leads_to(leaf, index ^ 1, size, &path), Some(root), "{index} of {size}");
                if let Some((_, shorter)) = path.split_last() {
                    assert_ne!(leads_to(leaf, index, size, shorter), Some(root));
                }
                assert_ne!(leads_to(leaf, index, size, &[path.as_slice(), &[root]].concat()), Some(root));
            }
        }
    }

    #[test]
    fn every_beginning_is_proved_and_no_other_tree() {
        for size in (1..40).chain([64, 65, 100]) {
            let mut leaves = Leaves::first(size);
            let new = (size, root(&mut leaves, size).unwrap());
            for before in 0..=size {
                let path = consistency(&mut leaves, before, size).unwrap();
                let old = (before, root(&mut leaves, before).unwrap());
                assert!(is_consistent(old, new, &path), "{before} of {size}");
                let forged = (before, leaf(b"another root"));
                assert!(before == 0 || !is_consistent(forged, new, &path), "{before} of {size}");
                assert!(!is_consistent(old, (size, leaf(b"another root")), &path) || before == 0);
                assert!(!is_consistent(old, new, &[path.as_slice(), &[old.1]].concat()), "{before} of {size}");
            }
            assert!(!is_consistent((size + 1, new.1), new, &[]));
        }
    }
}
