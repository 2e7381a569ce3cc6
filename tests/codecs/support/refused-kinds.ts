class Point {
  x = 1
}
class MyMap extends Map {}
class MyArray extends Array<number> {}
class MyDate extends Date {}
class MyBytes extends Uint8Array {}
class MyError extends Error {}

/** Values that no codec keeps: they would come back as something else, or not at all. */
export function refusedKinds(): Record<string, unknown> {
  return {
    'a function': () => 1,
    'a class': Point,
    'a symbol': Symbol('s'),
    'a class instance': new Point(),
    'a promise': Promise.resolve(1),
    'a weak map': new WeakMap(),
    'a weak set': new WeakSet(),
    'a weak reference': new WeakRef({}),
    'a generator': (function* () {})(),
    'a boxed number': Object(1),
    'a boxed string': Object('a'),
    'a subclass of Map': new MyMap(),
    'a subclass of Array': MyArray.of(1),
    'a subclass of Date': new MyDate(0),
    'a subclass of Uint8Array': new MyBytes(1),
    'a subclass of Error': new MyError(),
    'shared memory': new SharedArrayBuffer(1),
    'an abort signal': new AbortController().signal,
    'a symbol as a name': { [Symbol('s')]: 1 },
    'what only looks like a Map': Object.create(Map.prototype),
    'what only looks like a Date': Object.create(Date.prototype),
    'what only looks like an array': Object.create(Array.prototype),
    'what only looks like an error': Object.create(Error.prototype),
    'a date with a property': Object.assign(new Date(0), { zone: 'UTC' }),
    'a map with a property': Object.assign(new Map(), { a: 1 }),
    'an error with a function': Object.assign(new Error('x'), { retry: () => 1 }),
    'an error with a symbol': Object.assign(new Error('x'), { [Symbol('s')]: 1 }),
    'a module': Math,
  }
}
