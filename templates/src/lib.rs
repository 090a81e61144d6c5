//! The code that `bloom` writes, as templates: one folder for each thing, `.j2` for what is rendered.
//!
//! A project overrides one by the same path below `.bloom/templates`.

use include_dir::{Dir, include_dir};

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/files");

/// The template at a path such as `aggregate/domain/id.rs.j2`.
#[must_use]
pub fn get(path: &str) -> Option<&'static str> {
    FILES.get_file(path)?.contents_utf8()
}

/// Every path, sorted.
#[must_use]
pub fn paths() -> Vec<String> {
    fn collect(folder: &'static Dir<'static>, paths: &mut Vec<String>) {
        paths.extend(folder.files().map(|file| file.path().to_string_lossy().replace('\\', "/")));
        for folder in folder.dirs() {
            collect(folder, paths);
        }
    }
    let mut paths = Vec::new();
    collect(&FILES, &mut paths);
    paths.sort();
    paths
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_template_is_text_and_ends_with_one_line_end() {
        let paths = super::paths();
        assert!(paths.len() > 30, "{paths:?}");
        for path in paths {
            let text = super::get(&path).unwrap_or_default();
            assert!(text.ends_with('\n') && !text.contains('\r'), "{path}");
        }
    }
}
