import { expect, test } from 'vitest'
import type { HostileCase } from './case.ts'
import { DELETION_CASES } from './pop3-deletions.cases.ts'
import { LISTING_CASES } from './pop3-listings.cases.ts'
import { MESSAGE_CASES } from './pop3-messages.cases.ts'
import { POP3_REPLY_CASES } from './pop3-replies.cases.ts'
import { SESSION_CASES } from './pop3-sessions.cases.ts'
import { DEADLINE_CASES } from './smtp-deadlines.cases.ts'
import { LIE_CASES } from './smtp-lies.cases.ts'
import { LOGIN_CASES } from './smtp-login.cases.ts'
import { OUTCOME_CASES } from './smtp-outcomes.cases.ts'
import { REPLY_CASES } from './smtp-replies.cases.ts'
import { SECRET_CASES } from './smtp-secrets.cases.ts'
import { SHIFT_CASES } from './smtp-shifts.cases.ts'
import { TLS_CASES } from './smtp-tls.cases.ts'

const smtp: readonly HostileCase<unknown>[] = [
  ...OUTCOME_CASES,
  ...DEADLINE_CASES,
  ...REPLY_CASES,
  ...SHIFT_CASES,
  ...TLS_CASES,
  ...LOGIN_CASES,
  ...SECRET_CASES,
  ...LIE_CASES,
] as readonly HostileCase<unknown>[]
const pop3: readonly HostileCase<unknown>[] = [
  ...LISTING_CASES,
  ...MESSAGE_CASES,
  ...DELETION_CASES,
  ...POP3_REPLY_CASES,
  ...SESSION_CASES,
] as readonly HostileCase<unknown>[]
const all = [...smtp, ...pop3]

/** What a server does, comparably; functions by their text. */
const shown = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) => (typeof each === 'function' ? String(each) : each))

test('there are at least 150 hostile cases, and many over each protocol', () => {
  expect(all.length).toBeGreaterThanOrEqual(150)
  expect(smtp.length).toBeGreaterThan(100)
  expect(pop3.length).toBeGreaterThan(50)
})

test('each has a name of its own, in words', () => {
  const names = all.map(({ name }) => name)
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
  expect(names.filter((name) => !/^[a-z0-9]+(?:-[a-z0-9]+)+$/.test(name))).toEqual([])
})

test('each says what the caller is told: all of it', () => {
  for (const { name, told } of all) {
    const [status, outcome] = told
    expect([name, told.length, Number.isInteger(status), outcome.length > 0]).toEqual([name, 4, true, true])
    // a failure has a stage and a code
    if (status >= 400) expect([name, ...told]).not.toContain(null)
  }
})

test('each has a twin that does something else, or is told something else', () => {
  const same = all.filter(
    ({ does, told, call, twin }) =>
      shown(does) === shown(twin.does) &&
      shown(told) === shown(twin.told) &&
      shown(call) === shown(twin.call),
  )
  expect(same.map(({ name }) => name)).toEqual([])
})

test('no twin is told of a fault', () => {
  const failing = all.filter(({ twin }) => ['failed', 'unknown'].includes(twin.told?.[1] ?? ''))
  expect(failing.map(({ name }) => name)).toEqual([])
})

test('all three outcomes are there, and what is unknown is so at the end of a message or of a deletion', () => {
  const outcomes = new Set(all.map(({ told }) => told[1]))
  for (const outcome of ['accepted', 'rejected', 'deferred', 'failed', 'unknown'])
    expect(outcomes).toContain(outcome)
  const unknown = all.filter(({ told }) => told[1] === 'unknown')
  expect(unknown.length).toBeGreaterThan(20)
  expect(new Set(unknown.map(({ told }) => told[2]))).toEqual(new Set(['end-of-data', 'rcpt', 'update']))
})
