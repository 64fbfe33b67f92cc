import { describe, expect, test } from 'vitest'
import type { Severity } from '../../src/session/answer.ts'
import { Fault, outcomeOf, Refusal, Unmet } from '../../src/session/outcome.ts'

const refusal = (severity: Severity) => new Refusal({ severity, lines: ['no', 'never'], code: 550 })

describe('a refusal', () => {
  test('for good is `rejected`, and carries the reply', () => {
    const thrown = refusal('permanent')
    expect(outcomeOf(thrown, 'rcpt', false)).toEqual({
      outcome: 'rejected',
      stage: 'rcpt',
      reply: thrown.reply,
    })
  })

  test('for now is `deferred`', () => {
    expect(outcomeOf(refusal('transient'), 'greeting', false)).toMatchObject({
      outcome: 'deferred',
      stage: 'greeting',
    })
  })

  test('stays one even when the message was handed over: it was answered', () => {
    expect(outcomeOf(refusal('permanent'), 'end-of-data', true).outcome).toBe('rejected')
    expect(outcomeOf(refusal('transient'), 'end-of-data', true).outcome).toBe('deferred')
  })

  test('tells the server’s words', () => {
    expect(refusal('permanent').message).toBe('the server answered 550 no / never')
    expect(new Refusal({ severity: 'permanent', status: '-ERR', lines: ['locked'] }).message).toBe(
      'the server answered -ERR locked',
    )
  })
})

describe('a fault', () => {
  const fault = new Fault('closed', 'the server closed the connection', {
    code: 'ECONNRESET',
    cause: new Error('read'),
  })

  test('is `failed` while the server cannot have acted', () => {
    expect(outcomeOf(fault, 'data', false)).toEqual({ outcome: 'failed', stage: 'data', fault })
  })

  test('is `unknown` once it may have', () => {
    expect(outcomeOf(fault, 'end-of-data', true)).toEqual({ outcome: 'unknown', stage: 'end-of-data', fault })
    expect(outcomeOf(fault, 'update', true).outcome).toBe('unknown')
  })

  test('keeps its cause and its code', () => {
    expect(fault).toMatchObject({ kind: 'closed', code: 'ECONNRESET', cause: { message: 'read' } })
    expect('cause' in new Fault('limit', 'too long')).toBe(false)
  })
})

describe('what was asked for and is not possible', () => {
  test('is `failed`, and tells what was offered', () => {
    const unmet = new Unmet('starttls-not-offered', 'no STARTTLS', { offered: ['SIZE 1000'] })
    expect(outcomeOf(unmet, 'starttls', false)).toEqual({ outcome: 'failed', stage: 'starttls', unmet })
    expect(unmet.offered).toEqual(['SIZE 1000'])
  })

  test('is `rejected` where the mailbox itself says no', () => {
    const unmet = new Unmet('no-such-message', 'there is none', { outcome: 'rejected' })
    expect(outcomeOf(unmet, 'transaction', false).outcome).toBe('rejected')
  })
})

test('a bug is no outcome', () => {
  for (const bug of [new TypeError('undefined is not a function'), new Error('x'), 'text', undefined]) {
    let thrown: unknown = 'nothing'
    try {
      outcomeOf(bug, 'mail', false)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBe(bug)
  }
})
