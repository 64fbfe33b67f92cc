import { expect, test } from 'vitest'
import { decodeBase64 } from '../../src/sasl/base64.ts'
import { decodedBase64, encodedBase64, isBase64 } from '../../src/text/long-base64.ts'
import { LongText } from '../../src/text/long-text.ts'
import { cutsOf } from '../support/every-cut.ts'

test.each([
  ['', true],
  ['QQ==', true],
  ['QUI=', true],
  ['QUJD', true],
  ['QUJDREVGR0g=', true],
  ['QQ', false],
  ['QUJD=', false],
  ['QQ==QQ==', false],
  ['QUI=QUJD', false],
  ['QUJDQR==', false],
  ['QUJ%', false],
  ['QUJD\r\nQUJD', false],
  ['-_-_', false],
  ['QÜJD', false],
])('%j is base64 wherever it is cut: %j', async (text, expected) => {
  expect(decodeBase64(text) !== undefined).toBe(expected)
  for (const pieces of cutsOf(Buffer.from(text))) {
    const long = new LongText(pieces, 'in-pairs')
    expect(await isBase64(long)).toBe(expected)
    if (expected) expect(Buffer.concat([...decodedBase64(long).pieces()])).toEqual(decodeBase64(text))
  }
})

test.each([0, 1, 2, 3, 7])(
  '%i octets, cut anywhere, become the base64 that they are in one piece',
  (length) => {
    const octets = Buffer.from('\xffmessage', 'latin1').subarray(0, length)
    for (const pieces of cutsOf(octets))
      expect([...encodedBase64(pieces)].join('')).toBe(octets.toString('base64'))
  },
)
