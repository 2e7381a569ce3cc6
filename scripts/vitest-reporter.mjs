// Counts for scripts/test.mjs. Vitest's own JSON reporter leaves out why a test was skipped, errors outside of tests and
// hooks that failed, so that a broken suite could count as nothing.
import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { root } from './project.mjs'

/** Writes `{ passed, failed, skipped, skips, failures, unhandled }` to the file that HOLDFAST_TEST_REPORT names. */
class CountingReporter {
  #namePattern

  onInit(vitest) {
    this.#namePattern = vitest.config.testNamePattern
  }

  onTestRunEnd(modules, unhandledErrors) {
    const report = { passed: 0, failed: 0, skipped: 0, skips: [], failures: [], unhandled: [] }
    for (const module of modules) this.#countModule(report, module)
    for (const error of unhandledErrors) {
      report.unhandled.push(String(error.message ?? error))
      report.failed += 1
    }
    writeFileSync(process.env.HOLDFAST_TEST_REPORT, JSON.stringify(report))
  }

  #countModule(report, module) {
    const file = relative(root, module.moduleId)
    const suites = [...module.children.allSuites()]
    for (const part of [module, ...suites].filter((part) => part.errors().length > 0)) {
      const name =
        part === module ? 'the file could not be run' : `${part.fullName} (hook or suite)`
      report.failures.push(`${file} > ${name}`)
      // The tests it kept from running count as failed below; without such a test it counts itself.
      if (![...part.children.allTests()].some(wasNotReached)) report.failed += 1
    }
    for (const test of module.children.allTests()) this.#countTest(report, test, file)
  }

  #countTest(report, test, file) {
    const { state, note } = test.result()
    if (state === 'passed') {
      report.passed += 1
    } else if (state === 'failed' || wasNotReached(test)) {
      report.failed += 1
      report.failures.push(
        `${file} > ${test.fullName}${state === 'failed' ? '' : ' (not reached)'}`,
      )
    } else if (!this.#namePattern || this.#namePattern.test(test.fullName.replaceAll(' > ', ' '))) {
      report.skipped += 1
      report.skips.push({
        name: `${file} > ${test.fullName}`,
        reason: note ?? reasonFor(test),
      })
    }
  }
}

function reasonFor(test) {
  return test.options.mode === 'skip' ? 'switched off here: see its title' : 'planned, not written'
}

/** A test that was neither run nor switched off: a hook failed, or the process died. */
function wasNotReached(test) {
  const { state, note } = test.result()
  return state !== 'passed' && state !== 'failed' && !note && test.options.mode === 'run'
}

// Vitest takes reporters from a file by their default export only.
export default CountingReporter
