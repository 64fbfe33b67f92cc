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
