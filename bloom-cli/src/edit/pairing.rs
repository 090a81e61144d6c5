//! Which piece of a file is which, where there are several of a kind.

use super::outline::{Inside, Node};

/// The file with its pieces of one kind, such as the blocks `impl Order`, counted as Bloom counts them: each is the one that has
/// most of the same in it, wherever people put their own.
pub(super) fn paired(base: &Inside, ours: &Inside) -> Inside {
    let kind = |key: &str| key.split(" #").next().unwrap_or_default().to_owned();
    let names = |node: &Node| -> Vec<String> {
        node.inside.iter().flat_map(|inside| &inside.nodes).map(|node| node.key.clone()).collect()
    };
    let mut nodes = ours.nodes.clone();
    let mut taken: Vec<usize> = Vec::new();
    for known in base.nodes.iter().filter(|known| known.inside.is_some()) {
        let alike: Vec<usize> = (0..nodes.len())
            .filter(|index| kind(&ours.nodes[*index].key) == kind(&known.key))
            .collect();
        if alike.len() < 2 {
            continue;
        }
        let wanted = names(known);
        let shared = |index: &usize| {
            names(&ours.nodes[*index]).iter().filter(|name| wanted.contains(name)).count()
        };
        let free = alike.iter().copied().filter(|index| !taken.contains(index));
        // The first of those that have equally much.
        if let Some(best) = free.rev().max_by_key(shared) {
            taken.push(best);
            nodes[best].key.clone_from(&known.key);
        }
    }
    // What is left has a number that no piece of Bloom's has.
    for (index, node) in nodes.iter_mut().enumerate() {
        let is_double =
            ours.nodes.iter().filter(|other| kind(&other.key) == kind(&node.key)).count() > 1;
        if is_double && node.inside.is_some() && !taken.contains(&index) {
            node.key = format!("{} #own {index}", kind(&node.key));
        }
    }
    Inside { nodes, separator: ours.separator }
}
