//! The aggregate with which the checks work.

use crate::{EventSourced, prelude::*};

/// The table of its documents.
pub const TABLE: &str = "conformance_accounts";

/// Tells one account from another.
#[derive(Identity)]
pub struct AccountId(Uuid);

/// What happens to an account.
#[derive(DomainEvent)]
pub enum AccountEvent {
    /// It was opened.
    #[event(name = "conformance.opened", rev = 1)]
    Opened {
        /// The account.
        id: AccountId,
        /// Whose it is; unique.
        owner: String,
    },
    /// Something was paid in.
    #[event(name = "conformance.deposited", rev = 1)]
    Deposited {
        /// How much.
        amount: u64,
    },
    /// Somebody else owns it now.
    #[event(name = "conformance.handed_over", rev = 1)]
    HandedOver {
        /// The new owner.
        owner: String,
    },
}

/// Why an account refuses.
#[derive(DomainError)]
pub enum AccountError {
    /// Another account has this owner.
    #[error(kind = rule, code = "conformance.owner_taken", "{owner} has an account already")]
    OwnerTaken {
        /// The owner.
        owner: String,
    },
}

/// An account.
#[derive(Aggregate)]
#[aggregate(event = AccountEvent, name = "conformance_account")]
pub struct Account {
    #[aggregate(id)]
    id: AccountId,
    #[aggregate(unique = AccountError::OwnerTaken)]
    owner: String,
    balance: u64,
    #[aggregate(changes)]
    changes: Changes<AccountEvent>,
}

impl Account {
    /// A new account.
    #[must_use]
    pub fn open(id: AccountId, owner: &str) -> Self {
        Self::start(AccountEvent::Opened { id, owner: owner.to_owned() })
    }

    /// Pays in.
    pub fn deposit(&mut self, amount: u64) {
        self.raise(AccountEvent::Deposited { amount });
    }

    /// Changes the owner.
    pub fn hand_over(&mut self, owner: &str) {
        self.raise(AccountEvent::HandedOver { owner: owner.to_owned() });
    }
}

impl EventSourced for Account {
    fn begin(event: &AccountEvent) -> Option<Self> {
        match event {
            AccountEvent::Opened { id, owner } => {
                Some(Self { id: *id, owner: owner.clone(), balance: 0, changes: Changes::new() })
            }
            _ => None,
        }
    }

    fn apply(&mut self, event: &AccountEvent) {
        match event {
            AccountEvent::Opened { .. } => {}
            AccountEvent::Deposited { amount } => {
                self.balance = self.balance.saturating_add(*amount)
            }
            AccountEvent::HandedOver { owner } => self.owner.clone_from(owner),
        }
    }
}

/// The id with this number.
pub(super) fn id(number: u128) -> AccountId {
    Uuid::from_u128(number).into()
}
