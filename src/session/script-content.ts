import { DotStuffer } from '../text/dots.ts'
import type { Step } from './script-steps.ts'

/** Octets as they go on the wire, whole and block by block, and what ends them. */
export interface Encoding {
  readonly wire: Buffer
  readonly end: Buffer
  readonly encode: (block: Buffer) => Buffer
}

/** What a step's octets are on the wire; raw ones are what they are. */
export function encodingOf(step: Extract<Step, { kind: 'content' | 'raw' }>): Encoding {
  const whole = new DotStuffer()
  const blocks = new DotStuffer()
  const stuffed = whole.push(step.octets)
  const stuffs = step.kind === 'content' && step.dotStuff === 'on'
  return {
    wire: stuffs ? stuffed : step.octets,
    end: step.kind === 'content' && step.terminate === 'on' ? whole.end() : Buffer.alloc(0),
    encode: (block) => (stuffs ? blocks.push(block) : block),
  }
}
