//! The rules, and why there is each.

use serde::{Deserialize, Serialize};

/// One rule.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Rule {
    LayerDirection,
    ContextBoundary,
    DomainPurity,
    PublicState,
    StateOutsideApply,
    OpaqueField,
    UnhandledMessage,
    UnregisteredHandler,
    UnreadEvent,
    ForbiddenCrate,
}

/// How a rule is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Error,
    Warning,
    /// Said on request, and never a reason to fail.
    Note,
    Off,
}

impl Level {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
            Self::Off => "off",
        }
    }
}

impl Rule {
    pub(crate) const ALL: [Self; 10] = [
        Self::LayerDirection,
        Self::ContextBoundary,
        Self::DomainPurity,
        Self::PublicState,
        Self::StateOutsideApply,
        Self::OpaqueField,
        Self::UnhandledMessage,
        Self::UnregisteredHandler,
        Self::UnreadEvent,
        Self::ForbiddenCrate,
    ];

    /// As it is written in `bloom.toml` and in comments.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::LayerDirection => "layer-direction",
            Self::ContextBoundary => "context-boundary",
            Self::DomainPurity => "domain-purity",
            Self::PublicState => "public-state",
            Self::StateOutsideApply => "state-outside-apply",
            Self::OpaqueField => "opaque-field",
            Self::UnhandledMessage => "unhandled-message",
            Self::UnregisteredHandler => "unregistered-handler",
            Self::UnreadEvent => "unread-event",
            Self::ForbiddenCrate => "forbidden-crate",
        }
    }

    /// How it is taken where a project says nothing else.
    pub(crate) fn level(self) -> Level {
        match self {
            Self::LayerDirection
            | Self::ContextBoundary
            | Self::DomainPurity
            | Self::PublicState
            | Self::StateOutsideApply
            | Self::ForbiddenCrate => Level::Error,
            Self::UnhandledMessage | Self::UnregisteredHandler => Level::Warning,
            Self::OpaqueField | Self::UnreadEvent => Level::Note,
        }
    }

    /// What it says, in one line.
    pub(crate) fn summary(self) -> &'static str {
        match self {
            Self::LayerDirection => "layers know only what lies further inside",
            Self::ContextBoundary => "contexts talk through ports and published events",
            Self::DomainPurity => "the domain awaits nothing, knows no clock and no infrastructure",
            Self::PublicState => "the fields of aggregates and entities are private",
            Self::StateOutsideApply => "an aggregate changes by its events alone",
            Self::OpaqueField => "an opaque field cannot be asked for",
            Self::UnhandledMessage => "every command and query has a handler",
            Self::UnregisteredHandler => "every handler stands in `Handlers`",
            Self::UnreadEvent => "an event that nothing outside its aggregate reads",
            Self::ForbiddenCrate => "the tree has no crate that the project forbids",
        }
    }

    /// Why there is such a rule, and what to do.
    pub(crate) fn explanation(self) -> &'static str {
        match self {
            Self::LayerDirection => {
                "Within a context `domain` knows nothing but itself, `ports` knows `domain`, `application` knows both, and\n\
                 `adapters` knows all of them. `app.rs` puts everything together and is known by nobody. A rule that names an\n\
                 adapter cannot be tested without it, and the adapter cannot be exchanged.\n\n\
                 Define a trait in `ports` for what is needed from outside, and implement it in `adapters`."
            }
            Self::ContextBoundary => {
                "A context may name the ports of another context and the events it publishes, and nothing else. Otherwise\n\
                 neither can change without the other, and they are one context in two folders.\n\n\
                 React to an event of the other context, or ask it through a trait in its `ports`."
            }
            Self::DomainPurity => {
                "The domain is given everything it needs: the time, new ids, what was read. So its rules are tested in\n\
                 microseconds, and the same command on the same state does the same again.\n\n\
                 Hand the value in as an argument; the use case knows the clock and awaits what has to be awaited."
            }
            Self::PublicState => {
                "What is public can be changed by anyone, past every rule, and without an event that tells of it.\n\n\
                 Leave out `pub`: the derive writes a method of the same name that reads it."
            }
            Self::StateOutsideApply => {
                "Whoever loads the aggregate from its events sees only what `apply` does. A field that a command sets itself is\n\
                 lost then, and audits, read models and handlers never hear of it.\n\n\
                 Raise an event in the command, and set the field in `apply`."
            }
            Self::OpaqueField => {
                "The types below an opaque field are not known to specifications, so that neither `find` nor a finder can ask\n\
                 for them. That may be meant; here they are listed.\n\n\
                 Derive `ValueObject` for the type and leave out `opaque`, when it shall be asked for."
            }
            Self::UnhandledMessage => {
                "A command or query that no handler handles cannot be executed; the compiler says so only where somebody tries.\n\n\
                 Implement `Handler` for it, or take it out."
            }
            Self::UnregisteredHandler => {
                "`Handlers` says who handles each message. A handler that does not stand there is never called.\n\n\
                 Add `#[handles(Message)] name: MessageHandler,` to the struct `Handlers` in `application/mod.rs`."
            }
            Self::UnreadEvent => {
                "No read model, no event handler and no other use case names this event. It may be there for history alone, or\n\
                 because somebody forgot to react.\n\n\
                 Nothing has to be done; the list shows what a new reader could build on."
            }
            Self::ForbiddenCrate => {
                "`forbidden-crates` in the `[check]` table of `bloom.toml` names crates that a project does not want anywhere in\n\
                 its tree, and `Cargo.lock` has one of them.\n\n\
                 `cargo tree --invert NAME` shows who brings it."
            }
        }
    }
}
