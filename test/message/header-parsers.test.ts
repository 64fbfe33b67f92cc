import { describe, expect, test } from 'vitest'
import { authenticationResults } from '../../src/message/authentication-results.ts'
import { dateTime } from '../../src/message/date-time.ts'
import { deliveryReport } from '../../src/message/delivery-status.ts'
import { decodedWords } from '../../src/message/encoded-words.ts'
import { unflowed } from '../../src/message/flowed.ts'
import { hops } from '../../src/message/received.ts'
import { tokensOf } from '../../src/message/tokens.ts'

describe('dates', () => {
  test.each([
    ['Mon, 23 Nov 2026 10:00:00 +0000', '2026-11-23T10:00:00.000Z'],
    ['23 Nov 2026 10:00 +0530', '2026-11-23T04:30:00.000Z'],
    ['Mon,  3 Nov 2025 23:59:60 -0800 (PST)', '2025-11-04T08:00:00.000Z'],
    ['Fri, 21 Nov 97 09:55:06 EST', '1997-11-21T14:55:06.000Z'],
    ['21 nov 03 09:55:06 GMT', '2003-11-21T09:55:06.000Z'],
    ['Tue, 1 Jul 2003 10:52:37 XYZ', '2003-07-01T10:52:37.000Z'],
    ['Sun, 1 Jan 2023 00:00:00', '2023-01-01T00:00:00.000Z'],
    ['1-Jan-2023 01:02:03 -0000', '2023-01-01T01:02:03.000Z'],
  ])('%s', (text, iso) => {
    expect(dateTime(text)?.toISOString()).toBe(iso)
  })

  test.each([
    '',
    'yesterday',
    '31 Feb 2024 00:00:00 +0000',
    '1 Foo 2024 00:00:00 +0000',
    '1 Jan 2024 25:00:00 +0000',
    '1 Jan 2024',
    ' '.repeat(100_000),
  ])('%j is none', (text) => {
    expect(dateTime(text)).toBeUndefined()
  })
})

describe('Received', () => {
  test('Postfix, Gmail and Exchange, with the time between them', () => {
    const fields = [
      'by 2002:a05:6402:3586:b0:54c:1234:5678 with SMTP id y6csp1234567edc;        Mon, 6 May 2024 09:15:12 -0700 (PDT)',
      'from mail-sor-f41.google.com (mail-sor-f41.google.com. [209.85.220.41])        by mx.google.com with SMTPS id a640c23a62f3a-a59c.1.2024.05.06.09.15.11        for <bob@gmail.com>        (Google Transport Security);        Mon, 06 May 2024 09:15:11 -0700 (PDT)',
      'from AM0PR05MB4321.eurprd05.prod.outlook.com (2603:10a6:208:ae::14) by AM8PR05MB7890.eurprd05.prod.outlook.com (2603:10a6:20b:360::8) with Microsoft SMTP Server (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.7544.41; Mon, 6 May 2024 16:15:05 +0000',
      'from relay.example.com (unknown [IPv6:2001:db8::25]) (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)) by mx.example.org (Postfix) with ESMTPS id 4VXyz12345 for <bob@example.org>; Mon,  6 May 2024 18:14:05 +0200 (CEST)',
      'from laptop (localhost [127.0.0.1]) by relay.example.com with ESMTPSA id ABC; Mon, 6 May 2024 16:14:35 +0000',
    ]
    expect(hops(fields)).toEqual([
      {
        from: null,
        address: null,
        by: '2002:a05:6402:3586:b0:54c:1234:5678',
        with: 'SMTP',
        at: '2024-05-06T16:15:12.000Z',
        delaySeconds: 1,
      },
      {
        from: 'mail-sor-f41.google.com',
        address: '209.85.220.41',
        by: 'mx.google.com',
        with: 'SMTPS',
        at: '2024-05-06T16:15:11.000Z',
        delaySeconds: 6,
      },
      {
        from: 'AM0PR05MB4321.eurprd05.prod.outlook.com',
        address: '2603:10a6:208:ae::14',
        by: 'AM8PR05MB7890.eurprd05.prod.outlook.com',
        with: 'Microsoft SMTP Server',
        at: '2024-05-06T16:15:05.000Z',
        delaySeconds: 60,
      },
      {
        from: 'relay.example.com',
        address: '2001:db8::25',
        by: 'mx.example.org',
        with: 'ESMTPS',
        at: '2024-05-06T16:14:05.000Z',
        delaySeconds: -30,
      },
      {
        from: 'laptop',
        address: '127.0.0.1',
        by: 'relay.example.com',
        with: 'ESMTPSA',
        at: '2024-05-06T16:14:35.000Z',
        delaySeconds: null,
      },
    ])
  })

  test('qmail, and what is no hop at all', () => {
    expect(hops(['(qmail 12345 invoked by uid 89); 6 May 2024 16:14:35 -0000', 'nonsense', ''])).toEqual([
      { from: null, address: null, by: null, with: null, at: '2024-05-06T16:14:35.000Z', delaySeconds: null },
      { from: null, address: null, by: null, with: null, at: null, delaySeconds: null },
      { from: null, address: null, by: null, with: null, at: null, delaySeconds: null },
    ])
  })

  test('a literal as the name, and the address of the one before `by` alone', () => {
    expect(
      hops([
        'from [192.0.2.7] by mx.example.org (mx [198.51.100.1]) with ESMTP; 6 May 2024 16:14:35 -0000',
      ])[0],
    ).toMatchObject({
      from: '[192.0.2.7]',
      address: '192.0.2.7',
    })
    expect(hops(['from x by mx.example.org ([198.51.100.1]) with ESMTP'])[0]).toMatchObject({ address: null })
  })
})

describe('Authentication-Results', () => {
  test('Gmail', () => {
    expect(
      authenticationResults(
        'mx.google.com;       dkim=pass header.i=@example.com header.s=20230601 header.b=AbC/x+==;       spf=pass (google.com: domain of bounces+a=b.test@example.com designates 209.85.220.41 as permitted sender) smtp.mailfrom=bounces+a=b.test@example.com;       dmarc=pass (p=NONE sp=QUARANTINE dis=NONE) header.from=example.com',
      ),
    ).toEqual({
      server: 'mx.google.com',
      results: [
        {
          method: 'dkim',
          result: 'pass',
          reason: null,
          properties: { 'header.i': '@example.com', 'header.s': '20230601', 'header.b': 'AbC/x+==' },
        },
        {
          method: 'spf',
          result: 'pass',
          reason:
            'google.com: domain of bounces+a=b.test@example.com designates 209.85.220.41 as permitted sender',
          properties: { 'smtp.mailfrom': 'bounces+a=b.test@example.com' },
        },
        {
          method: 'dmarc',
          result: 'pass',
          reason: 'p=NONE sp=QUARANTINE dis=NONE',
          properties: { 'header.from': 'example.com' },
        },
      ],
    })
  })

  test('Exchange, which does not name itself', () => {
    expect(
      authenticationResults(
        'spf=pass (sender IP is 40.107.1.1) smtp.mailfrom=example.com; dkim=none (message not signed) header.d=none;dmarc=bestguesspass action=none header.from=example.com;compauth=pass reason=109',
      ),
    ).toEqual({
      server: null,
      results: [
        {
          method: 'spf',
          result: 'pass',
          reason: 'sender IP is 40.107.1.1',
          properties: { 'smtp.mailfrom': 'example.com' },
        },
        { method: 'dkim', result: 'none', reason: 'message not signed', properties: { 'header.d': 'none' } },
        {
          method: 'dmarc',
          result: 'bestguesspass',
          reason: null,
          properties: { action: 'none', 'header.from': 'example.com' },
        },
        { method: 'compauth', result: 'pass', reason: '109', properties: {} },
      ],
    })
  })

  test('OpenDKIM, quoted strings, versions, spaces, and none', () => {
    expect(
      authenticationResults(
        'mx.example.org 1; dkim=fail reason="signature verification failed; see \\"log\\"" (2048-bit key) header.b="AbC=" header.d=a.test',
      ),
    ).toEqual({
      server: 'mx.example.org',
      results: [
        {
          method: 'dkim',
          result: 'fail',
          reason: 'signature verification failed; see "log"',
          properties: { 'header.b': 'AbC=', 'header.d': 'a.test' },
        },
      ],
    })
    expect(
      authenticationResults(
        'foo.net (foobar) 1 (baz); dkim (Because I like it) / 1 = (One yay) (wait for it) fail policy (A dot) .expired=1',
      ),
    ).toMatchObject({
      server: 'foo.net',
    })
    expect(authenticationResults('foo.example; spf = pass smtp.mailfrom = a.test')).toEqual({
      server: 'foo.example',
      results: [{ method: 'spf', result: 'pass', reason: null, properties: { 'smtp.mailfrom': 'a.test' } }],
    })
    expect(authenticationResults('mx.example.org; none')).toEqual({ server: 'mx.example.org', results: [] })
    expect(authenticationResults('')).toEqual({ server: null, results: [] })
  })

  test('a property of any name is data and nothing else', () => {
    const [result] = authenticationResults('a; spf=pass __proto__=x constructor=y').results
    expect(Object.entries(result?.properties ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
    expect(Object.getPrototypeOf(result?.properties)).toBe(Object.prototype)
  })
})

describe('delivery status', () => {
  test('Postfix', () => {
    const body = [
      'Reporting-MTA: dns; mail.example.com',
      'X-Postfix-Queue-ID: 4VXyz12345',
      'X-Postfix-Sender: rfc822; alice@example.com',
      'Arrival-Date: Mon,  6 May 2024 18:14:05 +0200 (CEST)',
      '',
      'Final-Recipient: rfc822; nobody@example.org',
      'Original-Recipient: rfc822;nobody@example.org',
      'Action: failed',
      'Status: 5.1.1',
      'Remote-MTA: dns; mx.example.org',
      'Diagnostic-Code: smtp; 550 5.1.1 <nobody@example.org>: Recipient address',
      '    rejected: User unknown in virtual mailbox table',
      '',
      'Final-Recipient: rfc822; slow@example.net',
      'Action: delayed',
      'Status: 4.4.1',
      'Diagnostic-Code: X-Postfix; connect to mx.example.net[192.0.2.1]:25: Connection',
      '    timed out',
      'Will-Retry-Until: Sat, 11 May 2024 18:14:05 +0200 (CEST)',
      '',
    ].join('\r\n')
    expect(deliveryReport(body)).toEqual({
      reportingMta: 'mail.example.com',
      arrived: '2024-05-06T16:14:05.000Z',
      recipients: [
        {
          finalRecipient: 'nobody@example.org',
          action: 'failed',
          status: '5.1.1',
          diagnosticCode:
            '550 5.1.1 <nobody@example.org>: Recipient address rejected: User unknown in virtual mailbox table',
          remoteMta: 'mx.example.org',
        },
        {
          finalRecipient: 'slow@example.net',
          action: 'delayed',
          status: '4.4.1',
          diagnosticCode: 'connect to mx.example.net[192.0.2.1]:25: Connection timed out',
          remoteMta: null,
        },
      ],
    })
  })

  test('Exchange: a status in words, lines of white space between the groups, and no such thing as a report', () => {
    const exchange =
      'Reporting-MTA: dns;AM8PR05MB7890.eurprd05.prod.outlook.com\n  \nFinal-Recipient: rfc822;x@example.org\nAction: Failed\nStatus: 5.7.1 (delivery not authorized)\n'
    expect(deliveryReport(exchange)).toMatchObject({
      reportingMta: 'AM8PR05MB7890.eurprd05.prod.outlook.com',
      recipients: [
        { finalRecipient: 'x@example.org', action: 'failed', status: '5.7.1', diagnosticCode: null },
      ],
    })
    expect(deliveryReport('')).toEqual({ reportingMta: null, arrived: null, recipients: [] })
  })
})

describe('encoded-words', () => {
  const read = (text: string) => {
    const problems: string[] = []
    return [decodedWords(text, (problem) => problems.push(problem)), problems] as const
  }
  test.each([
    ['plain', 'plain'],
    ['=?UTF-8?Q?Gr=C3=BC=C3=9Fe_an?= alle', 'Grüße an alle'],
    ['=?iso-8859-1?q?a?= =?iso-8859-1?q?b?=\t=?utf-8?b?Yw==?=', 'abc'],
    ['a =?utf-8?q?b?= c =?utf-8?q?d?=', 'a b c d'],
    ['=?utf-8?b?w6k=?==?utf-8?b?w6k=?=', 'éé'],
    ['=?utf-8?b?8J+O?= =?utf-8?b?iQ==?=', '🎉'],
    ['=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=', '日本'],
    ['=?utf-8*en?q?a?=', 'a'],
    ['=?not closed', '=?not closed'],
    ['=?utf-8?x?abc?=', '=?utf-8?x?abc?='],
    ['=?utf-16?b?PdgA3g==?=', '😀'],
  ])('%s', (text, decoded) => {
    expect(read(text)).toEqual([decoded, []])
  })

  test('an unknown charset is said, and what can be read is read', () => {
    expect(read('=?x-klingon?q?caf=E9?=')).toEqual([
      'café',
      ['a header field: the charset "x-klingon" is not known'],
    ])
    expect(read('=?utf-7?q?+ADw-?=')[0]).toBe('+ADw-')
  })
})

test('soft line breaks are taken back, and quotes, signatures and stuffing are kept apart', () => {
  expect(unflowed('one \ntwo\n> a \n> b\n>> c \n> d\n from\n-- \nsig', 'keep')).toBe(
    'one two\n> a b\n>> c \n> d\nfrom\n-- \nsig',
  )
  expect(unflowed('日本 \n語', 'delete')).toBe('日本語')
})

test('tokens of a field, however odd, come in one pass', () => {
  expect(tokensOf('a "b \\" c" (d (e) \\) f) g;h(i')).toEqual([
    { kind: 'word', text: 'a' },
    { kind: 'word', text: 'b " c' },
    { kind: 'comment', text: 'd (e) ) f' },
    { kind: 'word', text: 'g' },
    { kind: 'semicolon', text: ';' },
    { kind: 'word', text: 'h' },
    { kind: 'comment', text: 'i' },
  ])
  for (const odd of ['('.repeat(1e5), '"\\'.repeat(1e5), '";'.repeat(1e5)])
    expect(tokensOf(odd).length).toBeLessThan(1e6)
})
