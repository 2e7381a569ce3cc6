import { shuffleWasm } from './shuffle-wasm.ts'

/** What assembly/shuffle.ts exports: `from` and `to` are addresses in its memory, `count` a number of elements. */
type Pass = (from: number, to: number, count: number) => void

interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly shuffle2: Pass
  readonly shuffle4: Pass
  readonly shuffle8: Pass
  readonly split16: Pass
  readonly unshuffle2: Pass
  readonly unshuffle4: Pass
  readonly unshuffle8: Pass
  readonly join16: Pass
}

/** The part of WebAssembly's JavaScript interface that is used here. */
interface WebAssemblyInterface {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

/** The compiled shuffle, its memory, and how it does elements of each size. */
export interface ShuffleKernel {
  /** The kernel's memory: what goes in at {@link inputAt}, what comes out at {@link outputAt}. */
  readonly memory: Uint8Array
  /** From elements to planes, by element size. */
  readonly shuffle: ReadonlyMap<number, Pass>
  /** From planes to elements, by element size. */
  readonly unshuffle: ReadonlyMap<number, Pass>
}

/** Bytes that the kernel takes at once: they and what becomes of them stay in the processor's second cache. */
export const blockBytes = 65_536

/**
 * Not 0: on some processors (AMD Zen) copying is 15 times slower where two addresses are nearly the same modulo 4096, and the
 * buffers that are copied from and to begin just after a page boundary.
 */
export const inputAt = 2_048
export const outputAt: number = inputAt + blockBytes
/** Where the halves of elements of 16 bytes lie between two passes. */
const halvesAt = outputAt + blockBytes

let kernel: ShuffleKernel | undefined
let wasTried = false

/** The kernel, compiled at first use; `undefined` where there is no WebAssembly with SIMD, as under `--jitless`. */
export function shuffleKernel(): ShuffleKernel | undefined {
  if (!wasTried) {
    wasTried = true
    kernel = compile()
  }
  return kernel
}

function compile(): ShuffleKernel | undefined {
  const { WebAssembly } = globalThis as { readonly WebAssembly?: WebAssemblyInterface }
  if (WebAssembly === undefined) return undefined
  try {
    const module = new WebAssembly.Module(Buffer.from(shuffleWasm, 'base64'))
    return kernelOf(new WebAssembly.Instance(module).exports as KernelExports)
  } catch {
    // No SIMD, or no memory for the code: the plain loops give the same bytes.
    return undefined
  }
}

function kernelOf(passes: KernelExports): ShuffleKernel {
  return {
    memory: new Uint8Array(passes.memory.buffer),
    shuffle: new Map([
      [2, passes.shuffle2],
      [4, passes.shuffle4],
      [8, passes.shuffle8],
      [16, shuffle16],
    ]),
    unshuffle: new Map([
      [2, passes.unshuffle2],
      [4, passes.unshuffle4],
      [8, passes.unshuffle8],
      [16, unshuffle16],
    ]),
  }

  function shuffle16(from: number, to: number, count: number): void {
    const half = count * 8
    passes.split16(from, halvesAt, count)
    passes.shuffle8(halvesAt, to, count)
    passes.shuffle8(halvesAt + half, to + half, count)
  }

  function unshuffle16(from: number, to: number, count: number): void {
    const half = count * 8
    passes.unshuffle8(from, halvesAt, count)
    passes.unshuffle8(from + half, halvesAt + half, count)
    passes.join16(halvesAt, to, count)
  }
}
