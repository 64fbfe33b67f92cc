import {
  newAddressIn,
  recipientDomain,
  recipientName,
  retryByClass,
  senderDomain,
  senderName,
} from './names.ts'
import { submission } from './server-url.ts'
import type { Situation } from './situation.ts'
import type { Words } from './words-entry.ts'

/** Sender and recipients. */
export const ADDRESS_WORDS = {
  'sender-rejected': {
    summary: (s) => `The server does not take mail from ${senderName(s)}.`,
    cause: (s) =>
      `The address or its domain is on a list of the server, or did not stand a check.${keptBack(s)}`,
  },
  'null-sender-rejected': {
    summary: () => 'The server does not take mail with the null sender <>.',
    cause: (s) =>
      `Reports of failed delivery have that sender, and a server has to take them; this one is set up not to.${keptBack(s)}`,
  },
  'sender-domain-not-found': {
    summary: (s) => `The server did not find ${senderDomain(s)} in the DNS.`,
    cause: (s) =>
      `It takes no mail that nobody could answer.${s.reply?.severity === 'transient' ? ' It says so for now, because its DNS may have failed; a domain that does not exist is refused again each time.' : ''}${keptBack(s)}`,
  },
  'sender-not-allowed': {
    summary: (s) =>
      `The server does not let this ${s.login.state === 'done' ? 'user' : 'client'} send as ${senderName(s)}.`,
    cause: ({ login }) =>
      login.state === 'done'
        ? 'The login was good; the sender address is not one of this user’s.'
        : 'The sender address belongs to somebody who would have to log in, or has not been verified with the provider.',
  },
  'relay-denied': {
    summary: (s) => `The server does not accept mail for ${recipientDomain(s)} from this client.`,
    cause: ({ login }) =>
      login.state === 'done'
        ? 'The session had logged in, and this user may not send there, or the server takes the login for local mail only. Whether the address exists is not said.'
        : 'It delivers only to its own domains, or for clients that have logged in, and this session had not. Whether the address exists is not said.',
    remedies: ({ login }) =>
      login.state === 'done'
        ? [
            'Send to the recipient domain’s own MX (`"route": "mx"`).',
            'Or ask the server’s administrator what this user may send.',
          ]
        : undefined,
    suggestion: ({ login, server }) =>
      login.state === 'not-asked' && server.port === 25 ? submission(server.host) : undefined,
  },
  'unknown-user': {
    summary: (s) => `The server does not know ${recipientName(s)}.`,
    cause: (s) =>
      `It takes mail for ${recipientDomain(s)}, and there is no such address in it, or none any more.`,
  },
  'mailbox-full': {
    summary: (s) => `The mailbox of ${recipientName(s)} is full.`,
    cause: () => 'The address exists. Its quota is used up.',
    retry: retryByClass,
  },
  'mailbox-disabled': {
    summary: (s) => `The mailbox of ${recipientName(s)} is switched off.`,
    cause: () => 'The address is known, and was suspended or closed.',
  },
  'mailbox-unavailable': {
    summary: (s) => `The mailbox of ${recipientName(s)} is not available.`,
    cause: ({ reply }) =>
      reply?.severity === 'permanent'
        ? 'The server uses the general sentence of RFC 5321. It can mean that the address does not exist, and as well that the server does not want this client, sender or message.'
        : 'For now the server cannot, or will not, take mail for it: it is locked, its store is down, or the client is put off.',
    retry: retryByClass,
  },
  'user-moved': {
    summary: (s) => {
      const address = newAddressIn(s)
      return `${recipientName(s)} is no longer reached here${address === undefined ? '' : `, but at ${address}`}.`
    },
    cause: () =>
      'The server knows that the user has moved, and does not pass the message on. Whether its word about the new address is to be trusted is for you to judge.',
  },
  greylisted: {
    summary: (s) => `The server puts ${recipientName(s)} off: come again later.`,
    cause: () =>
      'It does not know this combination of client, sender and recipient yet. Nothing is wrong with the address, and nothing is said about whether it exists.',
    retry: () => 'later',
  },
  'too-many-recipients': {
    summary: () => 'The server takes no more recipients for this message.',
    cause: (s) =>
      `The limit for one transaction was reached with ${recipientName(s)}. Recipients that were accepted before are not touched by that.`,
  },
  'recipient-domain-not-found': {
    summary: (s) => `The server did not find ${recipientDomain(s)} in the DNS.`,
    cause: ({ reply }) =>
      reply?.severity === 'transient'
        ? 'The domain is misspelt, or the resolver of the server had a problem: it does not want to say for good.'
        : 'The domain is misspelt, or has no mail server and no address.',
  },
  'recipient-rejected': {
    summary: (s) => `The server refuses ${recipientName(s)}.`,
    cause: ({ login }) =>
      `It does not say why, or says it in words that are not known here.${login.state === 'done' ? '' : ' The session had not logged in, which is often the reason.'} It need not mean that the address does not exist.`,
  },
  'no-valid-recipients': {
    summary: () => 'No recipient of the message was accepted.',
    cause: () => 'Each was refused before, with a reply of its own; this is only what follows from it.',
  },
} as const satisfies Record<string, Words>

/** A refusal of the sender that came at another place. */
function keptBack({ stage }: Situation): string {
  return stage === 'rcpt'
    ? ' The server kept that back until a recipient was named; the recipient is not the reason.'
    : ''
}
