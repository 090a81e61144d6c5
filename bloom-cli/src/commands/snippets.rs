//! `bloom snippets`.

use crate::{
    cli::Editor,
    snippets::{rustrover, vscode},
    ui::Ui,
};

/// Prints the snippets as an editor reads them.
pub(super) fn run(editor: Editor, ui: Ui) {
    ui.data(&match editor {
        Editor::Vscode => vscode(),
        Editor::Rustrover => rustrover(),
    });
}
