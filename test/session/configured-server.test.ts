import { expect, test } from 'vitest'
import { type ConfiguredServer, targetOf } from '../../src/session/configured-server.ts'
import { serverUrl } from '../../src/session/server-url.ts'
import { Secret } from '../../src/text/secret.ts'

const office: ConfiguredServer = {
  name: 'office',
  smtp: serverUrl('smtp://mail.example.com:587'),
  pop3: serverUrl('pop3s://pop.example.com'),
  tls: 'required',
  verify: 'strict',
  minVersion: 'TLSv1.2',
  insecureAuth: 'refuse',
}

test('a target is chosen by the configuration and has the terms of its server', () => {
  expect(targetOf(office, 'smtp')).toEqual({
    url: 'smtp://mail.example.com:587',
    protocol: 'smtp',
    host: 'mail.example.com',
    port: 587,
    security: 'required',
    verify: 'strict',
    servername: 'mail.example.com',
    minVersion: 'TLSv1.2',
    chosenBy: 'configured',
    name: 'office',
  })
})

test('TLS from the first byte goes before what `tls` says', () => {
  expect(targetOf(office, 'pop3')?.security).toBe('implicit')
})

test('a server has no target in a role that it has no URL for', () => {
  const { pop3: _, ...smtpOnly } = office
  expect(targetOf(smtpOnly, 'pop3')).toBeUndefined()
  expect(targetOf(smtpOnly, 'smtp')).toBeDefined()
})

test('name, authority and client certificate of the server reach the target', () => {
  const server: ConfiguredServer = {
    ...office,
    verify: 'report',
    servername: 'other.example.com',
    ca: 'an authority',
    clientCertificate: { cert: 'a certificate', key: new Secret('its key') },
  }
  expect(targetOf(server, 'smtp')).toMatchObject({
    verify: 'report',
    servername: 'other.example.com',
    ca: 'an authority',
    clientCertificate: { cert: 'a certificate', key: 'its key' },
  })
})
