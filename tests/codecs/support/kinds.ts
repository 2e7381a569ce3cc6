/** A value of every kind that auto keeps with nothing given to it, made anew at each call. */
export function kinds(): Record<string, unknown> {
  return {
    ...simpleKinds(),
    ...objectKinds(),
    ...bytesKinds(),
    ...structuredKinds(),
    ...graphKinds(),
  }
}

/** Values that are kept by what they are alone. */
function simpleKinds(): Record<string, unknown> {
  return {
    undefined,
    null: null,
    true: true,
    false: false,
    zero: 0,
    'minus zero': -0,
    NaN: Number.NaN,
    Infinity: Number.POSITIVE_INFINITY,
    'minus Infinity': Number.NEGATIVE_INFINITY,
    'a fraction': 0.1,
    'the smallest number': Number.MIN_VALUE,
    'a large integer': 2 ** 53,
    'bigint zero': 0n,
    'a negative bigint': -1n,
    'the largest signed bigint': 2n ** 63n - 1n,
    'the smallest unsigned bigint': 2n ** 63n,
    'a huge bigint': -(3n ** 400n),
    'an empty string': '',
    'a string': 'naïve 😀\0',
    'half of a surrogate pair': 'a\ud83d',
  }
}

/** Values that MessagePack keeps. */
export function objectKinds(): Record<string, unknown> {
  return {
    'an empty object': {},
    'an empty array': [],
    'an API result': {
      page: 1,
      items: [{ id: 1, name: 'Ada', tags: ['a'], at: new Date(1) }],
      next: null,
    },
    'minus zero in an array': [-0],
    'an undefined property': { a: undefined, b: [undefined] },
    'awkward names': { '': 1, constructor: 2, toJSON: 3, hasOwnProperty: 4, ключ: 5, '1': 6 },
    'integers of every size': [
      0,
      127,
      128,
      255,
      256,
      65_535,
      65_536,
      2 ** 32,
      -1,
      -32,
      -33,
      -129,
      -32_769,
      -(2 ** 31),
    ],
    'bigints within 64 bits': [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n - 1n],
    'strings of every size': [
      '',
      'x'.repeat(31),
      'x'.repeat(32),
      'é'.repeat(300),
      'x'.repeat(70_000),
    ],
    'arrays of every size': [
      new Array(15).fill(1),
      new Array(16).fill(2),
      new Array(70_000).fill(null),
    ],
    'many properties': Object.fromEntries(
      Array.from({ length: 70_000 }, (_, at) => [`n${at}`, at]),
    ),
    dates: [0, 1, 999, 1.7e12, 1.7e12 + 0.0, -1, -999, 8.64e15, -8.64e15, 2 ** 34 * 1000 + 5].map(
      (ms) => new Date(ms),
    ),
    'a buffer in an object': { bytes: Buffer.from('abc'), none: Buffer.alloc(0) },
    'sets in objects': { set: new Set([1, 'a', new Set([{}])]), none: new Set() },
  }
}

/** Bytes of every kind, alone and in an object. */
function bytesKinds(): Record<string, unknown> {
  const kinds = {
    'empty bytes': new Uint8Array(0),
    'a buffer': Buffer.from('bytes'),
    'a data view': new DataView(Uint8Array.of(1, 2, 3).buffer, 1, 1),
    'an array buffer': Uint8Array.of(1, 2).buffer,
    'an empty array buffer': new ArrayBuffer(0),
    'an n-d array': { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3], dtype: 'float32' },
    'a strided n-d array': {
      data: Int16Array.of(1, 2, 3, 4),
      shape: [2, 2],
      dtype: '<i2',
      strides: [-1, 2],
    },
    'an n-d array of one number': { data: Float64Array.of(-0), shape: [], dtype: 'float64' },
    'an n-d array of flags': { data: Uint8Array.of(1, 0), shape: [2], dtype: 'bool' },
    'an n-d array of strings': { data: ['a', 'b'], shape: [2], dtype: 'string' },
    'an n-d array that does not fit': { data: Float32Array.of(1), shape: [2, 3], dtype: 'float32' },
  }
  return { ...kinds, ...typedArrayKinds() }
}

/** A view of every class that begins within its buffer, as most real ones do. */
export function typedArrayKinds(): Record<string, unknown> {
  const kinds: Record<string, unknown> = {}
  for (const type of typedArrayTypes)
    kinds[type.name] = new type(new type([9, 1, 2, 3, 9]).buffer, type.BYTES_PER_ELEMENT, 3)
  for (const type of [BigInt64Array, BigUint64Array])
    kinds[type.name] = new type([0n, 1n, 2n ** 62n])
  return kinds
}

const typedArrayTypes = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
] as const

/** Values that need V8's format. */
export function structuredKinds(): Record<string, unknown> {
  const shared = { n: 1 }
  const circular: Record<string, unknown> = { list: [shared, shared] }
  circular['self'] = circular
  return {
    'a date': new Date('2026-01-01'),
    'a map': new Map<unknown, unknown>([
      [{ key: 1 }, new Set([1])],
      [Number.NaN, -0],
    ]),
    'a set': new Set([Number.NaN, 'a', null]),
    'a regular expression': /(?<a>x)\/y/dgimsuy,
    'an error': fixed(new Error('message')),
    'shared and circular parts': circular,
    'a shared date': Array(2).fill(new Date(3)),
    holes: Object.assign(new Array<number>(3), { 1: 5 }),
    'an array with names': Object.assign([1, 2], { index: 0, input: 'x' }),
    'a name of an accessor': JSON.parse('{"__proto__":{"polluted":true},"a":1}'),
    'half pairs in objects': { 'a\ud800': ['\udc00'] },
  }
}

/** Values that need a graph. */
function graphKinds(): Record<string, unknown> {
  const bare = Object.assign(Object.create(null) as object, { a: 1 })
  const circular = fixed(
    Object.assign(new RangeError('r'), { code: 'E', cause: undefined as unknown }),
  )
  circular.cause = { circular, bare }
  const url = new URL('https://a.example/b?c=1#d')
  return {
    'a URL': url,
    'URLs in objects': { url, list: [url], map: new Map([[url, url]]), set: new Set([url]) },
    'no prototype': bare,
    'a match': /(?<b>b)/.exec('abc'),
    'a lastIndex': { pattern: Object.assign(/a/g, { lastIndex: 3 }) },
    'an error with properties': circular,
    'an error with a cause': fixed(new TypeError('outer', { cause: 'inner' })),
    'an error within an error': fixed(new TypeError('outer', { cause: fixed(new Error('inner')) })),
    'an aggregate error': fixed(new AggregateError([fixed(new SyntaxError('s')), 1], 'm')),
    'an error of a changed name': fixed(Object.assign(new Error('m'), { name: 'AbortError' })),
    'a URL beside an odd name': JSON.parse('{"__proto__":[1]}', (name, value: unknown) =>
      name === '__proto__' ? [url] : value,
    ),
  }
}

/** With a stack that is the same wherever it is made. */
function fixed<T extends Error>(error: T): T {
  error.stack = `${error.name}: ${error.message}\n    at nowhere`
  return error
}
