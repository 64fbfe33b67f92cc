import { isAccepted } from '../smtp/verdicts.ts'
import { isPublic } from './addresses.ts'
import type { RelaySeen, RelayTry } from './relay.ts'
import { finding, type Section, told } from './section.ts'

type Verdict = 'refused' | 'suspected' | 'inconclusive'

/**
 * What the battery came to. An accepted RCPT is a suspicion: servers take mail and refuse it later, or take odd local parts for
 * their own. And who asks from inside is often allowed what others are not.
 */
export function relaySection({ tries, left, session }: RelaySeen): Section {
  const { client, server } = session?.end.transcript ?? {}
  const inside = [client?.address, server?.address].some(
    (address) => typeof address === 'string' && !isPublic(address),
  )
  const accepted = tries.filter(({ at, reply }) => at === 'rcpt' && isAccepted(reply))
  const clear = accepted.filter(({ form }) => form.weight === 'clear')
  const verdict = verdictOf(tries, accepted.length, clear.length, inside)
  const caveats = [
    ...(inside ? [INSIDE] : []),
    ...(accepted.length === 0 ? [] : [NO_PROOF]),
    ...(accepted.length > clear.length ? [DOUBTFUL] : []),
    ...(left.length === 0
      ? []
      : [
          `${left.length} forms were not tried: ${session === undefined ? 'there was no room for another session' : whyLeft(tries)}.`,
        ]),
  ]
  const names = accepted.map(({ form }) => form.form).join(', ')
  return {
    title: 'Relay test',
    part: {
      relay: {
        verdict,
        caveats,
        tries: tries.map(({ form, at, reply }) => ({
          form: form.form,
          tests: form.tests,
          weight: form.weight,
          from: form.reversePath,
          to: form.forwardPath,
          accepted: at === 'rcpt' && isAccepted(reply),
          reply: told(reply),
        })),
        notTried: left.map(({ form }) => form),
      },
    },
    lines: [
      `verdict: ${verdict}; RCPT was accepted in ${accepted.length} of ${tries.length} forms`,
      ...tries.map(
        ({ form, at, reply }) =>
          `${at === 'rcpt' && isAccepted(reply) ? 'ACCEPTED' : 'refused '} ${form.form}: ${form.forwardPath} → ${reply.code} ${reply.lines[0] ?? ''}`,
      ),
      ...caveats,
    ],
    findings: [
      verdict === 'suspected'
        ? finding(
            'warning',
            'relay-suspected',
            `RCPT was accepted for another domain (${names}). That is a suspicion and no proof.`,
            [
              'To know, send one message in that form to a mailbox of your own elsewhere, with a word in it that you recognise. Only its arrival proves a relay.',
              'Let the server take mail for its own domains from everybody, and for others only after a login or from named networks (Postfix: smtpd_relay_restrictions).',
            ],
          )
        : verdict === 'inconclusive'
          ? finding(
              'info',
              'relay-test-inconclusive',
              `The relay test says nothing either way. ${caveats.join(' ')}`.trim(),
              [
                'Run the test from outside of the networks that the server trusts, and again when it does not defer.',
              ],
            )
          : finding('info', 'relay-refused', 'No form of the relay test was accepted.'),
    ],
  }
}

const INSIDE =
  'Client or server has an address that is not public: who asks from inside the networks that a server trusts may relay, and that proves nothing.'
const NO_PROOF =
  'An accepted RCPT is no proof: some servers take everything and refuse later, or throw it away.'
const DOUBTFUL = 'Doubtful forms may have been taken for local names of the server.'

function verdictOf(tries: readonly RelayTry[], accepted: number, clear: number, inside: boolean): Verdict {
  if (clear > 0) return inside ? 'inconclusive' : 'suspected'
  const plain = tries.find(({ form }) => form.weight === 'clear')
  const refusedForGood = plain?.reply.severity === 'permanent'
  return accepted === 0 && refusedForGood ? 'refused' : 'inconclusive'
}

function whyLeft(tries: readonly RelayTry[]): string {
  const last = tries.at(-1)?.reply
  if (last?.code === 530) return 'the server wants a login for anything'
  if (last?.code === 421) return 'the server ended the session'
  return 'the session broke off'
}
