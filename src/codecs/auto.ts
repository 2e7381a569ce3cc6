import { types } from 'node:util'
import type { Codec } from '../contracts/codec.ts'
import { checkOptionNames, invalidOption } from '../util/options.ts'
import {
  arrayBufferCodec,
  bigintCodec,
  dateCodec,
  falseCodec,
  nullCodec,
  numberCodec,
  textCodec,
  trueCodec,
  undefinedCodec,
} from './basic.ts'
import { builtInCodec } from './built-in.ts'
import { graphCodec } from './graph.ts'
import { msgpack } from './msgpack.ts'
import { writeMessagePack } from './msgpack-writer.ts'
import { isNdArray, ndArrayCodec } from './ndarray.ts'
import { isPlainCodec } from './plain-codec.ts'
import { unsupported } from './refusal.ts'
import { specialCodecs } from './special-codecs.ts'
import { structuredTree } from './structured.ts'
import { tableCodecs } from './table-codecs.ts'
import { typedArrayCodecFor } from './typed-array.ts'
import { assertBare, formOf, forms, type WalkOptions } from './walk.ts'

/** For {@link auto}. */
export interface AutoOptions {
  /** Classes whose instances are kept: what `classCodec` gives. @default none */
  readonly classes?: readonly Codec[] | undefined
  /** Codecs that are asked before the built-in ones: what `defineCodec` gives, or `arrow({...})`, `typedArray({...})`. @default none */
  readonly codecs?: readonly Codec[] | undefined
  /** TensorFlow.js, of which tensors come back. @default tensors are refused when they are read */
  readonly tf?: unknown
  /** The apache-arrow module of which tables come back. @default the one that wrote the first table, or the installed one */
  readonly arrow?: unknown
  /** The nodejs-polars module of which frames come back. @default the installed one */
  readonly polars?: unknown
  /** The arquero module of which tables come back. @default the installed one */
  readonly arquero?: unknown
}

const optionNames = ['classes', 'codecs', 'tf', 'arrow', 'polars', 'arquero']

/**
 * The codec of every store that is given none: it keeps each value as what it is, by the codec for it. It looks at what a value
 * is, in this order, and never tries one codec after another:
 *
 * 1. `undefined`, `null`, booleans, numbers, strings, bigints.
 * 2. `classes` and `codecs`, in their order, by their tests.
 * 3. Buffers and typed arrays; ArrayBuffer, Date, URL; n-d arrays (`{ data, shape, dtype, strides? }`).
 * 4. Arrow tables and vectors, polars frames, arquero tables, tensors.
 * 5. Everything else: as MessagePack if that keeps it exactly; as structured clone if that does; otherwise as a graph, in which
 *    members such as class instances have their own codecs.
 *
 * What none of them keeps (functions, symbols, promises, weak collections, instances of other classes) is refused with
 * `ERR_UNSUPPORTED_VALUE` and the path to it.
 * @throws HoldfastError `ERR_INVALID_OPTION`.
 * @example new DiskCache(directory, { codec: auto({ classes: [money] }) })
 */
export function auto(options?: AutoOptions): Codec {
  checkOptionNames('auto', options, optionNames)
  if (options === undefined || Object.values(options).every((option) => option === undefined)) {
    plain ??= autoCodec({})
    return plain
  }
  return autoCodec(options)
}

let plain: Codec | undefined

function autoCodec({ classes = [], codecs = [], ...libraries }: AutoOptions): Codec {
  const isBare = Object.values(libraries).every((library) => library === undefined)
  const given = [...checkCodecs('classes', classes), ...checkCodecs('codecs', codecs)]
  checkUnique(given)
  const codec: Codec = {
    id: 'auto',
    choose: (value) => choose(value),
    get members() {
      return members
    },
    encode: (value) => choose(value).encode(value),
    decode() {
      throw new TypeError('auto() reads by the codecs it chooses')
    },
  }
  // What stands for an instance is stored by this codec, so that it may hold instances of the other classes.
  const own = given.map((member) => (isPlainCodec(member) ? member.within(codec) : member))
  const tables = tableCodecs(libraries)
  const codecFor = specialCodecs(own, tables)
  // Those that choose among built-in codecs say how whole values are kept; within others that would change nothing.
  const inner = own.filter((member) => member.choose === undefined)
  const partFor = specialCodecs(inner, tables)
  const codecOf = (id: string) => members.find((member) => member.id === id) ?? builtInCodec(id)
  const graph = graphCodec({ codecFor: partFor, codecOf })
  const walk = { most: forms.graph, codecFor: partFor, isForAll: inner.length > 0 }
  const choose = chooser({ codecFor: own.length > 0 ? codecFor : undefined, partFor, walk, graph })
  const members: readonly Codec[] = [
    ...own.flatMap((member) => [member, ...(member.members ?? [])]),
    ...(isBare ? [] : tables),
    graph,
  ]
  return codec
}

interface Choices {
  /** The codec of the user's own for a whole value, before any built-in one. */
  readonly codecFor: ((value: object) => Codec | undefined) | undefined
  /** The codec of its own that a value has, wherever it is. */
  partFor(value: object): Codec | undefined
  readonly walk: WalkOptions
  readonly graph: Codec
}

function chooser({ codecFor, partFor, walk, graph }: Choices): (value: unknown) => Codec {
  const general = (value: object): Codec => {
    const bytes = writeMessagePack(value, walk)
    // It is written already; whoever chose encodes at once.
    if (bytes !== undefined) return { ...msgpack(), encode: () => bytes }
    return formOf(value, walk) === forms.graph ? graph : structuredTree
  }
  const chooseObject = (value: object): Codec =>
    codecFor?.(value) ?? builtInFor(value) ?? partFor(value) ?? general(value)
  return (value) => {
    switch (typeof value) {
      case 'string':
        // UTF-8 has no form for half of a surrogate pair.
        return value.isWellFormed() ? textCodec : structuredTree
      case 'number':
        return numberCodec
      case 'boolean':
        return value ? trueCodec : falseCodec
      case 'undefined':
        return undefinedCodec
      case 'bigint':
        return bigintCodec
      case 'object':
        return value === null ? nullCodec : chooseObject(value)
      default:
        throw unsupported(value, [])
    }
  }
}

/** The codec of an object that is bytes, one fact or an n-d array. */
function builtInFor(value: object): Codec | undefined {
  if (ArrayBuffer.isView(value)) return typedArrayCodecFor(value)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype) return isNdArray(value) ? ndArrayCodec : undefined
  if (prototype === Date.prototype && types.isDate(value)) return bare(value, dateCodec)
  const isBuffer = prototype === ArrayBuffer.prototype && types.isArrayBuffer(value)
  const isFixed = isBuffer && (value as { resizable?: boolean }).resizable !== true
  return isFixed ? bare(value, arrayBufferCodec) : undefined
}

function bare(value: object, codec: Codec): Codec {
  assertBare(value, () => [])
  return codec
}

function checkCodecs(option: string, codecs: unknown): readonly Codec[] {
  if (!Array.isArray(codecs)) throw invalidOption(`auto: ${option}`, codecs, 'an array of codecs')
  for (const codec of codecs as readonly Partial<Codec>[])
    if (typeof codec?.id !== 'string' || typeof codec.test !== 'function')
      throw invalidOption(
        `auto: ${option}`,
        codec,
        'codecs that have a test, as classCodec and defineCodec give them',
      )
  return codecs as readonly Codec[]
}

function checkUnique(codecs: readonly Codec[]): void {
  const ids = new Set<string>()
  for (const { id } of codecs) {
    if (ids.has(id)) throw invalidOption('auto', id, 'one codec for each id')
    ids.add(id)
  }
}
