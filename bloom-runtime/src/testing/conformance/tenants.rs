//! Tenants see what is theirs.

use super::{
    How,
    account::{Account, id},
    store,
};
use crate::{
    application::{StorageStore, in_context},
    domain::{Aggregate, Spec, Version},
    ports::{
        Context, InteractiveStorage, Outcome, PageRequest, Repository, Storage, Store, StoreError,
        UnitOfWork,
    },
};

fn tenant(name: &str) -> Context {
    Context::new().with_tenant(name)
}

/// Opens accounts 1 to `count` for a tenant, whose owners bear its name, under a command with the same key.
async fn filled<S: Storage>(store: &StorageStore<S>, name: &str, count: u128) {
    in_context(tenant(name), async {
        let mut uow = store.begin().await.unwrap();
        for number in 1..=count {
            let owner = format!("{name} {number}");
            uow.repository().add(Account::open(id(number), &owner)).unwrap();
        }
        // The same value for each tenant.
        uow.repository().add(Account::open(id(100), "shared")).unwrap();
        let (key, fingerprint) = ("key".to_owned(), "print".to_owned());
        uow.record_outcome(Outcome { key, fingerprint, body: format!("\"{name}\"") });
        uow.commit().await.unwrap();
    })
    .await;
}

async fn owners<S: Storage>(
    store: &StorageStore<S>,
    name: &str,
    spec: &Spec<Account>,
) -> Vec<String> {
    in_context(tenant(name), async {
        let mut uow = store.begin().await.unwrap();
        let all = PageRequest::first(1000);
        let page = uow.repository::<Account>().find(spec, all).await.unwrap();
        page.items.iter().map(|account| account.owner().to_owned()).collect()
    })
    .await
}

/// The same ids, unique values and command keys belong to several tenants, and none sees those of another, whatever it asks.
pub async fn tenants_see_what_is_theirs<S: Storage>(storage: S, how: How) {
    let store = store(storage, how).tenants_by_rows();
    let nobody = store.begin().await.err();
    assert!(matches!(nobody, Some(StoreError::NoTenant)), "a unit of work without a tenant");
    filled(&store, "a", 3).await;
    filled(&store, "b", 5).await;
    filled(&store, "a'; --", 1).await;

    let a = Account::fields();
    for (name, count) in [("a", 3), ("b", 5), ("a'; --", 1), ("c", 0)] {
        let shared = usize::from(count > 0);
        // Whatever is asked, also what is true of everything.
        for spec in [
            Spec::all(),
            a.balance.eq(0) | a.owner.starts_with(""),
            !a.owner.eq("nobody".to_owned()),
            !(!Spec::all()),
        ] {
            let found = owners(&store, name, &spec).await;
            assert_eq!(found.len(), count + shared, "{name} finds {found:?}");
            let theirs =
                |owner: &String| *owner == "shared" || owner.starts_with(&format!("{name} "));
            assert!(found.iter().all(theirs), "{name} finds {found:?}");
        }
        in_context(tenant(name), async {
            let mut uow = store.begin().await.unwrap();
            let all = uow.repository::<Account>().count(&Spec::all()).await.unwrap();
            assert_eq!(all, (count + shared) as u64);
            let first = uow.repository::<Account>().find_by_id(&id(1)).await.unwrap();
            assert_eq!(
                first.map(|one| one.owner().to_owned()),
                (count > 0).then(|| format!("{name} 1"))
            );
            let past = uow.repository::<Account>().get_at(&id(1), Version::new(1)).await.unwrap();
            assert_eq!(past.is_some(), count > 0);
            let history = uow.repository::<Account>().history(&id(5)).await.unwrap();
            assert_eq!(history.len(), usize::from(count >= 5));
            let outcome = store.outcome("key").await.unwrap();
            assert_eq!(outcome.map(|one| one.body), (count > 0).then(|| format!("\"{name}\"")));
        })
        .await;
    }

    // A page of one tenant goes on where it ended for it alone.
    in_context(tenant("b"), async {
        let mut uow = store.begin().await.unwrap();
        let first = PageRequest::first(4).sort(a.owner.asc());
        let page = uow.repository::<Account>().find(&Spec::all(), first.clone()).await.unwrap();
        let next = first.after(page.next.unwrap());
        let rest = uow.repository::<Account>().find(&Spec::all(), next).await.unwrap();
        assert_eq!((page.items.len(), rest.items.len(), rest.next), (4, 2, None));
    })
    .await;
}

/// What one tenant changes, removes or conflicts over is untouched for another.
pub async fn tenants_change_what_is_theirs<S: Storage>(storage: S, how: How) {
    let store = store(storage, how).tenants_by_rows();
    filled(&store, "a", 1).await;
    filled(&store, "b", 1).await;
    in_context(tenant("a"), async {
        let mut uow = store.begin().await.unwrap();
        let mut account = uow.repository::<Account>().get(&id(1)).await.unwrap();
        account.hand_over("b 1");
        uow.repository().save(account).unwrap();
        let shared = uow.repository::<Account>().get(&id(100)).await.unwrap();
        uow.repository().remove(shared).unwrap();
        uow.commit().await.unwrap();
    })
    .await;
    assert_eq!(owners(&store, "a", &Spec::all()).await, ["b 1"]);
    assert_eq!(owners(&store, "b", &Spec::all()).await, ["b 1", "shared"]);
    in_context(tenant("b"), async {
        let mut uow = store.begin().await.unwrap();
        let mut account = uow.repository::<Account>().get(&id(1)).await.unwrap();
        assert_eq!(account.changes().base(), Version::new(1), "another tenant's change");
        account.deposit(1);
        uow.repository().save(account).unwrap();
        uow.commit().await.unwrap();
    })
    .await;
    // A store for one tenant needs no context, and another one changes nothing.
    let only = store.for_tenant("b").await.unwrap();
    let mut uow = only.begin().await.unwrap();
    assert_eq!(uow.repository::<Account>().get(&id(1)).await.unwrap().balance(), 1);
    in_context(tenant("a"), async {
        let mut uow = only.begin().await.unwrap();
        assert_eq!(uow.context().tenant.as_deref(), Some("b"));
        let mut account = uow.repository::<Account>().get(&id(1)).await.unwrap();
        account.deposit(1);
        uow.repository().save(account).unwrap();
        uow.commit().await.unwrap();
        let history =
            only.begin().await.unwrap().repository::<Account>().history(&id(1)).await.unwrap();
        let last = history.last().unwrap();
        assert_eq!(last.metadata.tenant.as_deref(), Some("b"), "an event of another tenant");
    })
    .await;
}

/// The same of a storage that is held.
pub async fn tenants_hold_what_is_theirs<S: InteractiveStorage>(storage: S, how: How) {
    let store = store(storage, how).tenants_by_rows();
    filled(&store, "a", 1).await;
    filled(&store, "b", 2).await;
    in_context(tenant("a"), async {
        let mut uow = store.begin_interactive().await.unwrap();
        assert!(uow.repository::<Account>().find_by_id(&id(2)).await.unwrap().is_none());
        let count = uow.repository::<Account>().count(&Spec::all()).await.unwrap();
        assert_eq!(count, 2, "another tenant's rows are counted");
        let mut account = uow.repository::<Account>().get(&id(1)).await.unwrap();
        account.deposit(9);
        uow.repository().save(account).unwrap();
        uow.commit().await.unwrap();
    })
    .await;
    let a = Account::fields();
    assert_eq!(owners(&store, "a", &a.balance.eq(9)).await, ["a 1"]);
    assert!(owners(&store, "b", &a.balance.eq(9)).await.is_empty());
}
