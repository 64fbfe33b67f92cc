/** Requests that work on the first click against the sandbox. */
export const EXAMPLES = {
  server: {
    summary: 'What does the server offer?',
    value: {},
  },
  login: {
    summary: 'And after a login?',
    value: { auth: { user: 'alice', password: 'sandbox' } },
  },
  recipients: {
    summary: 'Would these recipients be accepted? Nothing is sent',
    value: {
      from: 'alice@sandbox.test',
      recipients: [
        'bob@sandbox.test',
        'unknown@sandbox.test',
        'greylisted@sandbox.test',
        'relay@elsewhere.test',
      ],
    },
  },
  vrfy: {
    summary: 'VRFY and EXPN',
    value: { vrfy: ['bob@sandbox.test', 'unknown@sandbox.test'], expn: ['everybody'] },
  },
  relay: {
    summary: 'Does it relay? For servers of your own',
    value: { relayTest: true },
  },
  probes: {
    summary: 'Does it have known holes? For servers of your own',
    value: {
      probes: {
        mine: true,
        starttlsInjection: true,
        bareNewline: { to: 'bob@sandbox.test', ends: ['LF.LF', 'CRLF.LF'], waitMs: 500 },
      },
    },
  },
  brief: {
    summary: 'One session and no more',
    value: { tlsVersions: false },
  },
}
