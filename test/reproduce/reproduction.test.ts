import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Terms } from '../../src/reproduce/played.ts'
import { reproduction, TOOLS, type Tool } from '../../src/reproduce/reproduction.ts'
import { Recorder } from '../../src/transcript/recorder.ts'
import { manualClock } from '../support/manual-clock.ts'
import { GOOD_TLS } from '../support/scripted-wire.ts'

const TERMS: Terms = {
  security: 'opportunistic',
  verify: 'strict',
  servername: 'mx.example.test',
  minVersion: 'TLSv1.2',
  trusts: 'system',
  clientCertificate: 'none',
}

interface Situation {
  readonly protocol?: 'smtp' | 'lmtp' | 'pop3'
  readonly host?: string
  readonly terms?: Partial<Terms>
  /** `C:` a command, `S:` its reply, `<TLS>`, `<CONTENT n>`. */
  readonly script: string
}

function commandOf(tool: Tool, { protocol = 'smtp', host = 'mx.example.test', terms, script }: Situation) {
  const clock = manualClock()
  const recorder = new Recorder({
    id: 'ID',
    protocol,
    server: { url: `${protocol}://${host}`, host, port: 2525 },
    startedAt: clock.wallNow(),
    now: () => clock.now(),
  })
  let asked: number | undefined
  for (const line of script.trim().split('\n')) {
    const [, who, text = ''] = /^\s*(C:|S:|<TLS>|<CONTENT>) ?(.*)$/.exec(line) ?? []
    if (who === '<TLS>')
      recorder.secured(terms?.verify === 'report' ? { ...GOOD_TLS, trusted: false } : GOOD_TLS)
    else if (who === '<CONTENT>') recorder.data('client', Number(text), Buffer.from(''), 'whole')
    else if (who === 'C:') {
      asked = recorder.command(text, text.includes('***'))
      const name = /^(?:EHLO|HELO|LHLO) (.*)$/.exec(text)?.[1]
      if (name !== undefined) recorder.helloed(name)
    } else if (protocol === 'pop3')
      recorder.reply({ status: text.startsWith('+') ? '+OK' : '-ERR', lines: [text] }, 0, asked)
    else recorder.reply({ code: Number(text), lines: [''] }, 0, asked)
  }
  return reproduction(tool, recorder.transcript(), { ...TERMS, ...terms }).command
}

const SENT = `
  C: EHLO me.example
  S: 250
  C: MAIL FROM:<alice@example.test> SIZE=100
  S: 250
  C: RCPT TO:<bob@example.test>
  S: 250
  C: DATA
  S: 354
  <CONTENT> 100
  S: 250
  C: QUIT
  S: 221`

const SENT_IN_TLS = `
  C: EHLO me.example
  S: 250
  C: STARTTLS
  S: 220
  <TLS>
  C: EHLO me.example
  S: 250
  C: AUTH PLAIN ***
  S: 235
  C: MAIL FROM:<> RET=HDRS
  S: 250
  C: RCPT TO:<bob@example.test> NOTIFY=NEVER
  S: 250
  C: BDAT 100 LAST
  <CONTENT> 100
  S: 250
  C: QUIT
  S: 221`

describe('a message that was sent in the clear', () => {
  test('with swaks', () => {
    expect(commandOf('swaks', { script: SENT })).toBe(
      [
        '# message.eml holds the message, 100 octets',
        'swaks \\',
        '  --server=mx.example.test:2525 \\',
        '  --ehlo=me.example \\',
        '  --from=alice@example.test \\',
        '  --to=bob@example.test \\',
        '  --data=@message.eml',
      ].join('\n'),
    )
  })

  test('with curl', () => {
    expect(commandOf('curl', { script: SENT })).toBe(
      [
        '# message.eml holds the message, 100 octets',
        'curl \\',
        '  --url smtp://mx.example.test:2525/me.example \\',
        '  --mail-from alice@example.test \\',
        '  --mail-rcpt bob@example.test \\',
        '  --upload-file message.eml',
      ].join('\n'),
    )
  })

  test('with telnet', () => {
    expect(commandOf('telnet', { script: SENT })).toBe(
      [
        'telnet mx.example.test 2525',
        '# then type, each line when the one before is answered:',
        '#   EHLO me.example',
        '#   MAIL FROM:<alice@example.test> SIZE=100',
        '#   RCPT TO:<bob@example.test>',
        '#   DATA',
        '#   (message.eml, with a second dot before lines that begin with one) and a line with a dot alone',
        '#   QUIT',
      ].join('\n'),
    )
  })

  test('cannot be sent so with openssl', () => {
    expect(commandOf('openssl', { script: SENT })).toMatch(/^# [^\n]*no TLS/)
  })
})

describe('a message that was sent after STARTTLS and a login', () => {
  test('with swaks', () => {
    const command = commandOf('swaks', { script: SENT_IN_TLS })
    expect(command.split('\n').slice(0, 3)).toEqual([
      '# LOGIN and PASSWORD hold the user and the secret',
      '# message.eml holds the message, 100 octets',
      '# left out, for want of an option: RET=HDRS NOTIFY=NEVER',
    ])
    for (const option of [
      "--from='<>'",
      '--tls \\',
      '--tls-verify \\',
      '--auth=PLAIN',
      '--auth-user="$LOGIN"',
      '--auth-password="$PASSWORD"',
    ])
      expect(command).toContain(option)
  })

  test('with curl', () => {
    const command = commandOf('curl', { script: SENT_IN_TLS })
    for (const option of [
      "--mail-from '<>'",
      '--ssl-reqd',
      '--user "$LOGIN:$PASSWORD"',
      "--login-options 'AUTH=PLAIN'",
    ])
      expect(command).toContain(option)
    expect(command).not.toMatch(/--insecure|--cacert|--connect-to/)
  })

  test('with openssl: what was said inside TLS, and BDAT as DATA', () => {
    expect(commandOf('openssl', { script: SENT_IN_TLS })).toBe(
      [
        '# LOGIN and PASSWORD hold the user and the secret',
        '# message.eml holds the message, 100 octets',
        `say() { sleep 1; printf '%s\\n' "$1"; }`,
        '{',
        "  say 'EHLO me.example'",
        `  say "AUTH PLAIN $(printf '\\000%s\\000%s' "$LOGIN" "$PASSWORD" | openssl base64 -A)"`,
        "  say 'MAIL FROM:<> RET=HDRS'",
        "  say 'RCPT TO:<bob@example.test> NOTIFY=NEVER'",
        '  say DATA',
        "  sleep 1; tr -d '\\r' <message.eml | sed 's/^\\./../'; say .",
        '  say QUIT',
        '  sleep 1',
        '} | openssl s_client -quiet -crlf \\',
        '  -connect mx.example.test:2525 \\',
        '  -starttls smtp \\',
        '  -name me.example \\',
        '  -servername mx.example.test \\',
        '  -verify_return_error \\',
        '  -verify_hostname mx.example.test',
      ].join('\n'),
    )
  })

  test('with telnet: in the clear nobody logs in, and what was said twice is said once', () => {
    const command = commandOf('telnet', { script: SENT_IN_TLS })
    expect(command).not.toMatch(/PASSWORD|STARTTLS$|AUTH/m)
    expect(command.match(/EHLO/g)).toHaveLength(1)
    expect(command).toContain('the login is left out')
  })
})

describe('the terms of the session', () => {
  const withTerms = (tool: Tool, terms: Partial<Terms>, host = 'mx.example.test') =>
    commandOf(tool, { script: SENT_IN_TLS, terms, host })

  test('a certificate that did not verify and was taken all the same', () => {
    expect(withTerms('curl', { verify: 'report' })).toContain('--insecure')
    expect(withTerms('swaks', { verify: 'report' })).not.toContain('--tls-verify')
    expect(withTerms('openssl', { verify: 'report' })).not.toContain('-verify_return_error')
  })

  test('a CA, a client certificate, a name and a version of its own', () => {
    const terms: Partial<Terms> = {
      trusts: 'own-ca',
      clientCertificate: 'has',
      servername: 'other.test',
      minVersion: 'TLSv1.3',
      family: 4,
    }
    const curl = withTerms('curl', terms)
    expect(curl).toContain('--url smtp://other.test:2525/me.example')
    expect(curl).toContain('--connect-to other.test:2525:mx.example.test:2525')
    expect(curl).toMatch(/--cacert ca\.pem \\\n {2}--tlsv1\.3 \\\n {2}--cert client\.pem/)
    expect(curl).toContain('--ipv4')
    expect(withTerms('swaks', terms)).toMatch(/--tls-ca-path=ca\.pem[\s\S]*--tls-cert=client\.pem[\s\S]* -4/)
    expect(withTerms('openssl', terms)).toMatch(
      /-CAfile ca\.pem[\s\S]*-min_protocol TLSv1\.3[\s\S]*-cert client\.pem/,
    )
  })

  test('files for TLS are not asked for where there was none', () => {
    const terms = { trusts: 'own-ca', clientCertificate: 'has' } as const
    for (const tool of ['swaks', 'curl'] as const)
      expect(commandOf(tool, { script: SENT, terms })).not.toContain('.pem')
  })

  test('TLS from the first byte, and an IPv6 address', () => {
    const terms = { security: 'implicit', servername: '::1' } as const
    expect(withTerms('curl', terms, '::1')).toContain("--url 'smtps://[::1]:2525/me.example'")
    expect(withTerms('swaks', terms, '::1')).toContain('--tls-on-connect')
    expect(withTerms('openssl', terms, '::1')).toContain(
      "-connect '[::1]:2525' \\\n  -verify_return_error \\\n  -verify_ip ::1",
    )
    expect(withTerms('telnet', terms, '::1')).toMatch(/^# [^\n]*telnet speaks none/)
  })
})

describe('a session that sent nothing', () => {
  const UP_TO_RCPT = SENT.split('\n').slice(0, 7).join('\n')

  test('is stopped by swaks where it stopped', () => {
    expect(commandOf('swaks', { script: UP_TO_RCPT })).toContain('--quit-after=RCPT')
    expect(commandOf('swaks', { script: UP_TO_RCPT })).not.toContain('message.eml')
    expect(commandOf('swaks', { script: 'S: 554' })).toContain('--quit-after=BANNER')
  })

  test('is not sent by curl, which cannot stop there', () => {
    expect(commandOf('curl', { script: UP_TO_RCPT })).toMatch(/^# [^\n]*$/)
  })

  test('was refused: curl tries the same again', () => {
    const script = `${UP_TO_RCPT.trimEnd().replace(/250$/, '554')}\n C: DATA\n S: 554`
    expect(commandOf('curl', { script })).toContain('--mail-rcpt bob@example.test')
    expect(commandOf('swaks', { script })).toContain('--quit-after=RCPT')
  })

  test('never came to an envelope: curl does not either', () => {
    expect(commandOf('curl', { script: 'C: EHLO me\nS: 421' })).toContain('--request NOOP')
  })
})

describe('a POP3 session', () => {
  const READ = `
    S: +OK ready
    C: CAPA
    S: +OK
    C: USER alice
    S: +OK
    C: PASS ***
    S: +OK
    C: STAT
    S: +OK 1 100
    C: UIDL
    S: +OK
    C: RETR 1
    S: +OK
    C: DELE 1
    S: +OK
    C: QUIT
    S: +OK`

  test('with curl: a transfer each, in one session', () => {
    expect(commandOf('curl', { protocol: 'pop3', script: READ })).toBe(
      [
        '# LOGIN and PASSWORD hold the user and the secret',
        'curl \\',
        '  --url pop3://mx.example.test:2525/ \\',
        '  --request STAT \\',
        '  --head \\',
        '  --user "$LOGIN:$PASSWORD" \\',
        "  --login-options 'AUTH=+LOGIN' \\",
        '  --next \\',
        '  --url pop3://mx.example.test:2525/ \\',
        '  --request UIDL \\',
        '  --user "$LOGIN:$PASSWORD" \\',
        "  --login-options 'AUTH=+LOGIN' \\",
        '  --next \\',
        '  --url pop3://mx.example.test:2525/1 \\',
        '  --user "$LOGIN:$PASSWORD" \\',
        "  --login-options 'AUTH=+LOGIN' \\",
        '  --next \\',
        '  --url pop3://mx.example.test:2525/ \\',
        "  --request 'DELE 1' \\",
        '  --head \\',
        '  --user "$LOGIN:$PASSWORD" \\',
        "  --login-options 'AUTH=+LOGIN'",
      ].join('\n'),
    )
  })

  test('with telnet', () => {
    expect(commandOf('telnet', { protocol: 'pop3', script: READ }).split('\n').slice(2)).toEqual([
      '#   CAPA',
      '#   USER $LOGIN',
      '#   PASS $PASSWORD',
      '#   STAT',
      '#   UIDL',
      '#   RETR 1',
      '#   DELE 1',
      '#   QUIT',
    ])
  })

  test('with swaks: it says plainly that this cannot be', () => {
    expect(commandOf('swaks', { protocol: 'pop3', script: READ })).toMatch(/^# swaks speaks no POP3/)
  })

  test('that goes on and on is repeated as far as somebody would read it', () => {
    const script = Array.from({ length: 300 }, (_, n) => `C: TOP ${n + 1} 0\nS: +OK`).join('\n')
    expect(commandOf('curl', { protocol: 'pop3', script }).match(/--url/g)).toHaveLength(20)
    expect(commandOf('telnet', { protocol: 'pop3', script })).toMatch(/# and 200 lines more$/)
  })
})

describe('logins', () => {
  const login = (tool: Tool, mechanism: string) =>
    commandOf(tool, { script: SENT_IN_TLS.replace('AUTH PLAIN', `AUTH ${mechanism}`) })

  test('a token is a variable of its own', () => {
    expect(login('curl', 'XOAUTH2')).toContain('--oauth2-bearer "$TOKEN"')
    expect(login('openssl', 'OAUTHBEARER')).toContain('auth=Bearer %s')
  })

  test('what is computed from a challenge cannot be typed', () => {
    expect(login('openssl', 'SCRAM-SHA-256')).toMatch(/# SCRAM-SHA-256 is computed[\s\S]*AUTH PLAIN/)
    expect(login('swaks', 'SCRAM-SHA-256')).toMatch(/which swaks does not know[\s\S]*--auth \\/)
  })

  test('LMTP is what curl does not speak', () => {
    expect(commandOf('curl', { protocol: 'lmtp', script: SENT })).toMatch(/^# curl speaks no LMTP/)
    expect(commandOf('swaks', { protocol: 'lmtp', script: SENT })).toContain('--protocol=LMTP')
  })
})

describe('what a stranger wrote', () => {
  const EVIL = `"$(touch pwned)\`touch pwned\`'; touch pwned; '"@example.test`
  let folder = ''

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mailwire-reproduce-'))
    // in place of the tools: each says what it was given
    for (const tool of [...TOOLS, 'sleep']) {
      const says = tool === 'sleep' ? '' : `printf '<%s>' "$@"; cat`
      writeFileSync(join(folder, tool), `#!/bin/sh\n${says}\n`, { mode: 0o755 })
    }
    writeFileSync(join(folder, 'message.eml'), 'x\r\n')
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.each(TOOLS)('is an argument or a line for %s, and nothing that a shell does', (tool) => {
    const script = (tool === 'telnet' ? SENT : SENT_IN_TLS).replace(
      'bob@example.test',
      EVIL.replaceAll('\\', '\\\\'),
    )
    const command = commandOf(tool, { script })
    const printed = execFileSync('sh', ['-c', command], {
      cwd: folder,
      encoding: 'utf8',
      input: '',
      env: { PATH: `${folder}:${process.env['PATH'] ?? ''}`, LOGIN: 'me', PASSWORD: 'mine' },
    })
    expect(tool === 'telnet' ? command : printed).toContain(EVIL)
    expect(readdirSync(folder)).not.toContain('pwned')
  })
})
