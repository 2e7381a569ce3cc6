// A process with a client, and perhaps a thread with another one. It runs rounds until it is told to finish, or killed.
import { Worker } from 'node:worker_threads'
import { Client } from './client.mjs'

const { clients } = JSON.parse(process.argv[2] ?? '{}')
const thread = clients.length > 1 ? startThread(clients[1]) : undefined
await thread?.ready
const client = await Client.open(clients[0])

// A client must not outlive a driver that was itself killed.
process.on('disconnect', () => process.exit(0))
process.on('message', (order) => {
  if (order.type === 'finish') void finish()
  else void run(order)
})
process.send({ type: 'ready' })

async function run({ logs, deadline }) {
  const other = thread?.round({ log: logs[1], deadline })
  const count = await client.round({ log: logs[0], deadline })
  process.send({ type: 'done', count: count + ((await other) ?? 0) })
}

async function finish() {
  client.close()
  await thread?.finish()
  process.send({ type: 'end' }, () => process.disconnect())
}

function startThread(options) {
  const worker = new Worker(new URL('client-thread.mjs', import.meta.url), { workerData: options })
  // What goes wrong in it goes wrong in the process.
  worker.on('error', (error) => {
    throw error
  })
  const next = () => new Promise((resolve) => worker.once('message', resolve))
  return {
    ready: next(),
    round(order) {
      worker.postMessage(order)
      return next()
    },
    finish() {
      const ended = new Promise((resolve) => worker.once('exit', resolve))
      worker.postMessage('finish')
      return ended
    },
  }
}
