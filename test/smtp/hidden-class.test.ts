import { expect, test } from 'vitest'
import { mailbox } from '../../src/smtp/path.ts'
import { send } from '../../src/smtp/send.ts'
import { ofOneHiddenClass } from '../support/hidden-class.ts'
import { scriptedOptions } from '../support/scripted-session.ts'

const SCRIPT = `
  S: 220 mx ESMTP
  C: EHLO probe.test
  S: 250-mx
  S: 250 PIPELINING
  C: MAIL FROM:<a@x.test>
  C: RCPT TO:<b@y.test>
  C: DATA
  S: 250 2.1.0 Ok
  S: 250 2.1.5 Ok
  S: 354 Go
  C: Subject: hi
  C:
  C: .
  C: QUIT
  S: 250 2.0.0 Ok: queued as 1A
  S: 221 2.0.0 Bye
`

async function sent() {
  const { options } = scriptedOptions('smtp', SCRIPT)
  const content = Buffer.from('Subject: hi\r\n\r\n')
  return await send(options.tools, {
    target: options.target,
    timeLimits: options.timeLimits,
    auth: undefined,
    opening: { hello: { name: 'probe.test', verb: 'auto' }, xclient: undefined, end: undefined },
    envelope: { reversePath: mailbox('a@x.test'), forwardPaths: [mailbox('b@y.test')] },
    message: {
      content: () => [content],
      facts: { octets: content.length, eightBit: 'absent', header: 'ascii' },
    },
    pipelining: 'auto',
    chunking: 'auto',
    onRejectedRecipient: 'continue',
  })
}

test('what two sessions came to is of one hidden class, and so are their replies', async () => {
  // the first few are made before V8 has seen how they are made
  for (let n = 0; n < 10; n += 1) await sent()
  const [one, other] = [await sent(), await sent()]
  expect(one.outcome).toBe('accepted')
  expect(ofOneHiddenClass(one, other)).toBe(true)
  expect(ofOneHiddenClass(one.reply, other.reply)).toBe(true)
  expect(ofOneHiddenClass(one.transcript.entries[1], other.transcript.entries[1])).toBe(true)
})
