import { randomBytes } from 'node:crypto'

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A sortable unique id of 26 characters: 48 bits of time in ms, then 80 random bits (the ULID layout). */
export function newId(nowMs: number, random: (octets: number) => Buffer = randomBytes): string {
  let time = ''
  let rest = Math.floor(nowMs)
  for (let place = 0; place < 10; place += 1) {
    time = CROCKFORD.charAt(rest % 32) + time
    rest = Math.floor(rest / 32)
  }
  const tail = [...random(16)].map((octet) => CROCKFORD.charAt(octet % 32)).join('')
  return time + tail
}
