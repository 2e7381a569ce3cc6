import { json } from '../../../src/codecs/json.ts'
import { wrap } from '../../../src/frame/frame.ts'
import { ValueFormat } from '../../../src/frame/value-format.ts'
import { readKey } from './world.ts'

/** Values are numbers from 0 on, so many at most. */
const mostValues = 8

export const format: ValueFormat = new ValueFormat({
  codec: json(),
  compression: undefined,
  encryption: undefined,
  maxValueBytes: 1_000,
  maxStoredBytes: 1_000,
})

/** The frame of each value, as rows hold it. */
export const frames: readonly Uint8Array[] = Array.from({ length: mostValues }, (_, value) => {
  const { fields, payload } = format.seal(format.encode(value), readKey.bytes)
  return wrap(fields, payload)
})

/** The value in a frame that was kept. */
export function valueInFrame(kept: Uint8Array): number {
  return frames.findIndex((frame) => Buffer.compare(frame, kept) === 0)
}
