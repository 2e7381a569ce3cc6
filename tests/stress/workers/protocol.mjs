/** What the test passed to `new Worker(program, options)`. */
export const options = JSON.parse(process.argv[2] ?? '{}')

/** Reports something to the test. */
export function report(type, data) {
  process.send?.({ type, data })
}

const unread = []
const waiting = []

process.on('message', (order) => {
  const index = waiting.findIndex(({ type }) => type === order.type)
  if (index < 0) unread.push(order)
  else waiting.splice(index, 1)[0].resolve(order.data)
})

// A worker must not outlive a test runner that was itself killed.
process.on('disconnect', () => process.exit(0))

/** Waits for the next order of that type. */
export function order(type) {
  const index = unread.findIndex((message) => message.type === type)
  if (index >= 0) return Promise.resolve(unread.splice(index, 1)[0].data)
  return new Promise((resolve) => waiting.push({ type, resolve }))
}

/** Whether an order of that type has come; nothing is consumed. Lets loops be stopped between two calls. */
export function ordered(type) {
  return unread.some((message) => message.type === type)
}

/** Lets timers and orders through. */
export function breathe() {
  return new Promise((resolve) => setImmediate(resolve))
}

/**
 * Ends the process once everything it reported was sent: a large report is written in pieces, and leaving at once would cut
 * it off.
 */
export function end() {
  process.send({ type: 'end' }, () => process.disconnect())
}

/** Waits for `finish`, then ends the process as a program that is done would. */
export async function untilFinish(close) {
  await order('finish')
  close?.()
  end()
}
