import { systemClock } from '../contracts/clock.ts'
import type { Engine } from './engine.ts'
import { HotReads } from './hot-reads.ts'
import { HotSet } from './hot-set.ts'

/**
 * The hot entries of a store that is being opened, told of its writes and of its version page; `undefined` if it keeps none.
 * @param given the set that it shares with other stores.
 * @param noteUse whether the store wants to know which entries are used.
 */
export function makeHot(
  engine: Engine,
  given: HotSet | undefined,
  noteUse: boolean,
): HotReads | undefined {
  const { coherence, format, options, stamps, tally, transactions } = engine
  if (options.hot === undefined) return undefined
  const hot = new HotReads({
    set: given ?? new HotSet(options.hot),
    coherence,
    format,
    tally,
    stamps,
    now: options.clock.now === systemClock.now ? systemClock.now : engine.now,
    noteUse: noteUse ? () => engine.maintenance.noteUse() : undefined,
    memory: options.encryption?.memory ?? 'plaintext',
  })
  transactions.listener = hot
  coherence.listener = {
    pageChanged: () => hot.clear(),
    fellBack: (why, detail) => {
      const reason = `hot entries ask the database before each use: ${why}`
      engine.emit({ type: 'fallback', reason, detail })
    },
  }
  return hot
}
