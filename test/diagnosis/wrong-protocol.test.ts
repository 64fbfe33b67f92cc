import { expect, test } from 'vitest'
import { spokenIn } from '../../src/diagnosis/wrong-protocol.ts'

test.each([
  ['* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS] Dovecot ready.\r\n', 'imap'],
  ['* BYE Connection refused\r\n', 'imap'],
  ['HTTP/1.1 400 Bad Request\r\nConnection: close\r\n', 'http'],
  ['<!DOCTYPE html><html>', 'http'],
  ['SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n', 'ssh'],
  ['220 (vsFTPd 3.0.3)\r\n', 'ftp'],
  ['220---------- Welcome to Pure-FTPd [privsep] [TLS] ----------\r\n', 'ftp'],
  ['220 mail.lab.test LMTP Dovecot ready\r\n', 'lmtp'],
  ['220 mail.lab.test ESMTP Postfix\r\n', 'smtp'],
  ['421 4.7.0 try later\r\n', 'smtp'],
  ['+OK Dovecot (Debian) ready. <241.e@mail.lab.test>\r\n', 'pop3'],
  ['-ERR go away\r\n', 'pop3'],
  ['200 news.example.com InterNetNews NNRP server INN 2.6.4 ready\r\n', 'nntp'],
  ['"IMPLEMENTATION" "Dovecot Pigeonhole"\r\n', 'sieve'],
  ['\x15\x03\x01\x00\x02\x02F', 'tls'],
  ['\x16\x03\x03\x00\x7a', 'tls'],
])('%j is %s', (octets, protocol) => {
  expect(spokenIn(Buffer.from(octets, 'latin1'))).toBe(protocol)
})

test.each(['', 'hello', '\x15\x04', '+OKAY', '22', '220ESMTP', '\xff\xfb\x01'])(
  '%j tells nothing',
  (octets) => {
    expect(spokenIn(Buffer.from(octets, 'latin1'))).toBeUndefined()
  },
)
