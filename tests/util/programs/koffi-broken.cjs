/** `--require` this: koffi is installed, but its binary cannot be loaded. */
process.dlopen = () => {
  throw Object.assign(new Error('wrong ELF class'), { code: 'ERR_DLOPEN_FAILED' })
}
