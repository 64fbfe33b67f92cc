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
  octets: {
    summary: 'Exact octets in base64; line ends other than CRLF are refused',
    value: {
      envelope: { ...TO_BOB, body: '8BITMIME' },
      lineEnds: 'refuse',
      message: { rawBase64: 'U3ViamVjdDogb2N0ZXRzDQoNCkdyw7zDn2UNCg==' },
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
      },
    },
  },
  list: {
    summary: 'An answer on a mailing list, with copies and fields of one’s own',
    value: {
      message: {
        from: 'alice@sandbox.test',
        to: ['bob@sandbox.test'],
        cc: ['alice@sandbox.test'],
        bcc: ['bob@sandbox.test'],
        subject: 'Re: cake',
        text: 'Yes, please.',
        messageId: '<2@sandbox.test>',
        inReplyTo: '<1@sandbox.test>',
        references: ['<1@sandbox.test>'],
        headers: { 'X-Check': ['one', 'two'] },
        list: {
          id: 'cake.sandbox.test',
          help: ['mailto:help@sandbox.test'],
          unsubscribe: ['mailto:leave@sandbox.test', 'https://sandbox.test/leave'],
          subscribe: ['mailto:join@sandbox.test'],
          post: ['mailto:cake@sandbox.test'],
          owner: ['mailto:alice@sandbox.test'],
          archive: ['https://sandbox.test/archive'],
        },
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
  extensions: {
    summary: 'What further extensions take (not sent: the sandbox offers none of them)',
    value: {
      envelope: {
        ...TO_BOB,
        auth: 'alice@sandbox.test',
        priority: 3,
        holdFor: 3600,
        deliverBy: { seconds: 7200, mode: 'notify', trace: true },
        prdr: true,
        parameters: { mail: ['X-PROBE=1'], rcpt: ['X-PROBE'] },
      },
      dryRun: true,
    },
  },
  'hold-until': {
    summary: 'Kept by the server until a moment (not sent: the sandbox cannot keep it)',
    value: { envelope: { ...TO_BOB, holdUntil: '2030-01-01T08:00:00Z' }, dryRun: true },
  },
  xclient: {
    summary: 'As another client (XCLIENT), for those who run the server; the sandbox does not offer it',
    value: {
      envelope: TO_BOB,
      xclient: {
        name: 'client.example.com',
        addr: '192.0.2.1',
        port: 4711,
        proto: 'ESMTP',
        helo: 'client.example.com',
        login: 'alice',
        destAddr: '192.0.2.25',
        destPort: 25,
        reverseName: 'client.example.com',
        beforeTls: true,
      },
    },
  },
  proxied: {
    summary: 'Behind a PROXY header, for those who run the server (not sent: the sandbox expects none)',
    value: {
      envelope: TO_BOB,
      proxy: {
        version: 2,
        source: { address: '192.0.2.1', port: 4711 },
        destination: { address: '192.0.2.25', port: 25 },
      },
      dryRun: true,
    },
  },
  connection: {
    summary: 'A server by its URL, the terms of the connection, an OAuth token (not sent: it is an example)',
    value: {
      server: 'smtp://mail.example.com:587',
      tls: 'required',
      tlsVerify: true,
      tlsServername: 'mail.example.com',
      tlsMinVersion: 'TLSv1.3',
      timeouts: {
        connect: 5000,
        greeting: 30_000,
        command: 30_000,
        data: 30_000,
        final: 60_000,
        total: 90_000,
      },
      auth: {
        user: 'alice@example.com',
        token: 'an-access-token',
        mechanism: 'xoauth2',
        initialResponse: 'on',
      },
      hello: { name: 'probe.example.com' },
      envelope: { from: 'alice@example.com', to: ['bob@example.org'] },
      dryRun: true,
    },
  },
  'as-somebody-else': {
    summary:
      'Alice logs in and acts as somebody else, by PLAIN and also without TLS (the sandbox refuses that)',
    value: {
      auth: { user: 'alice', password: 'sandbox', authzid: 'bob', mechanism: 'plain', allowInsecure: true },
      envelope: TO_BOB,
    },
  },
  'pop-before-smtp': {
    summary: 'A login at the POP3 server first',
    value: { envelope: TO_BOB, auth: { user: 'alice', password: 'sandbox', popBefore: 'sandbox' } },
  },
  'route-mx': {
    summary: 'To the mail hosts of the recipient’s domain (without `dryRun` it is sent)',
    value: {
      route: 'mx',
      port: 25,
      family: 4,
      envelope: { from: 'alice@example.com', to: ['bob@example.org'] },
      dryRun: true,
    },
  },
  'dry-run': {
    summary: 'What would be sent? Nothing is connected',
    value: { envelope: TO_BOB, dryRun: true },
  },
}
