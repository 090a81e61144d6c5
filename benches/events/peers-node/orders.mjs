/**
 * Emmett on PostgreSQL: its command handler loads an aggregate from its stream, decides and appends, without projections.
 *
 * The log is read in pages with `readMessagesBatch`, which its consumers read with, too. A consumer itself would show how long it
 * sleeps: some fifty milliseconds after each page, also when there are more.
 */

import { dumbo } from '@event-driven-io/dumbo';
import { CommandHandler } from '@event-driven-io/emmett';
import { getPostgreSQLEventStore, readMessagesBatch } from '@event-driven-io/emmett-postgresql';
import pg from 'pg';

import { uuid } from './measure.mjs';

/** How many connections it may have. */
const CONNECTIONS = 16;
/** How many events are read at a time from the log. */
const PAGE = 1_000;

/** The aggregate before its first event. */
const initialState = () => ({ lines: 0, total: 0 });

/** The aggregate after one more event. */
const evolve = (order, { data }) => ({ lines: order.lines + 1, total: order.total + data.total });

/** Loads an order, and appends what is decided. The part before the hyphen is the type of a stream. */
const handle = CommandHandler({ evolve, initialState, mapToStreamId: (order) => `order-${order}` });

/** The contestant. */
class Orders {
  constructor(url) {
    this.connections = new pg.Pool({ connectionString: url, max: CONNECTIONS });
    this.pool = dumbo({ connectionString: url, pool: this.connections });
    this.store = getPostgreSQLEventStore(url, { connectionOptions: { dumbo: this.pool } });
  }

  async append(order, count) {
    await handle(this.store, order, () => several(order, count));
  }

  async rehydrate(order) {
    const { state } = await this.store.aggregateStream(`order-${order}`, { evolve, initialState });
    return state.lines;
  }

  async catchUp() {
    let count = 0;
    let page = { currentGlobalPosition: 0n, areMessagesLeft: true };
    while (page.areMessagesLeft) {
      const options = { after: page.currentGlobalPosition, batchSize: PAGE };
      page = await readMessagesBatch(this.pool.execute, options);
      count += page.messages.length;
    }
    return count;
  }

  async close() {
    await this.store.close();
    await this.connections.end();
  }
}

/** So many events: the fields of `harness/src/body.rs`. */
function several(id, count) {
  const note = 'left at the back door, please ring twice and wait until somebody opens; no stamp';
  const customer = uuid(7n);
  return Array.from({ length: count }, (_, number) => ({
    type: 'order.added',
    data: { id, customer, note, total: 100_000 + (number % 900_000) },
  }));
}

/** Opens it at a URL, and creates its tables if they are not there. */
export async function openAt(url) {
  const orders = new Orders(url);
  await orders.store.schema.migrate();
  return orders;
}
