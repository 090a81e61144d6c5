//! Which rustfmt to run.
//!
//! The `rustfmt` on the path is most often rustup's proxy, which takes longer to choose a toolchain than
//! rustfmt takes to format a project. Where the choice is plain it is made here, by the same rules.

use std::{
    collections::HashMap,
    env, fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

/// rustup's own settings, as far as they choose a toolchain.
#[derive(Deserialize)]
struct RustupSettings {
    default_toolchain: String,
    #[serde(default)]
    overrides: HashMap<String, String>,
}

/// The program to run for a project in `folder`; `rustfmt`, left to the path, whenever in doubt.
pub(super) fn rustfmt(folder: &Path) -> PathBuf {
    if let Some(own) = env::var_os("RUSTFMT") {
        return own.into();
    }
    behind_the_proxy(folder).unwrap_or_else(|| "rustfmt".into())
}

fn behind_the_proxy(folder: &Path) -> Option<PathBuf> {
    let first = env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join("rustfmt"))
        .find(|path| path.is_file())?;
    if !first.with_file_name("rustup").is_file() {
        return None;
    }
    let home = match env::var_os("RUSTUP_HOME") {
        Some(home) => PathBuf::from(home),
        None => env::home_dir()?.join(".rustup"),
    };
    let toolchain = match env::var("RUSTUP_TOOLCHAIN") {
        Ok(toolchain) => toolchain,
        Err(_) if chooses_a_toolchain(folder) => return None,
        Err(_) => {
            let text = fs::read_to_string(home.join("settings.toml")).ok()?;
            let settings: RustupSettings = toml_edit::de::from_str(&text).ok()?;
            if !settings.overrides.is_empty() {
                return None;
            }
            settings.default_toolchain
        }
    };
    let program = home.join("toolchains").join(toolchain).join("bin/rustfmt");
    program.is_file().then_some(program)
}

/// Whether a file in the folder or above it asks for a toolchain of its own.
fn chooses_a_toolchain(folder: &Path) -> bool {
    folder.ancestors().any(|folder| {
        folder.join("rust-toolchain.toml").exists() || folder.join("rust-toolchain").exists()
    })
}
