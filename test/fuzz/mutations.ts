import { close, drip, flood, reset, type Script, type Step, say, silence, wait } from '../hostile/steps.ts'
import type { Random } from './random.ts'

/** One change to what a server says, told in words that make it again. */
export interface Mutation {
  readonly verb: string
  readonly place: number
  readonly how: string
  readonly apply: (step: Step) => readonly Step[]
}

/** What means something to those who read replies. */
const TOKENS = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  '.\r\n',
  '\r\n.\r\n',
  '..',
  '250 Ok\r\n',
  '250-more\r\n',
  '354 Go\r\n',
  '421 4.3.2 Bye\r\n',
  '220 Ready\r\n',
  '535 5.7.8 No\r\n',
  '000 zero\r\n',
  '999 nine\r\n',
  '334 \r\n',
  '334 VXNlcm5hbWU6\r\n',
  '+OK\r\n',
  '-ERR no\r\n',
  '-ERR [IN-USE] busy\r\n',
  '+ \r\n',
  '1 42\r\n',
  '99999999999999999999',
  '-1',
  '\x1b[2J',
  '\xff\xfe',
  '\x16\x03\x03\x00\x05',
  'A'.repeat(9000),
  '5.1.1 ',
  '[SYS/TEMP] ',
] as const

/** A change of one thing that one of the verbs is answered with. */
export function mutation(random: Random, script: Script, secret: string): Mutation {
  const said = Object.entries(script).flatMap(([verb, steps]) =>
    steps.flatMap((step, place) => (step.does === 'say' ? [{ verb, place, octets: step.octets }] : [])),
  )
  const { verb, place, octets } = random.of(said)
  const at = random.below(octets.length + 1)
  const to = at + random.below(octets.length - at + 1)
  // what a message holds is told as it is
  const echoes = /^(?:RETR|TOP)/.test(verb) ? [] : [secret, Buffer.from(secret).toString('base64')]
  const token = Buffer.from(random.of([...TOKENS, ...echoes]), 'latin1')
  const chance = random.octets(1 + random.below(8))
  const before = (length = at): Buffer => octets.subarray(0, length)
  const told = (how: string, ...steps: readonly Step[]): Mutation => ({
    verb,
    place,
    how,
    apply: () => steps,
  })
  const replaced = (how: string, ...pieces: readonly Buffer[]): Mutation => ({
    verb,
    place,
    how: `${how} at ${at}`,
    apply: (step) => (step.does === 'say' ? [{ ...step, octets: Buffer.concat(pieces) }] : [step]),
  })
  switch (random.below(15)) {
    case 0:
      return replaced(
        'octets of chance',
        before(),
        chance,
        octets.subarray(Math.min(octets.length, at + chance.length)),
      )
    case 1:
      return replaced(`${to - at} octets left out`, before(), octets.subarray(to))
    case 2:
      return replaced(`${to - at} octets twice`, before(to), octets.subarray(at))
    case 3:
      return replaced(
        `a token put in: ${JSON.stringify(token.toString('latin1').slice(0, 20))}`,
        before(),
        token,
        octets.subarray(at),
      )
    case 4:
      return replaced('cut off', before())
    case 5:
      return replaced(
        `a token behind: ${JSON.stringify(token.toString('latin1').slice(0, 20))}`,
        octets,
        token,
      )
    case 6:
      return replaced(`a token instead: ${JSON.stringify(token.toString('latin1').slice(0, 20))}`, token)
    case 7:
      return told(`cut off at ${at} and closed`, say(before()), close)
    case 8:
      return told(`cut off at ${at} and reset`, say(before()), reset)
    case 9:
      return told(`cut off at ${at} and silent`, say(before()), silence)
    case 10:
      return told(`in segments cut at ${at}`, say(octets, at > 0 ? [at] : 'whole'))
    case 11:
      return told('octet by octet', say(octets, 'each-octet'))
    case 12:
      return told('drips', say(before()), drip('250-x\r\n', 3))
    case 13:
      return told('floods', say(before()), flood(token, 2_000_000))
    default:
      return told('late', wait(random.below(400)), say(octets))
  }
}

/** The script with these changes, in order. */
export function mutated(script: Script, mutations: readonly Mutation[]): Script {
  const result: Record<string, readonly Step[]> = { ...script }
  for (const { verb, place, apply } of mutations) {
    result[verb] = (result[verb] ?? []).flatMap((step, at) => (at === place ? apply(step) : [step]))
  }
  return result
}
