import {
  blockBytes,
  inputAt,
  outputAt,
  type ShuffleKernel,
  shuffleKernel,
} from './shuffle-kernel.ts'

/** The kernel takes whole groups of so many elements. */
const group = 16

/** Whether elements of `elementBytes` bytes can be shuffled: 2, 4, 8 or 16. */
export function canShuffle(elementBytes: number): boolean {
  return elementBytes === 2 || elementBytes === 4 || elementBytes === 8 || elementBytes === 16
}

/**
 * `bytes` with byte 0 of all elements first, then byte 1 of all, and so on; what is left over after the last whole element
 * stays at the end. Numbers that differ little share their upper bytes, which then lie side by side. The idea is that of the
 * HDF5 shuffle filter and of Blosc.
 * @param elementBytes 2, 4, 8 or 16.
 */
export function shuffle(bytes: Uint8Array, elementBytes: number): Uint8Array {
  const count = Math.floor(bytes.byteLength / elementBytes)
  const planes = Buffer.allocUnsafeSlow(bytes.byteLength)
  const kernel = kernelFor(count)
  const done = kernel === undefined ? 0 : shuffleBlocks(kernel, bytes, planes, elementBytes)
  shufflePlainly(bytes, planes, elementBytes, done)
  return planes
}

/**
 * Undoes {@link shuffle}.
 * @param elements where the result goes, as long as `planes`; new memory if absent.
 */
export function unshuffle(
  planes: Uint8Array,
  elementBytes: number,
  elements: Uint8Array = Buffer.allocUnsafeSlow(planes.byteLength),
): Uint8Array {
  const kernel = kernelFor(Math.floor(planes.byteLength / elementBytes))
  const done = kernel === undefined ? 0 : unshuffleBlocks(kernel, planes, elements, elementBytes)
  unshufflePlainly(planes, elements, elementBytes, done)
  return elements
}

/** Below a few groups a call into WebAssembly costs more than the loops. */
function kernelFor(count: number): ShuffleKernel | undefined {
  return count < 4 * group ? undefined : shuffleKernel()
}

/** Shuffles whole groups; returns how many elements these are. */
function shuffleBlocks(
  { memory, shuffle }: ShuffleKernel,
  bytes: Uint8Array,
  planes: Uint8Array,
  width: number,
): number {
  const count = Math.floor(bytes.byteLength / width)
  const pass = shuffle.get(width)
  if (pass === undefined) return 0
  const grouped = count - (count % group)
  for (let first = 0; first < grouped; first += blockBytes / width) {
    const taken = Math.min(blockBytes / width, grouped - first)
    memory.set(bytes.subarray(first * width, (first + taken) * width), inputAt)
    pass(inputAt, outputAt, taken)
    for (let plane = 0; plane < width; plane++) {
      const from = outputAt + plane * taken
      planes.set(memory.subarray(from, from + taken), plane * count + first)
    }
  }
  return grouped
}

function unshuffleBlocks(
  { memory, unshuffle }: ShuffleKernel,
  planes: Uint8Array,
  elements: Uint8Array,
  width: number,
): number {
  const count = Math.floor(planes.byteLength / width)
  const pass = unshuffle.get(width)
  if (pass === undefined) return 0
  const grouped = count - (count % group)
  for (let first = 0; first < grouped; first += blockBytes / width) {
    const taken = Math.min(blockBytes / width, grouped - first)
    for (let plane = 0; plane < width; plane++) {
      const from = plane * count + first
      memory.set(planes.subarray(from, from + taken), inputAt + plane * taken)
    }
    pass(inputAt, outputAt, taken)
    elements.set(memory.subarray(outputAt, outputAt + taken * width), first * width)
  }
  return grouped
}

/** The definition of the shuffle: what the kernel must do too. Leaves out the elements before `first`. */
export function shufflePlainly(
  bytes: Uint8Array,
  planes: Uint8Array,
  width: number,
  first: number,
): void {
  const count = Math.floor(bytes.byteLength / width)
  for (let plane = 0; plane < width; plane++) {
    for (let element = first; element < count; element++)
      planes[plane * count + element] = bytes[element * width + plane] as number
  }
  planes.set(bytes.subarray(count * width), count * width)
}

/** The reverse of {@link shufflePlainly}. */
export function unshufflePlainly(
  planes: Uint8Array,
  elements: Uint8Array,
  width: number,
  first: number,
): void {
  const count = Math.floor(planes.byteLength / width)
  for (let plane = 0; plane < width; plane++) {
    for (let element = first; element < count; element++)
      elements[element * width + plane] = planes[plane * count + element] as number
  }
  elements.set(planes.subarray(count * width), count * width)
}
