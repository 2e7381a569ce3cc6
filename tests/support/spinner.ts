import { Worker } from './worker.ts'

/**
 * Starts a process that does nothing but read the clock, beside the processes under test. `stop()` gives the longest time,
 * in milliseconds, for which the machine did not let it run: a call of the store may be longer by that much through no
 * fault of the store.
 */
export async function spinner(): Promise<{ stop(): Promise<number> }> {
  const worker = new Worker('spinner.mjs', {})
  await worker.next('ready')
  worker.send('go')
  return {
    async stop() {
      const worst = await worker.ask<number>('stop')
      await worker.exited
      return worst
    },
  }
}
