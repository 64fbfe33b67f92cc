import type { CatalogueEntry } from './catalogue-entry.ts'

/** The maildrop, and what remains open at the end. */
export const POP3_PAGES = {
  'mailbox-in-use': {
    title: 'The mailbox is in use by another session',
    meaning: 'A POP3 session locks its mailbox, and another one has it. The password is not wrong.',
    looksLike: [
      { server: 'Dovecot', lines: ['-ERR [IN-USE] Mailbox is locked by another POP3 session.'] },
      { server: 'UW POP3', lines: ["-ERR Can't get lock.  Mailbox in use"] },
      { server: 'any server', lines: ['-ERR maildrop already locked'] },
    ],
    causes: [
      'Another mail program is reading the mailbox.',
      'An earlier session broke off, and its lock has not run out yet.',
    ],
    callers: [
      'Wait until the other session is through, and try again; a lock that was left behind mostly runs out within 10 minutes.',
    ],
    administrators: [
      'End the session that hangs, or use a mailbox format that does without the lock (Dovecot: `pop3_lock_session=no`).',
    ],
    retry: 'later',
    references: ['RFC 2449 §8.1.2', 'RFC 1939 §4'],
  },
  'login-delay': {
    title: 'The last login is not long enough ago',
    meaning:
      'The server allows a login only once in a while, and this one came too early. The password is not wrong.',
    looksLike: [
      { server: 'Cyrus', lines: ['-ERR [LOGIN-DELAY] Logins must be at least 5 minutes apart'] },
      { server: 'Outlook.com', lines: ['-ERR Exceeded the login limit for a 15 minute period.'] },
    ],
    causes: ['The mailbox is polled too often, here or by another program.'],
    callers: [
      'Poll less often; CAPA shows the interval as LOGIN-DELAY.',
      'Do more in one session: list, read and delete in one call.',
    ],
    administrators: ['Shorten the interval (Cyrus: `popminpoll`).'],
    retry: 'later',
    references: ['RFC 2449 §6.5', 'RFC 2449 §8.1.1'],
  },
  'no-such-message': {
    title: 'There is no such message',
    meaning:
      'The mailbox has no message with this number or unique-id. Numbers hold for one session only: after a deletion the next session counts anew.',
    looksLike: [
      { server: 'Dovecot', lines: ["-ERR There's no message 99."] },
      { server: 'Cyrus, UW POP3', lines: ['-ERR No such message'] },
      { server: 'qmail', lines: ['-ERR not that many messages'] },
    ],
    causes: [
      'The number is from an earlier session.',
      'The message was deleted, or fetched and deleted by another program.',
    ],
    callers: ['List the messages again, and address them by unique-id: `uid:…`.'],
    administrators: [],
    retry: 'changed',
    references: ['RFC 1939 §5', 'RFC 1939 §7'],
  },
  'message-already-deleted': {
    title: 'The message is already marked as deleted',
    meaning:
      'The message was marked as deleted in this session, and a marked message cannot be read or marked again. It goes when the session ends with QUIT.',
    looksLike: [
      { server: 'Dovecot', lines: ['-ERR Message is deleted.'] },
      { server: 'qmail', lines: ['-ERR already deleted'] },
    ],
    causes: ['The same message was named twice.'],
    callers: ['Name each message once.', 'In a script: RSET takes the marks off.'],
    administrators: [],
    retry: 'changed',
    references: ['RFC 1939 §5'],
  },
  'unique-id-ambiguous': {
    title: 'Several messages have this unique-id',
    meaning:
      'The server lists the same unique-id for more than one message. Which one is meant cannot be told, so nothing was done.',
    looksLike: [{ server: 'this service', lines: ['2 messages have this unique-id'] }],
    causes: ['The server makes the id from the content, and the same message is there twice.'],
    callers: ['Address the message by its number, in the same call as the listing, or read them all.'],
    administrators: [
      'Let the server make unique-ids that differ (Dovecot: `pop3_uidl_format`, `pop3_uidl_duplicates=rename`).',
    ],
    retry: 'changed',
    references: ['RFC 1939 §7'],
  },
  'precondition-failed': {
    title: 'The mailbox is not as it was expected to be',
    meaning:
      'The call names what has to hold: `If-Match` the unique-id of the message, `expect` the number of messages. It does not hold, and nothing was deleted.',
    looksLike: [
      { server: 'this service', lines: ['412: message 3 has another unique-id than If-Match names'] },
      { server: 'this service', lines: ['412: 17 messages were expected, and the maildrop holds 18'] },
    ],
    causes: [
      'Numbers changed since the listing: another session deleted messages.',
      'Mail has come since.',
      'The server gives no unique-ids.',
    ],
    callers: ['List the messages again, or delete by `uid:…`.'],
    administrators: [],
    retry: 'changed',
    references: ['RFC 9110 §13.1.1', 'RFC 1939 §7'],
  },
  'mailbox-temporary-failure': {
    title: 'The mailbox cannot be opened now',
    meaning:
      'The login may be good, and the server cannot open the mailbox at present. The password is not wrong.',
    looksLike: [
      { server: 'Dovecot', lines: ['-ERR [SYS/TEMP] Failed to create POP3 session lock.'] },
      { server: 'Gmail', lines: ['-ERR [SYS/TEMP] Temporary system problem. Please try again later.'] },
      { server: 'Cyrus', lines: ['-ERR [SYS/TEMP] Unable to open maildrop: Mailbox does not exist'] },
    ],
    causes: ['The store of the mailboxes is down or full.'],
    callers: ['Try again later.'],
    administrators: [
      'Look for the session in the log; disk, permissions and locks of the mailbox are the usual places.',
    ],
    retry: 'later',
    references: ['RFC 3206 §4'],
  },
  'mailbox-damaged': {
    title: 'The mailbox cannot be read',
    meaning:
      'The server cannot open the mailbox or read a message of it, and that will not pass by itself: somebody has to repair it.',
    looksLike: [
      { server: 'Cyrus', lines: ['-ERR [SYS/PERM] Unable to open maildrop: System I/O error'] },
      { server: 'Courier', lines: ["-ERR Maildir invalid (no 'cur' directory)"] },
      { server: 'qmail', lines: ['-ERR this user has no $HOME/Maildir'] },
    ],
    causes: [
      'The mailbox was never created, or its folder is gone.',
      'An index or file is damaged.',
      'The server may not read it.',
    ],
    callers: ['Tell whoever runs the server, with the transcript.'],
    administrators: ['Check that the mailbox exists and belongs to the right user, and rebuild its index.'],
    retry: 'no',
    references: ['RFC 3206 §4', 'RFC 1939 §8'],
  },
  'deletion-not-committed': {
    title: 'The deletion did not take effect',
    meaning:
      'Messages had been marked as deleted, and the server did not remove them, or not all: it said so in answer to QUIT, or the session ended before QUIT, and then a server removes nothing.',
    looksLike: [
      { server: 'qmail', lines: ['-ERR unable to unlink all deleted messages'] },
      { server: 'Dovecot', lines: ["-ERR [IN-USE] Couldn't sync mailbox."] },
      { server: 'this service', lines: ['the server closed the connection before the reply to DELE'] },
    ],
    causes: ['The connection was lost before QUIT.', 'The server could not remove the files.'],
    callers: ['List the messages, and delete those that are still there, by unique-id.'],
    administrators: ['Check the permissions and the disk of the mailbox.'],
    retry: 'later',
    references: ['RFC 1939 §6'],
  },
  'outcome-unknown': {
    title: 'It is not known whether it was done',
    meaning:
      'The message, or the QUIT that carries out deletions, was handed over completely, and no answer came. The server may have done it or not. It is reported neither as done nor as failed.',
    looksLike: [
      {
        server: 'this service',
        lines: [
          'no reply to the end of data within 600 s',
          'the server closed the connection before the reply to the end of data',
          'the server closed the connection before the reply to QUIT (after DELE)',
        ],
      },
    ],
    causes: [
      'The connection was lost at the worst moment.',
      'The server takes longer for its filters than the time limit allows.',
    ],
    callers: [
      'Do not send the same message again without looking: it may arrive twice. Ask the recipient, or search the server’s log, for its `Message-ID`.',
      'If it is sent again, use the same `Message-ID`: many mailboxes then drop the second copy.',
      'After a deletion list the messages, and see whether they are still there.',
    ],
    administrators: ['Search the log for the session, by its time: it says whether it was carried out.'],
    // the same call again may do it twice
    retry: 'no',
    references: ['RFC 5321 §4.5.3.2.6', 'RFC 5321 §6.1', 'RFC 1939 §6'],
  },
  'accepted-not-delivered': {
    title: 'Accepted is not delivered',
    meaning:
      'The server took the message over and is now responsible for it. Whether it reaches the mailbox, the spam folder or nobody is decided after this session.',
    looksLike: [
      { server: 'Postfix', lines: ['250 2.0.0 Ok: queued as 9B8A0238F0B'] },
      { server: 'qmail', lines: ['250 ok 1700000000 qp 12345'] },
    ],
    causes: ['That is what 250 means.'],
    callers: [
      'Watch the sender’s mailbox for a report of failed delivery, or ask for one with `envelope.dsn`.',
      'Keep the queue id: with it the server’s administrator finds the message in the log.',
    ],
    administrators: ['Search the log for the queue id to see where the message went.'],
    retry: 'no',
    references: ['RFC 5321 §6.1', 'RFC 5321 §4.2.5'],
  },
} as const satisfies Record<string, CatalogueEntry>
