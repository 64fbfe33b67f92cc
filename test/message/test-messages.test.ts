import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { compose } from '../../src/message/compose.ts'
import type { ComposedMessage } from '../../src/message/composed-message.ts'
import { readMessage } from '../../src/message/read.ts'
import { defaultTestMessage, eicar, gtube } from '../../src/message/test-messages.ts'

const TEST = {
  from: 'a@example.com',
  to: ['b@example.org'],
  token: 'T0K3N',
  now: new Date('2026-11-23T10:00:00Z'),
}

async function composed(message: ComposedMessage) {
  const { blocks } = await compose(message, {
    encoding: '7bit',
    now: new Date(0),
    random: (octets) => Buffer.alloc(octets),
  })
  return {
    octets: Buffer.concat(blocks).toString(),
    read: await readMessage(Readable.from(blocks), {
      headerOctets: 9999,
      textOctets: 9999,
      attachments: 9,
    }),
  }
}

test('the test message says what it is, by whom, and when', async () => {
  const { octets, read } = await composed(defaultTestMessage(TEST))
  expect(octets).toContain('Auto-Submitted: auto-generated\r\nX-Mailwire-Token: T0K3N\r\n')
  expect(read.subject).toBe('Mailwire test T0K3N')
  expect(read.date).toBe('2026-11-23T10:00:00.000Z')
  expect(read.text).toContain('It was sent with Mailwire at 2026-11-23T10:00:00.000Z.\nIts token is T0K3N.\n')
})

test('the GTUBE stands on a line of its own, whole', async () => {
  const { octets } = await composed(gtube(TEST))
  const line = octets.split('\r\n').find((one) => one.includes('GTUBE-STANDARD'))
  expect(line).toMatch(/^XJS\*C4JDBQADN1\.NSBN3\*2IDNEN\*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL\*C\.34X$/)
  expect(octets).toContain('X-Mailwire-Token: T0K3N')
})

test('the EICAR file is the one that scanners know', async () => {
  const { read } = await composed(eicar(TEST))
  expect(read.attachments).toMatchObject([
    {
      filename: 'eicar.com',
      octets: 68,
      sha256: '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f',
    },
  ])
  expect(
    createHash('md5')
      .update(eicar(TEST).attachments?.[0]?.content as string)
      .digest('hex'),
  ).toBe('44d88612fea8a8f36de82e1278abb02f')
})

test('a token cannot begin a header field of its own', async () => {
  const message = defaultTestMessage({ ...TEST, token: 'x\r\nBcc: evil@x.test' })
  await expect(composed(message)).rejects.toMatchObject({ name: 'MessageError' })
})
