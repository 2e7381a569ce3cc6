/** `--require` this: koffi is not installed. */
const Module = require('node:module')

const resolve = Module._resolveFilename
Module._resolveFilename = function (request, ...rest) {
  if (request !== 'koffi') return resolve.call(this, request, ...rest)
  throw Object.assign(new Error("Cannot find module 'koffi'"), { code: 'MODULE_NOT_FOUND' })
}
