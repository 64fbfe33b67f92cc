import { describe, expect, test } from 'vitest'
import { Fault } from '../../src/session/outcome.ts'
import { SmtpReplyReader, severityOf } from '../../src/smtp/reply.ts'
import { LineSplitter } from '../../src/text/lines.ts'
import { everyCut } from '../support/every-cut.ts'
import { recordedReplies } from '../support/recorded-replies.ts'

/** All replies, and the names of what was tolerated. */
function repliesIn(chunks: readonly Buffer[]) {
  const tolerated: string[] = []
  const reader = new SmtpReplyReader((code) => tolerated.push(code))
  const splitter = new LineSplitter(1_000_000)
  const replies = []
  for (const chunk of chunks) {
    splitter.push(chunk)
    for (let line = splitter.next(); line !== undefined; line = splitter.next()) {
      const reply = reader.line(line)
      if (reply !== undefined) replies.push(reply)
    }
  }
  return { replies, tolerated, partial: reader.partial() }
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

describe('the words of real servers', () => {
  const recorded = [...recordedReplies('smtp'), ...recordedReplies('lmtp')]

  test.each(recorded)('$situation: $code $enhanced', ({ code, enhanced, lines }) => {
    const before = enhanced === '' ? '' : `${enhanced} `
    const octets = lines
      .map((line, place) => `${code}${place < lines.length - 1 ? '-' : ' '}${before}${line}\r\n`)
      .join('')
    const { replies, tolerated } = repliesIn([Buffer.from(octets)])
    expect(replies).toEqual([
      {
        code: Number(code),
        severity: severityOf(Number(code)),
        lines,
        ...(enhanced === '' ? {} : { enhanced }),
      },
    ])
    expect(tolerated).toEqual([])
  })
})

describe('the class of a reply (RFC 5321 §4.2.1)', () => {
  test.each([
    [200, 'completion'],
    [299, 'completion'],
    [334, 'intermediate'],
    [354, 'intermediate'],
    [421, 'transient'],
    [499, 'transient'],
    [500, 'permanent'],
    [599, 'permanent'],
  ])('%i is %s', (code, severity) => {
    expect(one(`${code} text\r\n`)).toMatchObject({ code, severity })
  })
})

describe('a reply is read the same at every cut', () => {
  test('over several lines', () => {
    expect(one('250-mx\r\n250-SIZE 1000\r\n250 HELP\r\n')?.lines).toEqual(['mx', 'SIZE 1000', 'HELP'])
  })

  test('with others in one segment, and half a one behind', () => {
    const { replies, partial } = everyCut('250 a\r\n550-b\r\n550 c\r\n354 d\r\n250-e\r\n', repliesIn)
    expect(replies.map(({ code, lines }) => [code, ...lines])).toEqual([
      [250, 'a'],
      [550, 'b', 'c'],
      [354, 'd'],
    ])
    expect(partial).toEqual(['250-e'])
  })

  test('with lines that have no text', () => {
    expect(one('250-\r\n250 \r\n')?.lines).toEqual(['', ''])
  })

  test('with NUL, 8-bit and bare CR in its text, which stay visible', () => {
    expect(one('250 a\0b\xff\rc\x1b[31m\r\n')?.lines).toEqual(['a\\x00b\\xff\\x0dc\\x1b[31m'])
  })

  test('with UTF-8 in its text', () => {
    expect(one('550 \xc3\xa9t\xc3\xa9\r\n')?.lines).toEqual(['été'])
  })
})

describe('what is tolerated has a name', () => {
  test('bare-lf', () => {
    const { replies, tolerated } = everyCut('250-a\n250 b\r\n', repliesIn)
    expect(replies).toMatchObject([{ lines: ['a', 'b'] }])
    expect(tolerated).toEqual(['bare-lf'])
  })

  test('code-without-text', () => {
    const { replies, tolerated } = everyCut('250\r\n', repliesIn)
    expect(replies).toEqual([{ code: 250, severity: 'completion', lines: [''] }])
    expect(tolerated).toEqual(['code-without-text'])
  })

  test('blank-line, before a reply and within one', () => {
    const { replies, tolerated } = everyCut('\r\n250-a\r\n\r\n250 b\r\n', repliesIn)
    expect(replies).toMatchObject([{ lines: ['a', 'b'] }])
    expect(tolerated).toEqual(['blank-line', 'blank-line'])
  })

  test('a blank line before each of many replies is no end of patience', () => {
    expect(repliesIn([Buffer.from('\r\n250 ok\r\n'.repeat(50))]).replies).toHaveLength(50)
  })
})

describe('what is no reply', () => {
  test.each([
    ['a code of class 1', '199 text'],
    ['a code of class 6', '600 text'],
    ['a code of class 0', '050 text'],
    ['two digits', '25 text'],
    ['four digits', '2500 text'],
    ['digits of another script', '\xd9\xa2\xd9\xa5\xd9\xa0 text'],
    ['a code and text without a blank', '250ok'],
    ['a code and a TAB', '250\tok'],
    ['a code behind a blank', ' 250 ok'],
    ['a sign', '+250 ok'],
    ['another protocol: POP3', '+OK ready'],
    ['another protocol: IMAP', '* OK IMAP4rev1 ready'],
    ['another protocol: HTTP', 'HTTP/1.1 400 Bad Request'],
    ['another protocol: SSH', 'SSH-2.0-OpenSSH_9.2'],
    ['a blank alone', ' '],
    ['NUL', '\0'],
  ])('%s is a fault', (_, line) => {
    expect(faultOf(`${line}\r\n`)).toMatchObject({ kind: 'protocol' })
  })

  test('different codes on the lines of one reply are a fault that names both', () => {
    const fault = faultOf('250-a\r\n550 b\r\n')
    expect(fault.kind).toBe('protocol')
    expect(fault.message).toContain('250 and 550')
  })

  test('nothing but blank lines comes to an end', () => {
    expect(faultOf('\r\n'.repeat(11)).kind).toBe('protocol')
    expect(repliesIn([Buffer.from(`${'\r\n'.repeat(10)}250 ok\r\n`)]).replies).toHaveLength(1)
  })
})

describe('a reply is bounded', () => {
  test('in lines', () => {
    expect(repliesIn([Buffer.from(`${'250-a\r\n'.repeat(999)}250 z\r\n`)]).replies[0]?.lines).toHaveLength(
      1000,
    )
    expect(faultOf('250-a\r\n'.repeat(1001))).toMatchObject({ kind: 'limit' })
  })

  test('in octets', () => {
    const line = `250-${'a'.repeat(1000)}\r\n`
    expect(repliesIn([Buffer.from(`${line.repeat(130)}250 z\r\n`)]).replies).toHaveLength(1)
    expect(faultOf(line.repeat(131))).toMatchObject({ kind: 'limit' })
  })

  test('and each reply has the whole of it', () => {
    const reply = `${'250-a\r\n'.repeat(999)}250 z\r\n`
    expect(repliesIn([Buffer.from(reply.repeat(3))]).replies).toHaveLength(3)
  })
})

describe('the enhanced status code (RFC 2034)', () => {
  test.each([
    ['stands apart', '550 5.7.1 no\r\n', '5.7.1', ['no']],
    [
      'stands apart on each line that repeats it',
      '550-5.7.1 no\r\n550 5.7.1 never\r\n',
      '5.7.1',
      ['no', 'never'],
    ],
    ['stays in a line that has another one', '550-5.7.1 no\r\n550 5.1.1 b\r\n', '5.7.1', ['no', '5.1.1 b']],
    ['without text behind it', '250 2.0.0\r\n', '2.0.0', ['']],
    ['of three digits each', '550 5.123.456 no\r\n', '5.123.456', ['no']],
    ['of another class than the code is text', '250 5.7.1 ok\r\n', undefined, ['5.7.1 ok']],
    ['of class 3 is text', '354 3.0.0 go\r\n', undefined, ['3.0.0 go']],
    ['that is an address is text', '220 2.0.0.1 ready\r\n', undefined, ['2.0.0.1 ready']],
    ['with other text directly behind it is text', '550 5.7.1: no\r\n', undefined, ['5.7.1: no']],
    ['on a later line only is text', '550-no\r\n550 5.7.1 never\r\n', undefined, ['no', '5.7.1 never']],
  ])('%s', (_, octets, enhanced, lines) => {
    expect(one(octets)?.enhanced).toBe(enhanced)
    expect(one(octets)?.lines).toEqual(lines)
  })
})
