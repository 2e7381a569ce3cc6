export { type CodecSuiteOptions, codecSuite, type SuiteCase } from './codec-suite.ts'
export { type ManualClock, manualClock } from './manual-clock.ts'
