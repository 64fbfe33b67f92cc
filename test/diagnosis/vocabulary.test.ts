import { expect, test } from 'vitest'
import { PROBLEMS } from '../../src/diagnosis/catalogue.ts'
import { DIAGNOSIS_CODES, type DiagnosisCode } from '../../src/diagnosis/codes.ts'
import { diagnose } from '../../src/diagnosis/diagnose.ts'
import type { Situation } from '../../src/diagnosis/situation.ts'
import { at, fault, pop3, seen, smtp, unmet } from './situations.ts'

/** One situation for each code. */
const SITUATIONS: Readonly<Record<DiagnosisCode, Situation>> = {
  'dns-not-found': fault('dns', 'ENOTFOUND', 'dns'),
  'dns-failure': fault('dns', 'ESERVFAIL', 'dns'),
  'null-mx': fault('dns', 'null-mx', 'dns'),
  'connection-refused': fault('connect', 'ECONNREFUSED', 'connect'),
  'connection-timeout': fault('timeout', 'connect', 'connect'),
  'network-unreachable': fault('connect', 'ENETUNREACH', 'connect'),
  'connection-closed': fault('closed', undefined, 'mail'),
  'target-not-allowed': fault('policy', 'target-not-allowed', 'dns'),
  'caller-left': fault('aborted', undefined, 'rcpt'),
  'shutting-down': fault('aborted', 'shutting-down', 'rcpt'),
  'greeting-timeout': fault('timeout', 'greeting', 'greeting'),
  'greeting-refused': smtp(554, '', 'mailer.campus.test ESMTP not accepting messages', 'greeting'),
  'service-unavailable': smtp(421, '4.3.2', 'Service not active', 'greeting'),
  'wrong-protocol': fault('protocol', undefined, 'greeting', seen('* OK IMAP4rev1 ready\r\n')),
  'tls-on-plain-port': fault('tls', 'ERR_SSL_WRONG_VERSION_NUMBER', 'tls', at('smtps', 587)),
  'plain-on-tls-port': fault('protocol', undefined, 'greeting', seen('\x15\x03\x01\x00\x02\x02F')),
  'protocol-violation': fault('protocol', undefined, 'mail'),
  'limit-exceeded': fault('limit', undefined, 'transaction'),
  'reply-timeout': fault('timeout', 'command', 'rcpt'),
  'starttls-not-offered': unmet('starttls-not-offered', 'starttls'),
  'starttls-required': smtp(530, '5.7.0', 'Must issue a STARTTLS command first', 'mail'),
  'starttls-refused': smtp(454, '4.7.0', 'TLS not available due to local problem', 'starttls'),
  'starttls-injection': fault('protocol', 'starttls-injection', 'starttls'),
  'tls-handshake-failed': fault('tls', 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'starttls'),
  'tls-version-too-old': fault('tls', 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'starttls'),
  'certificate-expired': fault('tls', 'certificate-expired', 'starttls'),
  'certificate-not-yet-valid': fault('tls', 'CERT_NOT_YET_VALID', 'starttls'),
  'certificate-name-mismatch': fault('tls', 'ERR_TLS_CERT_ALTNAME_INVALID', 'tls'),
  'certificate-untrusted': fault('tls', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'),
  'hello-required': smtp(503, '5.5.1', 'Error: send HELO/EHLO first', 'mail'),
  'hello-rejected': smtp(501, '', 'Syntactically invalid EHLO argument(s)', 'hello'),
  'auth-required': smtp(530, '5.7.0', 'Authentication required', 'mail'),
  'auth-not-offered': unmet('auth-not-offered', 'auth'),
  'auth-needs-tls': smtp(538, '5.7.11', 'Encryption required for requested authentication mechanism', 'auth'),
  'credentials-need-tls': unmet('credentials-need-tls', 'auth'),
  'credentials-rejected': smtp(535, '', 'Incorrect authentication data', 'auth'),
  'mechanism-not-supported': smtp(504, '5.7.4', 'Unrecognized authentication type', 'auth'),
  'auth-temporary-failure': smtp(435, '', 'Unable to authenticate at present', 'auth'),
  'auth-aborted': smtp(501, '5.7.0', 'Authentication aborted', 'auth'),
  'account-disabled': pop3('AUTH', 'Account_suspended', 'auth', 'PASS'),
  'too-many-auth-failures': smtp(454, '4.7.0', 'Too many login attempts, please try again later.', 'auth'),
  'sender-rejected': smtp(
    554,
    '5.7.1',
    '<x@blocked.example>: Sender address rejected: Access denied',
    'rcpt',
  ),
  'null-sender-rejected': smtp(554, '5.7.1', '<>: Sender address rejected: Access denied', 'rcpt', {
    sender: '',
  }),
  'sender-domain-not-found': smtp(
    450,
    '4.1.8',
    '<x@no.test>: Sender address rejected: Domain not found',
    'rcpt',
  ),
  'sender-not-allowed': smtp(
    553,
    '5.7.1',
    '<bob@lab.test>: Sender address rejected: not owned by user alice',
    'rcpt',
  ),
  'relay-denied': smtp(554, '5.7.1', '<bob@other.test>: Relay access denied', 'rcpt'),
  'unknown-user': smtp(550, '', 'Unrouteable address', 'rcpt'),
  'mailbox-full': smtp(
    552,
    '5.2.2',
    '<full@lab.test> Quota exceeded (mailbox for user is full)',
    'end-of-data',
  ),
  'mailbox-disabled': smtp(550, '5.2.1', 'The email account that you tried to reach is disabled.', 'rcpt'),
  'mailbox-unavailable': smtp(550, '', 'Requested action not taken: mailbox unavailable', 'rcpt'),
  'user-moved': smtp(551, '', 'User not local; please try <bob@new.test>', 'rcpt'),
  greylisted: smtp(451, '4.7.1', 'Greylisting in action, please come back later', 'rcpt'),
  'too-many-recipients': smtp(452, '4.5.3', 'Error: too many recipients', 'rcpt'),
  'recipient-domain-not-found': smtp(
    550,
    '',
    '<b@no.test>... Host unknown (Name server: no.test: host not found)',
    'rcpt',
  ),
  'recipient-rejected': smtp(
    554,
    '5.7.1',
    '<b@other.test>: Recipient address rejected: Access denied',
    'rcpt',
  ),
  'no-valid-recipients': smtp(554, '5.5.1', 'Error: no valid recipients', 'data'),
  'message-too-large': unmet('message-too-large', 'mail'),
  'content-rejected': smtp(554, '5.7.1', 'Spam message rejected', 'end-of-data'),
  'line-too-long': smtp(550, '', 'maximum allowed line length is 998 octets, got 1423', 'end-of-data'),
  'bare-newline-rejected': smtp(550, '5.5.2', 'mail.lab.test Error: bare <LF> received', 'end-of-data'),
  'message-malformed': smtp(553, '', 'Header Error', 'end-of-data'),
  'mail-loop': smtp(554, '', 'too many hops, this message is looping (#5.4.6)', 'end-of-data'),
  'message-rejected': smtp(554, '', 'Transaction failed', 'end-of-data'),
  blocklisted: smtp(
    554,
    '5.7.1',
    'Service unavailable; Client host [127.0.0.1] blocked using dnsbl.lab.test',
    'rcpt',
  ),
  'spf-failed': smtp(550, '5.7.23', 'Message rejected due to: SPF fail - not authorized.', 'rcpt'),
  'sender-unauthenticated': smtp(550, '5.7.26', 'This mail is unauthenticated', 'end-of-data'),
  'reverse-dns-required': smtp(
    450,
    '4.7.25',
    'Client host rejected: cannot find your hostname, [187.77.25.101]',
    'rcpt',
  ),
  'rate-limited': smtp(550, '5.4.5', 'Daily user sending limit exceeded.', 'mail'),
  'too-many-connections': smtp(
    421,
    '',
    'Too many concurrent SMTP connections; please try again later.',
    'greeting',
  ),
  'policy-rejected': smtp(554, '', 'Email rejected due to security policies', 'end-of-data'),
  'bad-sequence': smtp(503, '5.5.1', 'Error: need RCPT command', 'data'),
  'command-not-recognized': smtp(500, '5.5.2', 'Error: command not recognized', 'mail'),
  'syntax-error': smtp(501, '5.1.3', 'Bad recipient address syntax', 'rcpt'),
  'parameter-not-supported': smtp(555, '5.5.4', 'Unsupported option: BAD=1', 'mail'),
  'smtputf8-not-supported': unmet('smtputf8-not-supported', 'mail'),
  'extension-not-offered': unmet('extension-not-offered', 'mail'),
  'too-many-errors': smtp(421, '4.7.0', 'mail.lab.test Error: too many errors', 'mail'),
  'expectation-not-met': smtp(251, '', 'User not local; will forward', 'rcpt', { outcome: 'rejected' }),
  'server-storage-full': smtp(452, '4.3.1', 'Insufficient system storage', 'mail'),
  'server-temporary-failure': smtp(451, '', 'Temporary local problem - please try later', 'rcpt'),
  'server-shutting-down': pop3('SYS/TEMP', 'Server shutting down.', 'transaction', 'NOOP'),
  'mailbox-in-use': pop3('IN-USE', 'Mailbox is locked by another POP3 session.', 'auth', 'PASS'),
  'login-delay': pop3('LOGIN-DELAY', 'Logins must be at least 5 minutes apart', 'auth', 'PASS'),
  'no-such-message': pop3('', "There's no message 99.", 'transaction', 'RETR'),
  'message-already-deleted': pop3('', 'Message is deleted.', 'transaction', 'RETR'),
  'unique-id-ambiguous': unmet('unique-id-ambiguous', 'transaction'),
  'precondition-failed': unmet('precondition-failed', 'transaction'),
  'mailbox-temporary-failure': pop3('SYS/TEMP', 'Failed to create POP3 session lock.', 'auth', 'PASS'),
  'mailbox-damaged': pop3('SYS/PERM', 'Unable to open maildrop: System I/O error', 'auth', 'PASS'),
  'deletion-not-committed': pop3('', 'unable to unlink all deleted messages', 'update', 'QUIT', {
    deletions: 2,
  }),
  'outcome-unknown': fault('closed', undefined, 'end-of-data', { outcome: 'unknown' }),
  'accepted-not-delivered': smtp(250, '2.0.0', 'Ok: queued as 9B8A0238F0B', 'end-of-data', {
    outcome: 'accepted',
  }),
  'refused-permanently': pop3('', '', 'transaction', 'NOOP'),
  'refused-temporarily': smtp(459, '', '<lab.test>: service unavailable', 'mail', { verb: 'ETRN' }),
}

test.each(DIAGNOSIS_CODES)('%s is reached, and tells the thing at hand in whole sentences', (code) => {
  const diagnosis = diagnose(SITUATIONS[code])
  expect(diagnosis?.code).toBe(code)
  if (diagnosis === undefined) return
  expect(diagnosis.summary).toMatch(/^[A-Za-z0-9].*\.$/)
  expect(diagnosis.cause).toMatch(/^[A-Z].*\.$/)
  expect(diagnosis.remedies.length).toBeGreaterThan(0)
  expect(diagnosis.references).toEqual(PROBLEMS[code].references)
  for (const text of [diagnosis.summary, diagnosis.cause, ...diagnosis.remedies]) {
    expect(text).not.toMatch(/undefined|\[object|\s\s|\.\./)
  }
})
