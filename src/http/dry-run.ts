import type { Envelope } from '../smtp/envelope.ts'
import { encodedBase64 } from '../text/long-base64.ts'
import { visibleContent, visibleContentIn } from '../text/visible.ts'
import { StringInPieces } from './json-slices.ts'
import type { OutgoingMessage } from './outgoing-message.ts'
import type { Answer } from './represent.ts'

/** Of a longer message a person is shown the beginning; what is no longer is written at one go. */
const SHOWN_OCTETS = 262_144

/** What would be sent: all of it in JSON, and for people as much as they read. */
export function dryRun(envelope: Envelope, message: OutgoingMessage): Answer {
  const { blocks, facts, messageId, findings } = message
  const from = envelope.reversePath?.address ?? ''
  const to = envelope.forwardPaths.map(({ address }) => address)
  const commands = `MAIL FROM:<${from}>\n${to.map((recipient) => `RCPT TO:<${recipient}>\n`).join('')}DATA\n`
  const said = { outcome: 'ok', dryRun: true, envelope: { from, to }, messageId, octets: facts.octets }
  const beginning = Buffer.concat(blocks, Math.min(facts.octets, SHOWN_OCTETS))
  const raw = visibleContent(beginning)
  const left = facts.octets - beginning.length
  if (left === 0) {
    return {
      json: { ...said, rawBase64: beginning.toString('base64'), raw, findings },
      account: [{ lines: `${commands}${raw}\n` }],
    }
  }
  return {
    json: {
      ...said,
      rawBase64: new StringInPieces(() => encodedBase64(blocks)),
      raw: new StringInPieces(() => visibleContentIn(blocks)),
      findings,
    },
    account: [{ lines: `${commands}${raw}\n[${left} octets more, in the JSON form]\n` }],
  }
}
