import type { Codec } from '../contracts/codec.ts'
import { GraphReader } from './graph-reader.ts'
import { GraphWriter } from './graph-writer.ts'
import { readStructured, writeStructured } from './structured.ts'

/** What a graph may have in it that structured clone does not keep. */
export interface GraphCodecs {
  /** The codec for a member that has one of its own. */
  codecFor(value: object): Codec | undefined
  /** The codec of that id, for reading. */
  codecOf(id: string): Codec | undefined
}

/**
 * Values with structure in which something needs another codec: class instances, URLs, tables, tensors, errors with properties of
 * their own, objects without a prototype. The bytes are one message in V8's format, {@link GraphMessage}: a copy of the value in
 * which each such member is replaced by a boxed number (no value has one: they are refused), its place among the extras. Shared parts
 * and cycles, also through these members, stay what they are.
 */
export function graphCodec(codecs: GraphCodecs): Codec {
  return {
    id: 'graph',
    encode(value) {
      return writeStructured(new GraphWriter(codecs).write(value))
    },
    decode(bytes) {
      return new GraphReader(codecs).read(readStructured(bytes, true))
    },
  }
}
