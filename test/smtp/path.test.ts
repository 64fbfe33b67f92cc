import { describe, expect, test } from 'vitest'
import { AddressError, mailbox, pathOf } from '../../src/smtp/path.ts'

const refusal = (address: string): string => {
  try {
    return `accepted as ${pathOf(mailbox(address), 'not-in-use')}`
  } catch (error) {
    if (error instanceof AddressError) return error.message
    throw error
  }
}

describe('the grammar accepts (RFC 5321 §4.1.2, RFC 6531 §3.3)', () => {
  test.each([
    ['a plain address', 'alice@example.com'],
    ['a tag', 'alice+tag@example.com'],
    ['every character of atext', "!#$%&'*+-/=?^_`{|}~@example.com"],
    ['the percent hack, which is the server’s to judge', 'alice%other.test@example.com'],
    ['a bang path, which is the server’s to judge', 'other!alice@example.com'],
    ['dots between words', 'a.b.c@example.com'],
    ['one letter each', 'a@b'],
    ['a host of one label', 'root@localhost'],
    ['digits and hyphens', 'a@1and1.xn--p1ai'],
    ['a hyphen in the third place', 'a@r3---sn.example'],
    ['capitals, which stay', 'Alice@EXAMPLE.com'],
    ['a quoted string', '"alice smith"@example.com'],
    ['a quoted @', '"a@b"@example.com'],
    ['a quoted quote and backslash', '"a\\"b\\\\c"@example.com'],
    ['a quoted bracket, which cannot end the path', '"a> <b"@example.com'],
    ['dots anywhere within quotes', '".a..b."@example.com'],
    ['an empty quoted string', '""@example.com'],
    ['an IPv4 literal', 'alice@[192.0.2.1]'],
    ['an IPv6 literal', 'alice@[IPv6:2001:db8::1]'],
    ['an IPv6 literal in capitals and with IPv4 in it', 'alice@[IPV6:::FFFF:192.0.2.1]'],
    ['a local part of 64 octets', `${'a'.repeat(64)}@example.com`],
    ['a label of 63 octets', `a@${'b'.repeat(63)}.com`],
    ['an address of 254 octets', `${'a'.repeat(64)}@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`],
  ])('%s', (_, address) => {
    expect(refusal(address)).toBe(`accepted as <${address}>`)
    expect(mailbox(address)).toMatchObject({ address, needsSmtpUtf8: false })
  })
})

describe('the grammar refuses, and nothing is repaired', () => {
  test.each([
    ['a second command', 'a@x>\r\nRCPT TO:<evil@x'],
    ['a second command in the local part', 'a>\r\nRCPT TO:<evil@x'],
    ['a bare LF', 'a@x\nDATA'],
    ['a bare CR', 'a@x\rDATA'],
    ['a line break within quotes', '"a\r\nb"@x'],
    ['a line break as a quoted pair', '"a\\\r\\\nb"@x'],
    ['NUL', 'a\0@x'],
    ['NUL in the domain', 'a@x\0y'],
    ['a line break at the end', 'a@example.com\n'],
    ['a next line character of C1', 'a@x\u0085y'],
    ['a line separator', 'a\u2028b@x'],
    ['half a surrogate pair', 'a\ud800@x'],
    ['DEL', 'a\x7f@x'],
    ['a TAB', '"a\tb"@x'],
  ])('what would break out of the line: %s', (_, address) => {
    expect(refusal(address)).toMatch(/control characters or line breaks/)
  })

  test.each([
    ['an end of the path', 'a@x> SIZE=1'],
    ['brackets', '<a@x>'],
    ['a name before it', 'Alice <a@x>'],
    ['two addresses', 'a@x,b@y'],
    ['two addresses and a semicolon', 'a@x;b@y'],
    ['a parameter behind it', 'a@x SIZE=1'],
    ['a source route', '@relay.test:a@x'],
    ['a comment', 'a(b)@x'],
    ['a comment in the domain', 'a@x(b)'],
    ['no @', 'alice'],
    ['nothing', ''],
    ['an @ alone', '@'],
    ['nothing before the @', '@example.com'],
    ['nothing behind the @', 'alice@'],
    ['two @', 'a@b@example.com'],
    ['two @ side by side', 'a@@example.com'],
    ['a blank in the local part', 'a b@example.com'],
    ['a blank before', ' a@example.com'],
    ['a blank behind', 'a@example.com '],
    ['a blank before the @', 'a @example.com'],
    ['a no-break space in the domain', 'a@exam\u00a0ple.com'],
    ['a dot first', '.a@example.com'],
    ['a dot last', 'a.@example.com'],
    ['two dots', 'a..b@example.com'],
    ['a quote in the middle', 'a"b"c@example.com'],
    ['a quoted word beside another', '"a".b@example.com'],
    ['a quote that does not end', '"a@example.com'],
    ['a quote that is escaped away', '"a\\"@example.com'],
    ['a bare quote within quotes', '"a"b"@example.com'],
    ['a backslash outside quotes', 'a\\b@example.com'],
    ['a trailing dot', 'a@example.com.'],
    ['a leading dot in the domain', 'a@.example.com'],
    ['two dots in the domain', 'a@example..com'],
    ['a dot for a domain', 'a@.'],
    ['a hyphen first in a label', 'a@-example.com'],
    ['a hyphen last in a label', 'a@example-.com'],
    ['an underscore in the domain', 'a@my_host.com'],
    ['a port', 'a@example.com:25'],
    ['a path', 'a@example.com/x'],
    ['a percent sign in the domain', 'a@ex%61mple.com'],
    ['an address without brackets', 'a@192.0.2.1'],
    ['an IPv6 address without brackets', 'a@2001:db8::1'],
    ['a number for a domain', 'a@2130706433'],
    ['a hexadecimal number for a domain', 'a@0x7f000001'],
    ['a domain that ends in a number', 'a@example.1'],
    ['a literal that does not end', 'a@[192.0.2.1'],
    ['a literal that ends twice', 'a@[192.0.2.1]]'],
    ['something behind a literal', 'a@[192.0.2.1].com'],
    ['a literal out of range', 'a@[192.0.2.256]'],
    ['a literal of three numbers', 'a@[192.0.2]'],
    ['a literal with a zero in front', 'a@[192.0.02.1]'],
    ['an IPv6 literal without its tag', 'a@[2001:db8::1]'],
    ['an IPv6 literal with a zone', 'a@[IPv6:fe80::1%eth0]'],
    ['an IPv4 literal with the tag of IPv6', 'a@[IPv6:192.0.2.1]'],
    ['a general literal', 'a@[x400:abc]'],
    ['an empty literal', 'a@[]'],
    ['a local part of 65 octets', `${'a'.repeat(65)}@example.com`],
    ['a local part of 64 characters and 65 octets', `${'a'.repeat(63)}é@example.com`],
    ['a label of 64 octets', `a@${'b'.repeat(64)}.com`],
    ['a domain of 256 octets', `a@${'b.'.repeat(127)}bb`],
    ['an address of 255 octets', `${'a'.repeat(64)}@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(62)}`],
    ['a label that is too long as an A-label', `a@${'é'.repeat(60)}.com`],
  ])('%s', (_, address) => {
    expect(refusal(address)).not.toMatch(/^accepted/)
  })

  test('the reason does not repeat the address', () => {
    expect(refusal('very private@example.com')).not.toContain('private')
  })

  test('a domain without end is refused before it is converted', () => {
    const began = performance.now()
    expect(refusal(`a@${'é'.repeat(1_000_000)}.com`)).toMatch(/at most 255 octets/)
    expect(performance.now() - began).toBeLessThan(1000)
  })
})

describe('internationalised addresses', () => {
  test.each([
    ['a@bücher.example', 'xn--bcher-kva.example'],
    ['a@BÜCHER.example', 'xn--bcher-kva.example'],
    ['a@bu\u0308cher.example', 'xn--bcher-kva.example'],
    ['a@straße.example', 'xn--strae-oqa.example'],
    ['a@例え.テスト', 'xn--r8jz45g.xn--zckzah'],
    ['a@пример.испытание', 'xn--e1afmkfd.xn--80akhbyknj4f'],
    ['a@ΟΔΟΣ.gr', 'xn--pxavbq.gr'],
    ['a@نامه\u200cای.com', 'xn--mgba3gch31f060k.com'],
    ['a@xn--bcher-kva.ü.example', 'xn--bcher-kva.xn--tda.example'],
  ])('the domain of %s goes out as A-labels, and needs no SMTPUTF8', (address, asciiDomain) => {
    const box = mailbox(address)
    expect(box).toMatchObject({ asciiDomain, needsSmtpUtf8: false, domain: address.slice(2) })
    expect(pathOf(box, 'not-in-use')).toBe(`<a@${asciiDomain}>`)
    expect(pathOf(box, 'in-use')).toBe(`<${address}>`)
  })

  test.each(['пошта@example.com', '"ä ö"@example.com', 'jörg.müller@bücher.example'])(
    'the local part of %s needs SMTPUTF8',
    (address) => {
      expect(mailbox(address).needsSmtpUtf8).toBe(true)
      expect(pathOf(mailbox(address), 'in-use')).toBe(`<${address}>`)
    },
  )

  test.each([
    ['full-width letters', 'a@ｅxample.com'],
    ['a full-width dot', 'a@example．com'],
    ['an ideographic dot', 'a@example。com'],
    ['full-width digits that make an address', 'a@１２７.０.０.１'],
    ['a ligature', 'a@ﬁnance.com'],
    ['a letter in a circle', 'a@ⓔxample.com'],
    ['the sign of Kelvin', 'a@ban\u212a.com'],
    ['a soft hyphen', 'a@exam\u00adple.com'],
    ['a soft hyphen beside a letter that is no trick', 'a@büch\u00ader.com'],
    ['a space without width', 'a@exam\u200bple.com'],
    ['a joiner where none can be', 'a@exam\u200dple.com'],
    ['a full-width @', 'a@evil＠example.com'],
    ['characters that are made into a path', 'a@℀.example.com'],
    ['Arabic digits that mix with others', 'a@١٢٧.0.0.1'],
    ['an underscore beside letters of another script', 'a@bü_cher.com'],
  ])('a domain that would be read as another one is refused: %s', (_, address) => {
    expect(refusal(address)).toMatch(/^the domain|^a domain/)
  })
})
