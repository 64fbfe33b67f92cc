import { textOf } from './reply-text.ts'
import type { Rule } from './rule.ts'
import type { Situation } from './situation.ts'

/** Postfix keeps a refused sender back until RCPT, Sendmail and qmail do so too. */
const FROM_MAIL_ON = ['mail', 'rcpt', 'data', 'end-of-data'] as const
const FROM_RCPT_ON = ['rcpt', 'data', 'end-of-data'] as const

export const RELAY =
  /relay(?:ing)?\b(?: access)?.{0,15}\b(?:denied|not (?:permitted|allowed|authori[sz]ed|enabled)|prohibited|refused|rejected|disallowed|disabled|forbidden)|\b(?:unable|not (?:allowed|permitted|authori[sz]ed)|do(?:es)? not|don't|cannot|can't|won't|will not|refuse|no|unauthori[sz]ed|not going) (?:to )?(?:permit )?(?:open )?relay|list of allowed rcpthosts|cannot deliver mail for|domain (?:is |isn't )?(?:not )?(?:allowed|permitted) (?:to )?(?:be )?relay|not (?:a )?local(?:ly)? (?:hosted )?domain|not configured to relay|do(?:es)?(?: not|n't) (?:accept|handle) mail for (?:that|this)|we do not host/i

export const NO_SUCH_USER =
  /user unknown|unknown (?:or \w+ )?(?:virtual |e-?mail )?(?:user|recipient|mailbox|local part|address|account|alias)|no such (?:e-?mail |mail )?(?:user|mailbox|recipient|address|person|account|local|drop|alias)|(?:bad|invalid) (?:destination |e-?mail |mailbox )?(?:address|account)\b(?! syntax)|(?:address|addressee) (?:is )?(?:invalid|unknown)|not (?:a )?known (?:user|to this system)|user not known|no (?:mail ?box|one).{0,30}\bhere|no mail ?box available|not found in ldap|unable to find alias|(?:user|mailbox|recipient|account|address|alias)\b.{0,40}\b(?:do(?:es)? ?n[o']t exist|doesn't exist|not found|could not be found|isn't here|not exist|unknown)|(?:user|recipient|mailbox) (?:is )?(?:invalid|not here)|invalid (?:recipient|mailbox|user\b)|unrouteable address|not a valid (?:mailbox|user|recipient)|recipnotfound|no mailbox (?:here )?by that name|do(?:es)?(?: not|n't) have an? .{0,30}account|user (?:is )?not local/i

const LIST_NOT_EXPANDED = /mailing list expansion/i

const SENDER =
  /\bsender(?:'s)?\b.{0,3}(?:address|verif|rejected|unknown|domain)|envelope from|reverse-path|return[- ]path/i

export const SENDER_RULES: readonly Rule[] = [
  {
    // RFC 7505 §4.2 gave it to the null MX of a sender's domain; Gmail uses it for SPF
    code: 'sender-rejected',
    when: { details: ['7.27'], wording: /null ?mx|does not accept mail/i },
    cause: ({ sender }) =>
      `The domain of the sender says by a null MX that it takes no mail, so nobody could answer ${sender ?? 'this sender'}; many servers refuse such senders (RFC 7505 §4.2).`,
  },
  { code: 'sender-not-allowed', when: { details: ['7.60'] } },
  { code: 'sender-domain-not-found', when: { details: ['1.8'] } },

  {
    code: 'null-sender-rejected',
    when: {
      stages: FROM_MAIL_ON,
      wording:
        /<>:? ?(?:\.\.\. )?sender|null (?:sender|reverse|return)|(?:bounces?|empty (?:sender|envelope|return)\b.{0,20}) (?:is |are )?not (?:accepted|allowed|permitted)/i,
      history: hasNullSender,
    },
    confidence: 'certain',
  },
  {
    code: 'sender-not-allowed',
    when: {
      stages: FROM_MAIL_ON,
      wording:
        /not (?:owned by|logged in)|sendasdenied|(?:not have permissions?|not (?:allowed|permitted|authori[sz]ed)) to (?:send|use).{0,20}\b(?:as|from|on behalf|sender|address|mail)\b|sender.{0,40}not (?:allowed|permitted|authori[sz]ed|verified)|(?:mail ?from|from address|sender).{0,30}(?:must|should|does not|doesn't|not) (?:be (?:the )?same|equal|match|belong)|email address is not verified/i,
    },
    confidence: 'certain',
  },
  {
    code: 'sender-domain-not-found',
    when: {
      stages: FROM_MAIL_ON,
      wording:
        /sender address rejected:.{0,40}(?:domain not found|unknown domain|malformed dns)|domain of sender.{0,120}(?:not exist|not resolve)|sender.{0,12}domain.{0,40}(?:not (?:found|exist|resolv)|unknown|invalid|must (?:exist|resolve))|domain must (?:resolve|exist)|could not (?:resolve|find) (?:the )?sender/i,
    },
    confidence: 'certain',
  },
  {
    code: 'sender-domain-not-found',
    when: { stages: ['mail'], wording: /\bdomain (?:name )?(?:does not exist|not found)|no such domain/i },
  },
  {
    code: 'sender-rejected',
    when: {
      stages: FROM_MAIL_ON,
      wording:
        /sender address rejected|sender (?:\S+ )?(?:is )?(?:rejected|denied|blocked|refused|blacklisted|banned)|badmailfrom|envelope sender is|sender (?:verify|verification) fail|verification failed for|(?:invalid|bad) sender(?!.{0,12}syntax)|banned sender|sender address (?:is )?invalid/i,
    },
  },

  { code: 'sender-rejected', when: { stages: ['mail'], wording: /mailbox name (?:is )?not allowed/i } },

  { code: 'null-sender-rejected', when: { stages: ['mail'], severity: 'permanent', history: hasNullSender } },
  {
    code: 'sender-rejected',
    when: { stages: ['mail'], details: ['1.*'], severity: 'permanent' },
    confidence: 'likely',
  },
  { code: 'sender-rejected', when: { stages: ['mail'], codes: [550, 553, 554] } },
]

export const RECIPIENT_RULES: readonly Rule[] = [
  {
    code: 'relay-denied',
    when: { stages: FROM_MAIL_ON, details: ['1.1', '1.2', '1.0', '4.4'], wording: RELAY },
    confidence: 'likely',
    cause: bothMeanings,
  },
  { code: 'relay-denied', when: { details: ['7.64'] } },
  {
    code: 'unknown-user',
    when: {
      stages: FROM_RCPT_ON,
      codes: [550],
      details: ['4.1'],
      wording: /recipient address rejected: access denied/i,
    },
    confidence: 'certain',
    cause: ({ recipient }) =>
      `So says Exchange Online when ${recipient ?? 'the address'} is not in its directory; it checks addresses at its edge. Less often the domain is not set up there yet.`,
  },
  {
    code: 'rate-limited',
    when: { details: ['2.1', '5.3'], wording: /too (?:quickly|many messages)|\brate\b|limit exceeded/i },
    cause: () =>
      'This mailbox, or this sender, gets or sends more mail in a short time than the server takes.',
  },
  { code: 'null-mx', when: { details: ['1.10'], wording: /null ?mx|does not accept mail/i } },

  {
    code: 'unknown-user',
    when: { stages: FROM_RCPT_ON, details: ['1.1', '1.10'], severity: 'permanent', history: notAboutSender },
  },
  { code: 'recipient-domain-not-found', when: { stages: FROM_RCPT_ON, details: ['1.2'] } },
  { code: 'user-moved', when: { details: ['1.6'] } },
  {
    code: 'recipient-rejected',
    when: { details: ['2.4'], severity: 'permanent' },
    cause: listNotExpanded,
  },
  {
    code: 'mailbox-unavailable',
    when: { details: ['2.4'], severity: 'transient' },
    cause: listNotExpanded,
  },
  {
    code: 'recipient-rejected',
    when: { stages: FROM_RCPT_ON, severity: 'permanent', wording: LIST_NOT_EXPANDED },
    cause: listNotExpanded,
  },
  {
    code: 'mailbox-unavailable',
    when: { stages: FROM_RCPT_ON, severity: 'transient', wording: LIST_NOT_EXPANDED },
    cause: listNotExpanded,
  },
  { code: 'mailbox-full', when: { details: ['2.2'] } },
  { code: 'mailbox-disabled', when: { details: ['2.1'], severity: 'permanent' } },
  {
    code: 'mailbox-unavailable',
    when: { stages: FROM_RCPT_ON, details: ['2.1', '1.1'], severity: 'transient' },
  },
  { code: 'too-many-recipients', when: { details: ['5.3'] } },

  {
    code: 'null-mx',
    when: { stages: ['rcpt'], wording: /null ?mx/i, history: notAboutSender },
    confidence: 'certain',
  },
  { code: 'greylisted', when: { wording: /gr[ae]y-? ?list/i }, confidence: 'certain' },
  {
    code: 'relay-denied',
    when: {
      stages: FROM_MAIL_ON,
      wording: new RegExp(`^(?=.*(?:${NO_SUCH_USER.source}|invalid address)).*(?:${RELAY.source})`, 'i'),
    },
    confidence: 'likely',
    cause: bothMeanings,
  },
  { code: 'relay-denied', when: { stages: FROM_MAIL_ON, wording: RELAY }, confidence: 'certain' },
  {
    code: 'too-many-recipients',
    when: {
      wording:
        /too many recipients|recipients? (?:limit|count)|max\w{0,20}.{0,20}recipients|recipients? (?:per|in).{0,30}exceed|separate transaction|multiple destination domains/i,
    },
    confidence: 'certain',
  },
  {
    code: 'no-valid-recipients',
    when: { wording: /no (?:valid )?recipients?\b/i, stages: ['data', 'end-of-data'] },
    confidence: 'certain',
  },
  {
    code: 'recipient-domain-not-found',
    when: {
      stages: FROM_RCPT_ON,
      wording:
        /^(?!.*\b(?:helo|ehlo|sender)\b).*(?:recipient address rejected: (?:domain not found|unknown domain)|host ?(?:name )?(?:is )?(?:unknown|or domain name not found|not found)|no such domain|unrouteable mail domain|(?:recipient|destination).{0,15}domain.{0,30}not (?:found|exist|resolv))/i,
    },
    confidence: 'certain',
  },
  {
    code: 'user-moved',
    when: {
      stages: FROM_RCPT_ON,
      wording:
        /(?:user|recipient|mailbox|address).{0,20}\b(?:has )?(?:moved|changed) (?:to|address)|please (?:try|use) <?\S+@|new address is/i,
    },
    confidence: 'certain',
  },
  {
    code: 'unknown-user',
    when: { stages: FROM_RCPT_ON, severity: 'permanent', wording: NO_SUCH_USER, history: notAboutSender },
  },
  {
    code: 'mailbox-full',
    when: {
      stages: FROM_RCPT_ON,
      wording:
        /(?:mailbox|inbox|maildrop|user|recipient|account)\b.{0,40}\b(?:full|over ?quota|exceed\w* (?:its |the )?(?:storage|quota))|over ?quota|out of quota|over the quota|quota (?:usage |size )?(?:is )?(?:exceeded|full|violation)|exceeded (?:storage|quota)|mail ?folder is full|(?:mailbox|storage).{0,20}(?:exceeds allowed|limit exceeded)|exhausted.{0,15}storage|too many messages on the server/i,
    },
    confidence: 'certain',
  },
  {
    code: 'mailbox-disabled',
    when: {
      stages: FROM_RCPT_ON,
      wording:
        /(?:mailbox|account|recipient|user|address)\b.{0,50}\b(?:disabled|suspended|inactive|deactivated|closed|discontinued|not active|no longer (?:active|available|valid|in use|exists|on server|accepts mail)|due to inactivity)|\binactive (?:user|account|mailbox)/i,
    },
    confidence: 'certain',
  },
  {
    // what Postfix's submission service says to whoever has not logged in (smtpd_recipient_restrictions = …, reject)
    code: 'auth-required',
    when: {
      stages: FROM_RCPT_ON,
      wording: /recipient address rejected: access denied/i,
      history: ({ login }) => login.state !== 'done' && login.offered.length > 0,
    },
    confidence: 'likely',
    cause: () =>
      'The server offers a login, and this session had not logged in. The same words also stand for a recipient that an access list refuses.',
  },
  {
    code: 'recipient-rejected',
    when: { stages: FROM_RCPT_ON, wording: /recipient address rejected: access denied/i },
    confidence: 'likely',
    cause: accessDenied,
  },
  {
    code: 'mailbox-unavailable',
    when: {
      stages: FROM_RCPT_ON,
      wording: /mailbox.{0,15}(?:temporarily |currently )?(?:unavailable|busy|locked|not available)/i,
    },
    confidence: 'likely',
  },

  {
    code: 'greylisted',
    when: {
      stages: ['rcpt'],
      severity: 'transient',
      details: ['7.1', '7.0', '2.0', '3.0'],
      wording: /\btry (?:again )?later|come back|try again|defer|first time/i,
    },
    confidence: 'guess',
    cause: () =>
      'The server put the recipient off without saying why. At this place that is most often greylisting: an unknown sender is asked to come again.',
  },
  {
    code: 'recipient-rejected',
    when: {
      stages: ['rcpt'],
      wording:
        /recipient.{0,15}(?:rejected|denied|refused)|address rejected|mailbox name (?:is )?not allowed/i,
      severity: 'permanent',
    },
    confidence: 'likely',
  },

  { code: 'no-valid-recipients', when: { stages: ['data'], codes: [554] } },
  { code: 'user-moved', when: { stages: ['rcpt'], codes: [551] }, confidence: 'likely' },
  {
    code: 'too-many-recipients',
    when: { stages: ['rcpt'], codes: [452] },
    cause: () =>
      'The code alone is known. At RCPT it is used when one message has more recipients than the server takes at a time, and also when the server is short of space.',
  },
  { code: 'mailbox-full', when: { stages: ['rcpt'], codes: [552] } },
  { code: 'mailbox-unavailable', when: { stages: ['rcpt'], codes: [450] } },
  { code: 'recipient-rejected', when: { stages: ['rcpt'], codes: [521, 550, 553, 554, 556] } },
]

function hasNullSender({ sender }: Situation): boolean {
  return sender === ''
}

/** `Sender address rejected: User unknown` is not about the recipient. */
function notAboutSender({ reply }: Situation): boolean {
  return reply === undefined || !SENDER.test(textOf(reply))
}

function bothMeanings({ recipient }: Situation): string {
  return `The server has one sentence for two cases: it does not know ${recipient ?? 'the recipient'}, or it takes no mail for that domain from this client. It does not say that the mailbox is missing.`
}

function listNotExpanded({ recipient }: Situation): string {
  return `${recipient ?? 'The address'} is a mailing list or an alias, and the server could not find out whom it stands for (RFC 3463 §3.3).`
}

function accessDenied({ login }: Situation): string {
  if (login.state === 'done')
    return 'A rule of the server forbids this recipient to this user or client. The wording does not say which rule.'
  return 'The wording has two meanings: a rule of the server forbids this recipient, or the server serves only clients that have logged in, and this session had not.'
}
