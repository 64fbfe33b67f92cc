import type { Rule } from './rule.ts'

/** Reputation, sender authentication, limits: why a server does not want this client or this mail. */
export const POLICY_RULES: readonly Rule[] = [
  { code: 'spf-failed', when: { details: ['7.27'], wording: /\bspf\b/i } },
  { code: 'spf-failed', when: { details: ['7.23', '7.24'] } },
  {
    code: 'sender-unauthenticated',
    when: { details: ['7.26', '7.20', '7.21', '7.22', '7.30', '7.509', '7.515'] },
  },
  { code: 'reverse-dns-required', when: { details: ['7.25'] } },
  {
    code: 'rate-limited',
    when: {
      details: ['7.28', '7.500', '7.650'],
      wording: /rate|busy|too (?:many|much)|limit|unsolicited/i,
    },
  },
  { code: 'rate-limited', when: { details: ['7.28'] } },

  {
    code: 'blocklisted',
    when: {
      wording:
        /blocked using|\b(?:dns)?[rd]?bls?\b|block-? ?list|black-? ?list|spamhaus|spamcop|barracuda(?:central)?|sorbs|banned send(?:ing ip|er ?\[)|listed (?:in|at|on|by) |(?:ip|host|network|address).{0,30}(?:is |has been |are )(?:blocked|listed|banned)|dynamic[- ]ip|dial-?up|\bips? blocked|poor reputation|bad reputation|part of (?:your|their) network is on/i,
    },
    confidence: 'certain',
  },
  {
    code: 'sender-unauthenticated',
    when: {
      wording:
        /\bdmarc\b|\bdkim\b.{0,50}(?:fail|not pass|did not|reject|required|invalid|missing)|(?:mail|sender) is unauthenticated/i,
      stages: ['mail', 'rcpt', 'data', 'end-of-data'],
    },
    confidence: 'certain',
  },
  {
    code: 'spf-failed',
    when: {
      wording:
        /\bspf\b.{0,80}(?:fail|not pass|violat|reject|error|not (?:authori[sz]ed|allowed|permitted)|did not)|(?:fail\w*|reject\w*|violat\w*).{0,30}\bspf\b|sender policy framework|openspf\.(?:net|org)/i,
    },
    confidence: 'certain',
  },
  {
    code: 'reverse-dns-required',
    when: {
      wording:
        /\breverse (?:dns|hostname|lookup|record|address)|\bptr\b|\brdns\b|\bfcrdns\b|cannot find your (?:reverse )?hostname|ip name (?:lookup failed|possibly forged)|no host ?name for your ip/i,
      history: ({ reply }) => !/relay/i.test(reply?.lines.join(' ') ?? ''),
    },
    confidence: 'certain',
  },
  {
    code: 'rate-limited',
    when: {
      wording:
        /rate[ -]?limit|limit rate|\brate\b.{0,20}\b(?:exceed|too high)|too (?:many|much) (?:messages(?! on the server)|mails?|e-?mails?|requests|new)|(?:sending|daily|hourly|message|outgoing|relay|mail)\b.{0,15}\b(?:limit|quota|rate)\b.{0,20}\b(?:exceed|reached)|throttl|too (?:quickly|fast)|unusual (?:rate|amount)|at a rate that|exceeded.{0,30}\b(?:rate|sending|messages)|server busy.{0,40}\bfrom\b|slow down|tenant has exceeded/i,
    },
    confidence: 'certain',
  },
  {
    code: 'too-many-connections',
    when: {
      wording:
        /too many.{0,25}\b(?:connections|sessions)|(?:connections?|sessions?)\b.{0,25}\b(?:limit|exceed|maximum)|max\w{0,20}.{0,25}\b(?:connections|sessions)/i,
    },
    confidence: 'certain',
  },

  {
    code: 'policy-rejected',
    when: { wording: /resolver\.rst\./i },
    confidence: 'certain',
    cause: () =>
      'So says Exchange: this address takes mail only from certain senders, mostly those of its own organisation.',
  },
  {
    code: 'policy-rejected',
    when: { details: ['7.*'], stages: ['greeting', 'hello', 'mail', 'rcpt', 'data', 'end-of-data'] },
    confidence: 'likely',
  },
]

/** The last of the wordings to be asked, for these words are in many replies that mean something finer. */
export const GENERAL_RULES: readonly Rule[] = [
  {
    code: 'policy-rejected',
    when: {
      wording:
        /\bpolic(?:y|ies)\b|administrative(?:ly)? (?:prohibit|denied|block)|access (?:is )?(?:denied|not allowed)|not (?:allowed|permitted|authori[sz]ed)|no access for|\bprohibited|denied by|connections? (?:refused|rejected|not accepted)|client (?:host )?rejected|not (?:in|on) (?:the |our )?(?:white|allow)list|\bbanned\b|\bblocked\b|command rejected/i,
    },
  },
]

/** The server's own trouble. */
export const SERVER_RULES: readonly Rule[] = [
  { code: 'server-storage-full', when: { details: ['3.1'] } },
  { code: 'mail-loop', when: { details: ['4.6'] } },
  {
    code: 'server-temporary-failure',
    when: { details: ['3.5', '4.3', '4.4', '4.7'], severity: 'transient' },
  },

  {
    code: 'server-storage-full',
    when: {
      wording:
        /insufficient (?:system )?(?:storage|disk|resources|space)|(?:disk|file ?system|spool|queue) (?:is )?full|out of (?:disk|storage)|no space left|not enough (?:disk |storage )?space/i,
    },
    confidence: 'certain',
  },
  {
    code: 'server-shutting-down',
    when: {
      wording:
        /shut(?:ting)? ?down|going down|server (?:is )?(?:re)?starting|maintenance|system not accepting/i,
    },
    confidence: 'certain',
  },
  {
    code: 'service-unavailable',
    when: {
      codes: [421, 450, 451, 454],
      wording:
        /service (?:is )?(?:temporarily |currently )?(?:not available|unavailable)|not available at|closing (?:transmission )?channel|\bbusy\b|load is too high|too much load|overload/i,
      stages: ['greeting', 'hello', 'mail', 'rcpt', 'data', 'end-of-data', 'quit'],
    },
  },
  {
    code: 'server-temporary-failure',
    when: {
      severity: 'transient',
      stages: ['greeting', 'hello', 'mail', 'rcpt', 'data', 'end-of-data', 'quit'],
      wording:
        /(?:internal|back-?end) (?:server )?(?:error|failure)|temporar(?:y|ily).{0,20}(?:problem|failure|error|system|unable|rejected)|local (?:problem|error|failure)|server (?:config\w*|error)|system (?:config\w*|problem)|write error|unexpected failure|out of memory|qqt failure|unable to (?:read|figure|write|open|verify|connect)|lookup (?:failure|error)|resources/i,
    },
  },
]

/** What the code alone means. */
export const FALLBACK_RULES: readonly Rule[] = [
  {
    code: 'service-unavailable',
    when: { stages: ['greeting', 'hello'], severity: 'transient' },
    confidence: 'likely',
  },
  { code: 'service-unavailable', when: { codes: [421] }, confidence: 'likely' },
  { code: 'server-storage-full', when: { stages: ['mail', 'data', 'end-of-data'], codes: [452] } },
  {
    code: 'server-temporary-failure',
    when: { stages: ['mail', 'rcpt', 'data', 'end-of-data'], codes: [451] },
  },
  { code: 'refused-temporarily', when: { severity: 'transient' }, confidence: 'certain' },
  { code: 'refused-permanently', when: { severity: 'permanent' }, confidence: 'certain' },
]
