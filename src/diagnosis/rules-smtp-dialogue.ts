import type { Rule } from './rule.ts'

const TRANSACTION = ['mail', 'rcpt', 'data', 'end-of-data'] as const

/** Greeting, hello, STARTTLS, and the order and form of commands. */
export const DIALOGUE_RULES: readonly Rule[] = [
  {
    code: 'bad-sequence',
    when: {
      details: ['5.1', '5.0'],
      wording: /already (?:active|authenticated|identified|secured)/i,
      severity: 'permanent',
    },
  },
  { code: 'starttls-required', when: { details: ['7.10', '7.29'] } },
  {
    code: 'smtputf8-not-supported',
    when: { details: ['6.7', '6.8', '6.9', '6.10'] },
  },

  {
    code: 'too-many-errors',
    when: {
      wording:
        /too many (?:\w+[ -]){0,3}(?:errors|commands)|too many (?:unrecogni[sz]ed|syntax|protocol|unknown|bad|non-?mail)/i,
    },
    confidence: 'certain',
  },
  {
    code: 'starttls-required',
    when: {
      stages: ['greeting', 'hello', 'auth', ...TRANSACTION],
      wording:
        /\bstarttls\b.{0,20}\bfirst|issue a starttls|(?:\b(?:tls|ssl|encryption|encrypted connection|secure connection)\b) (?:is )?(?:required|needed|mandatory)|must (?:use|be) (?:tls|ssl|encrypt\w*)|requires? (?:the use of )?(?:tls|ssl|encryption|starttls|a secure)|starttls (?:is )?required/i,
    },
    confidence: 'certain',
  },
  {
    code: 'bad-sequence',
    when: { wording: /\bpipelining\b|synchroni[sz]ation error/i, severity: 'permanent' },
    cause: () =>
      'Commands arrived before the replies to the earlier ones were out, at a place where this server wants them one by one.',
    remedies: () => ['Send with `"pipelining": "off"`.'],
    retry: 'changed',
    suggestion: () => ({ pipelining: 'off' }),
  },
  {
    code: 'hello-required',
    when: {
      wording:
        /(?:send|say|need|issue|polite).{0,25}\b(?:helo|ehlo|lhlo|hello)\b(?!.{0,10}\bauth)|\b(?:helo|ehlo)\b.{0,12}\b(?:first|required)/i,
      codes: [500, 501, 502, 503, 550, 554],
    },
    confidence: 'certain',
  },
  {
    code: 'hello-rejected',
    when: {
      wording:
        /\b(?:helo|ehlo|lhlo)\b.{0,20}(?:rejected|refused|denied|invalid|argument|must|should|not|requires)|(?:invalid|bad|bogus|malformed|illegal) (?:helo|ehlo|domain name$)|helo\/ehlo/i,
    },
    confidence: 'certain',
  },
  {
    code: 'hello-rejected',
    when: { stages: ['hello'], wording: /hostname|domain|syntax|fqdn|resolv|address literal/i },
  },
  {
    code: 'starttls-not-offered',
    when: {
      stages: ['starttls'],
      severity: 'permanent',
      wording:
        /not (?:implemented|supported|recogni[sz]ed|available|advertised|offered|enabled)|unrecogni[sz]ed|unknown|unimplemented/i,
    },
    confidence: 'certain',
  },
  {
    code: 'smtputf8-not-supported',
    when: { wording: /\bsmtputf8\b|non-ascii address|utf-?8 (?:address|header)/i },
  },
  {
    code: 'parameter-not-supported',
    when: {
      wording:
        /(?:unsupported|unrecogni[sz]ed|unknown|unimplemented|invalid) (?:\w+ )?(?:option|parameter|esmtp)|(?:parameter|option|extension)s?\b.{0,30}not (?:recogni[sz]ed|implemented|supported)/i,
    },
    confidence: 'certain',
  },
  {
    code: 'bad-sequence',
    when: {
      wording:
        /need (?:rcpt|mail|data)\b|(?:mail|rcpt|data)(?: command)? first|nested mail|transaction in progress|bad sequence|out of (?:order|sequence)|not allowed at this (?:point|time)|must precede|sender (?:already|not yet)|already (?:specified|active|authenticated|identified|secured|given)|not permitted (?:during|in)/i,
      codes: [500, 501, 503, 554, 550],
    },
    confidence: 'certain',
  },
  {
    code: 'line-too-long',
    when: {
      wording:
        /\bline (?:is )?too long|line length|(?:too|over)[ -]?long.{0,10}\bline|\bmax\w{0,20} (?:allowed )?line\b/i,
    },
    confidence: 'certain',
  },
  {
    code: 'command-not-recognized',
    when: {
      stages: ['greeting', 'hello', 'starttls', 'mail', 'rcpt', 'data', 'quit', 'end-of-data', 'transaction'],
      codes: [500, 502],
      wording:
        /not (?:recogni[sz]ed|implemented|supported|understood)|unrecogni[sz]ed|unknown command|unimplemented|disabled/i,
    },
    confidence: 'certain',
  },
  {
    code: 'syntax-error',
    when: {
      codes: [500, 501, 553, 555],
      wording:
        /\bsyntax\b|no parameters (?:allowed|given)|bad (?:sender|recipient|destination) (?:\w+ )?(?:address )?syntax|\bmalformed address/i,
    },
    confidence: 'certain',
  },

  { code: 'syntax-error', when: { details: ['1.3', '1.7'], severity: 'permanent' } },
  {
    code: 'connection-closed',
    when: { details: ['4.2'], codes: [421, 451] },
    cause: () => 'The server waited too long for the next command and ended the session.',
    retry: 'later',
  },
  {
    code: 'connection-closed',
    when: { codes: [421, 451], wording: /time-? ?out|timed out|\bidle\b/i },
    cause: () => 'The server waited too long for the next command and ended the session.',
    retry: 'later',
  },

  { code: 'greeting-refused', when: { stages: ['greeting'], severity: 'permanent' }, confidence: 'certain' },
  { code: 'starttls-refused', when: { stages: ['starttls'], severity: 'transient' }, confidence: 'certain' },
  { code: 'starttls-not-offered', when: { stages: ['starttls'], codes: [500, 502] }, confidence: 'certain' },
  { code: 'syntax-error', when: { stages: ['starttls'], codes: [501] }, confidence: 'likely' },
  { code: 'bad-sequence', when: { stages: ['starttls'], codes: [503] }, confidence: 'likely' },
  { code: 'starttls-refused', when: { stages: ['starttls'], severity: 'permanent' }, confidence: 'certain' },
  { code: 'command-not-recognized', when: { stages: ['hello'], codes: [500, 502] }, confidence: 'certain' },
  {
    code: 'hello-rejected',
    when: { stages: ['hello'], codes: [501, 504, 550, 553, 554] },
    confidence: 'likely',
  },
  { code: 'bad-sequence', when: { codes: [503] }, confidence: 'likely' },
  { code: 'command-not-recognized', when: { codes: [500, 502] }, confidence: 'likely' },
  { code: 'parameter-not-supported', when: { codes: [504, 555] }, confidence: 'likely' },
  { code: 'syntax-error', when: { codes: [501] }, confidence: 'likely' },
]
