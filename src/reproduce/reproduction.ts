import type { Transcript } from '../transcript/entry.ts'
import { curl } from './curl.ts'
import { openssl } from './openssl.ts'
import { type Played, played, type Terms } from './played.ts'
import { swaks } from './swaks.ts'
import { telnet } from './telnet.ts'

export const TOOLS = ['swaks', 'curl', 'openssl', 'telnet'] as const
export type Tool = (typeof TOOLS)[number]

/** What another tool has to be told to do the same; a remark, where it cannot. Secrets stand in it as shell variables. */
export interface Reproduction {
  readonly tool: Tool
  readonly command: string
}

export function reproduction(tool: Tool, transcript: Transcript, terms: Terms): Reproduction {
  return { tool, command: COMMANDS[tool](played(transcript, terms)) }
}

const COMMANDS: Readonly<Record<Tool, (session: Played) => string>> = { swaks, curl, openssl, telnet }
