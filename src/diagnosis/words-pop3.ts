import { protocolName, sentence, serverName } from './names.ts'
import type { Words } from './words-entry.ts'

/** The maildrop, and what remains open at the end. */
export const POP3_WORDS = {
  'mailbox-in-use': {
    summary: () => 'Another session has the mailbox open.',
    cause: () =>
      'A POP3 session locks its mailbox, and the lock is held: by another mail program, or by a session that broke off and has not run out yet. The password is not wrong.',
    retry: () => 'later',
  },
  'login-delay': {
    summary: (s) => `${serverName(s)} allows a login only once in a while.`,
    cause: () => 'The last one was not long enough ago. The password is not wrong.',
    retry: () => 'later',
  },
  'no-such-message': {
    summary: () => 'The mailbox has no such message.',
    cause: ({ unmet }) =>
      unmet === undefined
        ? 'Numbers hold for one session only: the message may have been deleted, or has another number now.'
        : sentence(unmet.message),
  },
  'message-already-deleted': {
    summary: () => 'The message is already marked as deleted in this session.',
    cause: () => 'A marked message can be neither read nor marked again; it goes with QUIT.',
  },
  'unique-id-ambiguous': {
    summary: () => 'More than one message has this unique-id.',
    cause: ({ unmet }) =>
      unmet === undefined ? 'The server gave the same id twice.' : sentence(unmet.message),
  },
  'precondition-failed': {
    summary: ({ unmet }) =>
      unmet === undefined ? 'What had to hold does not hold.' : sentence(unmet.message),
    cause: () =>
      'Numbers hold for one session only: since the mailbox was listed another one may have deleted messages, or mail has come. Nothing was deleted.',
  },
  'mailbox-temporary-failure': {
    summary: (s) => `${serverName(s)} cannot open the mailbox at present.`,
    cause: () =>
      'Its store, or something the server needs for it, is not available. The password is not wrong.',
    retry: () => 'later',
  },
  'mailbox-damaged': {
    summary: (s) => `${serverName(s)} cannot read the mailbox.`,
    cause: () =>
      'The mailbox is missing, damaged, or not readable for the server. That does not pass by itself.',
  },
  'deletion-not-committed': {
    summary: ({ deletions = 0 }) =>
      deletions > 0
        ? `The deletion of ${deletions === 1 ? 'one message' : `${deletions} messages`} did not take effect, or not wholly.`
        : 'The deletion did not take effect, or not wholly.',
    cause: ({ reply }) =>
      reply === undefined
        ? 'The session ended before QUIT, and a server removes the marked messages only in answer to QUIT (RFC 1939 §6).'
        : 'The server answered QUIT with -ERR: it could not remove all of the marked messages (RFC 1939 §6).',
  },
  'outcome-unknown': {
    summary: (s) =>
      s.protocol === 'pop3'
        ? `It is not known whether ${serverName(s)} carried the deletions out.`
        : `It is not known whether ${serverName(s)} took the message.`,
    cause: ({ protocol, fault }) =>
      `${protocol === 'pop3' ? 'QUIT was sent after the deletions' : 'The message was handed over to its last octet'}, and no answer came${fault === undefined ? '' : `: ${fault.message.replace(/\.$/, '')}`}. The server may have ${protocol === 'pop3' ? 'carried them out' : 'taken it'} or not.`,
    remedies: ({ protocol }) =>
      protocol === 'pop3'
        ? [
            'List the messages again: those that were to be deleted are either gone, all of them, or still there.',
          ]
        : [
            'Do not send it again without looking: it may arrive twice. Ask the recipient, or search the server’s log, for its `Message-ID`.',
            'If it is sent again, keep the `Message-ID`: many mailboxes then drop the second copy.',
            'Give the server more time for its answer next time (`timeouts.final`; RFC 5321 allows it 10 minutes).',
          ],
  },
  'accepted-not-delivered': {
    summary: (s) => `${serverName(s)} accepted the message. That is not delivery.`,
    cause: (s) =>
      `The ${protocolName(s)} server has taken over the responsibility for it. Whether it reaches the mailbox, the spam folder or nobody is decided after this session.`,
  },
} as const satisfies Record<string, Words>
