//! What happens: accounts are opened and paid into; and the read model of it.

use bloom_runtime::{EventSourced, application::Recorded, prelude::*};
use bloom_sql::{Projected, Projection, Projects, View, parameters};

#[derive(Identity)]
pub struct AccountId(Uuid);

#[derive(DomainEvent)]
pub enum AccountEvent {
    #[event(name = "account.opened", rev = 1)]
    Opened { id: AccountId, owner: String },
    #[event(name = "account.deposited", rev = 1)]
    Deposited { amount: i64, note: String },
}

#[derive(Aggregate)]
#[aggregate(event = AccountEvent)]
pub struct Account {
    #[aggregate(id)]
    id: AccountId,
    owner: String,
    balance: i64,
    #[aggregate(changes)]
    changes: Changes<AccountEvent>,
}

impl Account {
    pub fn open(id: AccountId) -> Self {
        Self::start(AccountEvent::Opened { id, owner: "Ada Lovelace".to_owned() })
    }

    pub fn deposit(&mut self, amount: i64) {
        let note = "left at the back door, please ring twice and wait".to_owned();
        self.raise(AccountEvent::Deposited { amount, note });
    }
}

impl EventSourced for Account {
    fn begin(event: &AccountEvent) -> Option<Self> {
        let AccountEvent::Opened { id, owner } = event else { return None };
        Some(Self { id: *id, owner: owner.clone(), balance: 0, changes: Changes::new() })
    }

    fn apply(&mut self, event: &AccountEvent) {
        if let AccountEvent::Deposited { amount, .. } = event {
            self.balance += amount;
        }
    }
}

pub const TABLE_SQL: &str = "CREATE TABLE balances (account TEXT PRIMARY KEY, owner TEXT NOT NULL, balance BIGINT NOT NULL)";
pub const OPENED: &str = "INSERT INTO balances (account, owner, balance) VALUES ($1, $2, 0)";
pub const DEPOSITED: &str = "UPDATE balances SET balance = balance + $2 WHERE account = $1";

/// What each account has.
pub struct Balances;

impl Projection for Balances {
    const NAME: &'static str = "balances";
    const TABLES: &'static [&'static str] = &["balances"];
}

impl Projects<Account> for Balances {
    async fn project(
        &self,
        happened: &Recorded<AccountEvent>,
        view: &mut View<'_>,
    ) -> Result<(), StoreError> {
        let account = happened.aggregate_id.as_str();
        match &happened.event {
            AccountEvent::Opened { owner, .. } => {
                let sql = "INSERT INTO {balances} (account, owner, balance) VALUES ($1, $2, 0)";
                view.execute(sql, &parameters![account, owner.as_str()]).await?
            }
            AccountEvent::Deposited { amount, .. } => {
                let sql = "UPDATE {balances} SET balance = balance + $2 WHERE account = $1";
                view.execute(sql, &parameters![account, *amount]).await?
            }
        };
        Ok(())
    }
}

pub fn balances(parts: u32) -> Projected<Balances> {
    Projected::new(Balances).from::<Account>().in_parts(parts)
}
