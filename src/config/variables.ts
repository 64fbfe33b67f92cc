import { parseEgressEntries, parsePorts } from '../wire/egress.ts'
import { parseDnsServers } from '../wire/resolve.ts'
import { ValueError } from './config-error.ts'
import {
  apiKeyLines,
  apiKeys,
  flag,
  helloName,
  LONGEST_MS,
  listenHost,
  oneOf,
  optional,
  type Reader,
  text,
  trustedProxies,
  wholeNumber,
} from './values.ts'

/** An environment variable: how it is read, and how it is told to people. */
export interface Variable<T> {
  readonly name: `MAILWIRE_${string}`
  /** What holds when it is not set, in the same spelling. Empty: nothing, or what `unset` says. */
  readonly default: string
  readonly unset?: string
  readonly meaning: string
  readonly read: Reader<T>
  /** For a secret, which `…_FILE` may name a file of: reads its content. */
  readonly readContent?: Reader<T>
}

/** The time limits of a call that asks for none, in ms. */
export const USUAL_TIME_LIMITS = {
  connect: 15_000,
  greeting: 60_000,
  command: 60_000,
  data: 60_000,
  final: 120_000,
  quit: 5_000,
  total: 120_000,
} as const

/** All variables there are, in the order in which people read of them. */
export const VARIABLES = {
  host: {
    name: 'MAILWIRE_HOST',
    default: '127.0.0.1',
    meaning: 'address or host name to listen on; beyond loopback only with API keys or MAILWIRE_OPEN=true',
    read: listenHost,
  },
  port: {
    name: 'MAILWIRE_PORT',
    default: '25110',
    meaning: 'port to listen on; 0 takes a free one',
    read: wholeNumber(0, 65535),
  },
  apiKeys: {
    name: 'MAILWIRE_API_KEYS',
    default: '',
    meaning: 'accepted X-API-Key values by comma, each of at least 16 characters',
    read: apiKeys,
    readContent: apiKeyLines,
  },
  keysFile: {
    name: 'MAILWIRE_KEYS_FILE',
    default: '',
    meaning: 'file of further keys, each with limits of its own, JSON or YAML',
    read: optional(text),
  },
  open: {
    name: 'MAILWIRE_OPEN',
    default: 'false',
    meaning: 'true: may listen beyond loopback without API keys',
    read: flag,
  },
  serversFile: {
    name: 'MAILWIRE_SERVERS_FILE',
    default: '',
    meaning: 'file of the configured mail servers, JSON or YAML',
    read: optional(text),
  },
  defaultServer: {
    name: 'MAILWIRE_DEFAULT_SERVER',
    default: '',
    unset: 'sandbox while it is on, else the only configured server, else none',
    meaning: 'the configured server that a call without server means',
    read: optional(text),
  },
  sandbox: {
    name: 'MAILWIRE_SANDBOX',
    default: 'auto',
    meaning: 'the built-in mail servers: on, off, or auto, which is on while no server is configured',
    read: oneOf('auto', 'on', 'off'),
  },
  egressAllow: {
    name: 'MAILWIRE_EGRESS_ALLOW',
    default: '',
    meaning:
      'targets allowed besides public addresses on mail ports, by comma: a host, address or network, each with an ' +
      'optional :port, :low-high or :* (127.0.0.0/8:*, [fd00::]/8:25, mail.internal:587)',
    read: told(parseEgressEntries),
  },
  egressPorts: {
    name: 'MAILWIRE_EGRESS_PORTS',
    default: '24,25,110,465,587,995,2525',
    meaning: 'ports allowed on public addresses, and ranges of ports, by comma',
    read: told(parsePorts),
  },
  dnsServers: {
    name: 'MAILWIRE_DNS_SERVERS',
    default: '',
    unset: "the system's",
    meaning: 'DNS resolvers by comma, each address[:port]',
    read: told(parseDnsServers),
  },
  helloName: {
    name: 'MAILWIRE_HELLO_NAME',
    default: '',
    unset: "the machine's name where it is a full domain name, else localhost",
    meaning: 'the name in EHLO, where neither call nor configured server gives one',
    read: optional(helloName),
  },
  maxSessions: {
    name: 'MAILWIRE_MAX_SESSIONS',
    default: '200',
    meaning: 'mail sessions at a time; beyond it calls are answered 503',
    read: wholeNumber(1),
  },
  maxSessionsPerTarget: {
    name: 'MAILWIRE_MAX_SESSIONS_PER_TARGET',
    default: '20',
    meaning: 'mail sessions at a time with one mail server; beyond it calls are answered 429',
    read: wholeNumber(1),
  },
  maxMessageBytes: {
    name: 'MAILWIRE_MAX_MESSAGE_BYTES',
    default: '52428800',
    meaning: 'size of a message',
    read: wholeNumber(1),
  },
  maxRecipients: {
    name: 'MAILWIRE_MAX_RECIPIENTS',
    default: '1000',
    meaning: 'recipients of a message',
    read: wholeNumber(1),
  },
  connectTimeout: {
    name: 'MAILWIRE_CONNECT_TIMEOUT_MS',
    default: '60000',
    meaning: longest('connect', 'name resolution, each connection attempt, and a TLS handshake'),
    read: wholeNumber(1, LONGEST_MS),
  },
  // RFC 5321 §4.5.3.2 names these for greeting, commands, data and the end of data
  greetingTimeout: {
    name: 'MAILWIRE_GREETING_TIMEOUT_MS',
    default: '300000',
    meaning: longest('greeting', 'the greeting'),
    read: wholeNumber(1, LONGEST_MS),
  },
  commandTimeout: {
    name: 'MAILWIRE_COMMAND_TIMEOUT_MS',
    default: '300000',
    meaning: longest('command', 'each reply'),
    read: wholeNumber(1, LONGEST_MS),
  },
  dataTimeout: {
    name: 'MAILWIRE_DATA_TIMEOUT_MS',
    default: '180000',
    meaning: longest('data', 'the reply to DATA and each block of content'),
    read: wholeNumber(1, LONGEST_MS),
  },
  finalTimeout: {
    name: 'MAILWIRE_FINAL_TIMEOUT_MS',
    default: '600000',
    meaning: longest('final', 'the reply to the end of the message'),
    read: wholeNumber(1, LONGEST_MS),
  },
  totalTimeout: {
    name: 'MAILWIRE_TOTAL_TIMEOUT_MS',
    default: '900000',
    meaning: longest('total', 'the whole call'),
    read: wholeNumber(1, LONGEST_MS),
  },
  rateLimit: {
    name: 'MAILWIRE_RATE_LIMIT',
    default: '600',
    meaning: 'calls a minute for each API key, or address where there are no keys; 0: no limit',
    read: wholeNumber(0),
  },
  trustProxy: {
    name: 'MAILWIRE_TRUST_PROXY',
    default: 'false',
    meaning: 'whose X-Forwarded-For to believe: false, or addresses and networks by comma',
    read: trustedProxies,
  },
  shutdownGrace: {
    name: 'MAILWIRE_SHUTDOWN_GRACE_MS',
    default: '10000',
    meaning: 'how long running sessions may take to finish when the service is told to end',
    read: wholeNumber(0, LONGEST_MS),
  },
  logLevel: {
    name: 'MAILWIRE_LOG_LEVEL',
    default: 'info',
    meaning: 'error, warn, info or debug',
    read: oneOf('error', 'warn', 'info', 'debug'),
  },
} as const satisfies Readonly<Record<string, Variable<unknown>>>

/** Where a secret's file is named. */
export function fileVariable(variable: Variable<unknown>): string {
  return `${variable.name}_FILE`
}

/** Every name that is read. */
export const KNOWN_NAMES: readonly string[] = Object.values<Variable<unknown>>(VARIABLES).flatMap(
  (variable) =>
    variable.readContent === undefined ? [variable.name] : [variable.name, fileVariable(variable)],
)

function longest(limit: keyof typeof USUAL_TIME_LIMITS, what: string): string {
  return `longest wait that a call may ask for, in ms: ${what}; a call that asks for none gets ${USUAL_TIME_LIMITS[limit]}`
}

/** Those who read targets and resolvers tell what is wrong in words of their own. */
function told<T>(read: Reader<T>): Reader<T> {
  return (given) => {
    try {
      return read(given)
    } catch (error) {
      if (!(error instanceof Error)) throw error
      throw new ValueError(`cannot be read: ${error.message}`, { cause: error })
    }
  }
}
