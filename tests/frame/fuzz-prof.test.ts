import { it } from 'vitest'
import { corpus, formats } from './fuzz-corpus.ts'
import { caseOf, run } from './fuzz-case.ts'
import { measured } from './fuzz-guard.ts'
import { unwrap } from '../../src/frame/frame.ts'
import { touch } from './fuzz-touch.ts'
it('prof', () => {
  const frames = corpus()
  const errs = new Map<string, [number, number]>()
  const big: string[] = []
  const from = Number(process.env['FROM'] ?? 0)
  for (let n=from;n<from+30000;n++) {
    const c = caseOf(frames, 7, n)
    let o = ''
    try {
    const m = measured(() => run(c)); o = m.result
    const size = c.input instanceof Uint8Array ? c.input.length : c.input.bytes.length
    if (m.milliseconds > 20 || m.external > 1e6 + 200 * size || m.heap > 4e6) big.push(`${n} ${c.of.name} ${c.how} ${o}: ${m.milliseconds.toFixed(0)} ms, ext ${m.external}, heap ${m.heap}, size ${size}`)
    } catch (e) { console.log('FAIL', n, c.of.name, c.how, e) }
    if (o === 'another error') {
      let enc
      try {
        enc = c.input instanceof Uint8Array ? formats[c.reader].open(unwrap(c.input, true), c.of.key) : c.input
        touch(formats[c.reader].decode(enc))
      } catch (e) { const err = e as Error; const k = `${enc?.codec}: ${err.constructor.name} ${err.message.replace(/[0-9]+/g,'#').slice(0,110)}`; const g = errs.get(k) ?? [0, n]; g[0]++; errs.set(k, g) }
    }
  }
  console.log(big.join('\n'))
  console.log([...errs].sort().map(([k,[c,n]])=>`${k}: ${c} (${n})`).join('\n'))
}, 600000)
