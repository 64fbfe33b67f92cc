import { protocolName, sentence, serverName, stageName } from './names.ts'
import { submission, urlOf, withImplicitTls, withStartTls } from './server-url.ts'
import type { Situation, Suggestion } from './situation.ts'
import type { Words } from './words-entry.ts'
import { SPOKEN_NAMES, type SpokenProtocol, spokenIn } from './wrong-protocol.ts'

/** No connection, no greeting, no reply, another protocol. */
export const NETWORK_WORDS = {
  'dns-not-found': {
    summary: ({ server }) => `The DNS knows no address for ${server.host}.`,
    cause: ({ fault }) =>
      fault?.code === 'ENODATA'
        ? 'The name exists, and has neither an address nor, where mail is routed by it, an MX record.'
        : 'The DNS answered that the name does not exist or has no address: it is misspelt, has lapsed, or is known in another network only.',
  },
  'dns-failure': {
    summary: ({ server }) => `The DNS gave no usable answer about ${server.host}.`,
    cause: () =>
      'The name servers of the domain, or the resolver of this service, did not answer or answered with an error. Whether the name exists is not known.',
  },
  'null-mx': {
    summary: ({ recipient, server }) =>
      `The domain ${recipient?.split('@').at(-1) ?? server.host} says that it takes no mail.`,
    cause: () =>
      'It publishes a null MX record, a lone dot as its mail server. That holds for every address in it.',
  },
  'connection-refused': {
    summary: (s) => `${serverName(s)} refused the connection.`,
    cause: ({ server }) =>
      `The host answers, and nothing listens on port ${server.port}, or a firewall rejects the connection.`,
  },
  'connection-timeout': {
    summary: (s) => `${serverName(s)} did not answer the attempt to connect.`,
    cause: ({ server }) =>
      server.port === 25
        ? 'The packets are dropped somewhere. On port 25 it is most often the own provider: hosting and access providers block it outward against spam. Else it is a firewall of the server, or the host is down.'
        : 'The packets are dropped somewhere: by a firewall on the way or at the server, or the host is down.',
  },
  'network-unreachable': {
    summary: ({ server }) => `There is no way from here to ${server.address ?? server.host}.`,
    cause: ({ server }) =>
      server.address?.includes(':') === true
        ? 'The address is IPv6, and the network in which this service runs has no way there.'
        : 'The network in which this service runs has no way to this address, or may not use it.',
  },
  'connection-closed': {
    summary: (s) => `${serverName(s)} closed the connection at ${stageName(s)}.`,
    cause: closedCause,
  },
  'target-not-allowed': {
    summary: (s) => `The rules of this service do not allow a connection to ${serverName(s)}.`,
    cause: ({ fault }) =>
      fault === undefined ? 'The address or the port is not among those allowed.' : sentence(fault.message),
  },
  'caller-left': {
    summary: (s) => `The caller left while the session was at ${stageName(s)}.`,
    cause: () =>
      'The HTTP connection was closed before the mail session was through, and the session was ended for it.',
  },
  'shutting-down': {
    summary: (s) => `The service was stopped while the session was at ${stageName(s)}.`,
    cause: () =>
      'The session was given time to finish, and that time was over. Nothing had been handed over: nothing was sent, and nothing deleted.',
  },
  'greeting-timeout': {
    summary: (s) => `${serverName(s)} took the connection and did not greet in time.`,
    cause: ({ server, fault }) =>
      `${fault === undefined ? '' : `${sentence(fault.message)} `}Some servers wait with their greeting on purpose, 15 s and more, to be rid of spammers. It may also be a port where the client has to speak first, as with TLS from the first byte${server.port === 443 || server.port === 80 ? ' or HTTP' : ''}.`,
    suggestion: ({ fault }) => ({
      timeouts: fault?.code === 'total' ? { total: 360_000, greeting: 300_000 } : { greeting: 300_000 },
    }),
  },
  'greeting-refused': {
    summary: (s) => `${serverName(s)} refuses service in its greeting.`,
    cause: () =>
      'It offers no service to the address that this service connects from, or to nobody on this port.',
  },
  'service-unavailable': {
    summary: (s) => `${serverName(s)} is not available now.`,
    cause: ({ reply }) =>
      reply?.code === 421
        ? 'It ends the session with 421: it is overloaded, being maintained, or has no time for this client now.'
        : 'It says that it cannot serve at present.',
  },
  'wrong-protocol': {
    summary: (s) => `${spokenName(s)} is spoken on ${serverName(s)}, not ${protocolName(s)}.`,
    cause: (s) =>
      `The first words of the server are those of ${spokenName(s)}. The port is the wrong one for ${protocolName(s)}, or the URL names the wrong protocol.`,
    suggestion: rightProtocol,
  },
  'tls-on-plain-port': {
    summary: (s) => `${serverName(s)} answered in plain text to a TLS handshake.`,
    cause: ({ server }) =>
      `TLS was begun from the first byte, and on port ${server.port} this server speaks plain text first, and offers encryption by STARTTLS or STLS. OpenSSL calls it "wrong version number"; versions have nothing to do with it.`,
    suggestion: withStartTls,
  },
  'plain-on-tls-port': {
    summary: (s) => `${serverName(s)} expects TLS from the first byte, and was spoken to in plain text.`,
    cause: ({ server, octetsSeen }) =>
      (octetsSeen?.length ?? 0) > 0
        ? 'It answered with a TLS record instead of a greeting.'
        : `It said nothing, which is what a TLS port does; ${server.port} is one by custom.`,
    suggestion: withImplicitTls,
  },
  'protocol-violation': {
    summary: (s) => `${serverName(s)} said something at ${stageName(s)} that is not ${protocolName(s)}.`,
    cause: ({ fault }) =>
      `${fault === undefined ? '' : `${sentence(fault.message)} `}It is no reply, or none that can be right at this place; the transcript shows it, octet by octet.`,
  },
  'limit-exceeded': {
    summary: (s) => `${serverName(s)} sent more at ${stageName(s)} than this service reads.`,
    cause: ({ fault }) =>
      fault === undefined ? 'A limit of this service was reached.' : sentence(fault.message),
  },
  'reply-timeout': {
    summary: (s) => `${serverName(s)} did not answer ${stageName(s)} in time.`,
    cause: ({ fault }) =>
      `${fault === undefined ? '' : `${sentence(fault.message)} `}The server is busy with a look-up or a filter, slows this client down, or the connection is dead.`,
    suggestion: ({ fault }) => ({
      timeouts:
        fault?.code === 'total' ? { total: 600_000 } : { [phaseOf(fault?.code)]: 300_000, total: 600_000 },
    }),
  },
} as const satisfies Record<string, Words>

function closedCause({ stage, tls, server, login, fault }: Situation): string {
  if (stage === 'greeting') {
    return tls === 'off'
      ? 'It took the connection and hung up without a word: it does not want the address that this service connects from, has too many connections, or expects TLS from the first byte.'
      : 'It set TLS up and hung up without a word: it does not want the address that this service connects from, or has too many connections.'
  }
  if (stage === 'auth' && login.state !== 'done')
    return 'Some servers hang up on wrong credentials, or after several failed logins, instead of answering.'
  if (stage === 'connect')
    return `Something reset the connection at once: a firewall, or port ${server.port} of a host that is overloaded.`
  if (stage === 'quit' || stage === 'update') return 'It hung up instead of answering QUIT.'
  return `${fault === undefined ? '' : `${sentence(fault.message)} `}It hung up in the middle of the session: a limit or a crash of the server, or a firewall on the way. Its log says why.`
}

function spoken({ octetsSeen, verb }: Situation): SpokenProtocol | undefined {
  if (verb === 'LHLO') return 'smtp'
  return octetsSeen === undefined ? undefined : spokenIn(octetsSeen)
}

function spokenName(situation: Situation): string {
  const protocol = spoken(situation)
  return protocol === undefined ? 'Another protocol' : SPOKEN_NAMES[protocol]
}

/** The request that was probably meant. */
function rightProtocol(situation: Situation): Suggestion | undefined {
  const { protocol, server } = situation
  const actual = spoken(situation)
  const port = server.port
  if (protocol === 'lmtp' && actual === 'smtp') return { server: urlOf('smtp', server.host, port) }
  if (protocol === 'smtp' && actual === 'lmtp') return { server: urlOf('lmtp', server.host, port) }
  if (protocol === 'pop3') {
    // an IMAP port was meant for a mailbox: its POP3 counterpart
    const implicit = port === 993 || server.scheme === 'pop3s'
    return implicit
      ? { server: urlOf('pop3s', server.host) }
      : { server: urlOf('pop3', server.host), tls: 'required' }
  }
  return submission(server.host)
}

function phaseOf(code: string | undefined): string {
  return code === 'data' || code === 'final' ? code : 'command'
}
