import { randomBytes } from 'node:crypto'
import type { SecureContext } from 'node:tls'
import { type Account, DOMAIN } from './accounts.ts'
import { Spool } from './incoming.ts'
import type { Limits } from './limits.ts'
import { Mailbox } from './mailbox.ts'

/** What the sessions of both protocols share. */
export interface House {
  readonly limits: Limits
  readonly secureContext: SecureContext
  /** Wall clock, ms since 1970. */
  readonly now: () => number
  readonly spool: Spool
  readonly mailboxes: ReadonlyMap<Account, Mailbox>
}

export function houseWith(limits: Limits, secureContext: SecureContext, now: () => number): House {
  const validity = randomBytes(4).toString('hex')
  const accounts: readonly Account[] = ['alice', 'bob']
  const mailboxes = new Map(accounts.map((account) => [account, new Mailbox(limits, validity)]))
  for (const [account, mailbox] of mailboxes) mailbox.add([welcome(account, now())])
  return { limits, secureContext, now, spool: new Spool(limits.incomingOctets), mailboxes }
}

/** RFC 5322 §3.3, in UTC. */
export function dateTime(nowMs: number): string {
  return new Date(nowMs).toUTCString().replace('GMT', '+0000')
}

/** Without the word that is the password of the house: a transcript shows *** in its place. */
function welcome(account: Account, nowMs: number): Buffer {
  const text = [
    `Return-Path: <postmaster@${DOMAIN}>`,
    `Date: ${dateTime(nowMs)}`,
    `From: Mailwire <postmaster@${DOMAIN}>`,
    `To: ${account}@${DOMAIN}`,
    'Subject: Welcome to Mailwire',
    `Message-ID: <welcome.${account}.${randomBytes(6).toString('hex')}@${DOMAIN}>`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="hello"',
    '',
    '--hello',
    'Content-Type: text/plain; charset=us-ascii',
    '',
    `This mailbox belongs to ${account}. It lives in memory, and is gone when the service stops;`,
    'mail that is sent here never leaves it.',
    '',
    `Send something to ${account}@${DOMAIN}, list it, read it, delete it.`,
    '',
    '--hello',
    'Content-Type: text/plain; charset=us-ascii',
    'Content-Disposition: attachment; filename="hello.txt"',
    '',
    'An attachment has a number of its own, and an address.',
    '',
    '--hello--',
    '',
  ]
  return Buffer.from(text.join('\r\n'))
}
