/** The text of src/frame/shuffle-wasm.ts, compiled from assembly/shuffle.ts. */
export function buildShuffle(): Promise<string>
