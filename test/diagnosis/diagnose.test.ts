import { createServer } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { diagnose } from '../../src/diagnosis/diagnose.ts'
import { Fault, Unmet } from '../../src/session/outcome.ts'
import { at, fault, pop3, seen, smtp, tlsFacts, unmet } from './situations.ts'

describe('traps', () => {
  test('5.7.1 says nothing about the mailbox', () => {
    const bare = diagnose(smtp(550, '5.7.1', 'Command not allowed', 'rcpt'))
    expect(bare).toMatchObject({ code: 'policy-rejected' })
    expect(diagnose(smtp(550, '5.7.1', '', 'rcpt'))).toMatchObject({
      code: 'policy-rejected',
      confidence: 'likely',
    })
  })

  test('a mailbox that is in use is no wrong password, with the response code or without', () => {
    expect(diagnose(pop3('IN-USE', 'mailbox already in use by pid 12345', 'auth', 'PASS'))).toMatchObject({
      code: 'mailbox-in-use',
      retry: 'later',
      confidence: 'certain',
    })
    expect(diagnose(pop3('', 'maildrop already locked', 'auth', 'PASS'))?.code).toBe('mailbox-in-use')
    expect(diagnose(pop3('IN-USE', 'authentication failed', 'auth', 'PASS'))?.code).toBe('mailbox-in-use')
  })

  test('a sentence for two cases is a denied relay, and not certain', () => {
    const diagnosis = diagnose(smtp(551, '', 'User not local or invalid address - Relay denied', 'rcpt'))
    expect(diagnosis).toMatchObject({ code: 'relay-denied', confidence: 'likely' })
    expect(diagnosis?.cause).toContain('two cases')
    expect(diagnose(smtp(550, '5.1.1', 'User unknown; relay denied', 'rcpt'))).toMatchObject({
      code: 'relay-denied',
      confidence: 'likely',
    })
  })

  test('a user unknown in the relay recipient table is an unknown user', () => {
    const text = '<x@lab.test>: Recipient address rejected: User unknown in relay recipient table'
    expect(diagnose(smtp(550, '5.1.1', text, 'rcpt'))).toMatchObject({
      code: 'unknown-user',
      confidence: 'certain',
    })
    expect(diagnose(smtp(550, '', text, 'rcpt'))).toMatchObject({
      code: 'unknown-user',
      confidence: 'likely',
    })
  })

  test('"Access denied" to a recipient may be a rule or a missing login, and after a login it is a rule', () => {
    const words = ['5.7.1', '<bob@other.test>: Recipient address rejected: Access denied', 'rcpt'] as const
    const before = diagnose(smtp(554, ...words))
    expect(before).toMatchObject({ code: 'recipient-rejected', confidence: 'likely' })
    expect(before?.cause).toContain('two meanings')
    expect(diagnose(smtp(554, ...words, { login: { state: 'done', offered: [] } }))?.cause).not.toContain(
      'log',
    )
  })

  test('a sender that is refused at RCPT is not the recipient’s matter', () => {
    const text = '<nosuchuser@lab.test>: Sender address rejected: User unknown in virtual mailbox table'
    const diagnosis = diagnose(smtp(550, '5.1.0', text, 'rcpt'))
    expect(diagnosis?.code).toBe('sender-rejected')
    expect(diagnosis?.cause).toContain('the recipient is not the reason')
  })

  test('-ERR without words means what its place means', () => {
    expect(diagnose(pop3('', '', 'auth', 'PASS'))).toMatchObject({
      code: 'credentials-rejected',
      confidence: 'guess',
    })
    expect(diagnose(pop3('', '', 'transaction', 'RETR'))).toMatchObject({ code: 'refused-permanently' })
    expect(diagnose(pop3('', '', 'greeting', ''))).toMatchObject({ code: 'greeting-refused' })
    expect(diagnose(pop3('', '', 'update', 'QUIT', { deletions: 1 }))).toMatchObject({
      code: 'deletion-not-committed',
    })
  })

  test('a code without words means what RFC 5321 says, and is a guess', () => {
    expect(diagnose(smtp(550, '', '', 'rcpt'))).toMatchObject({
      code: 'recipient-rejected',
      confidence: 'guess',
    })
    expect(diagnose(smtp(552, '', '', 'end-of-data'))).toMatchObject({
      code: 'message-too-large',
      confidence: 'guess',
    })
    expect(diagnose(smtp(450, '', '', 'rcpt'))).toMatchObject({
      code: 'mailbox-unavailable',
      confidence: 'guess',
    })
    expect(diagnose(smtp(535, '', '', 'auth'))).toMatchObject({
      code: 'credentials-rejected',
      confidence: 'certain',
    })
    expect(diagnose(smtp(571, '', '', 'mail'))).toMatchObject({ code: 'refused-permanently' })
  })

  test('an unknown code of Unmet is not made up into a mail matter', () => {
    expect(diagnose(unmet('invalid-request', 'transaction'))).toBeUndefined()
  })

  test('a flood of words takes no time', () => {
    const floods = [
      'a'.repeat(131_072),
      'too many '.repeat(14_000),
      'user unknown relay '.repeat(7000),
      '<'.repeat(131_072),
    ]
    const began = performance.now()
    for (const flood of floods) {
      diagnose(smtp(550, '', flood, 'rcpt'))
      diagnose(pop3('', flood, 'auth', 'PASS'))
    }
    expect(performance.now() - began).toBeLessThan(2000)
  })
})

test.each([
  ['EHLO', { hello: { verb: 'HELO' } }],
  ['BDAT', { chunking: 'off' }],
  ['VRFY', undefined],
])('a command that is not known, %s, is avoided where that is possible', (verb, suggestion) => {
  const situation = smtp(500, '', 'unrecognized command', 'hello', { verb })
  expect(diagnose(situation)).toMatchObject({ code: 'command-not-recognized' })
  expect(diagnose(situation)?.suggestion).toEqual(suggestion)
})

describe('what a relay that is denied is told', () => {
  test('the summary names the domain, the remedy is a login', () => {
    const diagnosis = diagnose(
      smtp(554, '5.7.1', '<bob@other.test>: Relay access denied', 'rcpt', { evidence: [9, 10] }),
    )
    expect(diagnosis).toMatchObject({
      summary: 'The server does not accept mail for other.test from this client.',
      retry: 'no',
      confidence: 'certain',
      evidence: [9, 10],
      suggestion: { server: 'smtp://mx.lab.test:587', tls: 'required' },
    })
    expect(diagnosis?.remedies[0]).toMatch(/^Log in/)
    expect(diagnosis?.remedies.at(-1)).toMatch(/^For the server’s administrator: /)
  })

  test('who has logged in is not told to log in', () => {
    const login = { state: 'done', offered: ['PLAIN'] } as const
    const diagnosis = diagnose(smtp(554, '5.7.1', '<bob@other.test>: Relay access denied', 'rcpt', { login }))
    expect(diagnosis?.remedies.join(' ')).not.toMatch(/Log in/)
    expect(diagnosis).not.toHaveProperty('suggestion')
  })
})

describe('retry', () => {
  test('seconds are told where the server says them', () => {
    expect(diagnose(smtp(450, '4.2.0', 'Greylisted for 300 seconds', 'rcpt'))).toMatchObject({
      retry: 'later',
      afterSeconds: 300,
    })
    expect(
      diagnose(pop3('LOGIN-DELAY', 'Logins must be at least 5 minutes apart', 'auth', 'PASS')),
    ).toMatchObject({
      retry: 'later',
      afterSeconds: 300,
    })
    expect(diagnose(smtp(451, '4.7.1', 'Greylisting in action', 'rcpt'))).not.toHaveProperty('afterSeconds')
  })

  test('a full mailbox may have room later, unless the server refused for good', () => {
    expect(diagnose(smtp(452, '4.2.2', 'over quota', 'rcpt'))?.retry).toBe('later')
    expect(diagnose(smtp(552, '5.2.2', 'over quota', 'rcpt'))?.retry).toBe('no')
  })

  test('a server with TLS 1.2 is not to be met with an unsafe version because 1.3 alone was asked for', () => {
    const old = fault('tls', 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'starttls')
    const suggestionFor = (tlsMinVersion: 'TLSv1.2' | 'TLSv1.3') =>
      diagnose({ ...old, tlsMinVersion })?.suggestion
    expect(suggestionFor('TLSv1.3')).toEqual({ tlsMinVersion: 'TLSv1.2' })
    expect(suggestionFor('TLSv1.2')).toEqual({ tlsMinVersion: 'TLSv1' })
  })

  test('a login that was broken off says why', () => {
    const message = 'SCRAM-SHA-256 was cancelled: the nonce of the server does not extend ours'
    const { reply: _, ...broken } = smtp(535, '', '', 'auth')
    const cause = diagnose({ ...broken, outcome: 'failed', unmet: new Unmet('auth-aborted', message) })?.cause
    expect(cause).toBe(`${message}. The credentials were not judged.`)
  })

  test('the class of a code without reasons decides', () => {
    expect(diagnose(smtp(459, '', '', 'mail'))).toMatchObject({ code: 'refused-temporarily', retry: 'later' })
    expect(diagnose(smtp(559, '', '', 'mail'))).toMatchObject({
      code: 'refused-permanently',
      retry: 'changed',
    })
  })
})

describe('another protocol, and TLS in the wrong place', () => {
  test.each([
    [
      fault('protocol', undefined, 'greeting', { ...at('smtp', 143), ...seen('* OK IMAP4rev1\r\n') }),
      'IMAP',
      { server: 'smtp://mx.lab.test:587', tls: 'required' },
    ],
    [
      fault('protocol', undefined, 'greeting', { ...at('pop3', 143), ...seen('* OK IMAP4rev1\r\n') }),
      'IMAP',
      { server: 'pop3://mx.lab.test', tls: 'required' },
    ],
    [
      fault('protocol', undefined, 'greeting', { ...at('pop3s', 993), ...seen('* OK IMAP4rev1\r\n') }),
      'IMAP',
      { server: 'pop3s://mx.lab.test' },
    ],
    [
      fault('protocol', undefined, 'greeting', { ...at('smtp', 110), ...seen('+OK ready\r\n') }),
      'POP3',
      { server: 'smtp://mx.lab.test:587', tls: 'required' },
    ],
    [
      fault('protocol', undefined, 'greeting', { ...at('pop3', 25), ...seen('220 mx ESMTP\r\n') }),
      'SMTP',
      { server: 'pop3://mx.lab.test', tls: 'required' },
    ],
    [
      fault('protocol', undefined, 'greeting', {
        ...at('smtp', 80),
        ...seen('HTTP/1.1 400 Bad Request\r\n'),
      }),
      'HTTP',
      { server: 'smtp://mx.lab.test:587', tls: 'required' },
    ],
    [
      fault('protocol', undefined, 'greeting', { ...at('smtp', 22), ...seen('SSH-2.0-OpenSSH_9.2\r\n') }),
      'SSH',
      { server: 'smtp://mx.lab.test:587', tls: 'required' },
    ],
    [
      smtp(530, '', 'Please login with USER and PASS.', 'hello', {
        ...at('smtp', 21),
        ...seen('220 (vsFTPd 3.0.3)\r\n'),
      }),
      'FTP',
      { server: 'smtp://mx.lab.test:587', tls: 'required' },
    ],
    [
      smtp(500, '5.5.2', 'Error: command not recognized', 'hello', {
        ...at('lmtp', 25),
        verb: 'LHLO',
        ...seen('220 mx ESMTP Postfix\r\n'),
      }),
      'SMTP',
      { server: 'smtp://mx.lab.test' },
    ],
  ])('%#: it is recognised, and the request that was meant is suggested', (situation, name, suggestion) => {
    const diagnosis = diagnose(situation)
    expect(diagnosis).toMatchObject({ code: 'wrong-protocol', suggestion })
    expect(diagnosis?.summary).toContain(`${name} is spoken on`)
  })

  test('SMTP that breaks its own rules is no other protocol', () => {
    const situation = fault('protocol', undefined, 'mail', seen('220 mx ESMTP\r\n'))
    expect(diagnose(situation)?.code).toBe('protocol-violation')
  })

  test.each([
    ['protocol', 'LIST names message 1 twice'],
    ['closed', 'the server closed the connection before the end of the reply to UIDL'],
  ] as const)('what was wrong with what came is told, not only that something was: %s', (kind, message) => {
    const situation = { ...fault(kind, undefined, 'transaction'), fault: new Fault(kind, message) }
    expect(diagnose(situation)?.cause.toLowerCase()).toContain(`${message.toLowerCase()}. `)
  })

  test('"wrong version number" is told as what it is, with the request that works', () => {
    const diagnosis = diagnose(fault('tls', 'ERR_SSL_WRONG_VERSION_NUMBER', 'tls', at('smtps', 587)))
    expect(diagnosis).toMatchObject({
      code: 'tls-on-plain-port',
      suggestion: { server: 'smtp://mx.lab.test:587', tls: 'required' },
    })
  })

  test('the same after STARTTLS is another matter', () => {
    const diagnosis = diagnose(fault('tls', 'ERR_SSL_WRONG_VERSION_NUMBER', 'starttls'))
    expect(diagnosis?.code).toBe('tls-handshake-failed')
    expect(diagnosis?.cause).toContain('went on in plain text')
  })

  test('Node says it so when a plain server greets', async () => {
    const server = createServer((socket) =>
      socket.on('error', () => undefined).write('220 mx.lab.test ESMTP\r\n'),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const code = await new Promise<string>((resolve) => {
      const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false })
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
    })
    server.close()
    expect(diagnose(fault('tls', code, 'tls', at('smtps', port)))?.code).toBe('tls-on-plain-port')
  })

  test.each([
    [at('smtp', 465), 'smtps://mx.lab.test'],
    [at('pop3', 995), 'pop3s://mx.lab.test'],
  ])('%#: silence on a port for TLS is plain text to a TLS port', (server, url) => {
    const diagnosis = diagnose(fault('timeout', 'greeting', 'greeting', server))
    expect(diagnosis).toMatchObject({
      code: 'plain-on-tls-port',
      confidence: 'likely',
      suggestion: { server: url },
    })
  })

  test('silence inside TLS, or on port 25, is a slow greeting', () => {
    expect(diagnose(fault('timeout', 'greeting', 'greeting', { ...at('smtps', 465), tls: 'on' }))?.code).toBe(
      'greeting-timeout',
    )
    const diagnosis = diagnose(fault('timeout', 'greeting', 'greeting'))
    expect(diagnosis).toMatchObject({
      code: 'greeting-timeout',
      suggestion: { timeouts: { greeting: 300_000 } },
    })
  })

  test('a TLS alert instead of a greeting is certain', () => {
    const situation = fault('protocol', undefined, 'greeting', {
      ...at('smtp', 8465),
      ...seen('\x15\x03\x01\x00\x02\x02F'),
    })
    expect(diagnose(situation)).toMatchObject({
      code: 'plain-on-tls-port',
      confidence: 'certain',
      suggestion: { server: 'smtps://mx.lab.test:8465' },
    })
  })

  test('an IPv6 host stays in brackets', () => {
    const situation = fault('tls', 'ERR_SSL_WRONG_VERSION_NUMBER', 'tls', at('smtps', 2525, '2001:db8::7'))
    expect(diagnose(situation)?.suggestion).toEqual({ server: 'smtp://[2001:db8::7]:2525', tls: 'required' })
  })
})

describe('the network', () => {
  test.each([
    ['ENOTFOUND', 'dns-not-found'],
    ['ENODATA', 'dns-not-found'],
    ['ESERVFAIL', 'dns-failure'],
    ['ETIMEOUT', 'dns-failure'],
    ['EAI_AGAIN', 'dns-failure'],
    ['ECONNREFUSED', 'dns-failure'],
  ])('the resolver’s %s is %s', (code, expected) => {
    expect(diagnose(fault('dns', code, 'dns'))?.code).toBe(expected)
  })

  test.each([
    ['ECONNREFUSED', 'connection-refused'],
    ['ETIMEDOUT', 'connection-timeout'],
    ['EHOSTUNREACH', 'network-unreachable'],
    ['ENETUNREACH', 'network-unreachable'],
    ['ECONNRESET', 'connection-closed'],
  ])('the connection’s %s is %s', (code, expected) => {
    expect(diagnose(fault('connect', code, 'connect'))?.code).toBe(expected)
  })

  test('a time limit means what it ran out at', () => {
    expect(diagnose(fault('timeout', 'connect', 'dns'))?.code).toBe('dns-failure')
    expect(diagnose(fault('timeout', 'connect', 'connect'))?.code).toBe('connection-timeout')
    expect(diagnose(fault('timeout', 'connect', 'tls'))?.code).toBe('tls-handshake-failed')
    expect(diagnose(fault('timeout', 'connect', 'starttls'))?.code).toBe('tls-handshake-failed')
    expect(diagnose(fault('timeout', 'command', 'starttls'))?.code).toBe('reply-timeout')
    expect(diagnose(fault('timeout', 'total', 'rcpt'))).toMatchObject({
      code: 'reply-timeout',
      suggestion: { timeouts: { total: 600_000 } },
    })
  })

  test('on port 25 the own provider is named', () => {
    expect(diagnose(fault('connect', 'ETIMEDOUT', 'connect'))?.cause).toContain('provider')
    expect(diagnose(fault('connect', 'ETIMEDOUT', 'connect', at('smtp', 587)))?.cause).not.toContain(
      'provider',
    )
  })

  test('hanging up means different things at different places', () => {
    expect(diagnose(fault('closed', 'ECONNRESET', 'greeting'))?.cause).toContain('without a word')
    expect(diagnose(fault('closed', undefined, 'auth'))?.cause).toContain('wrong credentials')
    expect(diagnose(fault('closed', undefined, 'rcpt'))?.cause).toContain('in the middle')
  })
})

describe('TLS', () => {
  test('the names of the certificate are told, and one is suggested', () => {
    const facts = tlsFacts('ERR_TLS_CERT_ALTNAME_INVALID', ['*.provider.test', 'mail.provider.test'])
    expect(diagnose(fault('tls', 'certificate-name-mismatch', 'tls', { tlsFacts: facts }))).toMatchObject({
      summary: 'The certificate is not for mx.lab.test, but for *.provider.test, mail.provider.test.',
      suggestion: { tlsServername: 'mail.provider.test' },
    })
  })

  test('the last day of an expired certificate is told', () => {
    const diagnosis = diagnose(
      fault('tls', 'certificate-expired', 'tls', { tlsFacts: tlsFacts('CERT_HAS_EXPIRED') }),
    )
    expect(diagnosis?.summary).toContain('2026-03-01')
  })

  test('why a chain is not trusted is told apart', () => {
    const cause = (code: string) =>
      diagnose(fault('tls', 'certificate-untrusted', 'tls', { tlsFacts: tlsFacts(code) }))?.cause
    expect(cause('DEPTH_ZERO_SELF_SIGNED_CERT')).toContain('self-signed')
    expect(cause('UNABLE_TO_VERIFY_LEAF_SIGNATURE')).toContain('intermediate')
  })

  test('an alert is told in words, also when it comes after the handshake', () => {
    expect(diagnose(fault('tls', 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME', 'tls'))?.cause).toContain(
      'does not know the name',
    )
    const late = diagnose(fault('closed', 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'greeting'))
    expect(late).toMatchObject({ code: 'tls-handshake-failed' })
    expect(late?.cause).toContain('certificate from the client')
  })

  test('a handshake that nobody answers on a plain port suggests STARTTLS', () => {
    expect(diagnose(fault('timeout', 'connect', 'tls', at('smtps', 25)))).toMatchObject({
      code: 'tls-handshake-failed',
      suggestion: { server: 'smtp://mx.lab.test', tls: 'required' },
    })
  })
})

describe('the login', () => {
  test('AUTH that is not known before TLS needs TLS, without STARTTLS it is not there', () => {
    const words = ['5.5.1', 'Error: authentication not enabled', 'auth'] as const
    expect(diagnose(smtp(503, ...words, { starttls: 'offered' }))).toMatchObject({
      code: 'auth-needs-tls',
      suggestion: { tls: 'required' },
    })
    expect(diagnose(smtp(503, ...words, { starttls: 'not-offered' }))?.code).toBe('auth-not-offered')
  })

  test('credentials that were withheld say why: no TLS, or no certificate to trust', () => {
    expect(diagnose(unmet('credentials-need-tls', 'auth', { starttls: 'offered' }))?.suggestion).toEqual({
      tls: 'required',
    })
    const untrusted = diagnose(
      unmet('credentials-need-tls', 'auth', { tls: 'on', tlsFacts: tlsFacts('DEPTH_ZERO_SELF_SIGNED_CERT') }),
    )
    expect(untrusted?.cause).toContain('does not verify')
    expect(untrusted).not.toHaveProperty('suggestion')
  })

  test('an app password is asked for as such', () => {
    const diagnosis = diagnose(smtp(534, '5.7.9', 'Application-specific password required.', 'auth'))
    expect(diagnosis?.code).toBe('credentials-rejected')
    expect(diagnosis?.remedies[0]).toContain('app password')
  })

  test('what is offered instead of a mechanism is told', () => {
    expect(diagnose(unmet('mechanism-not-supported', 'auth'))?.cause).toBe(
      'The server does not offer it. It offers PIPELINING, SIZE 1000.',
    )
  })
})

describe('outcomes', () => {
  test('an unknown outcome warns of sending twice, whatever the fault was', () => {
    for (const kind of ['closed', 'timeout', 'protocol', 'aborted'] as const) {
      const diagnosis = diagnose(fault(kind, undefined, 'end-of-data', { outcome: 'unknown' }))
      expect(diagnosis?.code).toBe('outcome-unknown')
      expect(diagnosis?.remedies.join(' ')).toContain('Message-ID')
    }
  })

  test('unanswered deletions are unknown, unsent ones are not committed', () => {
    const server = at('pop3', 110)
    const unknown = diagnose(
      fault('closed', undefined, 'update', { ...server, outcome: 'unknown', deletions: 2 }),
    )
    expect(unknown?.code).toBe('outcome-unknown')
    expect(unknown?.remedies.join(' ')).not.toContain('Message-ID')
    expect(diagnose(fault('closed', undefined, 'transaction', { ...server, deletions: 2 }))?.code).toBe(
      'deletion-not-committed',
    )
    expect(diagnose(fault('closed', undefined, 'transaction', server))?.code).toBe('connection-closed')
  })

  test('success with nothing to say has no diagnosis, an accepted message has a remark', () => {
    expect(diagnose(smtp(250, '2.1.5', 'Ok', 'rcpt'))).toBeUndefined()
    expect(diagnose(smtp(250, '2.0.0', 'Ok: queued', 'end-of-data', { outcome: 'accepted' }))?.code).toBe(
      'accepted-not-delivered',
    )
  })

  test('the reply that decided is part of the evidence', () => {
    const situation = smtp(550, '5.1.1', 'User unknown', 'rcpt', { evidence: [7] })
    const reply = { severity: 'permanent', code: 550, lines: ['No'], seq: 8 } as const
    expect(diagnose({ ...situation, reply })?.evidence).toEqual([7, 8])
  })
})
