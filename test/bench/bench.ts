import type { Port, Sink } from './processes.ts'
import type { Table } from './tables.ts'

/** What the sections work with. */
export interface Bench {
  readonly ports: Readonly<Record<Sink, Port>>
  /** `quick`: to see that it works; the figures say little. */
  readonly pace: 'whole' | 'quick'
  readonly oneWayMs: number
  readonly slowMs: number
}

export type Section = (bench: Bench) => Promise<readonly Table[]>
