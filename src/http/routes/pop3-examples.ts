const AUTH = {
  offered: { beforeTls: [], now: ['PLAIN', 'LOGIN', 'APOP', 'USER'] },
  tried: ['PLAIN'],
  chosen: 'PLAIN',
}

const AROUND = { outcome: 'ok', auth: AUTH, diagnosis: null }

export const STAT_EXAMPLE = { ...AROUND, messages: 2, octets: 1543 }

export const LIST_EXAMPLE = {
  ...AROUND,
  messages: [
    {
      number: 1,
      octets: 771,
      uid: '0001c8d2',
      headers: { subject: 'Welcome', from: 'postmaster@sandbox.test' },
    },
    { number: 2, octets: 772, uid: '0002a914', headers: { subject: 'Grüße', from: 'alice@sandbox.test' } },
  ],
  total: 2,
  octets: 1543,
  selected: 2,
}

export const CAPABILITIES_EXAMPLE = {
  outcome: 'ok',
  greeting: 'POP3 server ready <1896.697170952@mail.example.com>',
  apop: '<1896.697170952@mail.example.com>',
  capabilities: {
    before: [
      {
        keyword: 'STLS',
        parameters: [],
        line: 'STLS',
        explanation: 'STLS begins TLS on this connection (RFC 2595 §4).',
      },
    ],
    afterTls: [
      {
        keyword: 'PIPELINING',
        parameters: [],
        line: 'PIPELINING',
        explanation: 'Commands may be sent without waiting for the replies before (RFC 2449 §6.6).',
      },
      {
        keyword: 'LOGIN-DELAY',
        parameters: ['900'],
        line: 'LOGIN-DELAY 900',
        explanation: 'Between two logins 900 seconds have to pass (RFC 2449 §6.5).',
      },
    ],
    afterLogin: [],
  },
  tls: {
    version: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    resumed: false,
    handshakeMs: 6.1,
    trusted: true,
    nameMatches: true,
    verifyError: null,
    certificate: {
      subject: 'CN=mail.example.com',
      issuer: 'CN=Example CA',
      names: ['mail.example.com'],
      validFrom: '2026-10-01T00:00:00.000Z',
      validTo: '2026-12-30T00:00:00.000Z',
      daysLeft: 37,
      fingerprint256: `AB:CD${':00'.repeat(30)}`,
      chain: ['CN=Example CA'],
    },
  },
  loginDelaySeconds: 900,
  expireDays: 'never',
  implementation: 'Example POP3',
  findings: [
    {
      level: 'warning',
      code: 'login-delay-long',
      text: 'Between two logins 900 seconds have to pass: mail is seen late, and a mail program that asks more often is refused.',
      instructions: ['Set mail programs to a longer interval, or lower the server’s LOGIN-DELAY.'],
      evidence: [5],
    },
  ],
  auth: null,
  diagnosis: null,
}

const MESSAGE = {
  number: 2,
  uid: '0002a914',
  octets: 772,
  complete: true,
  messageId: '<one@sandbox.test>',
  date: '2026-11-23T10:00:00.000Z',
  subject: 'Grüße',
  from: [{ name: 'Alice', address: 'alice@sandbox.test' }],
  to: [{ name: '', address: 'bob@sandbox.test' }],
  cc: [],
  replyTo: [],
  sender: [],
  headers: [{ name: 'Subject', value: 'Grüße' }],
  received: [],
  authenticationResults: [],
  text: 'Hello Bob\n',
  html: null,
  attachments: [
    {
      number: 1,
      filename: 'a.pdf',
      contentType: 'application/pdf',
      disposition: 'attachment',
      cid: null,
      octets: 4,
      sha256: '3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3',
      href: '/pop3/messages/uid:0002a914/attachments/1',
    },
  ],
  report: null,
  problems: [],
}

export const MESSAGE_EXAMPLE = { ...AROUND, ...MESSAGE }

/** One line for each message. */
export const NDJSON_EXAMPLE = `${JSON.stringify(MESSAGE)}\n`

export const RAW_EXAMPLE =
  'From: Alice <alice@sandbox.test>\r\nTo: bob@sandbox.test\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\nHello Bob\r\n'

export const MBOX_EXAMPLE =
  'From alice@sandbox.test Mon Nov 23 10:00:00 2026\nFrom: Alice <alice@sandbox.test>\nSubject: hello\n\nHello Bob\n>From here on it is quoted\n\n'

export const DELETE_EXAMPLE = {
  ...AROUND,
  deleted: [{ number: 2, uid: '0002a914' }],
  committed: true,
  verdicts: [{ number: 2, uid: '0002a914', verdict: 'deleted' }],
}
