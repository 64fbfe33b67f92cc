import {
  listIn,
  recipientName,
  retryByClass,
  senderDomain,
  sentence,
  serverName,
  stageName,
} from './names.ts'
import { submission } from './server-url.ts'
import type { Situation, Suggestion } from './situation.ts'
import type { Words } from './words-entry.ts'

/** The message, and the rules of the server about who may send what. */
export const MESSAGE_WORDS = {
  'message-too-large': {
    summary: (s) => `The message is too large for ${s.stage === 'rcpt' ? recipientName(s) : 'the server'}.`,
    cause: ({ sizeLimit, unmet }) => {
      if (unmet !== undefined) return sentence(unmet.message)
      return sizeLimit === undefined || sizeLimit === 0
        ? 'It is over the limit of the server or of the mailbox, which was not announced.'
        : `The server announced that it takes at most ${sizeLimit} octets.`
    },
  },
  'content-rejected': {
    summary: () => 'The server read the message and does not want what is in it.',
    cause: () =>
      'A filter took it for spam, or found a virus or a kind of file that is not taken. Sender and recipients had been accepted.',
  },
  'line-too-long': {
    summary: ({ stage }) =>
      `A line of the ${stage === 'data' || stage === 'end-of-data' ? 'message' : 'session'} is longer than the server takes.`,
    cause: ({ stage }) =>
      stage === 'data' || stage === 'end-of-data'
        ? 'A line of a message may have 998 octets and CRLF; one of this message has more.'
        : 'The command is longer than the server reads in one line.',
  },
  'bare-newline-rejected': {
    summary: () => 'The server refuses a message with bare line breaks.',
    cause: () =>
      'The message holds CR or LF alone. Only CRLF ends a line, and servers no longer overlook that.',
    suggestion: () => ({ lineEnds: 'convert' }),
  },
  'message-malformed': {
    summary: () => 'The server does not take the message, because it is not well formed.',
    cause: () =>
      'Its header or its structure is not as RFC 5322 wants it: mostly a field is missing, there twice, or holds characters that need encoding.',
  },
  'mail-loop': {
    summary: () => 'The server takes the message for one that goes round in circles.',
    cause: () => 'It has more `Received` fields than a message on a straight way would have.',
  },
  'message-rejected': {
    summary: () => 'The server took the recipients and refused the message.',
    cause: () => 'It does not say why. At this place it is mostly a filter, for content or for the sender.',
  },
  blocklisted: {
    summary: (s) => {
      const list = listIn(s)
      return `The server refuses the address that this service connects from${list === undefined ? ': it is on a blocklist' : `, which is listed at ${list}`}.`
    },
    cause: () =>
      'The address, or its range, is known for spam or is one from which no mail is expected. Sender and recipient are not the reason.',
    suggestion: elsewhere,
  },
  'spf-failed': {
    summary: (s) => `SPF of ${senderDomain(s)} does not allow this client to send for it.`,
    cause: () =>
      'The domain publishes which addresses may send for it. The one that this service connects from is not among them, or the record has a mistake; the reply says which.',
  },
  'sender-unauthenticated': {
    summary: (s) => `The server has no proof that the message is from ${senderDomain(s)}.`,
    cause: () =>
      'Neither DKIM nor SPF held for the domain in `From`, and the server, or the DMARC policy of the domain, wants that.',
  },
  'reverse-dns-required': {
    summary: () => 'The server wants a proper name for the address that this service connects from.',
    cause: () =>
      'The address has no PTR record, or its name does not lead back to it. Sender and recipient are not the reason.',
    suggestion: elsewhere,
  },
  'rate-limited': {
    summary: (s) => `${serverName(s)} limits how much is sent, and the limit is reached.`,
    cause: () => 'This client, user or mailbox sent or got more in a short time than the server takes.',
    retry: () => 'later',
  },
  'too-many-connections': {
    summary: (s) => `${serverName(s)} takes no further connection now.`,
    cause: () => 'Too many are open at a time, from this address, for this user, or in all.',
    retry: () => 'later',
  },
  'policy-rejected': {
    summary: (s) => `A rule of ${serverName(s)} forbids this at ${stageName(s)}.`,
    cause: ({ login, stage, reply }) =>
      `The reply says no more than that. It is about this client, the sender, the recipient or the content.${login.state === 'done' || stage === 'greeting' || stage === 'auth' ? '' : ' Some servers mean by it that only clients that have logged in are served.'}${reply?.severity === 'transient' ? ' The server says so for now.' : ''}`,
    retry: (s) => (retryByClass(s) === 'later' ? 'later' : 'changed'),
  },
} as const satisfies Record<string, Words>

/** A submission server sends from an address of its own. */
function elsewhere({ server, login }: Situation): Suggestion | undefined {
  return login.state === 'not-asked' && server.port === 25 ? submission(server.host) : undefined
}
