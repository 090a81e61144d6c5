//! Other names in the links of doc comments, which `cargo doc` follows as the compiler follows paths.

use super::rename::{Kin, Names};

/// What a link may begin with behind its bracket.
const KINDS: [&str; 8] =
    ["struct@", "enum@", "type@", "fn@", "method@", "mod@", "trait@", "value@"];

impl Names {
    /// A doc comment with the names that count from now on in its links: in `` [`Order::place`] ``, `[Order]`, `[text](Order)` and
    /// `[text]: Order`.
    pub(super) fn in_links(&self, comment: &str, kin: Kin) -> String {
        let mut renamed = String::with_capacity(comment.len());
        let mut rest = comment;
        while let Some(end) = rest.find(']') {
            let Some(at) = rest[..end].rfind('[') else {
                let (before, after) = rest.split_at(end + 1);
                renamed.push_str(before);
                rest = after;
                continue;
            };
            let (before, link) = rest.split_at(at);
            renamed.push_str(before);
            let end = end - at;
            let (text, behind) = link.split_at(end);
            let (between, target) =
                match ["](", "][", "]: "].iter().find(|sign| behind.starts_with(**sign)) {
                    Some(sign) => behind.split_at(sign.len()),
                    None => behind.split_at(1),
                };
            let has_target = between.len() > 1 && !target.starts_with(']');
            let length = target.find([')', ']', '\n', ' ', '"']).unwrap_or(target.len());
            let (target, after) = if has_target { target.split_at(length) } else { ("", target) };
            let new_target = self.in_link(target, kin);
            // What is said of somebody else's stays.
            let is_ours = !has_target || new_target.is_some();
            match self.in_link(&text[1..], kin).filter(|_| is_ours) {
                Some(text) => renamed.extend(["[", text.as_str()]),
                None => renamed.push_str(text),
            }
            renamed.push_str(between);
            renamed.push_str(new_target.as_deref().unwrap_or(target));
            rest = after;
        }
        renamed + rest
    }

    /// What a link names, where that is called otherwise.
    fn in_link(&self, link: &str, kin: Kin) -> Option<String> {
        let start = usize::from(link.starts_with(['`', '<']));
        let kind = KINDS
            .iter()
            .find(|kind| link[start..].starts_with(**kind))
            .map_or(0, |kind| kind.len());
        let (before, rest) = link.split_at(start + kind);
        let is_path = |sign: char| sign.is_alphanumeric() || "_:".contains(sign);
        let end = rest.find(|sign| !is_path(sign)).unwrap_or(rest.len());
        let (path, behind) = rest.split_at(end);
        let is_link = behind.is_empty() || behind.starts_with(['`', '(', '#', '<', '>', '!']);
        let new = self.in_path(path, kin);
        (is_link && new != path).then(|| format!("{before}{new}{behind}"))
    }

    /// A path as a link has it, which begins with a type, with a layer or with a root of the project.
    fn in_path(&self, path: &str, kin: Kin) -> String {
        const LAYERS: [&str; 6] = ["self", "super", "domain", "ports", "application", "adapters"];
        let names: Vec<&str> = path.trim_start_matches("::").split("::").collect();
        let is_root = names.len() > 1 && (names[0] == "crate" || names[0] == self.package);
        let is_layer = names.len() > 1 && LAYERS.contains(&names[0]);
        let is_module = names.len() > 1 && self.words.contains_key(names[0]);
        let ours = is_root || is_layer || is_module;
        // Directly below the crate stand contexts, which may be called like an aggregate.
        let least = if is_root { 2 } else { usize::from(is_layer) };
        let mut renamed = Vec::with_capacity(names.len());
        for (index, name) in names.iter().enumerate() {
            let owner = index.checked_sub(1).map(|before| names[before]);
            let member = || {
                let owner = owner?;
                let variants = self.variants.get(owner);
                let is_subject = owner.to_lowercase() == self.subject.replace('_', "")
                    || owner == "Self" && matches!(kin, Kin::Own | Kin::Planned);
                let methods = is_subject.then_some(&self.methods);
                variants.or(methods)?.get(*name)
            };
            let of_type = || self.types.get(*name).filter(|_| index == 0 || ours);
            let word = || self.words.get(*name).filter(|_| ours && index >= least);
            renamed.push(member().or_else(of_type).or_else(word).map_or(*name, String::as_str));
        }
        let lead = &path[..path.len() - path.trim_start_matches("::").len()];
        format!("{lead}{}", renamed.join("::"))
    }
}
