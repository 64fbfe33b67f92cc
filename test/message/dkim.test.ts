import { createHash, createVerify, generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { compose } from '../../src/message/compose.ts'
import { type SigningKey, sign } from '../../src/message/dkim.ts'
import { Secret } from '../../src/text/secret.ts'

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

async function message(): Promise<Buffer> {
  const { blocks } = await compose(
    {
      from: 'Zoë <zoe@example.com>',
      to: ['bob@example.org'],
      subject: `Grüße ${'und mehr '.repeat(20)}`,
      text: 'Häl  lo \n\n\n',
    },
    { encoding: '8bit', now: new Date(0), random: (octets) => Buffer.alloc(octets, 1) },
  )
  return Buffer.concat(blocks)
}

async function signedOf(octets: Buffer, key: SigningKey): Promise<Buffer> {
  return Buffer.concat(await sign([octets], key))
}

/** A verifier of relaxed/relaxed written from RFC 6376 §3.4 alone. */
function verifies(signed: Buffer): boolean {
  const text = signed.toString('latin1')
  const split = text.indexOf('\r\n\r\n')
  const fields = text.slice(0, split).split(/\r\n(?![ \t])/)
  const body = text.slice(split + 4)
  const relaxed = (field: string): string => {
    const colon = field.indexOf(':')
    const value = field
      .slice(colon + 1)
      .replace(/\r\n/g, '')
      .replace(/[ \t]+/g, ' ')
      .trim()
    return `${field.slice(0, colon).trim().toLowerCase()}:${value}`
  }
  const signature = fields.find((field) => /^dkim-signature:/i.test(field)) ?? ''
  const tags = new Map(
    relaxed(signature)
      .slice('dkim-signature:'.length)
      .split(';')
      .map((tag) => [
        tag.slice(0, tag.indexOf('=')).trim(),
        tag.slice(tag.indexOf('=') + 1).replace(/\s/g, ''),
      ]),
  )
  const canonical = `${body
    .replace(/[ \t]+\r\n/g, '\r\n')
    .replace(/[ \t]+/g, ' ')
    .replace(/(?:\r\n)*$/, '')}\r\n`
  if (createHash('sha256').update(canonical, 'latin1').digest('base64') !== tags.get('bh')) return false
  const named = (tags.get('h') ?? '').split(':').map((name) => {
    const field = fields.findLast(
      (one) => one.slice(0, one.indexOf(':')).trim().toLowerCase() === name.toLowerCase(),
    )
    return field === undefined ? '' : `${relaxed(field)}\r\n`
  })
  const unsigned = relaxed(signature.replace(/([; \t\r\n]b=)[^;]*/, '$1'))
  return createVerify('RSA-SHA256')
    .update(named.join('') + unsigned, 'latin1')
    .verify(publicKey, tags.get('b') ?? '', 'base64')
}

test('a signed message verifies, and is the message with one field more in front', async () => {
  const octets = await message()
  const signed = await signedOf(octets, {
    domain: 'example.com',
    selector: 's2026',
    privateKey: new Secret(PEM),
  })
  expect(signed.toString()).toMatch(
    /^DKIM-Signature: v=1; a=rsa-sha256; c=relaxed\/relaxed; d=example\.com;[\s\S]*s=s2026;/,
  )
  expect(signed.subarray(-octets.length).equals(octets)).toBe(true)
  expect(signed.toString('latin1').replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
  expect(verifies(signed)).toBe(true)
})

test('a signed message that was changed does not verify', async () => {
  const signed = (
    await signedOf(await message(), { domain: 'example.com', selector: 's', privateKey: new Secret(PEM) })
  ).toString('latin1')
  expect(verifies(Buffer.from(signed.replace('From: ', 'From: x'), 'latin1'))).toBe(false)
  expect(verifies(Buffer.from(signed.replace('lo \r\n', 'la \r\n'), 'latin1'))).toBe(false)
})

describe('a key that cannot sign is refused, and the message is not sent unsigned instead', () => {
  const ed25519 = generateKeyPairSync('ed25519')
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()
  const short = generateKeyPairSync('rsa', { modulusLength: 512 })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()
  const locked = privateKey
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
    .toString()
  test.each([
    ['garbage', { privateKey: 'not a key' }, ['dkim', 'privateKey']],
    [
      'a public key',
      { privateKey: publicKey.export({ type: 'spki', format: 'pem' }).toString() },
      ['dkim', 'privateKey'],
    ],
    ['ed25519', { privateKey: ed25519 }, ['dkim', 'privateKey']],
    ['512 bits', { privateKey: short }, ['dkim', 'privateKey']],
    ['a passphrase', { privateKey: locked }, ['dkim', 'privateKey']],
    ['a domain with a tag', { domain: 'example.com; x=y' }, ['dkim', 'domain']],
    ['a selector with a line break', { selector: 's\r\nX: y' }, ['dkim', 'selector']],
  ])('%s', async (_, change, path) => {
    const { privateKey: pem, ...rest } = { domain: 'example.com', selector: 's', privateKey: PEM, ...change }
    const key = { ...rest, privateKey: new Secret(pem) }
    await expect(sign([Buffer.from('From: a@b\r\n\r\nx\r\n')], key)).rejects.toMatchObject({
      name: 'MessageError',
      path,
    })
  })
})
