//! Finding aggregates.

use super::{
    How,
    account::{Account, id},
    store,
};
use crate::{
    application::StorageStore,
    domain::{Condition, Spec},
    ports::{PageRequest, Repository, Storage, Store, StoreError, UnitOfWork},
};

async fn filled<S: Storage>(storage: S, how: How, count: u128) -> StorageStore<S> {
    let store = store(storage, how);
    let mut uow = store.begin().await.unwrap();
    for number in 1..=count {
        let mut account = Account::open(id(number), &format!("owner {number}"));
        account.deposit(u64::try_from(number % 3).unwrap_or_default());
        uow.repository().add(account).unwrap();
    }
    uow.commit().await.unwrap();
    store
}

async fn owners<S: Storage>(store: &StorageStore<S>, spec: &Spec<Account>) -> Vec<String> {
    let mut uow = store.begin().await.unwrap();
    let page = uow.repository().find(spec, PageRequest::first(100)).await.unwrap();
    page.items.iter().map(|account| account.owner().to_owned()).collect()
}

/// `eq`, `in` and `&` find what they say.
pub async fn specifications_select<S: Storage>(storage: S, how: How) {
    let store = filled(storage, how, 6).await;
    let a = Account::fields();
    assert_eq!(owners(&store, &a.owner.eq("owner 2".to_owned())).await, ["owner 2"]);
    assert_eq!(owners(&store, &a.balance.eq(1)).await, ["owner 1", "owner 4"]);
    let both = a.balance.is_in([1, 2])
        & a.owner.is_in(["owner 3", "owner 4", "owner 5"].map(str::to_owned));
    assert_eq!(owners(&store, &both).await, ["owner 4", "owner 5"]);
    assert!(owners(&store, &a.owner.eq("owner 2' OR '1'='1".to_owned())).await.is_empty());
    assert!(owners(&store, &a.balance.is_in([])).await.is_empty());
    let many = 1..=Condition::MAX_VALUES as u64;
    assert_eq!(owners(&store, &!a.balance.is_in(many.clone())).await, ["owner 3", "owner 6"]);
    let any = many.fold(!Spec::all(), |any, number| any | a.balance.eq(u64::MAX - number));
    let any = any.condition().clone();
    let Condition::Or(parts) = any else { panic!("{any:?}") };
    let most = Condition::Or(parts[..Condition::MAX_PARTS - 1].to_vec());
    assert!(owners(&store, &Spec::from(most)).await.is_empty());
    assert_eq!(owners(&store, &Spec::all()).await.len(), 6);
}

/// Pages after pages give everything once, in order of ids.
pub async fn pages_are_complete<S: Storage>(storage: S, how: How) {
    let store = filled(storage, how, 7).await;
    let mut found = Vec::new();
    let mut request = PageRequest::first(3);
    loop {
        let mut uow = store.begin().await.unwrap();
        let page = uow.repository::<Account>().find(&Spec::all(), request).await.unwrap();
        assert!(page.items.len() <= 3);
        found.extend(page.items.iter().map(|account| account.owner().to_owned()));
        match page.next {
            Some(next) => request = PageRequest::first(3).after(next),
            None => break,
        }
    }
    let expected: Vec<String> = (1..=7).map(|number| format!("owner {number}")).collect();
    assert_eq!(found, expected);
    let mut uow = store.begin().await.unwrap();
    let wrong = uow
        .repository::<Account>()
        .find(&Spec::all(), PageRequest::first(3).after("nonsense"))
        .await;
    assert!(matches!(wrong, Err(StoreError::BadCursor)), "{wrong:?}");
}

/// Texts of every kind come back as they were; NUL is refused alike by every storage.
pub async fn every_text_comes_back<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    // A megabyte comes last, since everything is looked through for each question.
    let long = "🌸'\"".repeat(175_000);
    let texts = [
        "",
        " ",
        "'\"\\`;--",
        "\\u0000",
        "Straße 订单 🌸 e\u{301}",
        "\u{1}\n\r\t\u{7f}",
        "\u{feff}x",
        "\u{202e}עברית",
        "%_",
        "1e400",
        "$1; DROP TABLE conformance_accounts; --",
        &long,
    ];
    for (number, text) in (1..).zip(texts) {
        let mut uow = store.begin().await.unwrap();
        uow.repository().add(Account::open(id(number), text)).unwrap();
        uow.commit().await.unwrap();
        let mut uow = store.begin().await.unwrap();
        assert_eq!(uow.repository::<Account>().get(&id(number)).await.unwrap().owner(), text);
        // Whatever asks for it: it is itself, it begins with itself, and it comes neither before nor after itself.
        let owner = || Account::fields().owner;
        let itself = text.to_owned();
        let asked = [
            owner().eq(itself.clone()),
            owner().is_in([itself.clone()]),
            owner().starts_with(text) & owner().le(itself.clone()) & owner().ge(itself.clone()),
            owner().contains(text) & !owner().lt(itself.clone()) & !owner().gt(itself.clone()),
            owner().between(itself.clone(), itself.clone()) & !owner().ne(itself),
        ];
        for (number, spec) in asked.iter().enumerate() {
            let found = owners(&store, spec).await;
            assert!(found == [text], "question {number} for {:.40}: {} found", text, found.len());
        }
    }
    let mut uow = store.begin().await.unwrap();
    let refused = uow.repository().add(Account::open(id(99), "a\0b"));
    assert!(matches!(refused, Err(StoreError::Unstorable { .. })), "{refused:?}");
}
