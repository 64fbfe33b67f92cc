import { describe, expect, test } from 'vitest'
import { Unmet } from '../../src/session/outcome.ts'
import { extensionsIn } from '../../src/smtp/ehlo.ts'
import { type ContentFacts, type Envelope, envelopeCommands } from '../../src/smtp/envelope.ts'
import { mailbox } from '../../src/smtp/path.ts'

const extensions = (...lines: string[]) =>
  extensionsIn({ code: 250, severity: 'completion', lines: ['mx', ...lines] }, () => undefined)

const envelope = (from: string | null, ...to: string[]): Envelope => ({
  reversePath: from === null ? null : mailbox(from),
  forwardPaths: to.map(mailbox),
})

const ASCII: ContentFacts = { octets: 100, eightBit: 'absent', header: 'ascii' }
const EIGHT_BIT: ContentFacts = { octets: 100, eightBit: 'present', header: 'ascii' }

function linesOf(...args: Parameters<typeof envelopeCommands>): string[] {
  const { mail, rcpts } = envelopeCommands(...args)
  return [mail, ...rcpts].map(({ octets }) => octets.toString())
}

function unmetOf(...args: Parameters<typeof envelopeCommands>): Unmet {
  try {
    envelopeCommands(...args)
  } catch (error) {
    if (error instanceof Unmet) return error
    throw error
  }
  throw new Error('nothing was unmet')
}

test('a server without extensions is given the addresses and nothing else', () => {
  expect(linesOf(envelope('a@x.test', 'b@y.test', 'c@z.test'), ASCII, extensions())).toEqual([
    'MAIL FROM:<a@x.test>\r\n',
    'RCPT TO:<b@y.test>\r\n',
    'RCPT TO:<c@z.test>\r\n',
  ])
})

test('the null reverse-path is an empty pair of brackets', () => {
  expect(linesOf(envelope(null, 'b@y.test'), ASCII, extensions())[0]).toBe('MAIL FROM:<>\r\n')
})

test('parameters are those that the message needs and the server knows', () => {
  const all = extensions('SIZE 1000', '8BITMIME', 'SMTPUTF8')
  expect(linesOf(envelope('a@x.test'), ASCII, all)[0]).toBe('MAIL FROM:<a@x.test> SIZE=100\r\n')
  expect(linesOf(envelope('a@x.test'), EIGHT_BIT, all)[0]).toBe(
    'MAIL FROM:<a@x.test> SIZE=100 BODY=8BITMIME\r\n',
  )
  expect(linesOf(envelope('ä@x.test'), EIGHT_BIT, all)[0]).toBe(
    'MAIL FROM:<ä@x.test> SIZE=100 BODY=8BITMIME SMTPUTF8\r\n',
  )
})

describe('internationalised addresses', () => {
  test('a domain goes out as A-labels where SMTPUTF8 is not needed', () => {
    expect(linesOf(envelope('a@bücher.test', 'b@bücher.test'), ASCII, extensions('SMTPUTF8'))).toEqual([
      'MAIL FROM:<a@xn--bcher-kva.test>\r\n',
      'RCPT TO:<b@xn--bcher-kva.test>\r\n',
    ])
  })

  test('one local part that needs SMTPUTF8 puts it in use for all', () => {
    expect(linesOf(envelope('a@bücher.test', 'ä@bücher.test'), ASCII, extensions('SMTPUTF8'))).toEqual([
      'MAIL FROM:<a@bücher.test> SMTPUTF8\r\n',
      'RCPT TO:<ä@bücher.test>\r\n',
    ])
  })

  test('a header that needs SMTPUTF8 puts it in use, though no path does', () => {
    const content = { ...ASCII, header: 'utf-8' } as const
    expect(linesOf(envelope('a@x.test'), content, extensions('SMTPUTF8'))[0]).toBe(
      'MAIL FROM:<a@x.test> SMTPUTF8\r\n',
    )
    expect(unmetOf(envelope('a@x.test'), content, extensions()).code).toBe('smtputf8-not-supported')
  })

  test('without SMTPUTF8 nothing is sent', () => {
    const unmet = unmetOf(envelope('a@x.test', 'ä@x.test'), ASCII, extensions('SIZE 1000'))
    expect(unmet).toMatchObject({ code: 'smtputf8-not-supported', offered: ['SIZE 1000'] })
  })
})

test('8-bit content without 8BITMIME is not sent', () => {
  const unmet = unmetOf(envelope('a@x.test'), EIGHT_BIT, extensions('SMTPUTF8'))
  expect(unmet).toMatchObject({ code: 'extension-not-offered', offered: ['SMTPUTF8'] })
})

describe('the size that the server announces (RFC 1870 §6)', () => {
  test('is a limit that may be reached', () => {
    expect(linesOf(envelope('a@x.test'), ASCII, extensions('SIZE 100'))[0]).toContain('SIZE=100')
  })

  test('is not exceeded in vain, and both sizes are told', () => {
    const unmet = unmetOf(envelope('a@x.test'), ASCII, extensions('SIZE 99'))
    expect(unmet.code).toBe('message-too-large')
    expect(unmet.message).toContain('100 octets')
    expect(unmet.message).toContain('at most 99')
  })

  test('is none where it is 0', () => {
    expect(linesOf(envelope('a@x.test'), ASCII, extensions('SIZE 0'))[0]).toContain('SIZE=100')
  })
})
