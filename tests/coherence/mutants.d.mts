/** What a mutant needs beside its bug. */
export interface MutantOptions {
  /** Windows of the protocol that are made wide; names of `mutants.mjs`. */
  readonly widen?: readonly string[]
}

type Mutants = Readonly<
  Record<string, (load: (module: string) => Promise<unknown>) => Promise<void>>
>

/** Bugs that a store without a hot set can have. */
export declare const plainMutants: Mutants
/** Bugs of the hot set, by the step of its protocol that is left out. */
export declare const hotSetMutants: Mutants
/** The windows in which each of them shows. */
export declare const windowsOf: Readonly<Record<string, readonly string[]>>
/** Why the bugs of the hot set cannot be planted in this build; `undefined` if they can. */
export declare function hotSetMissing(library: string): string | undefined
/** Plants bug `name`, and the windows that it needs. Nothing for `undefined`. */
export declare function applyMutant(
  name: string | undefined,
  library: string,
  options?: MutantOptions,
): Promise<void>
