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
    ],
    afterLogin: [],
  },
  loginDelaySeconds: null,
  expireDays: null,
  implementation: null,
  auth: null,
  diagnosis: null,
}

export const MESSAGE_EXAMPLE = {
  ...AROUND,
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

export const DELETE_EXAMPLE = {
  ...AROUND,
  deleted: [{ number: 2, uid: '0002a914' }],
  committed: true,
  verdicts: [{ number: 2, uid: '0002a914', verdict: 'deleted' }],
}
