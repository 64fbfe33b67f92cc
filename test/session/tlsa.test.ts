import { createHash, X509Certificate } from 'node:crypto'
import { generate } from 'selfsigned'
import { beforeAll, describe, expect, test } from 'vitest'
import { tlsaVerdict } from '../../src/session/tlsa.ts'
import type { TlsaRecord } from '../../src/wire/tlsa.ts'

interface Made {
  readonly cert: string
  readonly key: string
  readonly der: Buffer
  readonly spki: Buffer
}

async function made(commonName: string, by?: Made): Promise<Made> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    ...(by === undefined ? {} : { ca: { cert: by.cert, key: by.key } }),
    extensions: [{ name: 'basicConstraints', cA: commonName !== 'leaf', critical: true }],
  })
  const x509 = new X509Certificate(cert)
  return { cert, key, der: x509.raw, spki: x509.publicKey.export({ type: 'spki', format: 'der' }) }
}

let root: Made
let middle: Made
let leaf: Made
let stranger: Made

beforeAll(async () => {
  root = await made('root')
  middle = await made('middle', root)
  leaf = await made('leaf', middle)
  stranger = await made('stranger')
})

function record(usage: number, selector: number, matchingType: number, of: Made): TlsaRecord {
  const selected = selector === 0 ? of.der : of.spki
  const digest = ['', 'sha256', 'sha512'][matchingType] ?? ''
  const data = digest === '' ? selected : createHash(digest).update(selected).digest()
  return { usage, selector, matchingType, data: data.toString('hex') }
}

const chain = () => [leaf.der, middle.der, root.der]
const depths = (records: readonly TlsaRecord[], presented = chain()) =>
  tlsaVerdict(records, presented).records.map(({ depth }) => depth)

const SELECTORS = [0, 1]
const MATCHING_TYPES = [0, 1, 2]
const EVERY_KIND = SELECTORS.flatMap((selector) => MATCHING_TYPES.map((type) => [selector, type] as const))

describe.each(EVERY_KIND)('a record with selector %i and matching type %i', (selector, type) => {
  test('DANE-EE matches the server’s own certificate and none above it', () => {
    expect(depths([record(3, selector, type, leaf)])).toEqual([0])
    expect(depths([record(3, selector, type, middle)])).toEqual([null])
    expect(depths([record(3, selector, type, stranger)])).toEqual([null])
  })

  test('DANE-TA matches one above it, and never the server’s own', () => {
    expect(depths([record(2, selector, type, middle)])).toEqual([1])
    expect(depths([record(2, selector, type, root)])).toEqual([2])
    expect(depths([record(2, selector, type, leaf)])).toEqual([null])
  })

  test('DANE-TA takes a certificate that only lies beside the chain for nothing', () => {
    expect(depths([record(2, selector, type, stranger)], [leaf.der, middle.der, stranger.der])).toEqual([
      null,
    ])
    // the one in between is missing, and so nothing leads up
    expect(depths([record(2, selector, type, root)], [leaf.der, root.der])).toEqual([null])
  })

  test('DANE-TA finds the way in whatever order the certificates come', () => {
    expect(depths([record(2, selector, type, root)], [leaf.der, root.der, stranger.der, middle.der])).toEqual(
      [2],
    )
  })

  test('an anchor that is not presented counts only when it stands whole in the DNS', () => {
    const expected = type === 0 ? [2] : [null]
    expect(depths([record(2, selector, type, root)], [leaf.der, middle.der])).toEqual(expected)
  })
})

describe('a record that is of no use for SMTP', () => {
  const good = () => record(3, 1, 1, leaf)
  test.each<[string, Partial<TlsaRecord>, string]>([
    ['PKIX-TA', { usage: 0 }, 'usage'],
    ['PKIX-EE, though it would match', { usage: 1 }, 'usage'],
    ['an unknown usage', { usage: 4 }, 'usage'],
    ['an unknown selector', { selector: 2 }, 'selector'],
    ['an unknown matching type', { matchingType: 3 }, 'matching-type'],
    ['a digest that is too short', { data: 'ab'.repeat(31) }, 'data'],
    ['a digest of the other length', { matchingType: 2 }, 'data'],
    ['no digest', { data: '' }, 'data'],
    ['a certificate that is none', { selector: 0, matchingType: 0 }, 'data'],
    ['a key that is none', { selector: 1, matchingType: 0 }, 'data'],
    ['nothing where a key should be', { matchingType: 0, data: '' }, 'data'],
  ])('%s', (_, change, unusable) => {
    const [judged] = tlsaVerdict([{ ...good(), ...change }], chain()).records
    expect(judged).toMatchObject({ unusable, depth: null })
  })
})

describe('the verdict', () => {
  const verdict = (...records: TlsaRecord[]) => tlsaVerdict(records, chain()).verdict

  test('one record that matches is enough', () => {
    expect(verdict(record(3, 1, 1, stranger), record(1, 1, 1, leaf), record(3, 1, 2, leaf))).toBe('matched')
  })

  test('none that matches is a mismatch as soon as one could have', () => {
    expect(verdict(record(1, 1, 1, leaf), record(3, 1, 1, stranger))).toBe('mismatched')
  })

  test('records that are all of no use, and none at all, are something else', () => {
    expect(verdict(record(0, 0, 1, root), record(1, 1, 1, leaf))).toBe('unusable')
    expect(verdict()).toBe('none')
  })

  test('without a certificate nothing matches', () => {
    expect(tlsaVerdict([record(3, 1, 1, leaf), record(2, 0, 0, root)], [])).toMatchObject({
      verdict: 'mismatched',
      records: [{ depth: null }, { depth: null }],
    })
  })
})
