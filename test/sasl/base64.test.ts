import { expect, test } from 'vitest'
import { decodeChallenge } from '../../src/sasl/base64.ts'
import { SaslError } from '../../src/sasl/mechanism.ts'

test.each([
  ['', ''],
  ['VXNlcm5hbWU6', 'Username:'],
  ['UGFzc3dvcmQ6', 'Password:'],
  ['Zg==', 'f'],
  ['Zm8=', 'fo'],
])('the challenge %j is %j', (text, decoded) => {
  expect(decodeChallenge(text).toString()).toBe(decoded)
})

test.each([
  ['words where base64 was due', 'Username:'],
  ['padding that is missing', 'Zg'],
  ['padding too much', 'Zm8=='],
  ['padding alone', '='],
  ['padding in the middle', 'Zg==Zg=='],
  ['the alphabet of URLs', 'PDw_Pz8-Pg=='],
  ['a blank', 'Zm8 '],
  ['a line break', 'Zm8=\n'],
  ['bits that are left over', 'Zh=='],
])('a challenge is refused that holds %s', (_, text) => {
  expect(() => decodeChallenge(text)).toThrow(SaslError)
})
