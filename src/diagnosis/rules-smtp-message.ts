import type { Rule } from './rule.ts'

const AT_THE_MESSAGE = ['data', 'end-of-data'] as const

/** The message itself: its size, its form, what it holds. */
export const MESSAGE_RULES: readonly Rule[] = [
  { code: 'message-too-large', when: { details: ['3.4', '2.3'] } },
  { code: 'mail-loop', when: { details: ['4.6', '4.14'] } },
  { code: 'bare-newline-rejected', when: { details: ['6.11'] } },

  {
    code: 'bare-newline-rejected',
    when: {
      wording:
        /\bbare (?:<?(?:lf|cr)>?|new ?lines?|line ?feeds?|carriage)|barelinefeeds|stray (?:newline|lf)|smtplf\.html/i,
    },
    confidence: 'certain',
  },
  {
    code: 'mail-loop',
    when: {
      wording:
        /too many hops|hop count|(?:mail|routing|forwarding|message is|loop) ?loop(?:ing|s)?\b|loop detected|message is looping|too many received/i,
    },
    confidence: 'certain',
  },
  {
    code: 'message-too-large',
    when: {
      stages: ['mail', ...AT_THE_MESSAGE],
      wording:
        /(?:message|mail|data|content|attachment)s?\b.{0,30}\b(?:too (?:big|large)|larger than|exceeds? .{0,30}(?:size|limit|maximum|permitted|allowed|databytes))|(?:message|mail) size (?:limit )?exceed|size limit|exceeds (?:the )?(?:maximum|fixed|message) (?:message )?size/i,
    },
    confidence: 'certain',
  },
  {
    code: 'message-malformed',
    when: {
      stages: AT_THE_MESSAGE,
      wording:
        /not rfc ?(?:2?822|5322)|rfc ?(?:2822|5322) (?:compliant|specification|section)|malformed|(?:missing|invalid|no|duplicate|multiple|bad|illegal) .{0,25}\bheaders?\b|headers?\b.{0,30}\b(?:missing|invalid|syntax|malformed|required|error)|unencoded|8-?bit characters/i,
    },
    confidence: 'certain',
  },
  {
    code: 'content-rejected',
    when: {
      stages: AT_THE_MESSAGE,
      wording:
        /content (?:was )?(?:reject(?:ed)?|denied|blocked|not allowed|filter)|\b(?:spam|virus|malware|phish\w*|infected|anti-?spam|unsolicited (?:bulk )?(?:mail|message))\b(?!.{0,60}\bip\b)|attachments?\b.{0,40}\b(?:not allowed|blocked|prohibited|denied|removed)|blocked.{0,20}(?:attachment|file type)|banned (?:file|content|name)|(?:forbidden|password protected|banned).{0,20}attachment|suspicious|security (?:issue|risk).{0,20}(?:content|attachment)/i,
    },
  },
  {
    code: 'message-rejected',
    when: {
      stages: AT_THE_MESSAGE,
      severity: 'permanent',
      wording:
        /transaction failed|message (?:was )?(?:rejected|refused|not accepted|denied)|(?:rejected|refused) (?:the )?(?:message|mail|delivery)/i,
    },
  },

  {
    code: 'content-rejected',
    when: {
      stages: AT_THE_MESSAGE,
      details: ['7.0', '6.0', '7.1'],
      severity: 'permanent',
      wording: /reject|refuse|block/i,
    },
    confidence: 'guess',
  },
  { code: 'message-too-large', when: { stages: ['mail', ...AT_THE_MESSAGE], codes: [552] } },
  {
    code: 'message-malformed',
    when: { stages: AT_THE_MESSAGE, details: ['6.*'], severity: 'permanent' },
    confidence: 'likely',
  },
  { code: 'message-rejected', when: { stages: AT_THE_MESSAGE, codes: [550, 551, 553, 554, 571] } },
]
