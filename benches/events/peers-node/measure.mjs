/**
 * How a scenario is measured: the loops of `harness/src/measure.rs`, with a promise for each client, all of them on the one thread
 * that Node.js has.
 *
 * A contestant has
 * - `append(order, count)`: one command; loads the aggregate, which may have no event yet, has it add so many events, and commits;
 * - `rehydrate(order)`: loads the aggregate; how many events it was made of;
 * - `catchUp()`: reads the whole log as a subscriber would; how many events there were;
 * - `close()`: lets its connections go.
 */

/** How many events a commit has when many are committed, and how long the hot stream is. */
const HUNDRED = 100;
/** How many commands a hot stream gets. */
const COMMANDS = 10;
/** How many events are committed together while a long stream is prepared. */
const PORTION = 1_000;
/** How many operations of each client go ahead and are not timed. */
const WARM_UP = 2;

/** Writes what the scenario reads. */
export async function prepare(contestant, { kind, sizes }) {
  if (kind === 'Rehydrate') {
    for (let portion = 0; portion < Math.floor(sizes.stream / PORTION); portion++) {
      await contestant.append(longStream(), PORTION);
    }
  } else if (kind === 'CatchUp') {
    for (let number = 0; number < Math.floor(sizes.log / HUNDRED); number++) {
      await contestant.append(stream(0, 0, number), HUNDRED);
    }
  }
}

/** What is done a second, commands or events. */
export async function measure(contestant, { kind, sizes }, round) {
  const length = sizes.round.secs + sizes.round.nanos / 1e9;
  switch (typeof kind === 'string' ? kind : Object.keys(kind)[0]) {
    case 'NewStream':
      return newStreams(contestant, kind.NewStream.clients, 1, round, length);
    case 'Many':
      return (await newStreams(contestant, 1, HUNDRED, round, length)) * HUNDRED;
    case 'HotStream':
      return hotStreams(contestant, round, length);
    case 'Rehydrate':
      return reads(length, sizes.stream, () => contestant.rehydrate(longStream()));
    case 'CatchUp':
      return reads(length, sizes.log, () => contestant.catchUp());
    default:
      throw new Error(`nobody can measure ${JSON.stringify(kind)}`);
  }
}

/** Commands a second of so many clients, each on a new stream. */
async function newStreams(contestant, clients, events, round, length) {
  const all = Array.from({ length: clients }, (_, client) => client);
  // All have warmed up before the first begins.
  await Promise.all(
    all.map(async (client) => {
      for (let number = 0; number < WARM_UP; number++) {
        await contestant.append(stream(round, client, number), events);
      }
    }),
  );
  const rates = all.map(async (client) => {
    const begun = now();
    let number = WARM_UP;
    while (now() - begun < length) {
      await contestant.append(stream(round, client, number), events);
      number += 1;
    }
    return (number - WARM_UP) / (now() - begun);
  });
  return (await Promise.all(rates)).reduce((sum, rate) => sum + rate);
}

/** Commands a second on streams that have some events. */
async function hotStreams(contestant, round, length) {
  let commands = 0;
  let spent = 0;
  for (let number = 0; spent < length; number++) {
    const order = stream(round, 0, number);
    await contestant.append(order, HUNDRED);
    const begun = now();
    for (let command = 0; command < COMMANDS; command++) {
      await contestant.append(order, 1);
    }
    // The first stream warms up.
    if (number > 0) {
      commands += COMMANDS;
      spent += now() - begun;
    }
  }
  return commands / spent;
}

/** Events a second that are read. */
async function reads(length, expected, read) {
  const first = await read();
  if (first !== expected) throw new Error(`${first} events were read instead of ${expected}`);
  let events = 0;
  const begun = now();
  while (now() - begun < length) {
    events += await read();
  }
  return events / (now() - begun);
}

/** Seconds on a clock that only goes ahead. */
function now() {
  return performance.now() / 1_000;
}

/** The stream that is rehydrated. */
function longStream() {
  return stream(0, 0, 0);
}

/** A stream of its own for each command: the same ids as everybody has. */
function stream(round, client, number) {
  const spread = 0x9e3779b97f4a7c15f39cc0605cedc835n;
  const numbered = (BigInt(round) << 64n) | (BigInt(client) << 32n) | BigInt(number);
  const product = BigInt.asUintN(128, (numbered + 1n) * spread);
  return uuid(product ^ (product >> 67n));
}

/** A number of 128 bits in the usual form. */
export function uuid(number) {
  const digits = number.toString(16).padStart(32, '0');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
