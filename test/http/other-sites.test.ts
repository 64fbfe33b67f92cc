import { describe, expect, test } from 'vitest'
import { service } from '../support/service.ts'

describe('a page of another site', () => {
  const mailwire = service()

  test.each(['cross-site', 'same-site'])('%s, cannot read a mailbox behind its user’s back', async (site) => {
    const { body } = await mailwire.agent
      .get('/pop3/stat')
      .auth('bob', 'sandbox')
      .set('Sec-Fetch-Site', site)
      .expect(403)
    expect(body.type).toBe('/problems/forbidden')
  })

  test.each(['same-origin', 'none'])('%s is no other site', async (site) => {
    await mailwire.agent.get('/pop3/stat').auth('bob', 'sandbox').set('Sec-Fetch-Site', site).expect(200)
  })

  test('may link to the pages', async () => {
    await mailwire.agent.get('/problems/relay-denied').set('Sec-Fetch-Site', 'cross-site').expect(200)
  })
})

describe('whoever guesses keys', () => {
  const key = 'a-key-of-sixteen-or-more'
  const mailwire = service({ env: { MAILWIRE_API_KEYS: key, MAILWIRE_RATE_LIMIT: '5' } })

  test('is cut off after as many guesses as calls are allowed', async () => {
    for (let guess = 0; guess < 5; guess += 1) {
      await mailwire.agent.get('/pop3/stat').set('X-API-Key', `wrong-key-number-${guess}`).expect(401)
    }
    await mailwire.agent.get('/pop3/stat').set('X-API-Key', 'wrong-key-number-6').expect(429)
  })
})
