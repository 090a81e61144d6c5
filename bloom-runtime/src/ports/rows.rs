//! Large results, a few at a time.

use std::{collections::VecDeque, fmt};

use super::{PageRequest, Repository, StoreError};
use crate::domain::{Aggregate, Spec};

/// All aggregates that satisfy a specification, read in pages: only one page is in memory, however many there are.
///
/// Each page sees what is committed when it is read. What is added or removed meanwhile may be seen or not, and shifts
/// nothing; what is there all the time is seen once.
pub struct Rows<R, A> {
    repository: R,
    spec: Spec<A>,
    /// The next page, if there is one.
    request: Option<PageRequest>,
    waiting: VecDeque<A>,
}

impl<A: Aggregate, R: Repository<A>> Rows<R, A> {
    pub(super) const fn new(repository: R, spec: Spec<A>, request: PageRequest) -> Self {
        Self { repository, spec, request: Some(request), waiting: VecDeque::new() }
    }

    /// The next one; `None` behind the last.
    ///
    /// # Errors
    /// As [`Repository::find`]. Asked again, it tries the same page again.
    pub async fn next(&mut self) -> Result<Option<A>, StoreError> {
        while self.waiting.is_empty() {
            let Some(request) = self.request.clone() else { return Ok(None) };
            let page = self.repository.find(&self.spec, request.clone()).await?;
            self.request = page.next.map(|next| request.skip(0).after(next));
            self.waiting.extend(page.items);
        }
        Ok(self.waiting.pop_front())
    }
}

impl<R, A> fmt::Debug for Rows<R, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("next", &self.request).finish_non_exhaustive()
    }
}
