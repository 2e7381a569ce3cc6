import {
  type Actor,
  joining,
  reader,
  reading,
  type Scenario,
  unmapped,
  writers,
} from './scenario.ts'
import {
  clear,
  clearAndStore,
  type Kind,
  remove,
  replacePage,
  rollBack,
  rollBackInner,
  set,
  setOther,
  storeAndClear,
  storeAndRemove,
  transact,
} from './writes.ts'

/** Two processes that write in this order, and one that reads. */
function two(first: Kind, second: Kind): Scenario {
  return { actors: [...writers(first, second), reader] }
}

/** Processes that write in this order, of which those told read too, any number of times. */
function own(kinds: readonly Kind[], ...readers: number[]): Scenario {
  const all = writers(...kinds)
  return { actors: replaced(all, readers, (actor) => reading([actor])) }
}

/** Processes that write in this order, of which those told cannot map the page, and one that reads. */
function mixed(kinds: readonly Kind[], ...without: number[]): Scenario {
  const all = writers(...kinds)
  return { actors: [...replaced(all, without, (actor) => unmapped([actor])), reader] }
}

/** As {@link own}, where one cannot map the page and reads so many times. */
function ownUnmapped(kinds: readonly Kind[], which: number, reads: number): Scenario {
  const all = writers(...kinds)
  return { actors: replaced(all, [which], (actor) => unmapped(reading([actor], reads))) }
}

function replaced(
  actors: readonly Actor[],
  which: readonly number[],
  replace: (actor: Actor) => Actor[],
): Actor[] {
  return actors.flatMap((actor, index) => (which.includes(index) ? replace(actor) : [actor]))
}

/** Explored on every change: 644 to 28,779 states each with two processes that write, up to 314,122 with three. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  sameThree: { actors: [...writers(set, set, set), reader] },
  otherThree: { actors: [...writers(set, setOther, setOther), reader] },
  same: two(set, set),
  other: two(set, setOther),
  contended: { ...two(set, set), saysBusy: true },
  transact: two(transact, set),
  rollBack: two(rollBack, set),
  rollBackInner: two(rollBackInner, set),
  remove: two(remove, set),
  clear: two(clear, set),
  clearSecond: two(set, clear),
  clearAndStore: two(clearAndStore, set),
  own: own([set, set], 0, 1),
  ownTransact: own([transact, set], 0, 1),
  ownRollBack: own([rollBack, set], 0, 1),
  ownRollBackInner: own([rollBackInner, set], 0),
  ownStoreAndRemove: own([storeAndRemove, set], 0),
  ownStoreAndClear: own([storeAndClear, set], 0),
  ownClearAndStore: own([clearAndStore, set], 0),
  ownThenClear: own([set, clear], 0),
  unmappedFirst: mixed([set, set], 0),
  unmappedSecond: mixed([set, set], 1),
  unmappedBoth: mixed([set, set], 0, 1),
  unmappedOther: mixed([set, setOther], 1),
  unmappedRollBack: mixed([rollBack, set], 0),
  unmappedClear: mixed([clear, set], 0),
  replacedForWriter: replacing('second', reader, ...joining([reader], 'second')),
  replacedForReader: replacing('first', ...joining([reader], 'second')),
  ownReplaced: ownReplaced(),
  ownUnmapped: ownUnmapped([set, set], 0, 3),
  ownUnmappedTransact: ownUnmapped([transact, set], 0, 3),
  ownUnmappedRollBack: ownUnmapped([rollBack, set], 0, 3),
}

/** Two processes write, and between them one finds that the database names another page, so it makes one. */
function replacing(second: 'first' | 'second', ...readers: Actor[]): Scenario {
  const [before, between, after] = writers(set, replacePage, set) as [Actor, Actor, Actor]
  return {
    actors: [before, ...joining([between], 'none'), ...joining([after], second), ...readers],
  }
}

/** A process writes to a page that was replaced, and keeps what it wrote, while another one only knows the new page. */
function ownReplaced(): Scenario {
  const [first, before, after] = writers(replacePage, set, set) as [Actor, Actor, Actor]
  return {
    actors: [
      ...joining([first], 'none'),
      ...reading([before]),
      ...joining([after, reader], 'second'),
    ],
  }
}

/** Explored where time is at hand: 54,541 to 1,446,654 states each, 7.6 million together. */
export const longScenarios: Readonly<Record<string, Scenario>> = {
  contendedThree: { actors: [...writers(set, set, set), reader], saysBusy: true },
  transactThree: { actors: [...writers(set, transact, set), reader] },
  rollBackThree: { actors: [...writers(set, rollBack, set), reader] },
  clearThree: { actors: [...writers(set, clear, set), reader] },
  ownThree: own([set, set, set], 0, 1),
  ownClearThree: own([set, clear, set], 0, 2),
  twoReaders: { actors: [...writers(set, set), reader, reader] },
  unmappedFirstThree: mixed([set, set, set], 0),
  unmappedMiddleThree: mixed([set, set, set], 1),
  unmappedLastThree: mixed([set, set, set], 2),
  unmappedClearThree: mixed([set, clear, set], 1),
  replacedForReaders: replacing('first', reader, ...joining([reader], 'second')),
  ownUnmappedThree: ownUnmapped([set, set, set], 1, 4),
}
