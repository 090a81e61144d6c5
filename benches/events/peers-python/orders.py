"""pyeventsourcing on PostgreSQL: an aggregate and an application as its manual has them, without snapshots and without a cache."""

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.domain import Aggregate, event

PAGE = 1_000
"""How many events are read at a time from the log."""
KEPT, MORE = 5, 11
"""The connections that its pool keeps, which are as many as it has by itself, and how many more make sixteen."""


class Order(Aggregate):
    """The aggregate. The first event of an aggregate is of a kind of its own, and `id` a name that the framework takes, so that the
    two hundred bytes are 203; into the same JSON it writes the time of the event."""

    @event("Opened")
    def __init__(self, order: str, customer: str, note: str, total: int) -> None:
        self.lines = 1
        self.total = total

    @event("Added")
    def add(self, order: str, customer: str, note: str, total: int) -> None:
        self.lines += 1
        self.total += total

    @staticmethod
    def create_id(order: str) -> UUID:
        """The stream that it is given."""
        return UUID(order)


class Orders(Application[UUID]):
    """The contestant."""

    log_section_size = PAGE

    def append(self, order: UUID, count: int) -> None:
        lines = several(order, count)
        try:
            aggregate: Order = self.repository.get(order)
        except AggregateNotFoundError:
            aggregate = Order(**next(lines))
        for line in lines:
            aggregate.add(**line)
        self.save(aggregate)

    def rehydrate(self, order: UUID) -> int:
        aggregate: Order = self.repository.get(order)
        return aggregate.lines

    def catch_up(self) -> int:
        after, count = 0, 0
        while page := self.notification_log.select(after, PAGE, inclusive_of_start=False):
            for notification in page:
                self.mapper.to_domain_event(notification)
            after = page[-1].id
            count += len(page)
        return count


def several(order: UUID, count: int) -> Iterator[dict]:
    """So many lines: the fields of `harness/src/body.rs`."""
    text, customer = str(order), str(UUID(int=7))
    note = "left at the back door, please ring twice and wait until somebody opens; no stamp"
    for number in range(count):
        yield {"order": text, "customer": customer, "note": note, "total": 100_000 + number % 900_000}


def open_at(url: str) -> Orders:
    """Opens it at a URL; it creates its table by itself."""
    place = urlsplit(url)
    return Orders(
        env={
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": place.path.removeprefix("/"),
            "POSTGRES_HOST": place.hostname or "127.0.0.1",
            "POSTGRES_PORT": str(place.port or 5432),
            "POSTGRES_USER": unquote(place.username or "postgres"),
            "POSTGRES_PASSWORD": unquote(place.password or ""),
            "POSTGRES_POOL_SIZE": str(KEPT),
            "POSTGRES_MAX_OVERFLOW": str(MORE),
        }
    )
