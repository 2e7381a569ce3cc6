/** Values as applications cache them. The same in every run. */
import { makeRecord, randomSource } from '../lib/random.mjs'

const DAY = 86_400_000
const BEGIN = Date.UTC(2024, 0, 1)
const WORDS =
  'the store keeps a value until it is asked for and Émile said that naïve readers of the café menu often order more than they can eat while the river runs past the old mill'.split(
    ' ',
  )

/** Pairs of a title and what makes the value. `per` calls of a short one are timed together. */
export const SUBJECTS = [
  { title: 'object of 5 fields', make: small, per: 16 },
  { title: 'API result, 1 KB', make: apiResult, per: 4 },
  { title: '100 records', make: records },
  { title: 'Map, Set, Date, bigint', make: rich },
  { title: 'texts, 100 KB', make: texts },
  { title: 'cyclic tree', make: tree },
  { title: 'object with URLs', make: links },
]

function small() {
  return { id: 4711, name: 'Ada Lovelace', admin: false, score: 97.5, team: 'engines' }
}

function apiResult() {
  return {
    status: 'ok',
    requestId: '7f9c2ba4-e88f-4a33-b1d8-62a1f0c1d2e3',
    page: { number: 3, size: 4, total: 1289, next: '/v2/orders?page=4&size=4' },
    rateLimit: { remaining: 4987, resetAt: '2024-05-11T10:00:00Z' },
    orders: Array.from({ length: 4 }, (_, i) => ({
      id: 90_210 + i,
      customer: { id: 17 * i, name: `Customer ${i}`, vip: i === 2 },
      total: { amount: 1999.5 + i * 3.25, currency: 'EUR' },
      lines: [{ sku: `SKU-${1000 + i}`, quantity: i + 1, price: 19.99 }],
      createdAt: '2024-05-11T09:58:12.123Z',
      note: null,
    })),
  }
}

function records() {
  return Array.from({ length: 100 }, (_, i) => makeRecord(i))
}

function rich() {
  const created = (i) => new Date(BEGIN + i * DAY)
  return {
    created: created(0),
    balance: 12_345_678_901_234_567_890n,
    members: new Map(
      Array.from({ length: 40 }, (_, i) => [`user-${i}`, { id: BigInt(i), joined: created(i) }]),
    ),
    flags: new Set(['beta', 'dark', 'eu', 'mfa', 'sso']),
    seen: new Set(Array.from({ length: 60 }, (_, i) => i * 37)),
  }
}

function texts() {
  const next = randomSource(41)
  const sentence = () =>
    `${Array.from({ length: 12 }, () => WORDS[next() % WORDS.length]).join(' ')}.`
  return Array.from({ length: 40 }, (_, i) => ({
    id: i,
    title: sentence(),
    body: Array.from({ length: 38 }, sentence).join(' '),
    language: 'en',
  }))
}

/** 121 nodes, each of which knows its parent. */
function tree() {
  const grow = (parent, depth, name) => {
    const node = { name, depth, parent, children: [] }
    if (depth < 4)
      for (let i = 0; i < 3; i++) node.children.push(grow(node, depth + 1, `${name}.${i}`))
    return node
  }
  return grow(null, 0, 'root')
}

function links() {
  return {
    title: 'Reading list',
    links: Array.from({ length: 20 }, (_, i) => ({
      url: new URL(`https://example.org/articles/${i}?from=list#start`),
      read: i % 3 === 0,
      tags: ['reading', `week-${i}`],
    })),
  }
}
