//! Long lists, a page at a time.

use serde::{Deserialize, Serialize};

use crate::domain::SortKey;

/// How much to read, and after which item.
///
/// ```
/// use bloom_runtime::ports::PageRequest;
///
/// let first = PageRequest::first(20);
/// let next = PageRequest::first(20).after("cursor-of-the-page-before");
/// assert_eq!((first.limit(), next.cursor()), (20, Some("cursor-of-the-page-before")));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    limit: usize,
    after: Option<String>,
    offset: usize,
    sort: Vec<SortKey>,
}

impl PageRequest {
    /// The most items a page may have.
    pub const MAX: usize = 1_000;

    /// The first `limit` items, at least 1 and at most [`Self::MAX`].
    #[must_use]
    pub fn first(limit: usize) -> Self {
        Self { limit: limit.clamp(1, Self::MAX), after: None, offset: 0, sort: Vec::new() }
    }

    /// At most so many items.
    #[must_use]
    pub fn size(mut self, limit: usize) -> Self {
        self.limit = limit.clamp(1, Self::MAX);
        self
    }

    /// Leaves out so many items. A list that changes may show an item twice or never to one who counts; who wants the next
    /// page asks for it by [`after`](Self::after), which also costs the same however far one reads.
    #[must_use]
    pub fn skip(mut self, items: usize) -> Self {
        self.offset = items;
        self
    }

    /// Sorts by this field, and by those of further calls where it is equal: `.sort(o.placed_at.desc())`. What is equal
    /// in all of them is sorted by id, as everything is without a call.
    #[must_use]
    pub fn sort(mut self, key: SortKey) -> Self {
        self.sort.push(key);
        self
    }

    /// The items after the one that `cursor`, taken from [`Page::next`], stands for.
    #[must_use]
    pub fn after(mut self, cursor: impl Into<String>) -> Self {
        self.after = Some(cursor.into());
        self
    }

    /// The number of items asked for.
    #[must_use]
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// How many items are left out.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// What it is sorted by before the id.
    #[must_use]
    pub fn sort_keys(&self) -> &[SortKey] {
        &self.sort
    }

    /// The cursor, unless it is the first page.
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        self.after.as_deref()
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self::first(20)
    }
}

/// Some items, and where the next ones begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The items, in the order asked for.
    pub items: Vec<T>,
    /// The cursor of the next page; `None` on the last one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The same page with each item converted.
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(convert).collect(), next: self.next }
    }
}
