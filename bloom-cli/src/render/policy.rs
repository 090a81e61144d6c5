//! Policies for their templates.

use serde::Serialize;

use super::layout;
use crate::model::{Aggregate, Context, Policy, english::capital};

/// What follows from an event.
#[derive(Debug, Serialize)]
pub(crate) struct PolicyView {
    pascal: String,
    pub(crate) snake: String,
    #[serde(rename = "Label")]
    label: String,
    event: String,
}

pub(super) fn policy(policy: &Policy) -> PolicyView {
    PolicyView {
        pascal: policy.name.pascal().to_owned(),
        snake: policy.name.snake(),
        label: capital(&policy.name.label()),
        event: policy.event.clone(),
    }
}

/// A policy, as the files of the whole context name it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PolicyLine {
    pascal: String,
    /// Its module, and the name of its cursor.
    snake: String,
    /// The aggregate that it hears of.
    root: String,
}

pub(super) fn has_policies(context: &Context) -> bool {
    context.aggregates.iter().any(|aggregate| !aggregate.policies.is_empty())
}

/// The policies in the order of their modules.
pub(super) fn policies(context: &Context) -> Vec<PolicyLine> {
    let of = |aggregate: &Aggregate| -> Vec<PolicyLine> {
        let root = aggregate.name.pascal();
        let line = |policy: &Policy| PolicyLine {
            pascal: policy.name.pascal().to_owned(),
            snake: policy.name.snake(),
            root: root.to_owned(),
        };
        aggregate.policies.iter().map(line).collect()
    };
    let mut lines: Vec<PolicyLine> = context.aggregates.iter().flat_map(of).collect();
    lines.sort_by(|left, right| layout::in_order(&left.snake, &right.snake));
    lines
}

/// The body of the function that adds them.
pub(super) fn subscribe(policies: &[PolicyLine]) -> String {
    let calls = policies.iter().map(|PolicyLine { pascal, snake, root }| {
        format!(".on::<{root}>(\"{snake}\", policies::{pascal})")
    });
    layout::chain("subscriptions", &calls.collect::<Vec<_>>())
}
