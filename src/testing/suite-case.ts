/** One test, which throws or rejects if it fails. */
export interface SuiteCase {
  readonly name: string
  run(): void | Promise<void>
}
