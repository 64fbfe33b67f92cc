import { describe, expect, test } from 'vitest'
import { ServerUrlError, serverUrl } from '../../src/session/server-url.ts'

describe('a server URL', () => {
  test.each([
    ['smtp://mail.example.com', 'smtp', 'mail.example.com', 25, false],
    ['smtps://mail.example.com', 'smtp', 'mail.example.com', 465, true],
    ['lmtp://mail.example.com', 'lmtp', 'mail.example.com', 24, false],
    ['pop3://mail.example.com', 'pop3', 'mail.example.com', 110, false],
    ['pop3s://mail.example.com', 'pop3', 'mail.example.com', 995, true],
    ['smtp://mail.example.com:587', 'smtp', 'mail.example.com', 587, false],
    ['smtp://127.0.0.1:65535', 'smtp', '127.0.0.1', 65535, false],
    ['smtp://mail_server:2525', 'smtp', 'mail_server', 2525, false],
    ['smtp://[2001:db8::1]:25', 'smtp', '2001:db8::1', 25, false],
    ['pop3://[::1]', 'pop3', '::1', 110, false],
  ])('%s has its parts and the port of its scheme', (text, protocol, host, port, implicitTls) => {
    expect(serverUrl(text)).toMatchObject({ protocol, host, port, implicitTls })
  })

  test.each([
    ['SMTP://Mail.Example.COM', 'smtp://mail.example.com:25'],
    ['smtp://bücher.example', 'smtp://xn--bcher-kva.example:25'],
    ['pop3s://[2001:DB8:0:0::1]', 'pop3s://[2001:db8::1]:995'],
    ['smtp://[::192.0.2.1]', 'smtp://[::c000:201]:25'],
  ])('%s has one spelling', (text, url) => {
    expect(serverUrl(text).url).toBe(url)
    expect(serverUrl(url)).toEqual(serverUrl(text))
  })

  test.each([
    ['', /smtp:\/\//],
    ['mail.example.com', /smtp:\/\//],
    ['mail.example.com:25', /smtp:\/\//],
    ['smtp:mail.example.com', /smtp:\/\//],
    [' smtp://mail.example.com', /smtp:\/\//],
    ['imap://mail.example.com', /pop3:\/\//],
    ['constructor://mail.example.com', /smtp:\/\//],
    ['smtp://', /needs a host/],
    ['smtp://:25', /needs a host/],
    ['smtp://alice@mail.example.com', /no user/],
    ['smtp://mail.example.com/', /path/],
    ['smtp://mail.example.com/inbox', /path/],
    ['smtp://mail.example.com?tls=off', /query/],
    ['smtp://mail.example.com#here', /fragment/],
    ['smtp://mail.example.com\\@evil.example', /no user/],
    ['smtp://2001:db8::1', /brackets/],
    ['smtp://[2001:db8::1', /brackets/],
    ['smtp://[2001:db8::1]25', /brackets/],
    ['smtp://[fe80::1%eth0]', /zone/],
    ['smtp://[192.0.2.1]', /IPv6/],
    ['smtp://2130706433', /number/],
    ['smtp://0x7f.1', /number/],
    ['smtp://mail.example.com:', /port/],
    ['smtp://mail.example.com:0', /port/],
    ['smtp://mail.example.com:025', /port/],
    ['smtp://mail.example.com:65536', /port/],
    ['smtp://mail.example.com:25 ', /port/],
    ['smtp://mail.example.com:1e3', /port/],
    ['smtp://mail example.com', /host/],
    ['smtp://mail.example.com\r\nRSET', /host/],
    ['smtp://mail.example.com:25\r\n', /port/],
    ['smtp://mail.example.com\0', /host/],
    ['smtp://mail%2eexample.com', /host/],
  ])('%j is refused, with what is wrong', (text, message) => {
    expect(() => serverUrl(text)).toThrow(ServerUrlError)
    expect(() => serverUrl(text)).toThrow(message)
  })

  test.each([
    'smtp://alice:hunter22hunter22@mail.example.com',
    'smtp://alice:hunter22hunter22/@mail.example.com',
    'smtp://alice:hunter22hunter22',
    'smtp://hunter22hunter22 x',
    'hunter22hunter22',
  ])('%s is refused without being quoted', (text) => {
    expect(messageOf(() => serverUrl(text))).not.toContain('hunter22')
  })
})

function messageOf(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    return String(error)
  }
  throw new Error('nothing was thrown')
}
