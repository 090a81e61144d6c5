//! A specification selects the same in Rust, in the memory storage and in SQL.

use bloom_runtime::{
    application::{Documents, StorageStore},
    domain::{Aggregate, Spec, Uuid},
    memory::MemoryStorage,
    ports::{PageRequest, Repository, Storage, Store, UnitOfWork},
    testing::conformance::{Account, TABLE},
};
use bloom_sql::{Migrations, SqliteStorage, migration::documents};
use proptest::{collection::vec, prelude::*, sample::Index};

/// A specification over values that are there, and some that are not.
#[derive(Debug, Clone)]
enum Wanted {
    All,
    Owner(Index),
    Owners(Vec<Index>),
    Balance(Index),
    Balances(Vec<Index>),
    Both(Box<Self>, Box<Self>),
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let some = || vec(any::<Index>(), 0..4);
    let leaf = prop_oneof![
        Just(Wanted::All),
        any::<Index>().prop_map(Wanted::Owner),
        some().prop_map(Wanted::Owners),
        any::<Index>().prop_map(Wanted::Balance),
        some().prop_map(Wanted::Balances),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        (inner.clone(), inner).prop_map(|(one, other)| Wanted::Both(Box::new(one), Box::new(other)))
    })
}

/// Texts with quotes, other scripts, invisible characters, and numbers that look like others.
fn owner() -> impl Strategy<Value = String> {
    prop_oneof![
        "[^\u{0}]{0,12}",
        "[0-9]{1,3}(\\.0)?",
        Just("'; DROP TABLE bloom_events; --".to_owned()),
        Just("true".to_owned()),
        Just("null".to_owned()),
        Just("İstanbul ﬁ e\u{301} \u{202e}👩‍👩‍👧".to_owned()),
    ]
}

fn balance() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..5_u64,
        any::<u64>(),
        // Neighbours that a floating-point number would not tell apart.
        u64::MAX - 2..=u64::MAX,
        i64::MAX as u64 - 1..=i64::MAX as u64 + 1,
        (1_u64 << 53) - 1..=(1 << 53) + 1,
    ]
}

impl Wanted {
    fn spec(&self, owners: &[String], balances: &[u64]) -> Spec<Account> {
        let account = Account::fields();
        match self {
            Self::All => Spec::all(),
            Self::Owner(index) => account.owner.eq(index.get(owners).clone()),
            Self::Owners(indices) => {
                account.owner.is_in(indices.iter().map(|index| index.get(owners).clone()))
            }
            Self::Balance(index) => account.balance.eq(*index.get(balances)),
            Self::Balances(indices) => {
                account.balance.is_in(indices.iter().map(|index| *index.get(balances)))
            }
            Self::Both(one, other) => one.spec(owners, balances) & other.spec(owners, balances),
        }
    }
}

async fn found<S: Storage>(storage: S, accounts: &[Account], spec: &Spec<Account>) -> Vec<String> {
    let store = StorageStore::new(storage).aggregate::<Account>(Documents::in_table(TABLE));
    let mut uow = store.begin().await.expect("it begins");
    for account in accounts {
        uow.repository().add(account.clone()).expect("it can be stored");
    }
    uow.commit().await.expect("it commits");
    let mut uow = store.begin().await.expect("it begins");
    let page = uow.repository().find(spec, PageRequest::first(100)).await.expect("it finds");
    page.items.iter().map(|account: &Account| account.id().to_string()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn everyone_selects_the_same(
        rows in vec((owner(), balance()), 1..8),
        others in vec((owner(), balance()), 1..4),
        wanted in wanted(),
    ) {
        let mut accounts: Vec<Account> = Vec::new();
        for (owner, balance) in &rows {
            if accounts.iter().any(|account| account.owner() == owner) {
                continue;
            }
            let id = Uuid::from_u128(accounts.len() as u128 + 1).into();
            let mut account = Account::open(id, owner);
            account.deposit(*balance);
            accounts.push(account);
        }
        let (owners, balances): (Vec<String>, Vec<u64>) = rows.iter().chain(&others).cloned().unzip();
        let spec = wanted.spec(&owners, &balances);
        let expected: Vec<String> = accounts
            .iter()
            .filter(|account| spec.is_satisfied_by(account).expect("it can be written"))
            .map(|account| account.id().to_string())
            .collect();

        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("test.db");
        let migrations = Migrations::new().with("0001_accounts", documents(TABLE));
        SqliteStorage::migrate(&path, &migrations).expect("the migrations apply");
        let sqlite = SqliteStorage::open(&path, &migrations).expect("the database opens");
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1).enable_all().build().expect("a runtime");
        let (memory, sql) = runtime.block_on(async {
            (
                found(MemoryStorage::new(), &accounts, &spec).await,
                found(sqlite, &accounts, &spec).await,
            )
        });
        prop_assert_eq!(&memory, &expected, "in memory");
        prop_assert_eq!(&sql, &expected, "in SQLite");
    }
}
