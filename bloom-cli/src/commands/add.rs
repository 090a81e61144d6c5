//! `bloom add`: what is there gets more.

use super::generate::grow;
use crate::{cli::Addition, failure::Failure, request::Sentence, ui::Ui};

pub(super) fn run(addition: Addition, ui: Ui) -> Result<(), Failure> {
    let (sentence, options) = match addition {
        Addition::Field { owner, field, options } => (Sentence::Field { owner, field }, options),
        Addition::Variant { owner, field, variants, options } => {
            (Sentence::Variants { owner, field, variants }, options)
        }
        Addition::Rule { owner, field, options } => (Sentence::Rules { owner, field }, options),
    };
    grow(sentence, &options, ui)
}
