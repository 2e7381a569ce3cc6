export { type MigrateOptions, migrate } from './migrate.ts'
export type {
  MigrateCounts,
  MigratedStore,
  MigrateNote,
  MigrateReport,
  SourceKind,
  TargetClass,
} from './report.ts'
