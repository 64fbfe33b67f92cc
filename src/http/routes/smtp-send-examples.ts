const TO_BOB = { from: 'alice@sandbox.test', to: ['bob@sandbox.test'] }

/** Requests that work on the first click against the sandbox. */
export const EXAMPLES = {
  'test-message': {
    summary: 'A short test message',
    value: { envelope: TO_BOB },
  },
  composed: {
    summary: 'A composed message',
    value: {
      message: {
        from: '"Alice" <alice@sandbox.test>',
        to: ['bob@sandbox.test'],
        subject: 'Grüße',
        text: 'Hello Bob,\n\nthis came over HTTP.\n',
      },
    },
  },
  login: {
    summary: 'With STARTTLS and a login',
    value: {
      tls: 'required',
      auth: { user: 'alice', password: 'sandbox' },
      envelope: TO_BOB,
    },
  },
  'relay-denied': {
    summary: 'Refused: the server does not relay',
    value: { envelope: { from: 'alice@sandbox.test', to: ['relay@elsewhere.test'] } },
  },
  greylisted: {
    summary: 'Refused for now: greylisted',
    value: { envelope: { from: 'alice@sandbox.test', to: ['greylisted@sandbox.test'] } },
  },
  partial: {
    summary: 'One recipient accepted, one refused',
    value: { envelope: { from: 'alice@sandbox.test', to: ['bob@sandbox.test', 'unknown@sandbox.test'] } },
  },
  raw: {
    summary: 'A message of one’s own, octet for octet',
    value: {
      envelope: TO_BOB,
      message: {
        raw: 'From: alice@sandbox.test\r\nTo: bob@sandbox.test\r\nSubject: raw\r\n\r\nas it is\r\n',
      },
    },
  },
  'stop-after-rcpt': {
    summary: 'Would this recipient be accepted? Nothing is sent',
    value: { envelope: TO_BOB, stopAfter: 'rcpt' },
  },
  rich: {
    summary: 'Text, HTML with an inline image, an attachment, an invitation',
    value: {
      message: {
        from: 'alice@sandbox.test',
        to: ['bob@sandbox.test'],
        replyTo: 'alice@sandbox.test',
        subject: 'Invitation',
        text: 'See you there.',
        html: '<p>See you there. <img src="cid:dot" alt=""></p>',
        attachments: [
          {
            filename: 'dot.gif',
            contentType: 'image/gif',
            content: 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7',
            cid: 'dot',
            disposition: 'inline',
          },
          { filename: 'notes.txt', text: 'Bring cake.' },
        ],
        calendar: { method: 'PUBLISH', content: 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n' },
        priority: 'high',
        list: { id: 'cake.sandbox.test', unsubscribe: ['mailto:leave@sandbox.test'] },
      },
    },
  },
  gtube: {
    summary: 'The message that every spam filter knows',
    value: { envelope: TO_BOB, message: { test: 'gtube' } },
  },
  'all-or-nobody': {
    summary: 'One refused recipient, and nothing is sent to anybody',
    value: {
      envelope: { from: 'alice@sandbox.test', to: ['bob@sandbox.test', 'unknown@sandbox.test'] },
      onRejectedRecipient: 'abort',
    },
  },
  'one-by-one': {
    summary: 'HELO, no TLS, one command at a time, DATA',
    value: { envelope: TO_BOB, tls: 'off', hello: { verb: 'HELO' }, pipelining: 'off', chunking: 'off' },
  },
  'drop-after-data': {
    summary: 'Hang up after 354, to see what the server makes of it',
    value: { envelope: TO_BOB, dropAfter: 'data' },
  },
  'not-offered': {
    summary: 'Delivery reports and REQUIRETLS: asked for, and not offered by the sandbox',
    value: {
      envelope: {
        ...TO_BOB,
        dsn: { notify: ['SUCCESS', 'FAILURE'], return: 'HDRS', envelopeId: 'probe-1' },
        requireTls: true,
      },
    },
  },
  xclient: {
    summary: 'As another client (XCLIENT), for those who run the server; the sandbox does not offer it',
    value: { envelope: TO_BOB, xclient: { name: 'client.example.com', addr: '192.0.2.1', beforeTls: true } },
  },
  'pop-before-smtp': {
    summary: 'A login at the POP3 server first',
    value: { envelope: TO_BOB, auth: { user: 'alice', password: 'sandbox', popBefore: 'sandbox' } },
  },
  'route-mx': {
    summary: 'To the mail hosts of the recipient’s domain (without `dryRun` it is sent)',
    value: {
      route: 'mx',
      envelope: { from: 'alice@example.com', to: ['bob@example.org'] },
      dryRun: true,
    },
  },
  'dry-run': {
    summary: 'What would be sent? Nothing is connected',
    value: { envelope: TO_BOB, dryRun: true },
  },
}
