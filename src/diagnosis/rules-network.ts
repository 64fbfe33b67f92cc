import { sentence } from './names.ts'
import type { Rule } from './rule.ts'
import { withImplicitTls } from './server-url.ts'
import type { Situation } from './situation.ts'
import { spokenIn } from './wrong-protocol.ts'

/** Ports where TLS is spoken from the first byte. */
const IMPLICIT_TLS_PORTS: ReadonlySet<number> = new Set([443, 465, 993, 995])

const REFUSED = ['ECONNREFUSED']
const UNREACHABLE = [
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'EACCES',
  'EPERM',
]

/** No reply to judge: names, connections, silence, and what is not the protocol that was expected. */
export const NETWORK_RULES: readonly Rule[] = [
  {
    code: 'dns-not-found',
    when: { faultCodes: ['ENOTFOUND', 'ENODATA', 'EBADNAME'], faultKinds: ['dns', 'connect'] },
  },
  { code: 'dns-failure', when: { faultKinds: ['dns'] }, confidence: 'certain' },
  { code: 'dns-failure', when: { faultKinds: ['timeout'], stages: ['dns'] }, confidence: 'certain' },
  { code: 'target-not-allowed', when: { faultKinds: ['policy'] }, confidence: 'certain' },
  {
    code: 'shutting-down',
    when: { faultCodes: ['shutting-down'], faultKinds: ['aborted'] },
    confidence: 'certain',
  },
  { code: 'caller-left', when: { faultKinds: ['aborted'] }, confidence: 'certain' },
  { code: 'limit-exceeded', when: { faultKinds: ['limit'] }, confidence: 'certain' },

  { code: 'connection-refused', when: { faultCodes: REFUSED, faultKinds: ['connect'] } },
  { code: 'connection-timeout', when: { faultCodes: ['ETIMEDOUT'], faultKinds: ['connect'] } },
  { code: 'network-unreachable', when: { faultCodes: UNREACHABLE, faultKinds: ['connect'] } },
  { code: 'connection-closed', when: { faultCodes: ['ECONNRESET', 'EPIPE'], faultKinds: ['connect'] } },
  {
    code: 'connection-timeout',
    when: { faultKinds: ['timeout'], stages: ['connect'] },
    confidence: 'certain',
  },
  { code: 'network-unreachable', when: { faultKinds: ['connect'] } },

  {
    code: 'plain-on-tls-port',
    when: {
      faultKinds: ['protocol', 'closed', 'timeout', 'limit'],
      history: (s) => inTheClear(s) && spokeFirst(s) === 'tls',
    },
    confidence: 'certain',
  },
  {
    code: 'wrong-protocol',
    when: { faultKinds: ['protocol', 'closed', 'timeout', 'limit'], history: speaksAnother },
    confidence: 'certain',
  },
  {
    code: 'plain-on-tls-port',
    when: { faultKinds: ['timeout', 'closed'], stages: ['greeting'], history: silentTlsPort },
    confidence: 'likely',
  },

  {
    code: 'deletion-not-committed',
    when: {
      faultKinds: ['closed', 'timeout', 'protocol'],
      stages: ['transaction'],
      history: ({ deletions = 0 }) => deletions > 0,
    },
    confidence: 'certain',
  },
  {
    code: 'greeting-timeout',
    // a script waits for more than the greeting before it has said anything
    when: {
      faultKinds: ['timeout'],
      stages: ['greeting'],
      history: ({ fault }) => fault?.code !== 'command',
    },
    confidence: 'certain',
  },
  { code: 'connection-closed', when: { faultKinds: ['closed'] }, confidence: 'certain' },
  { code: 'protocol-violation', when: { faultKinds: ['protocol'] }, confidence: 'certain' },
  {
    code: 'reply-timeout',
    when: { faultKinds: ['timeout'], history: ({ pipelining }) => pipelining === 'suspected' },
    confidence: 'likely',
    cause: ({ fault }) =>
      `${fault === undefined ? '' : `${sentence(fault.message)} `}Several commands went out in one flight, as the server’s PIPELINING allows, and it answered the first of them: it may have thrown the others away.`,
    remedies: () => [
      'Ask with `pipelining=off`: one command at a time, at the cost of a round trip for each.',
      'If that does not help either, give it more time: `timeouts.command`, or `commandTimeout` in a query.',
    ],
    suggestion: () => ({ pipelining: 'off' }),
  },
  { code: 'reply-timeout', when: { faultKinds: ['timeout'] }, confidence: 'certain' },
]

/** Another protocol that even answers with something that passes for a reply. */
export const WRONG_PROTOCOL_RULES: readonly Rule[] = [
  {
    code: 'wrong-protocol',
    when: {
      stages: ['greeting', 'hello', 'capabilities', 'auth'],
      severity: 'permanent',
      history: speaksAnother,
    },
    confidence: 'certain',
  },
  {
    // an SMTP server does not know LHLO (RFC 2033 §4.1), and an LMTP server knows nothing else
    code: 'wrong-protocol',
    when: {
      stages: ['hello'],
      codes: [500, 502, 503, 550],
      verbs: ['LHLO'],
      history: ({ protocol }) => protocol === 'lmtp',
    },
    confidence: 'likely',
  },
]

function spokeFirst({ octetsSeen }: Situation) {
  return octetsSeen === undefined ? undefined : spokenIn(octetsSeen)
}

function inTheClear({ tls }: Situation): boolean {
  return tls === 'off'
}

/** The server's first words are of a protocol that is not the one asked for. */
function speaksAnother(situation: Situation): boolean {
  const spoken = spokeFirst(situation)
  if (spoken === undefined || spoken === 'tls' || spoken === situation.protocol) return false
  // LMTP servers need not name themselves, and some SMTP servers do it in their greeting
  return !(situation.protocol === 'lmtp' && spoken === 'smtp')
}

function silentTlsPort(situation: Situation): boolean {
  return (
    inTheClear(situation) &&
    IMPLICIT_TLS_PORTS.has(situation.server.port) &&
    (situation.octetsSeen?.length ?? 0) === 0 &&
    withImplicitTls(situation) !== undefined
  )
}
