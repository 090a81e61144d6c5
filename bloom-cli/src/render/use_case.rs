//! What can be asked of an aggregate: one message and one handler each.

use serde::Serialize;

use super::create::CreateView;
use crate::model::{Aggregate, english::capital};

/// A message and its handler.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct UseCaseView {
    pub(crate) pascal: String,
    pub(crate) snake: String,
}

/// The use cases of an aggregate, creating, getting and listing first.
pub(super) fn use_cases(aggregate: &Aggregate) -> Vec<UseCaseView> {
    let (root, snake) = (aggregate.name.pascal(), aggregate.name.snake());
    let case = |pascal: String, snake: String| UseCaseView { pascal, snake };
    let create = CreateView::new(aggregate);
    let mut cases = vec![
        case(create.command, create.handler),
        case(format!("Get{root}"), format!("get_{snake}")),
        case(format!("List{}", aggregate.plural.pascal()), format!("list_{}", aggregate.plural)),
    ];
    if aggregate.changeable {
        cases.extend(aggregate.given_fields().into_iter().map(|field| {
            case(
                format!("Change{root}{}", field.name.pascal()),
                format!("change_{snake}_{}", field.name),
            )
        }));
    }
    cases.extend(aggregate.commands.iter().map(|command| {
        case(format!("{}{root}", command.verb.pascal()), format!("{}_{snake}", command.verb))
    }));
    for entity in &aggregate.entities {
        for verb in ["add", "change", "remove"] {
            cases.push(case(
                format!("{}{}", capital(verb), entity.name),
                format!("{verb}_{}", entity.name.snake()),
            ));
        }
    }
    cases.extend(
        aggregate
            .queries
            .iter()
            .map(|query| case(query.name.pascal().to_owned(), query.name.snake())),
    );
    cases
}
