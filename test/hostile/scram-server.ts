import { createHmac, pbkdf2Sync } from 'node:crypto'
import { answer, hear, line, type Step } from './steps.ts'

/** What a hostile server does other than RFC 5802 has it. */
export interface ScramTwist {
  /** The first message, made of the honest one. */
  readonly first?: (honest: {
    readonly nonce: string
    readonly salt: string
    readonly iterations: number
  }) => string
  /** The last message, made of the honest one. */
  readonly last?: (honest: string) => string
}

/** How a protocol asks and agrees. */
export interface ScramWords {
  readonly challenge: (base64: string) => string
  readonly yes: string
}

const ITERATIONS = 4096
const SALT = Buffer.from('a grain of salt')

/** The server's side of SCRAM-SHA-256 (RFC 7677), with the password known to it. */
export function scramServer(password: string, words: ScramWords, twist: ScramTwist = {}): readonly Step[] {
  let bare = ''
  let first = ''
  const challenge = (text: string): string => words.challenge(Buffer.from(text).toString('base64'))
  return [
    answer((said) => {
      const message = Buffer.from(said.split(' ')[2] ?? '', 'base64').toString()
      bare = message.slice(message.indexOf('n=', 3))
      const nonce = `${/r=([^,]*)/.exec(bare)?.[1] ?? ''}-and-mine`
      const honest = { nonce, salt: SALT.toString('base64'), iterations: ITERATIONS }
      first = twist.first?.(honest) ?? `r=${nonce},s=${honest.salt},i=${ITERATIONS}`
      return challenge(first)
    }),
    hear,
    answer((said) => {
      const final = Buffer.from(said, 'base64').toString()
      const withoutProof = final.slice(0, final.indexOf(',p='))
      const salted = pbkdf2Sync(password, SALT, ITERATIONS, 32, 'sha256')
      const serverKey = createHmac('sha256', salted).update('Server Key').digest()
      const signature = createHmac('sha256', serverKey)
        .update(`${bare},${first},${withoutProof}`)
        .digest('base64')
      return challenge(twist.last?.(`v=${signature}`) ?? `v=${signature}`)
    }),
    hear,
    line(words.yes),
  ]
}
