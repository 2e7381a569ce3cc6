// For `--require`: a machine of 1 GiB.
const os = require('node:os')
const { syncBuiltinESMExports } = require('node:module')

os.totalmem = () => 2 ** 30
syncBuiltinESMExports()
