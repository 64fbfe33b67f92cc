/** What can be wrong with a mail session, by area; each has a page under `/problems`. */
export const DIAGNOSIS_CODES = [
  // network
  'dns-not-found',
  'dns-failure',
  'null-mx',
  'connection-refused',
  'connection-timeout',
  'network-unreachable',
  'connection-closed',
  'target-not-allowed',
  'caller-left',
  // greeting
  'greeting-timeout',
  'greeting-refused',
  'service-unavailable',
  'wrong-protocol',
  'tls-on-plain-port',
  'plain-on-tls-port',
  'protocol-violation',
  'limit-exceeded',
  'reply-timeout',
  // TLS
  'starttls-not-offered',
  'starttls-required',
  'starttls-refused',
  'starttls-injection',
  'tls-handshake-failed',
  'tls-version-too-old',
  'certificate-expired',
  'certificate-not-yet-valid',
  'certificate-name-mismatch',
  'certificate-untrusted',
  // hello
  'hello-required',
  'hello-rejected',
  // login
  'auth-required',
  'auth-not-offered',
  'auth-needs-tls',
  'credentials-need-tls',
  'credentials-rejected',
  'mechanism-not-supported',
  'auth-temporary-failure',
  'auth-aborted',
  'account-disabled',
  'too-many-auth-failures',
  // sender
  'sender-rejected',
  'null-sender-rejected',
  'sender-domain-not-found',
  'sender-not-allowed',
  // recipient
  'relay-denied',
  'unknown-user',
  'mailbox-full',
  'mailbox-disabled',
  'mailbox-unavailable',
  'user-moved',
  'greylisted',
  'too-many-recipients',
  'recipient-domain-not-found',
  'recipient-rejected',
  'no-valid-recipients',
  // message
  'message-too-large',
  'content-rejected',
  'line-too-long',
  'bare-newline-rejected',
  'message-malformed',
  'mail-loop',
  'message-rejected',
  // policy
  'blocklisted',
  'spf-failed',
  'sender-unauthenticated',
  'reverse-dns-required',
  'rate-limited',
  'too-many-connections',
  'policy-rejected',
  // dialogue
  'bad-sequence',
  'command-not-recognized',
  'syntax-error',
  'parameter-not-supported',
  'smtputf8-not-supported',
  'extension-not-offered',
  'too-many-errors',
  'expectation-not-met',
  // server
  'server-storage-full',
  'server-temporary-failure',
  'server-shutting-down',
  // this service
  'shutting-down',
  // POP3
  'mailbox-in-use',
  'login-delay',
  'no-such-message',
  'message-already-deleted',
  'unique-id-ambiguous',
  'precondition-failed',
  'mailbox-temporary-failure',
  'mailbox-damaged',
  'deletion-not-committed',
  // outcome
  'outcome-unknown',
  'accepted-not-delivered',
  // nothing more is known
  'refused-permanently',
  'refused-temporarily',
] as const
export type DiagnosisCode = (typeof DIAGNOSIS_CODES)[number]

/** What can be wrong with a call to this service, before or besides a mail session. */
export const SERVICE_CODES = [
  'invalid-request',
  'unauthorized',
  'mailbox-credentials-missing',
  'forbidden',
  'not-found',
  'method-not-allowed',
  'not-acceptable',
  'idempotency-conflict',
  'request-timeout',
  'payload-too-large',
  'unsupported-media-type',
  'idempotency-mismatch',
  'too-many-calls',
  'internal-error',
  'key-limited',
] as const
export type ServiceCode = (typeof SERVICE_CODES)[number]

/** The last part of a problem's `type`. */
export type ProblemCode = DiagnosisCode | ServiceCode

const KNOWN: ReadonlySet<string> = new Set(DIAGNOSIS_CODES)

export function isDiagnosisCode(code: string): code is DiagnosisCode {
  return KNOWN.has(code)
}
