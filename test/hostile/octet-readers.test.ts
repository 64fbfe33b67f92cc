import fc from 'fast-check'
import { expect, test } from 'vitest'
import { capabilityOf } from '../../src/pop3/capa.ts'
import { scanLine, statLine, uniqueIdLine } from '../../src/pop3/listing.ts'
import { Pop3ReplyReader } from '../../src/pop3/reply.ts'
import { decodeBase64 } from '../../src/sasl/base64.ts'
import { chooseMechanisms } from '../../src/sasl/choose.ts'
import { SaslError } from '../../src/sasl/mechanism.ts'
import { bodyLines } from '../../src/session/body-lines.ts'
import type { ReplyReader } from '../../src/session/incoming.ts'
import { Fault } from '../../src/session/outcome.ts'
import { extensionsIn, mechanismsIn, sizeLimitIn } from '../../src/smtp/ehlo.ts'
import { SmtpReplyReader } from '../../src/smtp/reply.ts'
import { DotStuffer, DotUnstuffer } from '../../src/text/dots.ts'
import { LimitExceeded, LineSplitter } from '../../src/text/lines.ts'
import { Scrubber, Secret } from '../../src/text/secret.ts'
import { octetsOf, visible } from '../../src/text/visible.ts'
import { forms } from '../support/secrets-watch.ts'

/** Octets of which many mean something to a reader of lines, replies or dots. */
const PIECES = [
  '\r\n',
  '\n',
  '\r',
  '.',
  '..',
  '\r\n.\r\n',
  '250',
  '250 ',
  '250-',
  '354 Go',
  '+OK',
  '-ERR',
  '+ ',
  ' ',
  '\0',
  '\xff',
  'AUTH',
  'text',
  '1 42',
  '9'.repeat(20),
]
const octets = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...PIECES).map((piece) => Buffer.from(piece, 'latin1')) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 12 }).map((piece) => Buffer.from(piece)) },
    ),
    { maxLength: 30 },
  )
  .map((pieces) => Buffer.concat(pieces))

/** The octets, and the same in pieces. */
const segmented = fc.tuple(octets, fc.array(fc.nat(40), { maxLength: 40 })).map(([whole, sizes]) => {
  const chunks: Buffer[] = []
  let at = 0
  for (const size of sizes) {
    chunks.push(whole.subarray(at, at + size))
    at += size
  }
  return { whole, chunks: [...chunks, whole.subarray(at)] }
})

const RUNS = { numRuns: 400 }

/** The same in one piece as in many; what is thrown counts as well. */
function holdsWholeAndCut<T>(read: (chunks: readonly Buffer[]) => T): void {
  fc.assert(
    fc.property(segmented, ({ whole, chunks }) => {
      expect(read(chunks)).toEqual(read([whole]))
    }),
    RUNS,
  )
}

function linesIn(chunks: readonly Buffer[]) {
  const splitter = new LineSplitter(64)
  const lines: string[] = []
  try {
    for (const chunk of chunks) {
      splitter.push(chunk)
      for (let line = splitter.next(); line !== undefined; line = splitter.next())
        lines.push(`${line.end} ${line.octets.toString('latin1')}`)
    }
  } catch (error) {
    if (!(error instanceof LimitExceeded)) throw error
    return { lines, end: 'too long' }
  }
  return { lines, end: splitter.takeAll().toString('latin1') }
}

function repliesIn(
  chunks: readonly Buffer[],
  make: (
    told: (code: string) => void,
  ) => ReplyReader<
    object & { lines: readonly string[]; severity: 'completion' | 'intermediate' | 'transient' | 'permanent' }
  >,
) {
  const tolerated: string[] = []
  const reader = make((code) => tolerated.push(code))
  const splitter = new LineSplitter(1000)
  const replies: object[] = []
  try {
    for (const chunk of chunks) {
      splitter.push(chunk)
      for (let line = splitter.next(); line !== undefined; line = splitter.next()) {
        const reply = reader.line(line)
        if (reply !== undefined) replies.push(reply)
      }
    }
  } catch (error) {
    if (!(error instanceof Fault || error instanceof LimitExceeded)) throw error
    return { replies, tolerated, fault: error.message }
  }
  return { replies, tolerated, partial: reader.partial() }
}

test('lines are the same however they are cut', () => {
  holdsWholeAndCut(linesIn)
})

test('SMTP replies are the same however they are cut, and a fault is named', () => {
  holdsWholeAndCut((chunks) => repliesIn(chunks, (told) => new SmtpReplyReader(told)))
})

test('POP3 replies are the same however they are cut, and a fault is named', () => {
  holdsWholeAndCut((chunks) => repliesIn(chunks, (told) => new Pop3ReplyReader(told)))
})

test('an SMTP reply has a code from 200 to 599 and no octet that breaks a line', () => {
  fc.assert(
    fc.property(octets, (whole) => {
      const { replies } = repliesIn([whole], (told) => new SmtpReplyReader(told))
      for (const reply of replies as { code: number; lines: string[] }[]) {
        expect(reply.code).toBeGreaterThanOrEqual(200)
        expect(reply.code).toBeLessThan(600)
        expect(reply.lines.join('')).not.toMatch(/[\r\n\0]/)
      }
    }),
    RUNS,
  )
})

test('unstuffing gives the same content and rest however it is cut', () => {
  holdsWholeAndCut((chunks) => {
    const unstuffer = new DotUnstuffer()
    const content: Buffer[] = []
    for (const [at, chunk] of chunks.entries()) {
      const { content: pieces, rest } = unstuffer.push(chunk)
      content.push(...pieces)
      if (rest !== undefined) {
        const behind = Buffer.concat([rest, ...chunks.slice(at + 1)]).toString('latin1')
        return { content: Buffer.concat(content).toString('latin1'), behind }
      }
    }
    return { content: Buffer.concat(content).toString('latin1'), behind: undefined }
  })
})

test('what was stuffed, in any pieces, is unstuffed to itself and ends where it ended', () => {
  fc.assert(
    fc.property(segmented, octets, ({ whole, chunks }, behind) => {
      const stuffer = new DotStuffer()
      const onTheWire = Buffer.concat([...chunks.map((chunk) => stuffer.push(chunk)), stuffer.end(), behind])
      const { content, rest } = new DotUnstuffer().push(onTheWire)
      const ended = whole.length === 0 || whole.subarray(-2).toString('latin1') === '\r\n'
      expect(Buffer.concat([...content]).toString('latin1')).toBe(
        `${whole.toString('latin1')}${ended ? '' : '\r\n'}`,
      )
      expect(rest?.toString('latin1')).toBe(behind.toString('latin1'))
    }),
    RUNS,
  )
})

test('the lines of a listing are the same however they are cut', async () => {
  const limits = { lines: 20, lineOctets: 30, octets: 200 }
  const read = async (chunks: readonly Buffer[]) => {
    const lines: string[] = []
    try {
      for await (const some of bodyLines(
        (async function* () {
          yield* chunks
        })(),
        limits,
      ))
        lines.push(...some)
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      return 'too much'
    }
    return lines
  }
  await fc.assert(
    fc.asyncProperty(segmented, async ({ whole, chunks }) => {
      const [cut, one] = [await read(chunks), await read([whole])]
      expect(cut).toEqual(one)
    }),
    RUNS,
  )
})

test('what EHLO and CAPA offer is read from any line, and a size is a whole number or none', () => {
  fc.assert(
    fc.property(fc.array(octets, { maxLength: 8 }), (lines) => {
      const reply = { code: 250, severity: 'completion', lines: ['mx', ...lines.map(visible)] } as const
      const extensions = extensionsIn(reply, () => undefined)
      for (const keyword of extensions.keys()) expect(keyword).toBe(keyword.toUpperCase())
      for (const mechanism of mechanismsIn(extensions)) expect(mechanism).not.toMatch(/[\s\0]/)
      const limit = sizeLimitIn(extensions) ?? 1
      expect(Number.isSafeInteger(limit) && limit > 0).toBe(true)
      for (const line of lines) expect(capabilityOf(line).line).not.toMatch(/[\r\n\0]/)
    }),
    RUNS,
  )
})

test('rows of LIST, STAT and UIDL give safe whole numbers, or a fault', () => {
  const row = fc.oneof(
    octets.map((some) => some.toString('latin1')),
    fc.tuple(fc.bigInt(-10n, 10n ** 18n), fc.bigInt(-10n, 10n ** 18n)).map(([a, b]) => `${a} ${b}`),
  )
  fc.assert(
    fc.property(row, (line) => {
      const numbers: number[] = []
      try {
        const { number, octets: size } = scanLine(line)
        expect(number).toBeGreaterThan(0)
        numbers.push(number, size)
      } catch (error) {
        expect(error).toBeInstanceOf(Fault)
      }
      try {
        const { messages, octets: size } = statLine(line)
        numbers.push(messages, size)
      } catch (error) {
        expect(error).toBeInstanceOf(Fault)
      }
      const unique = uniqueIdLine(visible(Buffer.from(line, 'latin1')))
      if (unique !== undefined) numbers.push(unique.number)
      for (const number of numbers) expect(Number.isSafeInteger(number) && number >= 0).toBe(true)
    }),
    { numRuns: 1000 },
  )
})

test('base64 is decoded only when it is spelt as it would be encoded', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
      const decoded = decodeBase64(text)
      if (decoded !== undefined) expect(decoded.toString('base64')).toBe(text)
    }),
    RUNS,
  )
})

test('every mechanism takes any challenge: it answers, or says what is wrong', () => {
  const password = 'correct horse'
  const names = ['SCRAM-SHA-256', 'SCRAM-SHA-1', 'DIGEST-MD5', 'CRAM-MD5', 'LOGIN', 'PLAIN']
  const challenge = fc.oneof(
    octets,
    fc
      .tuple(fc.constantFrom('r=', 'r=nonce', 'nonce="a",'), fc.string(), fc.integer({ min: -5, max: 5000 }))
      .map(([r, s, i]) => Buffer.from(`${r}${s},s=QQ==,i=${i}`)),
  )
  const credentials = { user: 'alice', authzid: undefined, password: new Secret(password), token: undefined }
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.array(challenge, { maxLength: 4 }), (name, challenges) => {
      const choice = chooseMechanisms(name, names, { credentials, bindings: {}, tls: 'verified' })
      if (choice.kind !== 'chosen') throw new Error(choice.kind)
      const mechanism = choice.mechanisms[0].begin(credentials, {
        service: 'smtp',
        host: 'mx',
        port: 25,
        bindings: {},
        offered: names,
        nonce: () => 'nonce',
      })
      try {
        mechanism.initial()
        for (const each of challenges) mechanism.respond(each)
        mechanism.finish()
      } catch (error) {
        expect(error).toBeInstanceOf(SaslError)
      }
    }),
    RUNS,
  )
})

test('every octet comes back out of what is shown, and nothing that is shown is obeyed by a terminal', () => {
  fc.assert(
    fc.property(octets, (whole) => {
      const shown = visible(whole)
      expect(octetsOf(shown).equals(whole)).toBe(true)
      expect(shown).not.toMatch(/\p{Cc}/u)
    }),
    RUNS,
  )
})

test('no form of a secret is left, wherever it stands', () => {
  const secret = fc.oneof(
    fc.string({ minLength: 8, maxLength: 60 }),
    fc.string({ unit: 'grapheme', minLength: 8, maxLength: 30 }),
  )
  const around = fc.string({ maxLength: 20 })
  fc.assert(
    fc.property(secret, around, around, fc.nat(20), (password, before, after, which) => {
      const scrubber = new Scrubber()
      scrubber.register(password)
      const spelt = forms(password)
      const form = spelt[which % spelt.length] ?? password
      const { text, found } = scrubber.scrub(`${before}${form}${after}`)
      expect(found).toBe(true)
      for (const each of spelt) expect(text.includes(each)).toBe(false)
    }),
    { numRuns: 1000 },
  )
})
