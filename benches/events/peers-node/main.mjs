/**
 * The framework that is a library for Node.js. The other program asks, a line of JSON each time; the answers go to the standard
 * error. What is asked and answered is said in `harness/src/protocol.rs`.
 */

import { createInterface } from 'node:readline';

import { measure, prepare } from './measure.mjs';
import { openAt } from './orders.mjs';

/** How each contestant is opened at a place. */
const known = { Emmett: openAt };

/** Opens the contestant, does what is asked, and closes it: a rate, 0 for what was only prepared. */
async function run({ contestant: name, place, scenario, ask }) {
  if (!Object.hasOwn(known, name)) throw new Error('nobody has this name');
  const contestant = await known[name](place);
  try {
    if (ask === 'Prepare') {
      await prepare(contestant, scenario);
      return 0;
    }
    return await measure(contestant, scenario, ask.Measure);
  } finally {
    await contestant.close();
  }
}

/** A rate, or why there is none. */
async function answer(request) {
  try {
    return { Ok: await run(request) };
  } catch (error) {
    return { Err: String(error) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stderr.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}
