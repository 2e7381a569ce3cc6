/** Ways to turn a value into something that can be stored, and back: `{ name, encode, decode, size }`. */
import { deserialize, serialize } from 'node:v8'
import * as cbor from 'cbor-x'
import * as devalue from 'devalue'
import { auto } from 'holdfast'
import * as msgpackr from 'msgpackr'
import superjson from 'superjson'
import { ValueFormat } from '../../dist/frame/value-format.js'

const ofBytes = (encoded) => encoded.byteLength
const ofText = (text) => Buffer.byteLength(text)

/** As a store with default options makes it, without the frame. */
export function makeFormat(options) {
  return new ValueFormat({
    codec: auto(),
    compression: undefined,
    encryption: undefined,
    maxValueBytes: Number.POSITIVE_INFINITY,
    maxStoredBytes: Number.POSITIVE_INFINITY,
    ...options,
  })
}

/** Ours first. */
export function loadCodecs() {
  const format = makeFormat()
  const packr = new msgpackr.Packr({ structuredClone: true, moreTypes: true })
  const encoder = new cbor.Encoder({ structuredClone: true })
  return [
    {
      name: 'holdfast',
      encode: (value) => format.encode(value),
      decode: (encoded) => format.decode(encoded),
      size: ({ bytes, meta }) => bytes.byteLength + meta.byteLength,
      // Encoders lend their buffers.
      keep: (encoded) => ({ ...encoded, bytes: Buffer.from(encoded.bytes) }),
    },
    { name: 'v8', encode: serialize, decode: deserialize, size: ofBytes },
    {
      name: 'JSON',
      encode: (value) => JSON.stringify(value),
      decode: (text) => JSON.parse(text),
      size: ofText,
      keep: (text) => text,
    },
    {
      name: 'JSON, to bytes',
      encode: (value) => Buffer.from(JSON.stringify(value)),
      decode: (bytes) => JSON.parse(bytes.toString()),
      size: ofBytes,
    },
    { name: 'msgpackr', encode: msgpackr.pack, decode: msgpackr.unpack, size: ofBytes },
    {
      name: 'msgpackr, structured',
      instead: 'msgpackr',
      encode: (value) => packr.pack(value),
      decode: (bytes) => packr.unpack(bytes),
      size: ofBytes,
    },
    { name: 'cbor-x', encode: cbor.encode, decode: cbor.decode, size: ofBytes },
    {
      name: 'cbor-x, structured',
      instead: 'cbor-x',
      encode: (value) => encoder.encode(value),
      decode: (bytes) => encoder.decode(bytes),
      size: ofBytes,
    },
    {
      name: 'superjson',
      encode: (value) => superjson.stringify(value),
      decode: (text) => superjson.parse(text),
      size: ofText,
      keep: (text) => text,
    },
    {
      name: 'devalue',
      encode: (value) => devalue.stringify(value),
      decode: (text) => devalue.parse(text),
      size: ofText,
      keep: (text) => text,
    },
  ]
}
