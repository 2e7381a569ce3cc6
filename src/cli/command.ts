/** One command of `holdfast`, such as `demo`. */
export interface Command {
  /** One line for `holdfast --help`. */
  readonly summary: string
  /** The text of `holdfast NAME --help`. */
  readonly help: string
  /**
   * Does the work, given the arguments after the name.
   * @throws CliError for what the user can put right.
   */
  run(args: readonly string[]): Promise<void>
}
