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

/** How much is fetched at a time. */
const POOL_OCTETS = 4096

/** Random octets for ids: asking the system costs the same for a few as for many, so many are fetched at a time. */
export function pooledRandom(): (octets: number) => Buffer {
  let pool = randomBytes(POOL_OCTETS)
  return (octets) => {
    if (pool.length < octets) pool = randomBytes(Math.max(octets, POOL_OCTETS))
    const taken = pool.subarray(0, octets)
    pool = pool.subarray(octets)
    return taken
  }
}
