//! Other names in the links of doc comments, which `cargo doc` follows as the compiler follows paths.

use super::rename::Names;

impl Names {
    /// A doc comment with the names that count from now on in its links: in `` [`Order::place`] ``, `[Order]` and `[text](Order)`.
    pub(super) fn in_links(&self, comment: &str) -> String {
        let mut renamed = String::with_capacity(comment.len());
        let mut rest = comment;
        while let Some(at) = rest.find('[').into_iter().chain(rest.find("](")).min() {
            let opening = if rest[at..].starts_with('[') { 1 } else { 2 };
            let tick = usize::from(rest[at + opening..].starts_with('`'));
            let (before, link) = rest.split_at(at + opening + tick);
            let is_path = |sign: char| sign.is_alphanumeric() || "_:".contains(sign);
            let end = link.find(|sign| !is_path(sign)).unwrap_or(link.len());
            let (path, behind) = link.split_at(end);
            renamed.push_str(before);
            if behind.starts_with(['`', ']', '(', ')']) {
                renamed.push_str(&self.in_path(path));
            } else {
                renamed.push_str(path);
            }
            rest = behind;
        }
        renamed + rest
    }

    /// A path as a link has it, which begins with a type or with a root of the project.
    fn in_path(&self, path: &str) -> String {
        let names: Vec<&str> = path.split("::").collect();
        let ours = names.len() > 1 && ["crate", "self", "super"].contains(&names[0]);
        let mut renamed = Vec::with_capacity(names.len());
        for (index, name) in names.iter().enumerate() {
            let owner = index.checked_sub(1).map(|before| names[before]);
            let member = || {
                let owner = owner?;
                let variants = self.variants.get(owner);
                let is_subject = owner.to_lowercase() == self.subject.replace('_', "");
                let methods = is_subject.then_some(&self.methods);
                variants.or(methods)?.get(*name)
            };
            let of_type = || self.types.get(*name).filter(|_| index == 0 || ours);
            // Directly below the crate stand contexts, which may be called like an aggregate.
            let word = || self.words.get(*name).filter(|_| ours && index > 1);
            renamed.push(member().or_else(of_type).or_else(word).map_or(*name, String::as_str));
        }
        renamed.join("::")
    }
}
