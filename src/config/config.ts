import { dirname, resolve } from 'node:path'
import ipaddr from 'ipaddr.js'
import type { TimeLimits } from '../session/budget.ts'
import type { ConfiguredServer } from '../session/configured-server.ts'
import type { Secret } from '../text/secret.ts'
import type { EgressPolicy } from '../wire/egress.ts'
import { ConfigError } from './config-error.ts'
import type { Sources } from './document.ts'
import { type Env, Environment, named } from './environment.ts'
import { type ApiKey, limitedKeys, plainKey, requireDistinct } from './keys-file.ts'
import { type ServersFile, serversFile } from './servers-file.ts'
import { helloNameOf } from './values.ts'
import { USUAL_TIME_LIMITS, VARIABLES } from './variables.ts'

/** The name by which calls mean the built-in servers. */
export const SANDBOX = 'sandbox'

/** Everything the service is told from outside, read once and frozen. */
export interface Config {
  readonly host: string
  /** 0 is a free one. */
  readonly port: number
  /** Those that may do everything. Without any key at all, calls need none. */
  readonly apiKeys: readonly Secret[]
  /** All keys there are, with what each is good for. */
  readonly keys: readonly ApiKey[]
  /** Anybody who reaches the service may use it. */
  readonly open: boolean
  readonly servers: readonly ConfiguredServer[]
  /** What messages may be signed with (DKIM), by name. */
  readonly signingKeys: ServersFile['signingKeys']
  /** What a call without `server` means: a name of `servers`, or `sandbox` while that is on. */
  readonly defaultServer: string | undefined
  readonly sandbox: boolean
  readonly egress: EgressPolicy
  /** The system's where there are none. */
  readonly dnsServers: readonly string[]
  /** The name in EHLO where neither call nor server gives one. */
  readonly helloName: string
  readonly maxSessions: number
  readonly maxSessionsPerTarget: number
  readonly maxMessageOctets: number
  readonly maxRecipients: number
  readonly timeLimits: {
    /** What a call may ask for. */
    readonly maxima: TimeLimits
    /** What a call gets that asks for none. */
    readonly defaults: TimeLimits
  }
  /** Calls a minute; 0 is no limit. */
  readonly rateLimit: number
  /** Addresses and networks whose `X-Forwarded-For` is believed. */
  readonly trustProxy: readonly string[]
  readonly shutdownGraceMs: number
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug'
}

/** What the configuration takes from the machine it is on. */
export interface Machine {
  /** The content of a file. @throws Error with `code` as Node gives it */
  readonly readFile: (path: string) => string
  readonly hostname: string
}

/**
 * The configuration from the environment and the files that it names.
 * @throws {ConfigError}
 */
export function readConfig(env: Env, machine: Machine): Config {
  const environment = new Environment(env, machine.readFile)
  const { servers, signingKeys } = readServers(environment)
  const wish = environment.value(VARIABLES.sandbox)
  const sandbox = wish === 'auto' ? servers.length === 0 : wish === 'on'
  const names = namesOf(servers, sandbox)
  const access = readAccess(environment, names)
  environment.refuseUnknown()
  return frozen({
    ...access,
    servers,
    signingKeys,
    defaultServer: readDefaultServer(environment, names),
    sandbox,
    egress: {
      allow: environment.value(VARIABLES.egressAllow),
      publicPorts: environment.value(VARIABLES.egressPorts),
    },
    dnsServers: environment.value(VARIABLES.dnsServers),
    helloName: environment.value(VARIABLES.helloName) ?? helloNameOf(machine.hostname),
    maxSessions: environment.value(VARIABLES.maxSessions),
    maxSessionsPerTarget: environment.value(VARIABLES.maxSessionsPerTarget),
    maxMessageOctets: environment.value(VARIABLES.maxMessageBytes),
    maxRecipients: environment.value(VARIABLES.maxRecipients),
    timeLimits: readTimeLimits(environment),
    rateLimit: environment.value(VARIABLES.rateLimit),
    trustProxy: environment.value(VARIABLES.trustProxy),
    shutdownGraceMs: environment.value(VARIABLES.shutdownGrace),
    logLevel: environment.value(VARIABLES.logLevel),
  })
}

/** A service that others can reach and that asks nobody for a key has to be meant. */
function readAccess(
  environment: Environment,
  servers: readonly string[],
): Pick<Config, 'host' | 'port' | 'apiKeys' | 'keys' | 'open'> {
  const host = environment.value(VARIABLES.host)
  const port = environment.value(VARIABLES.port)
  const apiKeys = environment.value(VARIABLES.apiKeys)
  const keys = readKeys(environment, apiKeys, servers)
  const open = environment.value(VARIABLES.open)
  if (!isLoopback(host) && keys.length === 0 && !open) {
    throw new ConfigError(
      'MAILWIRE_HOST is beyond loopback and there are no API keys: set MAILWIRE_API_KEYS, or MAILWIRE_OPEN=true if anybody ' +
        'who reaches it may use it, or MAILWIRE_HOST=127.0.0.1',
    )
  }
  return { host, port, apiKeys, keys, open }
}

function readKeys(
  environment: Environment,
  apiKeys: readonly Secret[],
  servers: readonly string[],
): ApiKey[] {
  const plain = apiKeys.map(plainKey)
  const variable = VARIABLES.keysFile
  const path = environment.value(variable)
  if (path === undefined) return plain
  const mailPorts = environment.value(VARIABLES.egressPorts)
  return named(variable.name, () => {
    const limited = limitedKeys(environment.content(path), sourcesBeside(path, environment), {
      servers,
      mailPorts,
    })
    const keys = [...plain, ...limited]
    requireDistinct(keys)
    return keys
  })
}

/** Files that a file names are relative to its own folder. */
function sourcesBeside(path: string, environment: Environment): Sources {
  return {
    content: (file) => environment.content(resolve(dirname(path), file)),
    variable: (name) => environment.referred(name),
  }
}

function isLoopback(host: string): boolean {
  if (host === 'localhost') return true
  return ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback'
}

function readServers(environment: Environment): ServersFile {
  const variable = VARIABLES.serversFile
  const path = environment.value(variable)
  if (path === undefined) return { servers: [], signingKeys: new Map() }
  return named(variable.name, () => serversFile(environment.content(path), sourcesBeside(path, environment)))
}

/** What a call may say for `server`. @throws {ConfigError} when one name would mean two */
function namesOf(servers: readonly ConfiguredServer[], sandbox: boolean): string[] {
  const names = servers.map(({ name }) => name)
  if (!sandbox) return names
  if (!names.includes(SANDBOX)) return [SANDBOX, ...names]
  throw new ConfigError(
    'MAILWIRE_SERVERS_FILE names a server sandbox while the sandbox is on: rename it, or set MAILWIRE_SANDBOX=off',
  )
}

function readDefaultServer(environment: Environment, names: readonly string[]): string | undefined {
  const variable = VARIABLES.defaultServer
  const wish = environment.value(variable)
  if (wish === undefined) return names[0] === SANDBOX || names.length === 1 ? names[0] : undefined
  if (names.includes(wish)) return wish
  throw new ConfigError(
    `${variable.name} must be a server that there is: ${names.join(', ') || 'there is none'}`,
  )
}

function readTimeLimits(environment: Environment): Config['timeLimits'] {
  const maxima = {
    connect: environment.value(VARIABLES.connectTimeout),
    greeting: environment.value(VARIABLES.greetingTimeout),
    command: environment.value(VARIABLES.commandTimeout),
    data: environment.value(VARIABLES.dataTimeout),
    final: environment.value(VARIABLES.finalTimeout),
    // nothing hangs on this reply, and nobody can ask for more
    quit: USUAL_TIME_LIMITS.quit,
    total: environment.value(VARIABLES.totalTimeout),
  }
  const usual = (limit: keyof TimeLimits): number => Math.min(USUAL_TIME_LIMITS[limit], maxima[limit])
  const defaults = {
    connect: usual('connect'),
    greeting: usual('greeting'),
    command: usual('command'),
    data: usual('data'),
    final: usual('final'),
    quit: usual('quit'),
    total: usual('total'),
  }
  return { defaults, maxima }
}

/** Freezes what is plain data, all the way down; instances see to themselves. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return value
  for (const part of Object.values(value)) frozen(part)
  return Object.freeze(value)
}
