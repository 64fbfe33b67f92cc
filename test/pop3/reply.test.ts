import { describe, expect, test } from 'vitest'
import { Pop3ReplyReader } from '../../src/pop3/reply.ts'
import { Fault } from '../../src/session/outcome.ts'
import { LineSplitter } from '../../src/text/lines.ts'
import { everyCut } from '../support/every-cut.ts'
import { recordedReplies } from '../support/recorded-replies.ts'

function repliesIn(chunks: readonly Buffer[]) {
  const tolerated: string[] = []
  const reader = new Pop3ReplyReader((code) => tolerated.push(code))
  const splitter = new LineSplitter(1000)
  const replies = []
  for (const chunk of chunks) {
    splitter.push(chunk)
    for (let line = splitter.next(); line !== undefined; line = splitter.next()) {
      const reply = reader.line(line)
      if (reply !== undefined) replies.push(reply)
    }
  }
  return { replies, tolerated }
}

const one = (octets: string) => everyCut(octets, repliesIn).replies[0]

function faultOf(octets: string): Fault {
  try {
    repliesIn([Buffer.from(octets, 'latin1')])
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('there was no fault')
}

test.each(recordedReplies('pop3'))('Dovecot, $situation', ({ code, enhanced, lines }) => {
  const [first = ''] = lines
  const { replies, tolerated } = repliesIn([Buffer.from(`${code} ${first}\r\n`)])
  expect(replies).toMatchObject([
    { status: code, lines: [enhanced === '' ? first : first.replace(/^\[.*?\] /, '')] },
  ])
  expect(replies[0]?.responseCode).toBe(enhanced === '' ? undefined : enhanced)
  expect(tolerated).toEqual([])
})

describe('the status indicator', () => {
  test.each([
    ['+OK ready\r\n', { status: '+OK', severity: 'completion', lines: ['ready'] }],
    ['+OK\r\n', { status: '+OK', severity: 'completion', lines: [''] }],
    ['+OK \r\n', { status: '+OK', severity: 'completion', lines: [''] }],
    ['+OK\tready\r\n', { status: '+OK', severity: 'completion', lines: ['ready'] }],
    ['-ERR no\r\n', { status: '-ERR', severity: 'permanent', lines: ['no'] }],
    ['-ERR\r\n', { status: '-ERR', severity: 'permanent', lines: [''] }],
    ['+ UGFzc3dvcmQ6\r\n', { status: '+', severity: 'intermediate', lines: ['UGFzc3dvcmQ6'] }],
    ['+ \r\n', { status: '+', severity: 'intermediate', lines: [''] }],
    ['+\r\n', { status: '+', severity: 'intermediate', lines: [''] }],
    ['+ [AUTH] is no response code here\r\n', { status: '+', lines: ['[AUTH] is no response code here'] }],
  ])('%j', (octets, reply) => {
    expect(one(octets)).toMatchObject(reply)
  })

  test.each([
    ['a sign with the wrong word', '+ERR no'],
    ['the other sign with the wrong word', '-OK'],
    ['no sign', 'OK ready'],
    ['a longer word', '+OKAY'],
    ['a longer word of refusal', '-ERROR no'],
    ['text directly behind it', '+OK: ready'],
    ['a blank before it', ' +OK'],
    ['NUL in it', '+O\0K'],
    ['another protocol: SMTP', '220 mail.lab.test ESMTP Postfix'],
    ['another protocol: IMAP', '* OK ready'],
    ['a lone dot', '.'],
  ])('%s is a fault', (_, line) => {
    expect(faultOf(`${line}\r\n`).kind).toBe('protocol')
  })
})

describe('the response code (RFC 2449 §8)', () => {
  test.each([
    ['stands apart from the text', '-ERR [AUTH] no\r\n', 'AUTH', 'no'],
    ['has levels', '-ERR [SYS/TEMP] later\r\n', 'SYS/TEMP', 'later'],
    ['without text', '-ERR [IN-USE]\r\n', 'IN-USE', ''],
    ['is known in any case', '-ERR [In-Use] locked\r\n', 'IN-USE', 'locked'],
    ['of a kind that nobody knows', '-ERR [X-FOO/BAR] x\r\n', 'X-FOO/BAR', 'x'],
    ['comes with +OK as well', '+OK [UTF8] ready\r\n', 'UTF8', 'ready'],
    ['later in the text is text', '-ERR no [AUTH]\r\n', undefined, 'no [AUTH]'],
    ['that is empty is text', '-ERR [] no\r\n', undefined, '[] no'],
    ['with a blank in it is text', '-ERR [a b] no\r\n', undefined, '[a b] no'],
    ['with an empty level is text', '-ERR [SYS/] no\r\n', undefined, '[SYS/] no'],
    ['that does not end is text', '-ERR [AUTH no\r\n', undefined, '[AUTH no'],
  ])('%s', (_, octets, responseCode, text) => {
    expect(one(octets)?.responseCode).toBe(responseCode)
    expect(one(octets)?.lines).toEqual([text])
  })

  test.each([
    ['LOGIN-DELAY', 'transient'],
    ['SYS/TEMP', 'transient'],
    ['sys/temp', 'transient'],
    ['SYS/PERM', 'permanent'],
    ['AUTH', 'permanent'],
    ['IN-USE', 'permanent'],
  ])('-ERR [%s] is %s', (code, severity) => {
    expect(one(`-ERR [${code}] text\r\n`)?.severity).toBe(severity)
  })

  test('does not make a refusal of an acceptance', () => {
    expect(one('+OK [SYS/TEMP] ready\r\n')?.severity).toBe('completion')
  })
})

describe('what is tolerated has a name', () => {
  test.each([
    ['bare-lf', '+OK ready\n', '+OK'],
    ['status-case', '+ok ready\r\n', '+OK'],
    ['status-case', '-Err no\r\n', '-ERR'],
    ['blank-line', '\r\n+OK ready\r\n', '+OK'],
  ])('%s', (name, octets, status) => {
    const { replies, tolerated } = everyCut(octets, repliesIn)
    expect(replies).toMatchObject([{ status }])
    expect(tolerated).toEqual([name])
  })

  test('but not without end', () => {
    expect(faultOf('\r\n'.repeat(11)).kind).toBe('protocol')
    expect(repliesIn([Buffer.from('\r\n+OK\r\n'.repeat(50))]).replies).toHaveLength(50)
  })
})

test('octets that are not printable stay visible', () => {
  expect(one('+OK a\0b\xff\rc\r\n')?.lines).toEqual(['a\\x00b\\xff\\x0dc'])
})

test('several replies in one segment are several replies', () => {
  const { replies } = everyCut('+OK a\r\n-ERR b\r\n+ c\r\n', repliesIn)
  expect(replies.map(({ status }) => status)).toEqual(['+OK', '-ERR', '+'])
})
