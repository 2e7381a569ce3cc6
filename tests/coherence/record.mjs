/*
 * The records that clients write and the checker reads. Each is a row of 64-bit numbers: text would cost a client more than
 * the call that it tells of, and then fewer calls would meet.
 *
 * A call that changes something has two records for each object: one without `end`, durable before the call begins, and the
 * same with `end` and what came back. If a client was killed between them, nobody knows whether its call took effect.
 */

/** What a record tells of. Plain JavaScript, because programs of their own process share it with the tests. */
export const code = {
  /** Read `expect` (0 = absent) and, of an object with two keys, `second` under the other one; stands for `result` reads. */
  read: 1,
  /** Asked whether there is an entry: `result`. */
  has: 2,
  /** Stored `written`, after it found `expect` where that is a number. */
  set: 3,
  /** Stored `written` if there was no entry: `result`. */
  add: 4,
  /** Removed the entry, after it found `expect`: `result`, where the call says that of each key. */
  remove: 5,
  /** Removed the entry, and got `expect`. */
  pop: 6,
  /** Added 1, or stored `written` + 1 if there was no entry; got `result`. */
  count: 7,
  /** Found `expect` and put `written` in its place, tags and life time as they were. */
  update: 8,
  /** Gave the entry a life of `expires` milliseconds from then: `result`. */
  touch: 9,
  /** Removed the entry if it has one of `tags`; as often as it likes while it runs. */
  evict: 10,
  /** Removed the entry, whatever it was. */
  clear: 11,
  /** The call threw and so changed nothing. */
  failed: 12,
}

/** Fields of a record in their order. What is not known or not used is NaN. Times: nanoseconds; `wall` ones: Date.now(). */
export const fields = [
  'code',
  'operation',
  'object',
  'expect',
  'second',
  'result',
  'written',
  'tags',
  'expires',
  'start',
  'end',
  'wallStart',
  'wallEnd',
]

/** Tags by their bit. */
export const tagNames = ['red', 'blue']

/** So many values one client may write; the number of the client is the rest of a value's number. */
export const valuesPerClient = 10_000_000
