import { type CredentialField, SaslError } from './mechanism.ts'

/**
 * A user name or password prepared by SASLprep (RFC 4013), so that what is typed differently and looks the same is the
 * same.
 *
 * Three things follow the Unicode version of the running system and not 3.2, which RFC 3454 names: normalization, what
 * counts as unassigned (a `stored` string may not hold it, a `query` may), and what counts as a letter that runs from
 * left to right. The first two differ only for characters that Unicode 3.2 did not have; the last is taken as letters,
 * letter-like numbers and spacing marks, without the symbols of table D.2.
 * @throws {SaslError} naming the field, when the text holds what may not be in it or nothing is left
 */
export function saslprep(field: CredentialField, text: string, use: 'query' | 'stored'): string {
  if (PRINTABLE_ASCII.test(text)) return text
  const prepared = text.replace(NON_ASCII_SPACE, ' ').replace(MAPPED_TO_NOTHING, '').normalize('NFKC')
  const refuse = (why: string) =>
    new SaslError(`SASLprep (RFC 4013) does not allow the ${field}: ${why}`, field)
  if (prepared === '') throw refuse('nothing of it is left')
  if (PROHIBITED.test(prepared)) throw refuse('it holds a prohibited character')
  if (use === 'stored' && UNASSIGNED.test(prepared)) throw refuse('it holds an unassigned character')
  if (RIGHT_TO_LEFT.test(prepared)) {
    // RFC 3454 §6
    if (LEFT_TO_RIGHT.test(prepared)) throw refuse('it mixes letters of both directions')
    if (!WITHIN_RIGHT_TO_LEFT.test(prepared))
      throw refuse('it does not begin and end in its right-to-left letters')
  }
  return prepared
}

const PRINTABLE_ASCII = /^[\x20-\x7e]+$/

/** Table C.1.2 of RFC 3454. Mapped before table B.1, as RFC 4013 §2.1 lists them: U+200B is in both. */
const NON_ASCII_SPACE = new RegExp(`[${ranges('a0 1680 2000-200b 202f 205f 3000')}]`, 'gu')

/** Table B.1. */
const MAPPED_TO_NOTHING = new RegExp(
  `[${ranges('ad 34f 1806 180b-180d 200c-200d 2060 fe00-fe0f feff')}]`,
  'gu',
)

/** Tables C.2.1, C.2.2, C.3 to C.9 (RFC 4013 §2.3). */
const PROHIBITED = new RegExp(
  `[\\p{Cc}\\p{Co}\\p{Cs}\\p{Noncharacter_Code_Point}${ranges(
    '340-341 6dd 70f 180e 200c-200f 2028-202e 2060-2063 206a-206f feff 2ff0-2ffb fff9-fffd 1d173-1d17a e0001 e0020-e007f',
  )}]`,
  'u',
)

/** Stands for table A.1. */
const UNASSIGNED = /\p{Cn}/u

/** Table D.1. */
const RANDALCAT = ranges(
  '5be 5c0 5c3 5d0-5ea 5f0-5f4 61b 61f 621-63a 640-64a 66d-66f 671-6d5 6dd 6e5-6e6 6fa-6fe 700-70d 710 712-72c ' +
    '780-7a5 7b1 200f fb1d fb1f-fb28 fb2a-fb36 fb38-fb3c fb3e fb40-fb41 fb43-fb44 fb46-fbb1 fbd3-fd3d fd50-fd8f ' +
    'fd92-fdc7 fdf0-fdfc fe70-fe74 fe76-fefc',
)
const RIGHT_TO_LEFT = new RegExp(`[${RANDALCAT}]`, 'u')
const WITHIN_RIGHT_TO_LEFT = new RegExp(`^[${RANDALCAT}](?:.*[${RANDALCAT}])?$`, 'su')

/** Stands for table D.2. */
const LEFT_TO_RIGHT = new RegExp(`(?![${RANDALCAT}])[\\p{L}\\p{Nl}\\p{Mc}]`, 'u')

/** Ranges in hexadecimal, as a table lists them, as the inside of a character class. */
function ranges(list: string): string {
  return list.replace(/[0-9a-f]+/g, '\\u{$&}').replaceAll(' ', '')
}
