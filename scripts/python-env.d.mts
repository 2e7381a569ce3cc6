/** What is installed unless the caller says otherwise. */
export declare const peers: readonly string[]

/** Path of a Python that has `packages` (each `name==version`), or `false` after saying why there is none. */
export declare function pythonEnv(
  packages?: readonly string[],
  options?: { readonly name?: string },
): string | false
