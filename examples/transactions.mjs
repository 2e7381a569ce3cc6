// All or nothing, counters, group commit, errors by code. Run: node examples/transactions.mjs
import { DiskIndex, isHoldfastError } from 'holdfast'
import { temporaryDirectory } from './temporary-directory.mjs'

// A DiskIndex keeps what it is given: no expiry, no eviction.
const accounts = new DiskIndex(temporaryDirectory())
accounts.set('ada', 100)
accounts.set('bob', 20)

function transfer(from, to, amount) {
  accounts.transact(() => {
    accounts.incr(to, amount)
    if (accounts.decr(from, amount) < 0) throw new Error(`${from} has not enough`)
    accounts.update('journal', (lines = []) => [...lines, `${from} -> ${to}: ${amount}`])
  })
}

transfer('ada', 'bob', 30)
try {
  transfer('bob', 'ada', 500)
} catch (error) {
  console.log(error.message)
}
console.log(accounts.getMany(['ada', 'bob']), accounts.get('journal'))

// A nested call that throws undoes its own writes only.
accounts.transact(() => {
  accounts.set('outer', 'kept')
  try {
    accounts.transact(() => {
      accounts.set('inner', 'undone')
      throw new Error('inner')
    })
  } catch {}
})
console.log(accounts.has('outer'), accounts.has('inner'))

// Many writes of one turn of the event loop share one commit.
await Promise.all(Array.from({ length: 1_000 }, (_, id) => accounts.setAsync(['row', id], id)))
console.log(accounts.size, accounts.pop(['row', 999]), accounts.deleteMany([['row', 1], 'nobody']))

// Errors are told apart by their code.
for (const wrong of [() => accounts.incr('journal'), () => accounts.set('x', 1, { ttl: '1h' })]) {
  try {
    wrong()
  } catch (error) {
    if (!isHoldfastError(error, 'ERR_NOT_A_NUMBER', 'ERR_INVALID_OPTION')) throw error
    console.log(error.code)
  }
}
accounts.close()

// Prints:
// bob has not enough
// Map(2) { 'ada' => 70, 'bob' => 50 } [ 'ada -> bob: 30' ]
// true false
// 1004 999 1
// ERR_NOT_A_NUMBER
// ERR_INVALID_OPTION
