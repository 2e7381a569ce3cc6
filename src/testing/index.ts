export { type BackendSuiteOptions, backendSuite } from './backend-suite.ts'
export type { BackendCapability, OpenedBackend } from './backend-trial.ts'
export { type BusSuiteOptions, busSuite, type OpenedBus } from './bus-suite.ts'
export { type CodecSuiteOptions, codecSuite } from './codec-suite.ts'
export type { Fault, FaultyVerb, PlannedFault } from './faults.ts'
export {
  type FaultPlan,
  type FaultyBackend,
  type FaultyCall,
  faultyBackend,
} from './faulty-backend.ts'
export {
  type BusFault,
  type BusFaultPlan,
  type FaultyBus,
  faultyBus,
  type PlannedBusFault,
} from './faulty-bus.ts'
export { type ManualClock, manualClock } from './manual-clock.ts'
export type { SuiteCase } from './suite-case.ts'
