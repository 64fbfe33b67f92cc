import { describe, expect, test } from 'vitest'
import { CHARACTERS, type Character } from '../../src/sandbox/characters.ts'
import { service } from '../support/service.ts'

const mailwire = service()

type Expected = [status: number, diagnosis: string, afterSeconds?: string]

/** What each character of the sandbox is there to show. */
const SHOWN: Record<string, Expected> = {
  'recipient relay@elsewhere.test': [422, 'relay-denied'],
  'recipient unknown@sandbox.test': [422, 'unknown-user'],
  'recipient mailbox-full@sandbox.test': [422, 'mailbox-full'],
  'recipient mailbox-disabled@sandbox.test': [422, 'mailbox-disabled'],
  'recipient mailbox-unavailable@sandbox.test': [503, 'mailbox-unavailable', '60'],
  'recipient moved@sandbox.test': [422, 'user-moved'],
  'recipient greylisted@sandbox.test': [503, 'greylisted', '300'],
  'recipient rate-limited@sandbox.test': [503, 'rate-limited', '60'],
  'recipient temporary-failure@sandbox.test': [503, 'server-temporary-failure', '60'],
  'recipient storage-full@sandbox.test': [503, 'server-storage-full', '60'],
  'recipient blocklisted@sandbox.test': [422, 'blocklisted'],
  'recipient policy-rejected@sandbox.test': [422, 'policy-rejected'],
  'recipient shutting-down@sandbox.test': [503, 'server-shutting-down', '60'],
  'recipient content-rejected@sandbox.test': [422, 'content-rejected'],
  'recipient content-deferred@sandbox.test': [503, 'policy-rejected', '60'],
  'recipient disconnect@sandbox.test': [502, 'outcome-unknown'],
  'recipient slow@sandbox.test': [200, 'accepted-not-delivered'],
  'sender rejected-sender@elsewhere.test': [422, 'sender-rejected'],
  'sender sender-not-allowed@sandbox.test': [422, 'sender-not-allowed'],
  'sender sender-domain-not-found@elsewhere.test': [503, 'sender-domain-not-found', '60'],
  'sender spf-failed@elsewhere.test': [422, 'spf-failed'],
  'smtp-user temporary': [503, 'auth-temporary-failure', '60'],
  'pop3-user temporary': [503, 'mailbox-temporary-failure', '60'],
  'pop3-user busy': [423, 'mailbox-in-use', '60'],
}

test('every character of the sandbox is in this table', () => {
  expect(CHARACTERS.map(({ role, address }) => `${role} ${address}`).sort()).toEqual(
    Object.keys(SHOWN).sort(),
  )
})

describe.each(CHARACTERS)('$role $address', (character) => {
  const [status, diagnosis, afterSeconds] = SHOWN[`${character.role} ${character.address}`]!

  test(`is answered ${status}, and told to be ${diagnosis}`, async () => {
    const response = await call(character)
    expect([response.status, response.body.diagnosis?.code]).toEqual([status, diagnosis])
    expect(response.headers['retry-after']).toBe(afterSeconds)
    if (status === 200) return
    expect(response.body).toMatchObject({ type: `/problems/${diagnosis}`, status })
    // the decisive reply is shown, and the diagnosis points at it
    const { reply, diagnosis: told, transcript, outcome } = response.body
    if (outcome !== 'unknown') expect(told.evidence).toContain(reply.seq)
    expect(told.evidence.length).toBeGreaterThan(0)
    expect(transcript.entries.map(({ seq }: { seq: number }) => seq)).toEqual(
      expect.arrayContaining(told.evidence),
    )
    // and its page is there
    await mailwire.agent.get(response.body.type).expect(200)
  })
})

function call({ role, address }: Character) {
  if (role === 'pop3-user') return mailwire.agent.get('/pop3/stat').auth(address, 'sandbox')
  const envelope = {
    from: role === 'sender' ? address : 'alice@sandbox.test',
    to: [role === 'recipient' ? address : 'bob@sandbox.test'],
  }
  const auth = role === 'smtp-user' ? { auth: { user: address, password: 'sandbox' } } : {}
  return mailwire.agent.post('/smtp/send').send({ envelope, ...auth })
}
