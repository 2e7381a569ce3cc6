import { onTestFinished } from 'vitest'
import { turns } from './deferred.ts'

/** Listens for rejections that nobody handles. @returns those so far, after everything had its turn. */
export function unhandledRejections(): () => Promise<readonly unknown[]> {
  const seen: unknown[] = []
  const listener = (reason: unknown): void => {
    seen.push(reason)
  }
  process.on('unhandledRejection', listener)
  onTestFinished(() => {
    process.off('unhandledRejection', listener)
  })
  return async () => {
    await turns()
    return seen
  }
}
