import { setTimeout as delay } from 'node:timers/promises'

/**
 * Waits until `probe` gives something other than `undefined` or `false`, and returns it. Real processes and the kernel
 * have no clock to advance by hand, so their effects are polled, with a deadline in milliseconds that names `what` failed.
 */
export async function until<T>(
  what: string,
  deadline: number,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const start = performance.now()
  for (;;) {
    const found = await probe()
    if (found !== undefined && found !== false) return found
    if (performance.now() - start > deadline) throw new Error(`not within ${deadline} ms: ${what}`)
    await delay(5)
  }
}
