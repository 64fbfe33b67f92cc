/** Requests that work on the first click against the sandbox. */
export const SMTP_SESSION_EXAMPLES = {
  telnet: {
    summary: 'As one would type it',
    value: {
      steps: [
        { send: 'HELO me.example' },
        { send: 'MAIL FROM:<alice@sandbox.test>' },
        { send: 'RCPT TO:<bob@sandbox.test>', expect: '2xx' },
        { send: 'DATA', expect: '354' },
        { data: 'Subject: by hand\n\nHello Bob\n', expect: 'queued as (?<id>\\w+)' },
        { send: 'QUIT' },
      ],
    },
  },
  refusals: {
    summary: 'What a server says to this and that: no step expects anything',
    value: {
      steps: [
        { send: 'NONSENSE' },
        { send: 'RCPT TO:<bob@sandbox.test>' },
        { send: 'EHLO me.example' },
        { send: 'MAIL FROM:<>' },
        { send: 'RCPT TO:<relay@elsewhere.test>' },
        { send: 'RCPT TO:<unknown@sandbox.test>' },
        { send: 'VRFY bob' },
        { send: 'QUIT' },
      ],
    },
  },
  'expectation-not-met': {
    summary: 'A step that is answered otherwise than it expects: 422, with the diagnosis',
    value: {
      steps: [
        { send: 'EHLO me.example', expect: '2xx' },
        { send: 'MAIL FROM:<alice@sandbox.test>', expect: '2xx' },
        { send: 'RCPT TO:<relay@elsewhere.test>', expect: '2xx' },
        { send: 'QUIT' },
      ],
      onUnexpected: 'quit',
    },
  },
  'starttls-and-login': {
    summary: 'STARTTLS and AUTH, step by step',
    value: {
      steps: [
        { send: 'EHLO me.example', expect: 'STARTTLS' },
        { send: 'STARTTLS', expect: '220' },
        { startTls: true },
        { send: 'EHLO me.example', expect: 'AUTH.* PLAIN' },
        { login: { user: 'alice', password: 'sandbox' } },
        { send: 'QUIT' },
      ],
    },
  },
  login: {
    summary: 'TLS and the login by this service, then the script',
    value: {
      tls: 'required',
      auth: { user: 'alice', password: 'sandbox' },
      steps: [{ send: 'MAIL FROM:<alice@sandbox.test>', expect: '250' }, { send: 'RSET' }, { send: 'QUIT' }],
    },
  },
  pipelined: {
    summary: 'In one flight, whatever the server offers',
    value: {
      pipelining: 'on',
      steps: [
        { send: 'EHLO me.example', expect: '250' },
        { send: 'MAIL FROM:<alice@sandbox.test>' },
        { send: 'RCPT TO:<bob@sandbox.test>' },
        { send: 'RSET' },
        { send: 'QUIT' },
      ],
    },
  },
  raw: {
    summary: 'Octets as they are: half a line, a pause, the other half with a bare LF',
    value: {
      steps: [{ raw: 'RUhM' }, { pauseMs: 100, raw: 'TyBtZS5leGFtcGxlCg==', expect: '^250' }, { drop: true }],
    },
  },
}

/** The same for POP3. */
export const POP3_SESSION_EXAMPLES = {
  telnet: {
    summary: 'As one would type it, inside TLS',
    value: {
      tls: 'required',
      steps: [
        { send: 'USER bob' },
        { send: 'PASS sandbox', expect: '+OK' },
        { send: 'STAT' },
        { send: 'LIST' },
        { send: 'TOP 1 0' },
        { send: 'QUIT' },
      ],
    },
  },
  stls: {
    summary: 'STLS, step by step',
    value: {
      steps: [
        { send: 'CAPA', expect: '^STLS$' },
        { send: 'STLS', expect: '+OK' },
        { startTls: true },
        { login: { user: 'bob', password: 'sandbox' } },
        { send: 'UIDL', expect: '^1 (?<uid>\\S+)' },
        { send: 'QUIT' },
      ],
    },
  },
  refusals: {
    summary: 'What a server says to this and that: no step expects anything',
    value: {
      tls: 'required',
      steps: [
        { send: 'STAT' },
        { send: 'NONSENSE' },
        { send: 'USER nobody' },
        { send: 'PASS something' },
        { send: 'QUIT' },
      ],
    },
  },
  'not-deleted': {
    summary: 'DELE and hang up: nothing is deleted',
    value: {
      auth: { user: 'bob', password: 'sandbox' },
      steps: [{ send: 'LIST', expect: '^1 \\d+$' }, { send: 'DELE 1', expect: '+OK' }, { drop: true }],
    },
  },
}
