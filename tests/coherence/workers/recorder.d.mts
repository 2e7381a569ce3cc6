interface Part {
  readonly code: number
  readonly object: number
  readonly [field: string]: number
}
interface Times {
  readonly start: number
  readonly end: number
  readonly wallStart: number
  readonly wallEnd: number
}
/** Writes what a client does into its log. */
export declare class Recorder {
  constructor(origin: string)
  now(): number
  open(path: string): void
  close(): void
  next(): number
  read(
    object: number,
    expect: number,
    second: number,
    start: number,
    end: number,
    wallStart: number,
    wallEnd: number,
  ): void
  intend(operation: number, parts: readonly Part[], start: number, wallStart: number): void
  ended(operation: number, parts: readonly Part[], times: Times): void
  flush(): void
}
