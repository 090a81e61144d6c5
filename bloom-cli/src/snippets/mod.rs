//! What one writes by hand between two generators, as snippets for editors.

mod bodies;
mod rustrover;
mod vscode;

use std::sync::LazyLock;

use regex::{Captures, Regex};

pub(crate) use rustrover::rustrover;
pub(crate) use vscode::vscode;

/// A piece of code with places to fill in, `${1:Name}`, which stand again as `$1`; `$0` is where one ends, and `\$` is a dollar.
struct Snippet {
    /// What one types.
    prefix: &'static str,
    description: &'static str,
    body: &'static str,
}

/// What stands in a body besides code.
enum Place<'b> {
    /// A place to fill in, by its number, with what stands there before, where it stands for the first time.
    Fill(&'b str, Option<&'b str>),
    End,
    Dollar,
}

impl Snippet {
    /// The body with each place written in another way.
    fn with_places(&self, write: impl Fn(&Place<'_>) -> String) -> String {
        static PLACE: LazyLock<Option<Regex>> =
            LazyLock::new(|| Regex::new(r"\\\$|\$\{(\d+):([^}]*)\}|\$(\d+)").ok());
        let Some(place) = &*PLACE else { return self.body.to_owned() };
        let replaced = place.replace_all(self.body.trim_start(), |found: &Captures<'_>| {
            let group = |number| found.get(number).map(|group| group.as_str());
            write(&match (group(1), group(2), group(3)) {
                (Some(number), default, _) => Place::Fill(number, default),
                (None, _, Some("0")) => Place::End,
                (None, _, Some(number)) => Place::Fill(number, None),
                _ => Place::Dollar,
            })
        });
        replaced.trim_end().to_owned()
    }

    /// The places to fill in, each with what stands there before.
    fn fills(&self) -> Vec<(String, String)> {
        let found = std::cell::RefCell::new(Vec::new());
        self.with_places(|place| {
            if let Place::Fill(number, Some(default)) = place {
                found.borrow_mut().push(((*number).to_owned(), (*default).to_owned()));
            }
            String::new()
        });
        found.into_inner()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_has_a_prefix_of_its_own_and_fills_what_it_repeats() {
        let mut prefixes = BTreeSet::new();
        for snippet in bodies::ALL {
            assert!(prefixes.insert(snippet.prefix), "{} is there twice", snippet.prefix);
            let known: BTreeSet<String> =
                snippet.fills().into_iter().map(|(number, _)| number).collect();
            snippet.with_places(|place| {
                if let Place::Fill(number, None) = place {
                    assert!(known.contains(*number), "{}: {number}", snippet.prefix);
                }
                String::new()
            });
        }
    }
}
