/** Invalidation of a tag that 10,000 entries have: the call, and the reads that follow. */
import { compare, prepared, race } from './race.mjs'

const ENTRIES = 10_000

export async function runTags(context) {
  context.progress(`a tag of ${ENTRIES} entries`)
  const subjects = context.subjects.filter(({ open }) => {
    const handle = open({})
    handle.close()
    return handle.invalidateTag !== undefined
  })
  const contestants = subjects.map((subject) => {
    const handle = subject.open({})
    let turn = 0
    const prepare = async () => {
      const tag = `tag${turn++}`
      for (let i = 0; i < ENTRIES; i += 1) await handle.setTagged(`${tag}:${i}`, 'value', tag)
      return () => handle.invalidateTag(tag)
    }
    return { ...prepared(subject.name, prepare, { count: 1 }), handle }
  })
  const slices = await race(context, { op: 'tag', entries: ENTRIES }, contestants, {
    warmMs: 1,
    rounds: context.flags.quick ? 3 : 7,
  })
  for (const { handle } of contestants) await handle.close()
  const title = `a tag of ${ENTRIES.toLocaleString('en')} entries, invalidated`
  compare(context, slices, { title, ours: 'holdfast' })
}
