import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Target } from '../session/target.ts'
import type { Secret } from '../text/secret.ts'
import { type EgressEntry, isListed, type PortRange, parseEgressEntries } from '../wire/egress.ts'
import { ValueError } from './config-error.ts'
import { fileContent, type Issues, readDocument, type Sources } from './document.ts'
import { apiKey } from './values.ts'

const IMPACTS = ['reads', 'sends', 'destroys'] as const

/** A key that callers may show, and what it is good for. */
export interface ApiKey {
  /** What log and metrics call it; the keys of MAILWIRE_API_KEYS have no name. */
  readonly name: string | undefined
  /** SHA-256, which is all that comparing takes. */
  readonly digest: Buffer
  /** Which calls, by what they do. */
  readonly may: readonly (typeof IMPACTS)[number][]
  /** Calls a minute, where they are other than everybody's; 0 is no limit. */
  readonly rate: number | undefined
  /** Whether sessions with this mail server are among its `targets`. */
  readonly reaches: (target: Target) => boolean
}

/** A file as `mailwire --help` shows it. */
export const KEYS_EXAMPLE = `keys:
  - name: monitoring
    keyFile: /run/secrets/monitoring
    may: [reads]
    targets: [office, mail.example.com:587]
    rate: 60`

/** What `targets` of a key are held against. */
interface Surroundings {
  /** Names of the configured servers. */
  readonly servers: readonly string[]
  /** The ports of a target that names none. */
  readonly mailPorts: readonly PortRange[]
}

/** A key of MAILWIRE_API_KEYS, which may do everything. */
export function plainKey(key: Secret): ApiKey {
  return {
    name: undefined,
    digest: digest(key.reveal()),
    may: IMPACTS,
    rate: undefined,
    reaches: () => true,
  }
}

/**
 * Reads keys that may do only some of what the service does. No message quotes a value.
 * @throws {ValueError} naming each path at fault
 */
export function limitedKeys(text: string, sources: Sources, surroundings: Surroundings): ApiKey[] {
  const { keys } = readDocument(text, z.strictObject({ keys: z.array(key(sources, surroundings)).min(1) }))
  const names = keys.map(({ name }) => name)
  const twice = names.find((name, place) => names.indexOf(name) !== place)
  if (twice !== undefined) throw new ValueError(`is wrong: keys: ${twice} stands there twice`)
  return keys
}

/** One key with two sets of limits would have neither. @throws {ValueError} */
export function requireDistinct(keys: readonly ApiKey[]): void {
  const digests = keys.map((each) => each.digest.toString('hex'))
  const place = digests.findIndex((each, at) => digests.indexOf(each) !== at)
  const { name } = keys[place] ?? {}
  if (name !== undefined) throw new ValueError(`is wrong: the key of ${name} stands somewhere else too`)
}

const WAYS = ['key', 'keyFile', 'keyEnv', 'sha256'] as const

function key(sources: Sources, surroundings: Surroundings) {
  const inFile = fileContent(sources).transform((content, context) => digestOrIssue(content.trim(), context))
  const inEnv = z.string().transform((name, context) => {
    const value = sources.variable(name)
    if (value !== undefined) return digestOrIssue(value, context)
    context.addIssue({ code: 'custom', message: 'names an environment variable that is not set' })
    return z.NEVER
  })
  return z
    .strictObject({
      name: z.string().regex(/^[a-z0-9-]{1,64}$/, 'a name is made of a-z, 0-9 and hyphens'),
      key: z.string().transform(digestOrIssue).optional(),
      keyFile: inFile.optional(),
      keyEnv: inEnv.optional(),
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/i, 'must be 64 hexadecimal digits')
        .transform((hex) => Buffer.from(hex, 'hex'))
        .optional(),
      may: z
        .array(z.enum(IMPACTS))
        .min(1)
        .default([...IMPACTS]),
      targets: z.array(z.string().transform(entryIn(surroundings))).optional(),
      rate: z.int().min(0).optional(),
    })
    .transform(({ name, may, targets, rate, ...ways }, context): ApiKey => {
      const [given, another] = WAYS.flatMap((way) => ways[way] ?? [])
      if (given === undefined || another !== undefined) {
        context.addIssue({ code: 'custom', message: `needs exactly one of ${WAYS.join(', ')}` })
        return z.NEVER
      }
      return { name, digest: given, may, rate, reaches: reaching(targets, surroundings) }
    })
}

type KeyTarget = { readonly kind: 'server'; readonly name: string } | EgressEntry

/** A configured server by its name, or an entry as in MAILWIRE_EGRESS_ALLOW. */
function entryIn({ servers }: Surroundings): (text: string, context: Issues) => KeyTarget {
  return (text, context) => {
    if (servers.includes(text)) return { kind: 'server', name: text }
    const [entry, another] = entriesIn(text)
    if (entry !== undefined && another === undefined) return entry
    context.addIssue({
      code: 'custom',
      message:
        'must be a configured server, or a host, address or network with an optional port (mail.example.com:587)',
    })
    return z.NEVER
  }
}

function entriesIn(text: string): EgressEntry[] {
  try {
    return parseEgressEntries(text)
  } catch (error) {
    // what it says quotes what stands there
    if (!(error instanceof Error)) throw error
    return []
  }
}

/** Judged by what the caller or the DNS named: a name that happens to resolve into a network that is listed is not. */
function reaching(targets: readonly KeyTarget[] | undefined, { mailPorts }: Surroundings): ApiKey['reaches'] {
  if (targets === undefined) return () => true
  const names = targets.flatMap((each) => (each.kind === 'server' ? [each.name] : []))
  const entries = targets.filter((each) => each.kind !== 'server')
  return (target) =>
    target.name === undefined ? isListed(entries, mailPorts, target) : names.includes(target.name)
}

function digestOrIssue(text: string, context: Issues): Buffer {
  try {
    return digest(apiKey(text, 'this').reveal())
  } catch (error) {
    if (!(error instanceof ValueError)) throw error
    context.addIssue({ code: 'custom', message: error.message })
    return z.NEVER
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
