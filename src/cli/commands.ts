import type { Command } from './command.ts'

/** Every command by name. Loaded when asked for: `holdfast --help` does not open the engine. */
export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  demo: async () => (await import('./demo.ts')).demo,
}
