import { describe, expect, test } from 'vitest'
import { diagnose, rulesFor } from '../../src/diagnosis/diagnose.ts'
import { holds } from '../../src/diagnosis/rule.ts'
import { isPositive } from '../../src/session/answer.ts'
import { corpus, situationOf } from './corpus.ts'

const all = corpus()
const refusals = all.filter(({ reply }) => !isPositive(reply))

describe('the words of real servers', () => {
  test('every refusal of the corpus has an answer, and there are enough of them', () => {
    expect(refusals.filter(({ code }) => code === undefined)).toEqual([])
    expect(refusals.length).toBeGreaterThan(340)
  })

  test.each(refusals)('$name is $code', (words) => {
    expect(diagnose(situationOf(words))?.code).toBe(words.code)
  })

  test('a reply that says yes has no diagnosis', () => {
    const yes = all.filter(({ reply }) => isPositive(reply))
    expect(yes.length).toBeGreaterThan(100)
    for (const words of yes) expect(diagnose(situationOf(words)), words.name).toBeUndefined()
  })

  test('without its enhanced status code a reply is never taken for another matter with certainty', () => {
    const bare = refusals.flatMap((words) => {
      const { enhanced, ...reply } = words.reply
      return enhanced === undefined ? [] : [{ ...words, reply }]
    })
    const wrong = bare.map((words) => ({ words, diagnosis: diagnose(situationOf(words)) }))
    const misled = wrong.filter(({ words, diagnosis }) => diagnosis?.code !== words.code)
    expect(bare.length).toBeGreaterThan(100)
    expect(misled.map(({ words }) => words.name).sort()).toEqual([
      'office365 smtp edge-blocking',
      'postfix smtp content-rejected-temporarily',
    ])
    expect(misled.filter(({ diagnosis }) => diagnosis?.confidence === 'certain')).toEqual([])
  })

  test('these are the wordings of which the diagnosis is a guess', () => {
    const guesses = refusals.filter((words) => diagnose(situationOf(words))?.confidence === 'guess')
    expect(guesses.map(({ name }) => name)).toEqual(['hmailserver smtp not-in-route'])
  })
})

/** Codes whose words are in many replies that mean something finer: their rules are asked after those. */
const GENERAL: ReadonlySet<string> = new Set([
  'policy-rejected',
  'recipient-rejected',
  'sender-rejected',
  'message-rejected',
  'server-temporary-failure',
  'command-not-recognized',
  'syntax-error',
])

/** Where two wordings hold for one reply, and the order of the rules decides: the loser, the winner. */
const DECIDED_BY_ORDER = [
  'account-disabled < auth-needs-tls',
  'account-disabled < mailbox-in-use',
  'auth-not-offered < auth-needs-tls',
  'auth-required < policy-rejected',
  'auth-required < relay-denied',
  'auth-required < sender-unauthenticated',
  'bad-sequence < auth-needs-tls',
  'content-rejected < message-malformed',
  'greylisted < too-many-recipients',
  'hello-rejected < hello-required',
  'mailbox-damaged < mailbox-temporary-failure',
  'mailbox-in-use < mailbox-temporary-failure',
  'service-unavailable < rate-limited',
  'service-unavailable < too-many-connections',
  'spf-failed < sender-unauthenticated',
  'starttls-required < auth-needs-tls',
  'too-many-connections < rate-limited',
  'too-many-recipients < rate-limited',
  'unknown-user < relay-denied',
  'unknown-user < user-moved',
]

test('no wording is claimed by the rule of another code, but where that is known and the order decides', () => {
  const claims = new Set<string>()
  for (const words of refusals) {
    const situation = situationOf(words)
    for (const rule of rulesFor(situation)) {
      if (rule.when.wording === undefined || rule.code === words.code || GENERAL.has(rule.code)) continue
      if (holds(rule, situation)) claims.add(`${rule.code} < ${words.code}`)
    }
  }
  expect([...claims].sort()).toEqual(DECIDED_BY_ORDER)
})
