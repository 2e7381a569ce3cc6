import type { Command } from './command.ts'

/** Every command by name. Loaded when asked for: one command does not wait for the code of another. */
export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  demo: async () => (await import('./demo.ts')).demo,
  migrate: async () => (await import('./migrate.ts')).migrate,
}
