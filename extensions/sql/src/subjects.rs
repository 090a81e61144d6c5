//! The keys of people, with which what is personal in events is encrypted.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bloom_runtime::{
    domain::Uuid,
    ports::{Cipher, StoreError},
};

use crate::{parameters, work::SqlWork};

/// Makes a key for each of these people, tenant and subject, unless somebody else does.
pub(crate) fn new_keys(
    cipher: &dyn Cipher,
    people: Vec<(String, String)>,
) -> Result<Arc<[SqlWork]>, StoreError> {
    const SQL: &str =
        "INSERT INTO bloom_subjects (tenant, subject, key_id, key) VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant, subject) DO NOTHING";
    let made = people.into_iter().map(|(tenant, subject)| {
        let (id, key) = (Uuid::now_v7().to_string(), cipher.new_key()?);
        Ok(SqlWork::statement(SQL, parameters![tenant, subject, id, key]))
    });
    [Ok(SqlWork::for_every_tenant())].into_iter().chain(made).collect()
}

/// Forgets the key of one of them, and tells whether there was one.
pub(crate) fn forget_key(tenant: &str, subject: &str) -> (Arc<[SqlWork]>, Arc<AtomicBool>) {
    const SQL: &str = "DELETE FROM bloom_subjects WHERE tenant = $1 AND subject = $2";
    let (tenant, subject) = (tenant.to_owned(), subject.to_owned());
    let was_there = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&was_there);
    let delete = SqlWork::hook(move |transaction| {
        let (tenant, subject, told) = (tenant.clone(), subject.clone(), Arc::clone(&told));
        Box::pin(async move {
            let deleted = transaction.execute(SQL, &parameters![tenant, subject]).await?;
            told.store(deleted > 0, Ordering::Relaxed);
            Ok(())
        })
    });
    ([SqlWork::for_every_tenant(), delete].into(), was_there)
}
