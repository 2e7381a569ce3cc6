/** Whether the long forms run: `HOLDFAST_TORTURE=1`, as `npm run test:torture` sets it. */
export const isTorture: boolean = process.env['HOLDFAST_TORTURE'] === '1'

/** The same test in two lengths: `short` on every change, `long` where hours of machine time are at hand. */
export function torture<T>(short: T, long: T): T {
  return isTorture ? long : short
}

/** Time limit of one test in milliseconds, wide enough for its length. */
export const patience: number = torture(120_000, 900_000)
