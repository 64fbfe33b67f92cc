import { sentence, serverName } from './names.ts'
import { submission, withImplicitTls } from './server-url.ts'
import type { Situation, Suggestion } from './situation.ts'
import type { Words } from './words-entry.ts'

/** EHLO and the login. */
export const LOGIN_WORDS = {
  'hello-required': {
    summary: (s) => `${serverName(s)} wants EHLO or HELO before anything else.`,
    cause: () =>
      'No EHLO was sent, or none after TLS had been started: what was said before then no longer counts.',
    suggestion: () => ({ hello: { verb: 'auto' } }),
  },
  'hello-rejected': {
    summary: (s) => `${serverName(s)} does not accept the name with which this service introduced itself.`,
    cause: ({ stage, reply }) =>
      `The name in EHLO is not one that the server takes: no full domain name, not in the DNS, or not of the address that connects.${stage === 'hello' ? '' : ' The server kept that back until now.'}${reply?.severity === 'transient' ? ' It says so for now, because the DNS may have failed; the same name is refused again while that lasts.' : ''}`,
  },
  'auth-required': {
    summary: (s) => `${serverName(s)} serves only clients that have logged in.`,
    cause: ({ login, tls, starttls }) =>
      login.state === 'asked'
        ? 'A login was asked for, and the session had not logged in when the server said so.'
        : login.offered.length === 0 && tls === 'off' && starttls === 'offered'
          ? 'The session had not logged in. Logins are probably offered after STARTTLS.'
          : 'The session had not logged in.',
    remedies: ({ login }) =>
      login.offered.length === 0
        ? undefined
        : [`Give \`auth\`; the server offers ${login.offered.join(', ')}.`],
  },
  'auth-not-offered': {
    summary: (s) => `${serverName(s)} offers no login${s.tls === 'on' ? '' : ' on this connection'}.`,
    cause: (s) =>
      s.server.port === 25
        ? 'Port 25 is for mail between servers. Logins are taken on the submission ports, 587 and 465.'
        : s.tls === 'off'
          ? 'The connection is not encrypted, and many servers offer logins only on one that is.'
          : 'Logins are switched off for this port, or the server takes none at all.',
    suggestion: loginElsewhere,
  },
  'auth-needs-tls': {
    summary: (s) => `${serverName(s)} takes this login only on an encrypted connection.`,
    cause: () =>
      'The session was not encrypted, and the server does not let credentials, or any login, through in the clear.',
    suggestion: encrypted,
  },
  'credentials-need-tls': {
    summary: (s) =>
      `The credentials were not sent to ${serverName(s)}, because the connection is not safe for them.`,
    cause: ({ tls, tlsFacts, starttls }) => {
      if (tls === 'on') {
        const reason =
          tlsFacts === undefined || tlsFacts.verifyError === null ? '' : ` (${tlsFacts.verifyError})`
        return `The connection is encrypted, and the certificate of the server does not verify${reason}: it could be anybody’s.`
      }
      return starttls === 'not-offered'
        ? 'The server offers no encryption on this connection, and the mechanism would show the password or token.'
        : 'The connection is not encrypted, and the mechanism would show the password or token.'
    },
    suggestion: (s) =>
      s.tls === 'on' ? undefined : s.starttls === 'not-offered' ? loginElsewhere(s) : encrypted(s),
  },
  'credentials-rejected': {
    summary: (s) => `${serverName(s)} refused the login.`,
    cause: ({ reply }) =>
      `${reply?.lines.join('').trim() === '' ? 'The server gives no reason; at this place it is mostly that' : 'The server does not accept'} ${reply?.lines.join('').trim() === '' ? 'user or password is wrong' : 'user and password, or the token'}. Which of the two is wrong it does not say, on purpose. Providers with a second factor refuse the account’s own password too.`,
  },
  'mechanism-not-supported': {
    summary: (s) => `${serverName(s)} does not offer the mechanism that was to be used.`,
    cause: ({ unmet, login }) => {
      const offered = login.offered.length > 0 ? login.offered : (unmet?.offered ?? [])
      const list = offered.length === 0 ? '' : ` It offers ${offered.join(', ')}.`
      return `${unmet === undefined ? 'The server does not know the mechanism, or does not allow it for this login. The credentials were not judged.' : sentence(unmet.message)}${list}`
    },
    suggestion: () => ({ auth: { mechanism: 'auto' } }),
  },
  'auth-temporary-failure': {
    summary: (s) => `${serverName(s)} cannot check logins at present.`,
    cause: () =>
      'Its user database, or the service in front of it, did not answer. The credentials were not refused.',
  },
  'auth-aborted': {
    summary: (s) => `The login at ${serverName(s)} was broken off before it was decided.`,
    cause: ({ unmet }) =>
      `${unmet === undefined ? 'One side could not read what the other had sent, or the exchange was cancelled.' : sentence(unmet.message)} The credentials were not judged.`,
  },
  'account-disabled': {
    summary: (s) => `${serverName(s)} knows the account and does not let it log in this way.`,
    cause: ({ protocol }) =>
      `The account is suspended, or ${protocol === 'pop3' ? 'POP3' : 'SMTP'}, or logins by password, are switched off for it or for its organisation.`,
  },
  'too-many-auth-failures': {
    summary: (s) => `${serverName(s)} takes no logins from here for a while.`,
    cause: () => 'Too many of them failed shortly before. These credentials were not judged.',
    retry: () => 'later',
  },
} as const satisfies Record<string, Words>

function encrypted({ server }: Situation): Suggestion {
  return server.scheme === 'smtps' || server.scheme === 'pop3s' ? {} : { tls: 'required' }
}

/** Where the protocol takes logins by custom. */
function loginElsewhere(situation: Situation): Suggestion | undefined {
  const { protocol, server, tls, starttls } = situation
  if (tls === 'off' && starttls === 'offered') return { tls: 'required' }
  if (protocol === 'pop3')
    return server.port === 110
      ? withImplicitTls({ protocol, server: { host: server.host, port: 995 } })
      : undefined
  return server.port === 25 ? submission(server.host) : undefined
}
